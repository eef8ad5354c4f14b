/* SPDX-License-Identifier: Apache-2.0 */
/* Gathering: what the watch and the judge say, as they say it. */
#include "cli/report.h"
#include "cli/report_json.h"
#include "cli/report_priv.h"
#include "guard/agent.h"
#include "guard/oddity.h"
#include "guard/screen.h"
#include <stdlib.h>

const char *const report_verdicts[] = { "clean", "suspect", "block" };
const char *const report_outcomes[] = { "unknown", "succeeded", "failed" };

enum err cli_report_new(const struct cli_report_settings *settings, struct cli_report **ret)
{
	struct cli_report *r = calloc(1, sizeof(*r));
	enum err err = r ? ERR_NONE : ERR_NO_MEMORY;

	if (err == ERR_NONE) {
		r->settings = *settings;
		err = report_sources_init(&r->sources, &settings->key);
	}
	if (err == ERR_NONE)
		err = cli_spool_init(&r->calls, sizeof(struct watch_call));
	if (err == ERR_NONE)
		err = cli_spool_init(&r->streams, sizeof(struct report_stream));
	if (err == ERR_NONE)
		err = cli_spool_init(&r->phones, sizeof(struct watch_phone));
	if (err == ERR_NONE)
		err = cli_spool_init(&r->incidents, sizeof(struct record_incident));
	if (err == ERR_NONE)
		err = cli_spool_init(&r->chains, sizeof(uint64_t));
	if (err != ERR_NONE) {
		cli_report_free(&r);
		return err;
	}
	*ret = r;
	return ERR_NONE;
}

void cli_report_open_files(struct cli_report *r)
{
	cli_spool_open(&r->calls);
	cli_spool_open(&r->streams);
	cli_spool_open(&r->phones);
	cli_spool_open(&r->incidents);
	cli_spool_open(&r->chains);
}

void cli_report_free(struct cli_report **r)
{
	struct cli_report *gone = *r;

	*r = NULL;
	if (!gone)
		return;
	report_sources_clear(&gone->sources);
	cli_spool_clear(&gone->calls);
	cli_spool_clear(&gone->streams);
	cli_spool_clear(&gone->phones);
	cli_spool_clear(&gone->incidents);
	cli_spool_clear(&gone->chains);
	free(gone);
}

/* --- Sources --- */

void cli_report_fact(struct cli_report *r, const struct fact *fact)
{
	struct report_source *s =
		report_source_touch(&r->sources, &fact->flow.remote, fact->wall_us);

	s->facts += fact->count > 0 ? fact->count : 1;
	if (fact->kind == FACT_LOGIN && fact->outcome == OUTCOME_SUCCEEDED)
		(void)VIEW_COPY(view_of(fact->account), s->entered);
}

/* Success ends the matter; failure is more than not to know. */
static uint8_t graver(uint8_t a, uint8_t b)
{
	static const uint8_t ranks[] = {
		[OUTCOME_UNKNOWN] = 0,
		[OUTCOME_SUCCEEDED] = 2,
		[OUTCOME_FAILED] = 1,
	};

	return ranks[a] >= ranks[b] ? a : b;
}

static const char *detail_of(const struct fact *fact, enum guard_rule rule)
{
	if (fact->kind == FACT_SCANNER && fact->reason < SIGNATURE_COUNT)
		return guard_signature_text((enum guard_signature)fact->reason);
	if (fact->kind == FACT_ANOMALY)
		return guard_anomaly_text(fact->reason);
	if (rule != RULE_NONE && fact->agent > AGENT_NONE && fact->agent < AGENT_COUNT)
		return guard_agent_name((enum guard_agent)fact->agent);
	return "";
}

/* "login refused: REGISTER 101@203.0.113.7, 403" */
static void write_evidence(const struct guard_finding *finding, const struct fact *fact,
                           char ret[REPORT_EVIDENCE_SIZE])
{
	struct buffer b = buffer_on(ret, REPORT_EVIDENCE_SIZE - 1);
	const char *detail = detail_of(fact, finding->rule);

	buffer_text(&b, guard_rule_text(finding->rule));
	if (detail[0]) {
		buffer_text(&b, ": ");
		buffer_text(&b, detail);
	}
	if (fact->method[0]) {
		buffer_text(&b, "; ");
		buffer_text(&b, fact->method);
	}
	if (fact->number[0] || fact->account[0]) {
		buffer_char(&b, ' ');
		buffer_text(&b, fact->number[0] ? fact->number : fact->account);
	}
	if (fact->status) {
		buffer_put(&b, VIEW(", answered "));
		buffer_decimal(&b, fact->status);
	}
	ret[b.len] = 0;
}

static struct report_finding *finding_of(struct report_source *s, enum guard_rule rule)
{
	for (uint8_t i = 0; i < s->count; i++)
		if (s->findings[i].rule == rule)
			return &s->findings[i];
	if (s->count == MAX_REPORT_FINDINGS)
		return NULL;
	s->findings[s->count] = (struct report_finding){ .rule = (uint8_t)rule };
	return &s->findings[s->count++];
}

void cli_report_finding(struct cli_report *r, const struct guard_finding *finding,
                        const struct fact *fact, uint32_t suspicion_milli, uint32_t proven_milli)
{
	struct report_source *s =
		report_source_touch(&r->sources, &fact->flow.remote, fact->wall_us);
	struct report_finding *f;

	if (suspicion_milli > s->suspicion_milli)
		s->suspicion_milli = suspicion_milli;
	if (proven_milli > s->proven_milli)
		s->proven_milli = proven_milli;
	if (proven_milli > 0)
		s = report_source_prove(&r->sources, s);
	else
		guard_recent_keep(&r->sources.others, s, report_source_verdict(r, s) > CLI_CLEAN);
	f = finding_of(s, finding->rule);
	if (!f) {
		s->untold++;
		return;
	}
	if (f->count == 0 || (finding->is_proven && !f->is_proven)) {
		write_evidence(finding, fact, f->evidence);
		f->first_wall_us = f->count ? f->first_wall_us : fact->wall_us;
	}
	f->count += fact->count > 0 ? fact->count : 1;
	f->last_wall_us = fact->wall_us;
	f->is_proven |= finding->is_proven;
	/* That a scanner was answered is no success yet: a login or a call is. */
	if (fact->outcome == OUTCOME_FAILED ||
	    (fact->outcome == OUTCOME_SUCCEEDED && fact->kind == FACT_CALL))
		f->outcome = graver(fact->outcome, f->outcome);
	s->outcome = graver(f->outcome, s->outcome);
	if (fact->account[0])
		(void)VIEW_COPY(view_of(fact->account), s->account);
}

/* --- Incidents --- */

static void note_incident(struct cli_report *r, const struct addr *address,
                          const struct record_incident *incident)
{
	struct report_source *s = report_source_find(&r->sources, address);

	if (!s)
		return;
	s->outcome = graver(incident->outcome, s->outcome);
	s->phases |= incident->phases;
}

void cli_report_incident(struct cli_report *r, const struct record_incident *incident)
{
	struct view list = view_of(incident->source_list);
	struct record_incident *kept;

	if (incident->incident < r->settings.first_incident)
		return;
	kept = cli_spool_at(&r->incidents, incident->incident - r->settings.first_incident);
	if (!kept)
		return;
	r->incident_count += kept->incident == 0;
	*kept = *incident;
	if (incident->source.family != 0) {
		note_incident(r, &incident->source, incident);
		return;
	}
	while (!view_is_empty(list)) {
		size_t end = view_find(list, ' ', 0);
		struct addr address;

		if (addr_parse(view_first(list, end), &address) == ERR_NONE)
			note_incident(r, &address, incident);
		list = view_after(list, end + 1);
	}
}

/* --- Calls, streams, phones --- */

void report_put(struct cli_report *r, const struct buffer *b)
{
	if (b->err != ERR_NONE || fwrite(b->at, 1, b->len, r->settings.out) != b->len)
		r->is_failed = true;
}

/* A line of JSON begins with what it is about. */
struct buffer report_line(struct cli_report *r, const char *type)
{
	struct buffer b = buffer_on(r->bytes, REPORT_OBJECT_MAX);

	cli_json_open(&b, CLI_JSON_ITEM, '{');
	cli_json_text(&b, CLI_JSON("type"), view_of(type));
	return b;
}

void report_end_line(struct cli_report *r, struct buffer *b)
{
	cli_json_close(b, '}');
	cli_json_finish(b);
	buffer_char(b, '\n');
	report_put(r, b);
}

void cli_report_call(struct cli_report *r, const struct watch_call *call)
{
	struct watch_call *kept;

	r->answered += call->outcome == OUTCOME_SUCCEEDED;
	r->plain += call->streams > 0 && !call->is_encrypted;
	if (r->settings.format == FORMAT_JSONL) {
		struct buffer b = report_line(r, "call");

		report_write_call(r, call, &b);
		report_end_line(r, &b);
		return;
	}
	kept = cli_spool_add(&r->calls);
	if (kept)
		*kept = *call;
}

void cli_report_stream(struct cli_report *r, const struct watch_stream *stream)
{
	struct report_stream *kept;
	uint64_t *newest, next;

	if (r->settings.format == FORMAT_JSONL) {
		struct buffer b = report_line(r, "stream");

		report_write_stream(stream, &b);
		report_end_line(r, &b);
		return;
	}
	newest = cli_spool_at(&r->chains, stream->call);
	next = newest ? *newest : 0;
	if (newest)
		*newest = r->streams.count + 1;
	kept = cli_spool_add(&r->streams);
	if (kept)
		*kept = (struct report_stream){ *stream, next };
}

void report_each_stream(struct cli_report *r, uint64_t call,
                        void (*each)(void *context, const struct watch_stream *stream),
                        void *context)
{
	const uint64_t *newest = cli_spool_read(&r->chains, call);
	uint64_t place = newest ? *newest : 0;

	while (place > 0) {
		const struct report_stream *s = cli_spool_read(&r->streams, place - 1);

		if (!s)
			return;
		each(context, &s->stream);
		place = s->next;
	}
}

void cli_report_phone(struct cli_report *r, const struct watch_phone *phone)
{
	struct watch_phone *kept;

	if (r->settings.format == FORMAT_JSONL) {
		struct buffer b = report_line(r, "phone");

		report_write_phone(phone, &b);
		report_end_line(r, &b);
		return;
	}
	kept = cli_spool_add(&r->phones);
	if (kept)
		*kept = *phone;
}

/* --- End --- */

static bool has_spooled(const struct cli_report *r)
{
	return r->calls.err == ERR_NONE && r->streams.err == ERR_NONE &&
	       r->phones.err == ERR_NONE && r->incidents.err == ERR_NONE &&
	       r->chains.err == ERR_NONE;
}

enum err cli_report_end(struct cli_report *r, const struct cli_report_capture *capture)
{
	enum err err = ERR_IO;

	if (has_spooled(r))
		err = r->settings.format == FORMAT_JSON  ? report_write_json(r, capture)
		    : r->settings.format == FORMAT_JSONL ? report_write_lines(r, capture)
		                                         : report_write_table(r, capture);
	if (err == ERR_NONE && (!has_spooled(r) || r->is_failed || fflush(r->settings.out) != 0))
		err = ERR_IO;
	return err;
}
