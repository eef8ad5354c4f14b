/* SPDX-License-Identifier: Apache-2.0 */
/* A table on terminals of different widths. */
#include "cli/output.h"
#include "runner/test.h"

#include <stdlib.h>
#include <string.h>

static const struct cli_table table = {
	5,
	{ { "CALL", "call", CLI_NAME },
	  { "STARTED", "started", CLI_TIME, 1 },
	  { "FROM", "from", CLI_TEXT },
	  { "TALKED", "talked", CLI_NUMBER, 3 },
	  { "CAUSE", "cause", CLI_TEXT, 2 } },
	"nothing",
};

static const char ITEMS[] =
	"[{\"call\":\"281474976710657\",\"started\":\"2026-11-21\",\"talked\":7,"
	"\"from\":\"Zo\\u00eb@office.example.org\",\"cause\":\"the other side hung up\"},"
	"{\"call\":\"2\",\"started\":null,\"talked\":12,\"from\":\"201\",\"cause\":\"\"}]";

static const struct {
	unsigned columns;
	const char *want;
} cases[] = {
	{ 0,
	  "CALL             STARTED     FROM                    TALKED  CAUSE\n"
	  "281474976710657  2026-11-21  Zo\xc3\xab@office.example.org       7  the other side hung up\n"
	  "2                -           201                         12  -\n" },
	{ 84,
	  "CALL             STARTED     FROM                    TALKED  CAUSE\n"
	  "281474976710657  2026-11-21  Zo\xc3\xab@office.example.org       7  the other side hung up\n"
	  "2                -           201                         12  -\n" },
	{ 70,
	  "CALL             STARTED     FROM              TALKED  CAUSE\n"
	  "281474976710657  2026-11-21  Zo\xc3\xab@office.exam\xe2\x80\xa6       7  the other side\xe2\x80\xa6\n"
	  "2                -           201                   12  -\n" },
	{ 62,
	  "CALL             STARTED     FROM              CAUSE\n"
	  "281474976710657  2026-11-21  Zo\xc3\xab@office.exam\xe2\x80\xa6  the other side\xe2\x80\xa6\n"
	  "2                -           201               -\n" },
	{ 45, "CALL             STARTED     FROM\n"
	      "281474976710657  2026-11-21  Zo\xc3\xab@office.exam\xe2\x80\xa6\n"
	      "2                -           201\n" },
	{ 30, "CALL             FROM\n"
	      "281474976710657  Zo\xc3\xab@office.e\xe2\x80\xa6\n"
	      "2                201\n" },
	{ 1, "CALL             FROM\n"
	     "281474976710657  Zo\xc3\xab@office.\xe2\x80\xa6\n"
	     "2                201\n" },
};

static enum err write_on(unsigned columns, enum cli_format format, char **ret)
{
	const struct cli c = { .columns = columns, .format = format, .is_quiet = true };
	json_t *items = json_loads(ITEMS, 0, NULL);
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!items || !out)
		return ERR_NO_MEMORY;
	cli_write_list(&c, out, &table, items);
	json_decref(items);
	return fclose(out) == 0 ? ERR_NONE : ERR_NO_MEMORY;
}

TEST(table_fits, "leaves out the least telling columns, then cuts long texts, never a name")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = NULL;
		bool is_same;

		TRY(write_on(cases[i].columns, FORMAT_AUTO, &text));
		is_same = strcmp(text, cases[i].want) == 0;
		if (!is_same)
			printf("%u columns:\n%s", cases[i].columns, text);
		free(text);
		CHECK_CASE(is_same, cases[i].want);
	}
	return ERR_NONE;
}

TEST(table_json_whole, "however narrow the terminal is, JSON and CSV are whole")
{
	static const enum cli_format formats[] = { FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char *text = NULL;
		bool is_whole;

		TRY(write_on(20, formats[i], &text));
		is_whole = strstr(text, "the other side hung up") && strstr(text, "12");
		free(text);
		CHECK(is_whole);
	}
	return ERR_NONE;
}
