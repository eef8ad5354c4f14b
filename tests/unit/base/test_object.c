/* SPDX-License-Identifier: Apache-2.0 */
/* JSON members by hand: commas, and text that would end its string. */
#include "base/object.h"
#include "runner/test.h"

TEST(object_members, "commas stand between members, and nowhere else")
{
	char text[128];
	struct buffer b = BUFFER_ON(text);

	buffer_char(&b, '{');
	object_text(&b, "name", VIEW("office"));
	object_number(&b, "calls", UINT64_MAX);
	object_name(&b, "rings");
	buffer_text(&b, "[{");
	object_truth(&b, "answers", true);
	object_truth(&b, "learnt", false);
	buffer_text(&b, "}]}");
	CHECK(b.err == ERR_NONE);
	CHECK(view_equal(buffer_view(&b),
	                 VIEW("{\"name\":\"office\",\"calls\":18446744073709551615,"
	                      "\"rings\":[{\"answers\":true,\"learnt\":false}]}")));
	return ERR_NONE;
}

TEST(object_hostile_text, "no byte of a text ends its string or its line")
{
	char text[2 * 256 + 32];

	for (int byte = 0; byte < 256; byte++) {
		struct buffer b = BUFFER_ON(text);
		char one = (char)byte;
		bool is_kept = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
		char want[] = "\"realm\":\"?\"";

		if (is_kept)
			want[9] = one;
		object_text(&b, "realm", view_bytes(&one, 1));
		CHECK(view_equal(buffer_view(&b), view_of(want)));
	}
	return ERR_NONE;
}
