/* SPDX-License-Identifier: Apache-2.0 */
/* What an analysis writes: verdicts, outcomes, calls with their streams, in all formats. */
#include "cli/report.h"
#include "cli/report_priv.h"
#include "runner/test.h"
#include <jansson.h>
#include <stdlib.h>

enum { T0 = 1700000000 };
static const int64_t t0_us = (int64_t)T0 * SECOND_US;

static struct cli cli = { 0 };
static struct capture_skipped skipped;
static struct watch_counters watched;

/* A report into memory. */
struct sheet {
	struct cli_report *report;
	FILE *file;
	char *text;
	size_t len;
};

static enum err open_sheet(enum cli_format format, struct sheet *ret)
{
	struct cli_report_settings settings = {
		.format = format,
		.cli = &cli,
		.suspect_milli = 6000,
		.block_milli = 10000,
		.first_incident = 100,
	};
	enum err err;

	*ret = (struct sheet){ 0 };
	ret->file = open_memstream(&ret->text, &ret->len);
	settings.out = ret->file;
	err = ret->file ? cli_report_new(&settings, &ret->report) : ERR_NO_MEMORY;
	if (err != ERR_NONE && ret->file) {
		(void)fclose(ret->file);
		free(ret->text);
	}
	return err;
}

static void close_sheet(struct sheet *s)
{
	cli_report_free(&s->report);
	(void)fclose(s->file);
	free(s->text);
}

static enum err end_sheet(struct sheet *s)
{
	struct cli_report_capture capture = {
		.name = "some\x1b[2J.pcap",
		.format = "pcap",
		.packets = 12,
		.sip_messages = 9,
		.rtp_packets = 3,
		.first_wall_us = t0_us,
		.last_wall_us = t0_us + 60 * SECOND_US,
		.end = CAPTURE_END_TRUNCATED,
		.skipped = &skipped,
		.watched = &watched,
	};

	skipped.counts[CAPTURE_SKIP_FRAGMENT] = 2;
	return cli_report_end(s->report, &capture);
}

static struct fact fact_from(const char *address, enum fact_kind kind)
{
	struct fact f = { .version = FACT_VERSION, .kind = (uint8_t)kind, .count = 1 };

	(void)!addr_parse(view_of(address), &f.flow.remote);
	f.wall_us = t0_us;
	(void)VIEW_COPY(VIEW("REGISTER"), f.method);
	(void)VIEW_COPY(VIEW("101@pbx.example"), f.account);
	f.status = 403;
	f.outcome = OUTCOME_FAILED;
	return f;
}

struct score {
	uint32_t suspicion_milli, proven_milli;
};

static void find(struct sheet *s, const char *address, struct score score, bool is_proven)
{
	struct guard_finding finding = { .rule = RULE_FAILED_LOGIN, .is_proven = is_proven };
	struct fact f = fact_from(address, FACT_LOGIN);

	cli_report_fact(s->report, &f);
	cli_report_finding(s->report, &finding, &f, score.suspicion_milli, score.proven_milli);
}

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const json_t *source_of(const json_t *root, const char *address)
{
	const json_t *list = json_object_get(root, "sources");

	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(member(json_array_get(list, i), "address"), address) == 0)
			return json_array_get(list, i);
	return NULL;
}

static const struct {
	const char *address, *verdict;
	struct score score;
	bool is_proven;
} sources[] = {
	{ "192.0.2.1", "block", { 12000, 12000 }, true },
	{ "192.0.2.2", "suspect", { 50000, 0 }, false },
	{ "192.0.2.3", "suspect", { 7000, 7000 }, true },
	{ "192.0.2.4", "clean", { 1000, 1000 }, true },
	{ "2001:db8::4", "block", { 10000, 10000 }, true },
};

TEST(report_verdicts, "what nothing proves is a suspect at most, however high it scores")
{
	struct sheet s;
	json_t *root;
	enum err err;

	TRY(open_sheet(FORMAT_JSON, &s));
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		find(&s, sources[i].address, sources[i].score, sources[i].is_proven);
	err = end_sheet(&s);
	root = json_loads(s.text, 0, NULL);
	close_sheet(&s);
	if (err == ERR_NO_MEMORY) {
		json_decref(root);
		return err;
	}
	CHECK(err == ERR_NONE && root);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const json_t *source = source_of(root, sources[i].address);

		CHECK_CASE(strcmp(member(source, "verdict"), sources[i].verdict) == 0,
		           sources[i].address);
		CHECK_CASE(strcmp(member(source, "outcome"), "failed") == 0, sources[i].address);
	}
	CHECK(strcmp(member(json_array_get(json_object_get(root, "sources"), 0), "address"),
	             "192.0.2.1") == 0);
	CHECK(json_is_true(json_object_get(json_object_get(root, "capture"), "truncated")));
	CHECK(json_integer_value(
		      json_object_get(json_object_get(json_object_get(root, "capture"), "skipped"),
	                              "bad-fragment")) == 2);
	json_decref(root);
	return ERR_NONE;
}

static struct record_incident incident_of(uint64_t number, const char *source)
{
	struct record_incident i = { .incident = number, .outcome = OUTCOME_SUCCEEDED };

	if (source)
		(void)!addr_parse(view_of(source), &i.source);
	i.phases = PHASE_GUESS | PHASE_REGISTER;
	(void)VIEW_COPY(VIEW("guessing"), i.detector);
	(void)VIEW_COPY(VIEW("102@pbx.example"), i.account);
	(void)VIEW_COPY(VIEW("101 102"), i.user_list);
	return i;
}

static void tell_incidents(struct sheet *s)
{
	struct record_incident alone = incident_of(100, "192.0.2.1");
	struct record_incident many = incident_of(107, NULL);

	struct fact entered = fact_from("192.0.2.1", FACT_LOGIN);

	find(s, "192.0.2.1", sources[0].score, true);
	find(s, "192.0.2.9", sources[0].score, true);
	entered.outcome = OUTCOME_SUCCEEDED;
	(void)VIEW_COPY(VIEW("102@pbx.example"), entered.account);
	cli_report_fact(s->report, &entered);
	find(s, "192.0.2.1", sources[0].score, true);
	alone.outcome = OUTCOME_FAILED;
	cli_report_incident(s->report, &alone);
	alone.outcome = OUTCOME_SUCCEEDED;
	alone.count = 7;
	cli_report_incident(s->report, &alone);
	(void)VIEW_COPY(VIEW("192.0.2.9 198.51.100.1 rubbish"), many.source_list);
	cli_report_incident(s->report, &many);
}

TEST(report_incidents, "an incident that grew is told once, and its outcome is its sources'")
{
	struct sheet s;
	const json_t *list;
	json_t *root;
	enum err err;

	TRY(open_sheet(FORMAT_JSON, &s));
	tell_incidents(&s);
	err = end_sheet(&s);
	root = json_loads(s.text, 0, NULL);
	close_sheet(&s);
	if (err == ERR_NO_MEMORY) {
		json_decref(root);
		return err;
	}
	list = json_object_get(root, "incidents");
	CHECK(json_array_size(list) == 2);
	CHECK(json_integer_value(json_object_get(json_array_get(list, 0), "count")) == 7);
	CHECK(json_array_size(json_object_get(json_array_get(list, 1), "source_list")) == 3);
	CHECK(strcmp(member(source_of(root, "192.0.2.1"), "outcome"), "succeeded") == 0);
	CHECK(strcmp(member(source_of(root, "192.0.2.9"), "outcome"), "succeeded") == 0);
	CHECK(json_array_size(json_object_get(source_of(root, "192.0.2.9"), "phases")) == 2);
	json_decref(root);
	return ERR_NONE;
}

static void tell_calls(struct sheet *s)
{
	struct watch_stream stream = { .call = 2, .packets = 100, .lost = 3, .jitter_us = 1500 };
	struct watch_call call = { .started_wall_us = t0_us, .status = 200 };
	struct watch_phone phone = { .refreshes = 2, .is_open = true };

	call.outcome = OUTCOME_SUCCEEDED;
	call.streams = 1;
	for (uint64_t i = 1; i <= 1000; i++) {
		call.number_in_watch = i;
		cli_report_call(s->report, &call);
	}
	stream.media = WATCH_MEDIA_PLAIN;
	(void)VIEW_COPY(VIEW("PC\"MA\x01"), stream.codec);
	cli_report_stream(s->report, &stream);
	cli_report_stream(s->report, &stream);
	stream.call = 0;
	cli_report_stream(s->report, &stream);
	(void)VIEW_COPY(VIEW("201@pbx.example\x1b]0;x\x07"), phone.account);
	cli_report_phone(s->report, &phone);
}

TEST(report_calls, "no call is left out, and each has its streams")
{
	struct sheet s;
	const json_t *calls;
	json_t *root;
	enum err err;

	TRY(open_sheet(FORMAT_JSON, &s));
	tell_calls(&s);
	err = end_sheet(&s);
	root = json_loads(s.text, 0, NULL);
	close_sheet(&s);
	if (err == ERR_NO_MEMORY) {
		json_decref(root);
		return err;
	}
	calls = json_object_get(root, "calls");
	CHECK(json_array_size(calls) == 1000);
	CHECK(json_array_size(json_object_get(json_array_get(calls, 0), "streams")) == 0);
	CHECK(json_array_size(json_object_get(json_array_get(calls, 1), "streams")) == 2);
	CHECK(json_array_size(json_object_get(root, "streams")) == 1);
	CHECK(json_array_size(json_object_get(root, "phones")) == 1);
	json_decref(root);
	return ERR_NONE;
}

TEST(report_lines, "every line of JSON lines is an object that says what it is about")
{
	struct sheet s;
	size_t lines = 0;
	enum err err;

	TRY(open_sheet(FORMAT_JSONL, &s));
	tell_calls(&s);
	tell_incidents(&s);
	err = end_sheet(&s);
	for (char *line = s.text; err == ERR_NONE && line && *line; lines++) {
		char *end = strchr(line, '\n');
		json_t *object = end ? json_loadb(line, (size_t)(end - line), 0, NULL) : NULL;
		bool is_right = member(object, "type")[0] != 0;

		json_decref(object);
		if (!is_right)
			break;
		line = end + 1;
	}
	close_sheet(&s);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_NONE);
	CHECK(lines == 1000 + 3 + 1 + 2 + 2 + 1);
	return ERR_NONE;
}

static bool has(const struct sheet *s, const char *text)
{
	return s->text && view_contains(view_bytes(s->text, s->len), view_of(text));
}

TEST(report_table, "a table says who attacked, how, whether it succeeded, and what to do")
{
	struct sheet s;
	bool is_right;
	enum err err;

	TRY(open_sheet(FORMAT_TABLE, &s));
	tell_calls(&s);
	tell_incidents(&s);
	err = end_sheet(&s);
	is_right = has(&s, "ATTACKERS (2)") &&
	           has(&s, "192.0.2.1  block, score 12.0, IT SUCCEEDED") &&
	           has(&s, "Change the password of 102@pbx.example now") &&
	           has(&s, "login refused; REGISTER 101@pbx.example, answered 403") &&
	           has(&s, "CALLS (1000)") && has(&s, "and 980 more") && has(&s, "not encrypted") &&
	           has(&s, "WITHOUT A PASSWORD") && has(&s, "breaks off") && !has(&s, "\x1b") &&
	           !has(&s, "\x07");
	close_sheet(&s);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(is_right);
	return ERR_NONE;
}

TEST(report_quiet_table, "a capture without an attack is told to be one")
{
	struct fact f = fact_from("192.0.2.20", FACT_REGISTERED);
	struct sheet s;
	bool is_right;
	enum err err;

	TRY(open_sheet(FORMAT_TABLE, &s));
	cli_report_fact(s.report, &f);
	err = end_sheet(&s);
	is_right = has(&s, "Nothing hostile was found among 1 sources.") && !has(&s, "ATTACKERS");
	close_sheet(&s);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(is_right);
	return ERR_NONE;
}

static struct fact fact_of_number(uint32_t number)
{
	struct fact f = fact_from("198.18.0.0", FACT_REQUEST);

	f.flow.remote.bytes[14] = (uint8_t)(number >> 8);
	f.flow.remote.bytes[15] = (uint8_t)number;
	return f;
}

TEST(report_full, "a flood of sources is counted and pushes out no suspect and nothing proven")
{
	struct guard_finding finding = { .rule = RULE_STRUCTURE };
	struct addr proven, suspect;
	struct sheet s;
	bool is_right;

	TRY(open_sheet(FORMAT_JSON, &s));
	find(&s, "192.0.2.1", sources[0].score, true);
	find(&s, "192.0.2.2", sources[1].score, false);
	for (uint32_t i = 0; i < MAX_REPORT_SOURCES + 10; i++) {
		struct fact f = fact_of_number(i);

		cli_report_fact(s.report, &f);
		cli_report_finding(s.report, &finding, &f, 100, 0);
	}
	TRY(addr_parse(VIEW("192.0.2.1"), &proven));
	TRY(addr_parse(VIEW("192.0.2.2"), &suspect));
	is_right = report_source_find(&s.report->sources, &proven) &&
	           report_source_find(&s.report->sources, &suspect) &&
	           s.report->sources.left_out == 11;
	close_sheet(&s);
	CHECK(is_right);
	return ERR_NONE;
}

TEST(report_rules, "more rules than there is room for are counted")
{
	struct addr address;
	struct sheet s;
	bool is_right;

	TRY(open_sheet(FORMAT_JSON, &s));
	for (int rule = RULE_NONE + 1; rule < RULE_COUNT; rule++) {
		struct guard_finding finding = { .rule = (enum guard_rule)rule };
		struct fact f = fact_from("192.0.2.1", FACT_LOGIN);

		cli_report_finding(s.report, &finding, &f, 100, 100);
	}
	TRY(addr_parse(VIEW("192.0.2.1"), &address));
	is_right =
		report_source_find(&s.report->sources, &address)->untold ==
		(RULE_COUNT - 1 > MAX_REPORT_FINDINGS ? RULE_COUNT - 1 - MAX_REPORT_FINDINGS : 0);
	close_sheet(&s);
	CHECK(is_right);
	return ERR_NONE;
}

TEST(report_network, "addresses of one IPv6 network are one source")
{
	struct sheet s;
	bool is_right;
	enum err err;

	TRY(open_sheet(FORMAT_JSON, &s));
	find(&s, "2001:db8::1", sources[0].score, true);
	find(&s, "2001:db8::2", sources[0].score, true);
	err = end_sheet(&s);
	is_right = has(&s, "\"address\":\"2001:db8::/64\"") && !has(&s, "2001:db8::1\"");
	close_sheet(&s);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(is_right);
	return ERR_NONE;
}
