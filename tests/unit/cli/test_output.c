/* SPDX-License-Identifier: Apache-2.0 */
/* The same list in each format. */
#include "cli/output.h"
#include "runner/test.h"
#include <stdlib.h>
#include <string.h>

static const struct cli_table table = {
	4,
	{ { "NAME", "name", CLI_TEXT },
	  { "N", "deep.number", CLI_NUMBER },
	  { "SINCE", "since", CLI_TIME },
	  { "LAST", "last", CLI_TEXT } },
	"nothing",
};

static const char ITEMS[] =
	"[{\"name\":\"a,b\",\"deep\":{\"number\":7},\"since\":\"2026-11-21T19:00:00.000Z\","
	"\"last\":true},"
	"{\"name\":\"=x\\u001b\",\"deep\":{\"number\":12345},\"since\":null,"
	"\"last\":[\"scan\",\"dial\"]}]";

static const struct {
	enum cli_format format;
	const char *want;
} formats[] = {
	{ FORMAT_AUTO, "NAME        N  SINCE                     LAST\n"
	               "a,b         7  2026-11-21T19:00:00.000Z  yes\n"
	               "=x\\x1b  12345  -                         scan,dial\n" },
	{ FORMAT_CSV, "name,deep.number,since,last\r\n"
	              "\"a,b\",7,2026-11-21T19:00:00.000Z,yes\r\n"
	              "'=x\\x1b,12345,,\"scan,dial\"\r\n" },
	{ FORMAT_JSONL,
	  "{\"name\":\"a,b\",\"deep\":{\"number\":7},\"since\":\"2026-11-21T19:00:00.000Z\",\"last\":true}\n"
	  "{\"name\":\"=x\\u001B\",\"deep\":{\"number\":12345},\"since\":null,"
	  "\"last\":[\"scan\",\"dial\"]}\n" },
};

static enum err write_as(enum cli_format format, char **ret)
{
	const struct cli c = { .format = format, .is_quiet = true };
	json_t *items = json_loads(ITEMS, 0, NULL);
	size_t size;
	FILE *out = open_memstream(ret, &size);

	if (!items || !out)
		return ERR_NO_MEMORY;
	cli_write_list(&c, out, &table, items);
	json_decref(items);
	return fclose(out) == 0 ? ERR_NONE : ERR_NO_MEMORY;
}

TEST(output_formats, "writes a list as text, CSV and JSON lines, the same each time")
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char *text = NULL;
		bool is_same;

		TRY(write_as(formats[i].format, &text));
		is_same = strcmp(text, formats[i].want) == 0;
		if (!is_same)
			printf("%s", text);
		free(text);
		CHECK_CASE(is_same, formats[i].want);
	}
	return ERR_NONE;
}

TEST(target_escaped, "escapes what it puts into a target")
{
	struct cli_target t = cli_target_on("/api/v1/calls");

	cli_target_segment(&t, "../x y");
	cli_target_argument(&t, "filter", "a=b&c%");
	cli_target_argument(&t, "none", NULL);
	cli_target_argument(&t, "net", "2001:db8::/32");
	CHECK(strcmp(t.text, "/api/v1/calls/..%2fx%20y?filter=a%3db%26c%25&net=2001:db8::%2f32") ==
	      0);
	CHECK(!t.is_too_long);
	for (size_t i = 0; i < CLI_TARGET_MAX; i++)
		cli_target_argument(&t, "x", "y");
	CHECK(t.is_too_long && strlen(t.text) < CLI_TARGET_MAX);
	return ERR_NONE;
}

static const char INCIDENT[] =
	"{\"incident\":\"12\",\"source\":null,\"sources\":20,\"detector\":\"guessing\","
	"\"rule\":\"distributed\",\"outcome\":\"failed\",\"blocked\":true,\"evidence\":\"a story\","
	"\"part_of\":null,\"first\":\"2026-11-21T19:00:00.000Z\",\"last\":\"2026-11-21T20:00:00.000Z\","
	"\"began\":{\"guess\":\"2026-11-21T19:00:00.000Z\"},\"targets\":1,\"users\":3,"
	"\"target_list\":[\"203.0.113.5\"],\"user_list\":[\"100\",\"=1\\u001b\"],"
	"\"samples\":[]}";

TEST(output_incident, "tells an incident as a story, escaped")
{
	static const char want[] =
		"incident 12: 20 sources, guessing (distributed), outcome failed, "
		"blocked\n  a story\n"
		"  2026-11-21T19:00:00.000Z  first seen\n"
		"  2026-11-21T19:00:00.000Z  guessed passwords\n"
		"  2026-11-21T20:00:00.000Z  last seen\n"
		"  1 target: 203.0.113.5\n"
		"  3 users: 100 =1\\x1b ...\n";
	const struct cli c = { .format = FORMAT_TABLE };
	json_t *incident = json_loads(INCIDENT, 0, NULL);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool is_same;

	if (!incident || !out)
		return ERR_NO_MEMORY;
	cli_print_incident(&c, out, incident);
	json_decref(incident);
	if (fclose(out) != 0)
		return ERR_NO_MEMORY;
	is_same = strcmp(text, want) == 0;
	if (!is_same)
		printf("%s", text);
	free(text);
	CHECK(is_same);
	return ERR_NONE;
}
