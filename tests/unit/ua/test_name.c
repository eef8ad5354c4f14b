/* SPDX-License-Identifier: Apache-2.0 */
/* Names that only we can make. */
#include "runner/test.h"
#include "ua/name.h"

#include <string.h>

static const struct ua_namer namer = { .key = { "one key" }, .owner = 11, .generation = 70000 };
static const struct ua_namer stranger = { .key = { "other key" },
	                                  .owner = 11,
	                                  .generation = 70000 };
static const uint64_t serial = UINT64_C(0x0123456789abcdef);

static struct view make(enum ua_name_kind kind, char ret[64])
{
	struct buffer b = buffer_on(ret, 64);

	ua_name_write(&b, &namer, kind, serial);
	return buffer_view(&b);
}

TEST(name_kinds, "reads each kind of name back as it was written")
{
	for (int kind = UA_NAME_BRANCH; kind <= UA_NAME_CONTACT; kind++) {
		char text[64];
		struct view v = make((enum ua_name_kind)kind, text);
		struct ua_name name;

		CHECK(v.len == (kind == UA_NAME_BRANCH ? UA_BRANCH_LEN : UA_NAME_LEN));
		TRY(ua_name_read(v, &namer, (enum ua_name_kind)kind, &name));
		CHECK(name.serial == serial && name.owner == 11 && name.generation == 70000);
	}
	return ERR_NONE;
}

TEST(name_kind_mixed, "refuses a name that was made for another use")
{
	char text[64];
	struct view tag = make(UA_NAME_TAG, text);
	struct ua_name name = { .serial = 1 };

	CHECK(ua_name_read(tag, &namer, UA_NAME_CALL_ID, &name) == ERR_DENIED);
	CHECK(ua_name_read(tag, &namer, UA_NAME_CONTACT, &name) == ERR_DENIED);
	CHECK(ua_name_read(tag, &namer, UA_NAME_BRANCH, &name) == ERR_SYNTAX);
	CHECK(name.serial == 1);
	return ERR_NONE;
}

TEST(name_tampered, "refuses a name with any one character changed")
{
	char text[64];
	struct view v = make(UA_NAME_BRANCH, text);
	struct ua_name name;

	for (size_t i = 0; i < v.len; i++) {
		char kept = text[i];

		text[i] = kept == 'q' ? 'r' : 'q';
		CHECK(ua_name_read(v, &namer, UA_NAME_BRANCH, &name) != ERR_NONE);
		text[i] = kept;
	}
	return ERR_NONE;
}

TEST(name_foreign_key, "refuses a name made under another key")
{
	char text[64];
	struct buffer b = BUFFER_ON(text);
	struct ua_name name;

	ua_name_write(&b, &stranger, UA_NAME_TAG, serial);
	CHECK(ua_name_read(buffer_view(&b), &namer, UA_NAME_TAG, &name) == ERR_DENIED);
	return ERR_NONE;
}

TEST(name_case, "reads a branch whose letters a proxy has raised")
{
	char text[64];
	struct view v = make(UA_NAME_BRANCH, text);
	struct ua_name name;

	for (size_t i = 0; i < v.len; i++) {
		if (text[i] >= 'a' && text[i] <= 'z')
			text[i] = (char)(text[i] - 32);
	}
	TRY(ua_name_read(v, &namer, UA_NAME_BRANCH, &name));
	CHECK(name.serial == serial);
	return ERR_NONE;
}

TEST(name_rewritten, "writes a name of an earlier start once more, letter for letter")
{
	const struct ua_name name = { .serial = serial, .generation = 5, .owner = 1 };
	const struct ua_namer earlier = { .key = namer.key, .owner = 1, .generation = 5 };
	char text[64], again[64];
	struct buffer a = BUFFER_ON(text), b = BUFFER_ON(again);

	ua_name_write(&a, &earlier, UA_NAME_CONTACT, serial);
	ua_name_rewrite(&b, &namer, UA_NAME_CONTACT, &name);
	CHECK(view_equal(buffer_view(&a), buffer_view(&b)));
	return ERR_NONE;
}

static void read_any(struct view text)
{
	struct ua_name name;

	if (ua_name_read(text, &namer, UA_NAME_BRANCH, &name) != ERR_NONE)
		name.serial = ua_name_read(text, &namer, UA_NAME_TAG, &name);
}

TEST(name_truncated, "survives every truncation of a branch")
{
	char text[64];

	test_truncations(make(UA_NAME_BRANCH, text), read_any);
	return ERR_NONE;
}

TEST(name_marked, "reads the name of a branch behind which its writer has noted something")
{
	static const struct {
		const char *after;
		enum err want;
	} cases[] = {
		{ ".7.0", ERR_NONE }, { ".", ERR_NONE }, { "7", ERR_SYNTAX }, { "-7", ERR_SYNTAX }
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[64], tag[64];
		struct buffer b = buffer_on(text, sizeof(text)), t = buffer_on(tag, sizeof(tag));
		struct ua_name name = { 0 };

		ua_name_write(&b, &namer, UA_NAME_BRANCH, serial);
		buffer_text(&b, cases[i].after);
		CHECK(ua_name_read(buffer_view(&b), &namer, UA_NAME_BRANCH, &name) ==
		      cases[i].want);
		CHECK(name.serial == (cases[i].want == ERR_NONE ? serial : 0));
		/* Of branches alone. */
		ua_name_write(&t, &namer, UA_NAME_TAG, serial);
		buffer_text(&t, cases[i].after);
		CHECK(ua_name_read(buffer_view(&t), &namer, UA_NAME_TAG, &name) == ERR_SYNTAX);
	}
	return ERR_NONE;
}
