/* SPDX-License-Identifier: Apache-2.0 */
/* Request targets: one strict reading. */
#include "runner/test.h"
#include "web/target_priv.h"
#include <string.h>

static const struct {
	const char *text;
	enum err want;
	const char *path, *a;
} cases[] = {
	{ "/", ERR_NONE, "/", NULL },
	{ "/a/b", ERR_NONE, "/a/b", NULL },
	{ "/a%20b", ERR_NONE, "/a b", NULL },
	{ "/a?a=1", ERR_NONE, "/a", "1" },
	{ "/a?b=2&a=1", ERR_NONE, "/a", "1" },
	{ "/a?a=", ERR_NONE, "/a", "" },
	{ "/a?a", ERR_NONE, "/a", "" },
	{ "/a?a=%3D%26%25", ERR_NONE, "/a", "=&%" },
	{ "/a?a=198.51.100.0%2F24", ERR_NONE, "/a", "198.51.100.0/24" },
	{ "/a?a=198.51.100.0/24", ERR_NONE, "/a", "198.51.100.0/24" },
	{ "/a?a=+44", ERR_NONE, "/a", "+44" },
	{ "/a?", ERR_NONE, "/a", NULL },
	{ "", ERR_SYNTAX, NULL, NULL },
	{ "a", ERR_SYNTAX, NULL, NULL },
	{ "//", ERR_SYNTAX, NULL, NULL },
	{ "/a/", ERR_SYNTAX, NULL, NULL },
	{ "/a//b", ERR_SYNTAX, NULL, NULL },
	{ "/./a", ERR_SYNTAX, NULL, NULL },
	{ "/a/..", ERR_SYNTAX, NULL, NULL },
	{ "/a/%2e%2e/b", ERR_SYNTAX, NULL, NULL },
	{ "/a/.%2e/b", ERR_SYNTAX, NULL, NULL },
	{ "/a%2fb", ERR_SYNTAX, NULL, NULL },
	{ "/a%2Fb", ERR_SYNTAX, NULL, NULL },
	{ "/a%00b", ERR_SYNTAX, NULL, NULL },
	{ "/a%0d%0ab", ERR_SYNTAX, NULL, NULL },
	{ "/a%", ERR_SHORT, NULL, NULL },
	{ "/a%4", ERR_SHORT, NULL, NULL },
	{ "/a%zz", ERR_SYNTAX, NULL, NULL },
	{ "/a%7f", ERR_SYNTAX, NULL, NULL },
	{ "/a?a=%", ERR_SHORT, NULL, NULL },
	{ "/a?a=%0a", ERR_SYNTAX, NULL, NULL },
	{ "/a?=1", ERR_SYNTAX, NULL, NULL },
	{ "/a?&", ERR_SYNTAX, NULL, NULL },
	{ "/a?a=1&a=2", ERR_SYNTAX, NULL, NULL },
	{ "/a?1=&2=&3=&4=&5=&6=&7=&8=", ERR_NONE, "/a", NULL },
	{ "/a?1=&2=&3=&4=&5=&6=&7=&8=&9=", ERR_LIMIT, NULL, NULL },
};

TEST(targets, "reads clean targets and refuses the others")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct web_target t = { .arg_count = 99 };
		const char *a;

		CHECK_CASE(web_target_parse(view_of(cases[i].text), &t) == cases[i].want,
		           cases[i].text);
		if (cases[i].want != ERR_NONE) {
			CHECK_CASE(t.arg_count == 99, cases[i].text);
			continue;
		}
		a = web_target_arg(&t, "a");
		CHECK_CASE(strcmp(t.path, cases[i].path) == 0, cases[i].text);
		CHECK_CASE((a == NULL) == (cases[i].a == NULL), cases[i].text);
		CHECK_CASE(!a || strcmp(a, cases[i].a) == 0, cases[i].text);
	}
	return ERR_NONE;
}

static void parse(struct view text)
{
	struct web_target t;

	(void)!web_target_parse(text, &t);
}

TEST(targets_cut, "reads nothing beyond a target that is cut off")
{
	test_truncations(VIEW("/api/v1/calls%20x?filter=a%3Db%2Fc&after=%41"), parse);
	return ERR_NONE;
}

TEST(targets_long, "refuses a path and a value longer than their fields")
{
	static char text[TARGET_PATH_MAX + 8];
	static char value[TARGET_VALUE_MAX + 8];
	struct web_target t;

	memset(text, 'a', sizeof(text));
	text[0] = '/';
	CHECK(web_target_parse(view_bytes(text, TARGET_PATH_MAX - 1), &t) == ERR_NONE);
	CHECK(web_target_parse(view_bytes(text, TARGET_PATH_MAX), &t) == ERR_LIMIT);
	memset(value, 'a', sizeof(value));
	memcpy(value, "/?a=", 4);
	CHECK(web_target_parse(view_bytes(value, 4 + TARGET_VALUE_MAX - 1), &t) == ERR_NONE);
	CHECK(strlen(web_target_arg(&t, "a")) == TARGET_VALUE_MAX - 1);
	CHECK(web_target_parse(view_bytes(value, 4 + TARGET_VALUE_MAX), &t) == ERR_LIMIT);
	return ERR_NONE;
}
