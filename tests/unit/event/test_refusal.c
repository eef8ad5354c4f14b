/* SPDX-License-Identifier: Apache-2.0 */
/* Codes of refusals. */
#include "event/refusal.h"
#include "runner/test.h"
#include <string.h>

TEST(refusal_codes,
     "has two digits for each refusal, a code of its own, and words that can be quoted")
{
	for (enum refusal r = 0; r < REFUSAL_COUNT; r++) {
		const struct refusal_row *row = refusal_row(r);

		CHECK_CASE(row->code >= 10 && row->code <= 99, row->words);
		CHECK_CASE(refusal_of_code(row->code) == row, row->words);
		CHECK_CASE(!strpbrk(row->words, "\"\\\r\n") && strlen(row->words) <= 60,
		           row->words);
		CHECK_CASE(row->meaning[0] && row->remedy[0], row->words);
	}
	CHECK(!refusal_of_code(0) && !refusal_of_code(266) && !refusal_of_code(99));
	return ERR_NONE;
}

TEST(refusal_warning, "writes code and words as a Warning's value")
{
	char text[128];
	struct buffer b = BUFFER_ON(text);

	refusal_write_warning(&b, REFUSAL_NOT_REGISTERED);
	CHECK(view_equal(buffer_view(&b),
	                 VIEW("399 ringfence \"30 nobody is registered there now\"")));
	return ERR_NONE;
}
