/* SPDX-License-Identifier: Apache-2.0 */
/* Watch and judge wired as `ringfence analyse` wires them. */
#include "judge/stage.h"

#include "guard/inspector.h"
#include "sip/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct hash_key key = { { 7, 1, 3 } };
static const int64_t start_wall_us = INT64_C(1790000000) * SECOND_US;

static struct page *page_at(const struct stage *s, const struct addr *source)
{
	struct addr base = addr_source(source);
	uint32_t at = (uint32_t)(hash_siphash(&key, base.bytes, sizeof(base.bytes)) % MAX_BOOK);

	while (s->book[at].source.family != 0 && !addr_same_host(&s->book[at].source, &base))
		at = (at + 1) % MAX_BOOK;
	return &s->book[at];
}

static void take_finding(void *context, const struct guard_finding *finding,
                         const struct fact *fact, uint32_t suspicion_milli, uint32_t proven_milli)
{
	struct stage *s = context;
	struct page *page = page_at(s, &fact->flow.remote);

	if (finding->score_milli == 0 && !finding->is_incident)
		return;
	page->source = addr_source(&fact->flow.remote);
	page->rules |= UINT64_C(1) << finding->rule;
	if (suspicion_milli > page->suspicion_milli)
		page->suspicion_milli = suspicion_milli;
	if (proven_milli > page->proven_milli)
		page->proven_milli = proven_milli;
}

static void take_record(void *context, union record *record)
{
	struct stage *s = context;

	s->incidents += record->head.kind == RECORD_INCIDENT;
}

static void take_fact(void *context, const struct fact *fact)
{
	struct stage *s = context;

	s->facts++;
	guard_judge_take(s->judge, fact);
	guard_judge_advance(s->judge, s->now);
}

static void must(enum err err, const char *what)
{
	if (err == ERR_NONE)
		return;
	(void)fprintf(stderr, "bench judge: %s: %s\n", what, err_text(err));
	exit(1);
}

static void *take(size_t size)
{
	void *memory = calloc(1, size);

	must(memory ? ERR_NONE : ERR_NO_MEMORY, "memory");
	return memory;
}

static void begin(struct stage *s, uint64_t seed)
{
	struct watch_ports watching = { .context = s,
		                        .fact = take_fact,
		                        .inspector = &guard_inspector };
	struct guard_judge_ports judging = { .context = s,
		                             .record = take_record,
		                             .verdicts = s->verdicts,
		                             .counters = s->counters,
		                             .finding = take_finding };

	s->chance.state = seed;
	s->now = (struct now){ 1000 * (uint64_t)SECOND_US, start_wall_us };
	verdict_table_init(s->verdicts, &key);
	must(watch_new(&watch_settings_default, &watching, &key, &s->watch), "watch");
	must(guard_judge_new(&s->settings, &judging, &key, 1, &s->judge), "judge");
}

void stage_open(struct stage *s, uint64_t seed, enum guard_detector off)
{
	memset(s, 0, sizeof(*s));
	guard_judge_defaults(&s->settings);
	if (off < GUARD_DETECTOR_COUNT)
		s->settings.detector_modes[off] = MODE_OFF;
	s->verdicts = take(verdict_table_size());
	s->counters = take(sizeof(*s->counters));
	s->book = take(MAX_BOOK * sizeof(*s->book));
	begin(s, seed);
}

void stage_renew(struct stage *s, uint64_t seed)
{
	watch_free(&s->watch);
	guard_judge_free(&s->judge);
	memset(s->book, 0, MAX_BOOK * sizeof(*s->book));
	begin(s, seed);
}

void stage_close(struct stage *s)
{
	watch_free(&s->watch);
	guard_judge_free(&s->judge);
	free(s->verdicts);
	free(s->counters);
	free(s->book);
}

void stage_wait(struct stage *s, uint64_t us)
{
	s->now.us += us;
	s->now.wall_us += (int64_t)us;
}

static void pass(struct stage *s, const struct parties *p, struct buffer *b, bool is_request)
{
	struct flow flow = { .remote = is_request ? p->client : p->server,
		             .local = is_request ? p->server : p->client,
		             .connection = p->is_tcp ? p->client.port : 0,
		             .transport = p->is_tcp ? TRANSPORT_TCP : TRANSPORT_UDP };
	struct watch_message in = { .flow = &flow,
		                    .bytes = b->at,
		                    .len = b->len,
		                    .now = s->now,
		                    .is_connected = p->is_tcp };

	must(b->err, "message");
	s->messages++;
	watch_message(s->watch, &in);
}

void stage_request(struct stage *s, const struct parties *p, const struct words *w)
{
	char text[2048];
	struct buffer b = BUFFER_ON(text);

	words_write(w, &b);
	pass(s, p, &b, true);
}

void stage_answer(struct stage *s, const struct parties *p, const struct words *w, uint16_t status)
{
	char text[2048];
	struct buffer b = BUFFER_ON(text);
	struct words answer = *w;

	answer.make = MAKE_PHONE;
	answer.status = status;
	answer.agent = "Office PBX 4.2";
	answer.has_sdp = w->has_sdp && status == 200;
	if (!answer.to_tag[0] && status > 100)
		(void)snprintf(
			answer.to_tag, sizeof(answer.to_tag), "as%08x",
			(unsigned)(hash_siphash(&key, w->call_id, strlen(w->call_id)) >> 32));
	words_write(&answer, &b);
	pass(s, p, &b, false);
}

void stage_challenge(struct stage *s, const struct parties *p, const struct words *w,
                     const char *nonce)
{
	struct words asked = *w;

	(void)snprintf(asked.challenge, sizeof(asked.challenge),
	               "Digest realm=\"pbx\", nonce=\"%s\", algorithm=MD5", nonce);
	asked.contact[0] = '\0';
	stage_answer(s, p, &asked, 401);
}

void stage_bytes(struct stage *s, const struct parties *p, struct view bytes, int kind)
{
	char text[4096];
	struct buffer b = BUFFER_ON(text);
	struct flow flow = { .remote = p->client,
		             .local = p->server,
		             .connection = p->is_tcp ? p->client.port : 0,
		             .transport = p->is_tcp ? TRANSPORT_TCP : TRANSPORT_UDP };
	struct watch_message in = { .flow = &flow, .now = s->now, .is_connected = p->is_tcp };

	buffer_put(&b, bytes);
	must(b.err, "bytes");
	in.bytes = b.at;
	in.len = b.len;
	s->messages++;
	if (kind < 0)
		watch_message(s->watch, &in);
	else
		watch_non_sip(s->watch, &in, (uint16_t)kind);
}

const struct page *stage_page(const struct stage *s, const struct addr *source)
{
	const struct page *page = page_at(s, source);

	return page->source.family != 0 ? page : NULL;
}

bool page_is_flagged(const struct page *p, const struct guard_judge_settings *settings)
{
	return p->suspicion_milli >= settings->suspect_milli ||
	       p->proven_milli >= settings->suspect_milli;
}

bool page_names(const struct page *p, enum guard_detector detector)
{
	for (int rule = RULE_NONE + 1; rule < RULE_COUNT; rule++) {
		if ((p->rules >> rule & 1) != 0 &&
		    guard_rule_detector((enum guard_rule)rule) == detector)
			return true;
	}
	return false;
}

void stage_settle(struct stage *s)
{
	for (int i = 0; i < 30; i++) {
		stage_wait(s, 10 * UINT64_C(1000000));
		watch_advance(s->watch, s->now);
		guard_judge_advance(s->judge, s->now);
	}
	watch_end(s->watch);
}
