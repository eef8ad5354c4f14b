/* SPDX-License-Identifier: Apache-2.0 */
/* The filter's grammar. */
#include "runner/test.h"
#include "store/filter.h"
#include <string.h>

static const int64_t NOW = 1700000000000000;

static const struct {
	const char *text;
	enum record_kind kind;
	enum err want;
} cases[] = {
	{ "", RECORD_CALL, ERR_NONE },
	{ "   ", RECORD_CALL, ERR_NONE },
	{ "from=a to=b", RECORD_CALL, ERR_NONE },
	{ "from=\"a b\" to=b", RECORD_CALL, ERR_NONE },
	{ "from", RECORD_CALL, ERR_SYNTAX },
	{ "from ", RECORD_CALL, ERR_UNSUPPORTED },
	{ "from=", RECORD_CALL, ERR_SYNTAX },
	{ "from= to=b", RECORD_CALL, ERR_SYNTAX },
	{ "from=\"a", RECORD_CALL, ERR_SYNTAX },
	{ "=a", RECORD_CALL, ERR_UNSUPPORTED },
	{ "FROM=a", RECORD_CALL, ERR_UNSUPPORTED },
	{ "row=1", RECORD_CALL, ERR_UNSUPPORTED },
	{ "account=1", RECORD_CALL, ERR_UNSUPPORTED },
	{ "account=1", RECORD_INCIDENT, ERR_NONE },
	{ "status=200", RECORD_CALL, ERR_NONE },
	{ "status=abc", RECORD_CALL, ERR_SYNTAX },
	{ "status=-1", RECORD_CALL, ERR_SYNTAX },
	{ "status=99999999999999999999", RECORD_CALL, ERR_SYNTAX },
	{ "emergency=maybe", RECORD_CALL, ERR_SYNTAX },
	{ "source=999.1.1.1", RECORD_CALL, ERR_SYNTAX },
	{ "source=198.51.100.0/24", RECORD_INCIDENT, ERR_SYNTAX },
	{ "source=198.51.100.0/24", RECORD_BLOCK, ERR_NONE },
	{ "since=30x", RECORD_CALL, ERR_SYNTAX },
	{ "since=2026-13-01", RECORD_CALL, ERR_SYNTAX },
	{ "since=2026-01-01T00:00:00", RECORD_CALL, ERR_SYNTAX },
	{ "since=2026-01-01T00:00:00Z", RECORD_CALL, ERR_NONE },
	{ "from=1 from=2 from=3 from=4 from=5 from=6 from=7 from=8", RECORD_CALL, ERR_NONE },
	{ "from=1 from=2 from=3 from=4 from=5 from=6 from=7 from=8 from=9", RECORD_CALL,
	  ERR_LIMIT },
};

TEST(filter_grammar, "takes words of the kind's fields and names what it does not take")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[512];
		struct buffer why = BUFFER_ON(text);
		struct filter filter;

		CHECK_CASE(filter_parse(view_of(cases[i].text), cases[i].kind, NOW, &why,
		                        &filter) == cases[i].want,
		           cases[i].text);
		CHECK_CASE((why.len > 0) == (cases[i].want != ERR_NONE), cases[i].text);
	}
	return ERR_NONE;
}

static const struct {
	const char *text;
	int64_t want;
} times[] = {
	{ "since=1970-01-01", 0 },
	{ "since=1970-01-01T00:00:01Z", 1000000 },
	{ "since=2000-02-29", 951782400000000 },
	{ "since=2000-03-01", 951868800000000 },
	{ "since=2023-11-14T22:13:20Z", 1700000000000000 },
	{ "since=2100-03-01", 4107542400000000 },
	{ "since=1s", 1700000000000000 - 1000000 },
	{ "since=2h", 1700000000000000 - 7200000000 },
	{ "since=1w", 1700000000000000 - 604800000000 },
};

TEST(filter_times, "reads dates of the calendar and lengths before now")
{
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		char text[256];
		struct buffer why = BUFFER_ON(text);
		struct filter filter;

		TRY(filter_parse(view_of(times[i].text), RECORD_CALL, NOW, &why, &filter));
		CHECK_CASE(filter.count == 1 && filter.words[0].match == MATCH_FROM, times[i].text);
		CHECK_CASE(filter.words[0].number == times[i].want, times[i].text);
	}
	return ERR_NONE;
}

static void parse(struct view text)
{
	char words[256];
	struct buffer why = BUFFER_ON(words);
	struct filter filter;

	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++)
		(void)!filter_parse(text, (enum record_kind)kind, NOW, &why, &filter);
}

TEST(filter_truncated, "reads nothing beyond a filter that is cut off")
{
	test_truncations(
		VIEW("from=\"a \\\" b\" status=200 since=2026-01-01T00:00:00Z source=198.51.* x"),
		parse);
	return ERR_NONE;
}

TEST(filter_long_value, "refuses a value longer than a field")
{
	char text[5 + FILTER_VALUE_MAX + 1], words[256];
	struct buffer why = BUFFER_ON(words);
	struct filter filter;

	memset(text, 'a', sizeof(text));
	memcpy(text, "from=", 5);
	CHECK(filter_parse(view_bytes(text, 5 + FILTER_VALUE_MAX - 1), RECORD_CALL, NOW, &why,
	                   &filter) == ERR_NONE);
	CHECK(filter_parse(view_bytes(text, 5 + FILTER_VALUE_MAX), RECORD_CALL, NOW, &why,
	                   &filter) == ERR_LIMIT);
	return ERR_NONE;
}
