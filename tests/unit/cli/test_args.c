/* SPDX-License-Identifier: Apache-2.0 */
/* Options in any place, operands in their order. */
#include "cli/args.h"
#include "runner/test.h"
#include <string.h>

TEST(args_taken, "takes options from any place and leaves the operands")
{
	char a[] = "add", b[] = "--for", c[] = "2h", d[] = "198.51.100.7", e[] = "--all",
	     f[] = "--for=3h";
	char *list[] = { a, b, c, d, e, f, NULL };
	struct cli_args args = { 6, list };
	const char *term = NULL;

	CHECK(cli_args_value(&args, "--for", &term) && strcmp(term, "3h") == 0);
	CHECK(cli_args_flag(&args, "--all") && !cli_args_flag(&args, "--all"));
	CHECK(args.count == 2 && list[0] == a && list[1] == d && list[2] == NULL);
	CHECK(!cli_args_stray(&args));
	return ERR_NONE;
}

TEST(args_missing, "notices an option without its value")
{
	char a[] = "--for";
	char *list[] = { a, NULL };
	struct cli_args args = { 1, list };
	const char *term = NULL;

	CHECK(!cli_args_value(&args, "--for", &term) && term == NULL);
	return ERR_NONE;
}

TEST(args_stray, "names an option that nobody has taken")
{
	char a[] = "x", b[] = "--bogus", c[] = "-";
	char *list[] = { a, b, NULL };
	char *dash[] = { c, NULL };
	struct cli_args args = { 2, list }, only = { 1, dash };

	CHECK(cli_args_stray(&args) == b);
	CHECK(!cli_args_stray(&only));
	return ERR_NONE;
}

TEST(args_end, "takes no option after --")
{
	char a[] = "--", b[] = "--all", c[] = "--for";
	char *list[] = { a, b, c, NULL };
	struct cli_args args = { 3, list };
	const char *term = NULL;

	CHECK(!cli_args_flag(&args, "--all"));
	CHECK(cli_args_value(&args, "--for", &term) && !term);
	CHECK(!cli_args_stray(&args) && args.count == 2 && list[0] == b && list[1] == c &&
	      !list[2]);
	return ERR_NONE;
}

static const struct {
	const char *line, *want, *nearest;
} synopses[] = {
	{ "198.51.100.7 --for 1h", NULL, "" },
	{ "--for -1h 198.51.100.7", NULL, "" },
	{ "--for=-1h --limit=3", NULL, "" },
	{ "-c FILE --all - -- --bogus", NULL, "" },
	{ "--fro 1h", "--fro", "--for" },
	{ "--lmit=3", "--lmit=3", "--limit" },
	{ "--all -x", "-x", "" },
	{ "--all --for 1h --nonsense", "--nonsense", "" },
	{ "--side", "--side", "" },
};

TEST(args_unknown, "names an option that a synopsis does not have, and which was meant")
{
	for (size_t i = 0; i < sizeof(synopses) / sizeof(synopses[0]); i++) {
		char text[128], nearest[CLI_OPTION_SIZE] = "", *list[8] = { NULL }, *rest = NULL;
		struct cli_args args = { 0, list };
		const char *found;

		(void)strcpy(text, synopses[i].line);
		for (char *word = strtok_r(text, " ", &rest); word;
		     word = strtok_r(NULL, " ", &rest))
			list[args.count++] = word;
		found = cli_args_unknown(
			&args, "ADDRESS|NET-WORK [-c FILE] [--for 1h]... [--all] [--limit N]",
			nearest);
		CHECK_CASE(found ? synopses[i].want && strcmp(found, synopses[i].want) == 0
		                 : !synopses[i].want,
		           synopses[i].line);
		CHECK_CASE(strcmp(nearest, synopses[i].nearest) == 0, synopses[i].line);
	}
	return ERR_NONE;
}
