/* SPDX-License-Identifier: Apache-2.0 */
/* JSON that is written straight into a buffer, and lists in temporary files. */
#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/report_spool.h"
#include "runner/test.h"
#include <jansson.h>
#include <stdlib.h>

static const struct {
	const char *name, *text, *want;
} texts[] = {
	{ "plain", "101@pbx.example", "\"101@pbx.example\"" },
	{ "nothing", "", "\"\"" },
	{ "a quote and a backslash", "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "controls", "a\r\n\x1b[1m\x7f", "\"a\\u000d\\u000a\\u001b[1m\\u007f\"" },
	{ "letters of others", "\xc3\xbc", "\"\xc3\xbc\"" },
	{ "what is not UTF-8", "a\xff\xc3(", "\"a\xef\xbf\xbd\xef\xbf\xbd(\"" },
	{ "a cut character", "\xe6\x9d", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
};

TEST(json_texts, "writes any text as JSON that every reader takes")
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char bytes[128];
		struct buffer b = BUFFER_ON(bytes);

		cli_json_text(&b, CLI_JSON_ITEM, view_of(texts[i].text));
		cli_json_finish(&b);
		CHECK_CASE(view_equal(buffer_view(&b), view_of(texts[i].want)), texts[i].name);
	}
	return ERR_NONE;
}

TEST(json_places, "finds what may not stand for itself at any place of a text")
{
	static const char odd[] = { '"', '\\', '\x1f', '\0', '\x7f' };

	for (int place = 0; place < 20 * (int)sizeof(odd); place++) {
		char text[20], bytes[64];
		struct buffer b = BUFFER_ON(bytes);

		memset(text, 'a' + place % 20, sizeof(text));
		text[place % 20] = odd[place / 20];
		cli_json_text(&b, CLI_JSON_ITEM, view_bytes(text, sizeof(text)));
		cli_json_finish(&b);
		CHECK(b.err == ERR_NONE && bytes[place % 20 + 1] == '\\');
		CHECK(b.len == (place < 40 ? 23 : 27));
	}
	return ERR_NONE;
}

TEST(json_members, "puts commas between members and nowhere else")
{
	static const char want[] =
		"{\"a\":1,\"b\":[2.5,3,0.007],\"c\":{\"d\":true,\"e\":null},\"f\":[],"
		"\"g\":\"1970-01-01T00:00:00.001Z\",\"h\":\"192.0.2.1\","
		"\"i\":\"[2001:db8::1]:5060\",\"j\":null}";
	char bytes[256];
	struct buffer b = BUFFER_ON(bytes);
	struct addr a = { 0 }, six, none = { 0 };

	TRY(addr_parse(VIEW("192.0.2.1"), &a));
	TRY(addr_parse_port(VIEW("[2001:db8::1]:5060"), &six));
	cli_json_open(&b, CLI_JSON_ITEM, '{');
	cli_json_number(&b, CLI_JSON("a"), 1);
	cli_json_open(&b, CLI_JSON("b"), '[');
	cli_json_thousandths(&b, CLI_JSON_ITEM, 2500);
	cli_json_thousandths(&b, CLI_JSON_ITEM, 3000);
	cli_json_thousandths(&b, CLI_JSON_ITEM, 7);
	cli_json_close(&b, ']');
	cli_json_open(&b, CLI_JSON("c"), '{');
	cli_json_yes(&b, CLI_JSON("d"), true);
	cli_json_time(&b, CLI_JSON("e"), 0);
	cli_json_close(&b, '}');
	cli_json_open(&b, CLI_JSON("f"), '[');
	cli_json_close(&b, ']');
	cli_json_time(&b, CLI_JSON("g"), 1000);
	cli_json_host(&b, CLI_JSON("h"), &a);
	cli_json_socket(&b, CLI_JSON("i"), &six);
	cli_json_host(&b, CLI_JSON("j"), &none);
	cli_json_close(&b, '}');
	cli_json_finish(&b);
	CHECK(b.err == ERR_NONE);
	CHECK(view_equal(buffer_view(&b), VIEW(want)));
	return ERR_NONE;
}

/* Sizes that do and do not divide a block; the last ones reach into the file. */
static enum err fill_and_read(size_t size)
{
	enum { ITEMS = 50000 };
	struct cli_spool s;

	TRY(cli_spool_init(&s, size));
	for (uint64_t i = 0; i < ITEMS; i++) {
		uint64_t *item = cli_spool_add(&s);

		CHECK(item != NULL);
		*item = i * i;
	}
	CHECK(s.count == ITEMS);
	for (uint64_t i = 0; i < ITEMS; i += 7) {
		const uint64_t *item = cli_spool_read(&s, (i * 31) % ITEMS);

		CHECK(item && *item == (i * 31) % ITEMS * ((i * 31) % ITEMS));
	}
	CHECK(cli_spool_read(&s, ITEMS) == NULL);
	cli_spool_clear(&s);
	return ERR_NONE;
}

TEST(spool_keeps, "a spool gives back what was put into it, whatever its size")
{
	TRY(fill_and_read(8));
	TRY(fill_and_read(72));
	TRY(fill_and_read(128));
	return fill_and_read(200);
}

/* One place of a spool written, and it alone. */
static enum err write_behind_a_gap(uint64_t place)
{
	struct cli_spool s;
	uint64_t *item;
	const uint64_t *gap;

	TRY(cli_spool_init(&s, 8));
	item = cli_spool_at(&s, place);
	CHECK(item != NULL);
	*item = 5;
	gap = cli_spool_read(&s, place - 1);
	CHECK(gap && *gap == 0);
	gap = cli_spool_read(&s, place / 2);
	CHECK(gap && *gap == 0);
	gap = cli_spool_read(&s, 20);
	CHECK(gap && *gap == 0);
	gap = cli_spool_read(&s, place);
	CHECK(gap && *gap == 5);
	CHECK(cli_spool_read(&s, place + 1) == NULL);
	cli_spool_clear(&s);
	return ERR_NONE;
}

TEST(spool_gaps, "places of a spool that nobody wrote read as zeros")
{
	TRY(write_behind_a_gap(100000));
	return write_behind_a_gap(10000000);
}

TEST(spool_without_room, "a spool that cannot be written keeps its error and does not crash")
{
	enum err err;
	struct cli_spool s;

	TRY(cli_spool_init(&s, 4096));
	(void)setenv("TMPDIR", "/proc/nowhere", 1);
	for (int i = 0; i < MAX_SPOOL_KEPT / 4096 + 17; i++)
		(void)cli_spool_add(&s);
	(void)unsetenv("TMPDIR");
	err = s.err;
	CHECK(cli_spool_read(&s, 0) == NULL);
	cli_spool_clear(&s);
	CHECK(err == ERR_IO);
	return ERR_NONE;
}

TEST(progress_text, "progress says how far the file is read, also where its size is not known")
{
	char text[PROGRESS_SIZE];

	(void)cli_progress_text(50000000, 200000000, text);
	CHECK(view_equal(view_of(text), VIEW("[#######.......................]  25 % of 200 MB")));
	(void)cli_progress_text(300, 200, text);
	CHECK(view_contains(view_of(text), VIEW("100 %")));
	(void)cli_progress_text(7000000, 0, text);
	CHECK(view_equal(view_of(text), VIEW("7 MB read")));
	return ERR_NONE;
}
