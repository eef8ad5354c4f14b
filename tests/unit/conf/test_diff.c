/* SPDX-License-Identifier: Apache-2.0 */
/* What changed between two configurations. */
#include "runner/test.h"
#include "unit/conf/sample.h"

static struct conf_report report;

#define PEER(name, more) "peer " name " { kind pbx address 192.0.2.1 " more "}\n"

static const struct {
	const char *name, *old, *new;
	size_t count;
	enum conf_change_kind kind;
	const char *block, *label, *option;
} cases[] = {
	{ "nothing but form changed", PEER("a", ""),
	  "# note\npeer a {\n kind pbx\n address 192.0.2.1 }", 0, 0, "", "", "" },
	{ "a fallback was written out", PEER("a", ""), PEER("a", "may place-calls "), 0, 0, "", "",
	  "" },
	{ "one option", PEER("a", ""), PEER("a", "may transfer "), 1, CONF_CHANGED, "peer", "a",
	  "may" },
	{ "a list grew", "never-block 10.0.0.0/8", "never-block 10.0.0.0/8 192.0.2.1", 1,
	  CONF_CHANGED, "never-block", "", "" },
	{ "a list's note", "never-block 10.0.0.0/8 \"a\"", "never-block 10.0.0.0/8 \"b\"", 1,
	  CONF_CHANGED, "never-block", "", "" },
	{ "a block came", PEER("a", ""), PEER("b", "") PEER("a", ""), 1, CONF_ADDED, "peer", "b",
	  NULL },
	{ "a block went", PEER("a", "") PEER("b", ""), PEER("b", ""), 1, CONF_REMOVED, "peer", "a",
	  NULL },
	{ "blocks changed places", PEER("a", "") PEER("b", ""), PEER("b", "") PEER("a", ""), 0, 0,
	  "", "", "" },
	{ "a name's row moved, not its meaning", PEER("x", "") PEER("a", "backup x "),
	  PEER("a", "backup x ") PEER("x", ""), 0, 0, "", "", "" },
	{ "a name means another", PEER("x", "") PEER("y", "") PEER("a", "backup x "),
	  PEER("x", "") PEER("y", "") PEER("a", "backup y "), 1, CONF_CHANGED, "peer", "a",
	  "backup" },
	{ "a secret", PEER("a", "credentials file:carrier.secret "),
	  PEER("a", "credentials env:PASSWORD "), 1, CONF_CHANGED, "peer", "a", "credentials" },
	{ "a nested block", PEER("a", "header pass x\n"), PEER("a", "header pass y\n"), 1,
	  CONF_CHANGED, "header", "", "pass" },
};

TEST(diff_cases, "tells what changed, and nothing where the meaning is the same")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf_tree *old = NULL, *new = NULL;
		struct conf_change changes[4];
		enum err err = sample_load_text(cases[i].old, &old, &report);
		size_t count;

		if (err == ERR_NONE)
			err = sample_load_text(cases[i].new, &new, &report);
		if (err != ERR_NONE) {
			conf_tree_free(&old);
			TRY(err);
		}
		count = conf_diff(old, new, changes, 4);
		CHECK_CASE(count == cases[i].count, cases[i].name);
		if (count > 0) {
			CHECK_CASE(changes[0].kind == cases[i].kind, cases[i].name);
			CHECK_CASE(view_equal(view_of(changes[0].block->word),
			                      view_of(cases[i].block)),
			           cases[i].name);
			CHECK_CASE(view_equal(view_of(changes[0].label), view_of(cases[i].label)),
			           cases[i].name);
			CHECK_CASE(view_equal(view_of(changes[0].option ? changes[0].option->word
			                                                : NULL),
			                      view_of(cases[i].option)),
			           cases[i].name);
		}
		conf_tree_free(&old);
		conf_tree_free(&new);
	}
	return ERR_NONE;
}

TEST(diff_bounded, "counts more changes than it has room for")
{
	struct conf_tree *old = NULL, *new = NULL;
	struct conf_change change;
	enum err err = sample_load_text("", &old, &report);

	if (err == ERR_NONE)
		err = sample_load_text(PEER("a", "") PEER("b", "") PEER("c", ""), &new, &report);
	if (err == ERR_NONE)
		CHECK(conf_diff(old, new, &change, 1) == 3 && change.kind == CONF_ADDED);
	conf_tree_free(&old);
	conf_tree_free(&new);
	return err;
}
