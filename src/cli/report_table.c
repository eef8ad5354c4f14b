/* SPDX-License-Identifier: Apache-2.0 */
/* For people: who attacked, how, whether it came to something, what to do. */
#include "base/date.h"
#include "cli/report_priv.h"
#include "cli/text.h"
#include <stdarg.h>
#include <stdlib.h>

/* A screen or two; everything stands in the JSON. */
enum { MAX_SHOWN_SOURCES = 40, MAX_SHOWN_ROWS = 20 };

static void say(struct cli_report *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct cli_report *r, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	if (vfprintf(r->settings.out, format, list) < 0)
		r->is_failed = true;
	va_end(list);
}

static void say_title(struct cli_report *r, const char *title, uint64_t count)
{
	bool is_colour = r->settings.cli->is_colour;

	say(r, "\n%s%s (%llu)%s\n", is_colour ? "\033[1m" : "", title, (unsigned long long)count,
	    is_colour ? "\033[0m" : "");
}

static void say_more(struct cli_report *r, uint64_t count, uint64_t shown)
{
	if (count > shown)
		say(r, "  and %llu more; -o json lists all\n", (unsigned long long)(count - shown));
}

/* --- Cells --- */

enum { CELL_SIZE = 1024 };

/* Control bytes escaped; lives in the cell. */
static const char *shown(const char *text, char cell[CELL_SIZE])
{
	struct buffer b = buffer_on(cell, CELL_SIZE - 1);

	cli_text_write(&b, view_of(text));
	cell[b.len] = 0;
	return cell;
}

static const char *time_shown(const struct cli_report *r, int64_t wall_us, char cell[CELL_SIZE])
{
	char text[DATE_TEXT_MAX];
	struct buffer date = BUFFER_ON(text), b = buffer_on(cell, CELL_SIZE - 1);

	if (wall_us <= 0)
		return "-";
	date_write(&date, wall_us);
	if (r->settings.cli->is_terminal)
		cli_text_write_time(&b, buffer_view(&date));
	else
		buffer_put(&b, buffer_view(&date));
	cell[b.len] = 0;
	return cell;
}

static const char *host_shown(const struct addr *a, char cell[CELL_SIZE])
{
	struct buffer b = buffer_on(cell, CELL_SIZE - 1);

	addr_write(&b, a);
	cell[b.len] = 0;
	return cell;
}

/* --- The capture --- */

static void say_capture(struct cli_report *r, const struct cli_report_capture *c)
{
	char name[CELL_SIZE], first[CELL_SIZE], last[CELL_SIZE];
	const char *separator = "  left out: ";

	say(r, "%s: %s, %llu packets, %llu SIP messages, %llu RTP packets\n", shown(c->name, name),
	    c->format, (unsigned long long)c->packets, (unsigned long long)c->sip_messages,
	    (unsigned long long)c->rtp_packets);
	if (c->packets > 0)
		say(r, "  %s to %s\n", time_shown(r, c->first_wall_us, first),
		    time_shown(r, c->last_wall_us, last));
	if (c->end != CAPTURE_END_WHOLE)
		say(r, "  the file %s\n", capture_end_text(c->end));
	for (int i = 0; i < CAPTURE_SKIP_COUNT; i++) {
		if (!c->skipped->counts[i])
			continue;
		say(r, "%s%llu %s", separator, (unsigned long long)c->skipped->counts[i],
		    capture_skip_name((enum capture_skip)i));
		separator = ", ";
	}
	if (separator[0] == ',')
		say(r, "\n");
	if (c->tls_connections > c->tls_opened)
		say(r, "  %llu of %llu TLS connections stayed closed: give --key or --keylog\n",
		    (unsigned long long)(c->tls_connections - c->tls_opened),
		    (unsigned long long)c->tls_connections);
}

/* --- Sources --- */

static const struct {
	enum guard_detector detector;
	enum fact_outcome outcome;
	const char *text;
} advice[] = {
#define ANY                             OUTCOME_UNKNOWN
#define SUCCEEDED                       OUTCOME_SUCCEEDED
#define ADVICE(detector, outcome, text) { DETECTOR_##detector, outcome, text },
#include "cli/report_advice.def"
#undef ADVICE
#undef ANY
#undef SUCCEEDED
};

static void say_advice(struct cli_report *r, enum guard_detector detector,
                       const struct report_source *s)
{
	const char *name = s->entered[0] ? s->entered : s->account;
	char account[CELL_SIZE];

	for (size_t i = 0; i < sizeof(advice) / sizeof(advice[0]); i++) {
		const char *text = advice[i].text;
		struct view mark = view_of(text);
		size_t at = view_find(mark, '%', 0);

		if (advice[i].detector != detector ||
		    (advice[i].outcome == OUTCOME_SUCCEEDED && s->outcome != OUTCOME_SUCCEEDED))
			continue;
		if (at == mark.len)
			say(r, "  -> %s\n", text);
		else
			say(r, "  -> %.*s%s%s\n", (int)at, text,
			    name[0] ? shown(name, account) : "the account", text + at + 1);
		return;
	}
}

static void say_finding(struct cli_report *r, const struct report_finding *f)
{
	enum guard_rule rule = (enum guard_rule)f->rule;
	char evidence[CELL_SIZE], first[CELL_SIZE], last[CELL_SIZE];

	say(r, "  %s, %llu time%s, %s: %s\n", guard_detector_name(guard_rule_detector(rule)),
	    (unsigned long long)f->count, f->count == 1 ? "" : "s",
	    f->is_proven ? "proven" : "not proven", shown(f->evidence, evidence));
	say(r, "    %s to %s\n", time_shown(r, f->first_wall_us, first),
	    time_shown(r, f->last_wall_us, last));
}

static void say_source(struct cli_report *r, const struct report_source *s)
{
	static const char *const outcomes[] = {
		[OUTCOME_UNKNOWN] = "whether it came to something is not known",
		[OUTCOME_SUCCEEDED] = "IT SUCCEEDED",
		[OUTCOME_FAILED] = "it failed",
	};
	uint32_t score = report_source_score(s);
	char name[ADDR_TEXT_MAX];
	struct buffer n = buffer_on(name, sizeof(name) - 1);
	unsigned told = 0;

	report_source_name(s, &n);
	name[n.len] = 0;
	say(r, "%s  %s, score %u.%u, %s\n", name, report_verdicts[report_source_verdict(r, s)],
	    score / 1000, score / 100 % 10, outcomes[s->outcome]);
	for (uint8_t i = 0; i < s->count; i++)
		say_finding(r, &s->findings[i]);
	for (uint8_t i = 0; i < s->count; i++) {
		enum guard_detector detector =
			guard_rule_detector((enum guard_rule)s->findings[i].rule);

		if (!(told & 1U << detector))
			say_advice(r, detector, s);
		told |= 1U << detector;
	}
}

/* Those of one verdict, from the sorted list. */
static size_t say_sources(struct cli_report *r, const struct report_source **list, size_t count,
                          enum cli_verdict verdict)
{
	static const char *const titles[] = {
		[CLI_CLEAN] = "NOTED, below any verdict",
		[CLI_SUSPECT] = "SUSPECTS",
		[CLI_BLOCK] = "ATTACKERS",
	};
	size_t told = 0, total = 0;

	for (size_t i = 0; i < count; i++)
		total += report_source_verdict(r, list[i]) == verdict && list[i]->count > 0;
	if (total == 0)
		return 0;
	say_title(r, titles[verdict], total);
	for (size_t i = 0; i < count && told < MAX_SHOWN_SOURCES; i++) {
		if (report_source_verdict(r, list[i]) != verdict || list[i]->count == 0)
			continue;
		say_source(r, list[i]);
		told++;
	}
	say_more(r, total, told);
	return total;
}

static enum err say_all_sources(struct cli_report *r)
{
	const struct report_source **list;
	size_t count, found;
	enum err err = report_sources_sort(r, &list, &count);

	if (err != ERR_NONE)
		return err;
	found = say_sources(r, list, count, CLI_BLOCK);
	found += say_sources(r, list, count, CLI_SUSPECT);
	if (found == 0)
		say(r, "\nNothing hostile was found among %zu sources.\n", count);
	(void)say_sources(r, list, count, CLI_CLEAN);
	if (r->sources.left_out)
		say(r, "  %llu sources more had no room here\n",
		    (unsigned long long)r->sources.left_out);
	free(list);
	return ERR_NONE;
}

/* --- Calls and phones --- */

static void say_stream(void *context, const struct watch_stream *s)
{
	static const char *const media[] = {
		[WATCH_MEDIA_UNKNOWN] = "",
		[WATCH_MEDIA_PLAIN] = ", not encrypted",
		[WATCH_MEDIA_KEYED] = ", encrypted",
	};
	struct cli_report *r = context;
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], codec[CELL_SIZE];
	uint64_t sent = s->packets + s->lost;

	say(r, "    %s to %s: %s, %llu packets, %.1f %% lost, jitter %.1f ms%s\n",
	    addr_text(&s->from, from), addr_text(&s->to, to),
	    s->codec[0] ? shown(s->codec, codec) : "codec not known",
	    (unsigned long long)s->packets, sent ? 100.0 * (double)s->lost / (double)sent : 0.0,
	    s->jitter_us / 1000.0, media[s->media]);
}

static void say_call(struct cli_report *r, const struct watch_call *c)
{
	char from[CELL_SIZE], to[CELL_SIZE], started[CELL_SIZE], length[CELL_SIZE] = "";

	if (c->answered_wall_us > 0 && c->ended_wall_us > c->answered_wall_us)
		(void)snprintf(length, sizeof(length), ", talked %lld s",
		               (long long)(c->ended_wall_us - c->answered_wall_us) / SECOND_US);
	say(r, "  %s  %s calls %s, status %u%s\n", time_shown(r, c->started_wall_us, started),
	    shown(c->from, from), shown(c->number[0] ? c->number : c->to, to), c->status, length);
	report_each_stream(r, c->number_in_watch, say_stream, r);
}

static void say_calls(struct cli_report *r)
{
	uint64_t i;

	if (r->calls.count == 0)
		return;
	say_title(r, "CALLS", r->calls.count);
	say(r, "  %llu answered; %llu with audio that is not encrypted\n",
	    (unsigned long long)r->answered, (unsigned long long)r->plain);
	for (i = 0; i < r->calls.count && i < MAX_SHOWN_ROWS; i++) {
		const struct watch_call *call = cli_spool_read(&r->calls, i);

		if (call)
			say_call(r, call);
	}
	say_more(r, r->calls.count, i);
}

struct stream_rows {
	struct cli_report *report;
	uint64_t count;
};

static void say_orphan(void *context, const struct watch_stream *stream)
{
	struct stream_rows *rows = context;

	if (rows->count++ == 0)
		say(rows->report, "\nAUDIO without a call in the capture\n");
	if (rows->count <= MAX_SHOWN_ROWS)
		say_stream(rows->report, stream);
}

static void say_phones(struct cli_report *r)
{
	uint64_t i;

	if (r->phones.count == 0)
		return;
	say_title(r, "PHONES", r->phones.count);
	for (i = 0; i < r->phones.count && i < MAX_SHOWN_ROWS; i++) {
		const struct watch_phone *p = cli_spool_read(&r->phones, i);
		char account[CELL_SIZE], address[CELL_SIZE], agent[CELL_SIZE];

		if (p)
			say(r, "  %s at %s  %s%s\n", shown(p->account, account),
			    host_shown(&p->address, address), shown(p->agent, agent),
			    p->is_open ? "  WITHOUT A PASSWORD" : "");
	}
	say_more(r, r->phones.count, i);
}

enum err report_write_table(struct cli_report *r, const struct cli_report_capture *c)
{
	struct stream_rows orphans = { r, 0 };
	enum err err;

	say_capture(r, c);
	err = say_all_sources(r);
	say_calls(r);
	report_each_stream(r, 0, say_orphan, &orphans);
	if (orphans.count > MAX_SHOWN_ROWS)
		say_more(r, orphans.count, MAX_SHOWN_ROWS);
	say_phones(r);
	return err;
}
