/* SPDX-License-Identifier: Apache-2.0 */
/* Members of the report's objects, as docs/analyse.md names them. */
#include "cli/report_json.h"
#include "cli/report_priv.h"

/* --- Sources --- */

static void write_finding(const struct report_finding *f, struct buffer *b)
{
	enum guard_rule rule = (enum guard_rule)f->rule;

	cli_json_open(b, CLI_JSON_ITEM, '{');
	cli_json_text(b, CLI_JSON("detector"),
	              view_of(guard_detector_name(guard_rule_detector(rule))));
	cli_json_text(b, CLI_JSON("rule"), view_of(guard_rule_name(rule)));
	cli_json_number(b, CLI_JSON("count"), f->count);
	cli_json_time(b, CLI_JSON("first"), f->first_wall_us);
	cli_json_time(b, CLI_JSON("last"), f->last_wall_us);
	cli_json_yes(b, CLI_JSON("proven"), f->is_proven);
	cli_json_text(b, CLI_JSON("outcome"), view_of(report_outcomes[f->outcome]));
	CLI_JSON_TEXT(b, "evidence", f->evidence);
	cli_json_close(b, '}');
}

static const struct {
	uint8_t phase;
	const char *name;
} phases[] = {
	{ PHASE_SCAN, "scan" },         { PHASE_ENUMERATE, "enumerate" }, { PHASE_GUESS, "guess" },
	{ PHASE_REGISTER, "register" }, { PHASE_DIAL, "dial" },
};

static void write_phases(uint8_t set, struct buffer *b)
{
	cli_json_open(b, CLI_JSON("phases"), '[');
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		if (set & phases[i].phase)
			cli_json_text(b, CLI_JSON_ITEM, view_of(phases[i].name));
	cli_json_close(b, ']');
}

void report_write_source(const struct cli_report *r, const struct report_source *s,
                         struct buffer *b)
{
	char name[ADDR_TEXT_MAX];
	struct buffer n = BUFFER_ON(name);

	report_source_name(s, &n);
	cli_json_text(b, CLI_JSON("address"), buffer_view(&n));
	cli_json_text(b, CLI_JSON("verdict"),
	              view_of(report_verdicts[report_source_verdict(r, s)]));
	cli_json_thousandths(b, CLI_JSON("score"), report_source_score(s));
	cli_json_thousandths(b, CLI_JSON("proven_score"), s->proven_milli);
	cli_json_text(b, CLI_JSON("outcome"), view_of(report_outcomes[s->outcome]));
	if (s->entered[0])
		CLI_JSON_TEXT(b, "entered_as", s->entered);
	cli_json_number(b, CLI_JSON("facts"), s->facts);
	cli_json_time(b, CLI_JSON("first"), s->first_wall_us);
	cli_json_time(b, CLI_JSON("last"), s->last_wall_us);
	write_phases(s->phases, b);
	cli_json_open(b, CLI_JSON("findings"), '[');
	for (uint8_t i = 0; i < s->count; i++)
		write_finding(&s->findings[i], b);
	cli_json_close(b, ']');
	if (s->untold)
		cli_json_number(b, CLI_JSON("findings_left_out"), s->untold);
}

/* --- Calls --- */

void report_write_stream(const struct watch_stream *s, struct buffer *b)
{
	static const struct view media[] = {
		[WATCH_MEDIA_UNKNOWN] = { "null", 4 },
		[WATCH_MEDIA_PLAIN] = { "false", 5 },
		[WATCH_MEDIA_KEYED] = { "true", 4 },
	};

	if (s->call)
		cli_json_number(b, CLI_JSON("call"), s->call);
	cli_json_socket(b, CLI_JSON("from"), &s->from);
	cli_json_socket(b, CLI_JSON("to"), &s->to);
	cli_json_number(b, CLI_JSON("ssrc"), s->ssrc);
	CLI_JSON_TEXT(b, "codec", s->codec);
	cli_json_number(b, CLI_JSON("payload_type"), s->payload_type);
	cli_json_number(b, CLI_JSON("packets"), s->packets);
	cli_json_number(b, CLI_JSON("octets"), s->octets);
	cli_json_number(b, CLI_JSON("lost"), s->lost);
	cli_json_thousandths(b, CLI_JSON("jitter_ms"), s->jitter_us);
	/* null: nothing in the capture tells. */
	cli_json_plain(b, CLI_JSON("encrypted"), media[s->media]);
	cli_json_yes(b, CLI_JSON("rtcp"), s->has_rtcp);
	cli_json_time(b, CLI_JSON("first"), s->first_wall_us);
	cli_json_time(b, CLI_JSON("last"), s->last_wall_us);
}

/* A call whose streams change all the time must still fit. */
struct call_streams {
	struct buffer *b;
	uint64_t left_out;
};

static void add_stream(void *context, const struct watch_stream *stream)
{
	struct call_streams *c = context;

	if (c->b->max - c->b->len < 4096) {
		c->left_out++;
		return;
	}
	cli_json_open(c->b, CLI_JSON_ITEM, '{');
	report_write_stream(stream, c->b);
	cli_json_close(c->b, '}');
}

void report_write_call(struct cli_report *r, const struct watch_call *call, struct buffer *b)
{
	struct call_streams streams = { b, 0 };

	cli_json_number(b, CLI_JSON("call"), call->number_in_watch);
	cli_json_socket(b, CLI_JSON("caller"), &call->caller);
	cli_json_socket(b, CLI_JSON("callee"), &call->callee);
	CLI_JSON_TEXT(b, "from", call->from);
	CLI_JSON_TEXT(b, "to", call->to);
	CLI_JSON_TEXT(b, "number", call->number);
	CLI_JSON_TEXT(b, "call_id", call->call_id);
	cli_json_time(b, CLI_JSON("started"), call->started_wall_us);
	cli_json_time(b, CLI_JSON("answered"), call->answered_wall_us);
	cli_json_time(b, CLI_JSON("ended"), call->ended_wall_us);
	cli_json_number(b, CLI_JSON("status"), call->status);
	cli_json_text(b, CLI_JSON("outcome"), view_of(report_outcomes[call->outcome]));
	cli_json_yes(b, CLI_JSON("cancelled"), call->is_cancelled);
	cli_json_number(b, CLI_JSON("packets"), call->packets);
	cli_json_number(b, CLI_JSON("lost"), call->lost);
	if (call->streams)
		cli_json_yes(b, CLI_JSON("encrypted"), call->is_encrypted);
	if (r->settings.format == FORMAT_JSONL)
		return;
	cli_json_open(b, CLI_JSON("streams"), '[');
	report_each_stream(r, call->number_in_watch, add_stream, &streams);
	cli_json_close(b, ']');
	if (streams.left_out)
		cli_json_number(b, CLI_JSON("streams_left_out"), streams.left_out);
}

/* --- Phones --- */

void report_write_phone(const struct watch_phone *p, struct buffer *b)
{
	CLI_JSON_TEXT(b, "account", p->account);
	cli_json_socket(b, CLI_JSON("address"), &p->address);
	cli_json_socket(b, CLI_JSON("server"), &p->server);
	CLI_JSON_TEXT(b, "contact", p->contact);
	CLI_JSON_TEXT(b, "agent", p->agent);
	cli_json_time(b, CLI_JSON("first"), p->first_wall_us);
	cli_json_time(b, CLI_JSON("last"), p->last_wall_us);
	cli_json_number(b, CLI_JSON("expires_s"), p->expires_s);
	cli_json_number(b, CLI_JSON("refreshes"), p->refreshes);
	cli_json_yes(b, CLI_JSON("registered"), p->is_registered);
	cli_json_yes(b, CLI_JSON("without_password"), p->is_open);
}

/* --- Incidents --- */

static void write_words(struct view name, const char *text, struct buffer *b)
{
	struct view list = view_of(text);

	cli_json_open(b, name, '[');
	while (!view_is_empty(list)) {
		size_t end = view_find(list, ' ', 0);

		if (end > 0)
			cli_json_text(b, CLI_JSON_ITEM, view_first(list, end));
		list = view_after(list, end + 1);
	}
	cli_json_close(b, ']');
}

void report_write_incident(const struct record_incident *i, struct buffer *b)
{
	cli_json_number(b, CLI_JSON("incident"), i->incident);
	CLI_JSON_TEXT(b, "kind", i->detector);
	cli_json_host(b, CLI_JSON("source"), &i->source);
	cli_json_text(b, CLI_JSON("outcome"), view_of(report_outcomes[i->outcome]));
	write_phases(i->phases, b);
	CLI_JSON_TEXT(b, "rule", i->rule);
	CLI_JSON_TEXT(b, "account", i->account);
	cli_json_yes(b, CLI_JSON("proven"), i->is_proven);
	cli_json_number(b, CLI_JSON("count"), i->count);
	cli_json_thousandths(b, CLI_JSON("score"), i->score_milli);
	cli_json_time(b, CLI_JSON("first"), i->first_wall_us);
	cli_json_time(b, CLI_JSON("last"), i->last_wall_us);
	cli_json_number(b, CLI_JSON("sources"), i->sources);
	write_words(CLI_JSON("source_list"), i->source_list, b);
	cli_json_number(b, CLI_JSON("targets"), i->targets);
	write_words(CLI_JSON("target_list"), i->target_list, b);
	cli_json_number(b, CLI_JSON("users"), i->users);
	write_words(CLI_JSON("user_list"), i->user_list, b);
	cli_json_number(b, CLI_JSON("numbers"), i->numbers);
	write_words(CLI_JSON("number_list"), i->number_list, b);
	CLI_JSON_TEXT(b, "evidence", i->evidence);
}

/* --- The capture --- */

static void write_count(const char *name, uint64_t count, struct buffer *b)
{
	cli_json_name(b, view_of(name));
	cli_json_number(b, CLI_JSON_ITEM, count);
}

static void write_skipped(const struct cli_report_capture *c, struct buffer *b)
{
	const struct {
		const char *name;
		uint64_t count;
	} watched[] = {
		{ "malformed-sip", c->watched->malformed },
		{ "cut-sip", c->watched->cut },
		{ "forgotten-rows", c->watched->forgotten },
		{ "tls-without-key", c->tls_connections - c->tls_opened },
	};

	cli_json_open(b, CLI_JSON("skipped"), '{');
	for (int i = 0; i < CAPTURE_SKIP_COUNT; i++)
		if (c->skipped->counts[i])
			write_count(capture_skip_name((enum capture_skip)i), c->skipped->counts[i],
			            b);
	for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
		if (watched[i].count)
			write_count(watched[i].name, watched[i].count, b);
	cli_json_close(b, '}');
}

void report_write_capture(const struct cli_report_capture *c, struct buffer *b)
{
	cli_json_text(b, CLI_JSON("name"), view_first(view_of(c->name), 4096));
	cli_json_text(b, CLI_JSON("format"), view_of(c->format));
	cli_json_number(b, CLI_JSON("packets"), c->packets);
	cli_json_number(b, CLI_JSON("sip_messages"), c->sip_messages);
	cli_json_number(b, CLI_JSON("rtp_packets"), c->rtp_packets);
	cli_json_time(b, CLI_JSON("first"), c->first_wall_us);
	cli_json_time(b, CLI_JSON("last"), c->last_wall_us);
	cli_json_yes(b, CLI_JSON("truncated"), c->end != CAPTURE_END_WHOLE);
	cli_json_text(b, CLI_JSON("end"), view_of(capture_end_name(c->end)));
	write_skipped(c, b);
}
