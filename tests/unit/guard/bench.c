/* SPDX-License-Identifier: Apache-2.0 */
/* The bench that judge tests stand on. */
#include "unit/guard/bench_priv.h"

#include <stdlib.h>
#include <string.h>

const struct hash_key bench_key = { { 9, 9 } };

const struct now bench_start = { 5000 * (uint64_t)SECOND_US, INT64_C(1800000000) * SECOND_US };

static void keep_incident(struct bench *b, const struct record_incident *incident)
{
	uint32_t i = 0;

	while (i < b->told_count && b->told[i].incident != incident->incident)
		i++;
	if (i == MAX_TOLD)
		return;
	b->told[i] = *incident;
	b->told_count += i == b->told_count;
}

static void record(void *context, union record *record)
{
	struct bench *b = context;

	if (record->head.kind == RECORD_INCIDENT) {
		b->incidents++;
		keep_incident(b, &record->incident);
		memcpy(&b->last_incident, record, sizeof(record->incident));
	} else {
		/* One that slid is recorded again. */
		b->blocks += !record->block.is_removed && !record->block.is_observed &&
		             record->block.block != b->block_number;
		b->block_number = record->block.block;
		b->observed += record->block.is_observed;
		b->lifted += record->block.is_removed;
		memcpy(&b->last_block, record, sizeof(record->block));
	}
}

static void finding(void *context, const struct guard_finding *found, const struct fact *fact,
                    uint32_t suspicion_milli, uint32_t proven_milli)
{
	struct bench *b = context;

	(void)fact;
	b->findings++;
	b->last_rule = found->rule;
	b->suspicion_milli = suspicion_milli;
	b->proven_milli = proven_milli;
}

static void answer(void *context, struct ask *row)
{
	struct bench *b = context;

	b->rows++;
	b->result = (enum err)row->head.result;
	memcpy(&b->last_row, row, sizeof(*row));
}

static enum err judge_new(struct bench *b, uint64_t first_number)
{
	struct guard_judge_ports ports = { .context = b,
		                           .record = record,
		                           .verdicts = b->verdicts,
		                           .counters = &b->counters,
		                           .finding = finding };

	return guard_judge_new(&b->settings, &ports, &bench_key, first_number, &b->judge);
}

enum err bench_init(struct bench *b)
{
	enum err err;

	guard_judge_defaults(&b->settings);
	b->settings.mode = MODE_BLOCK;
	b->settings.max_sources = b->settings.max_pairs = b->settings.max_accounts = 256;
	b->settings.scanner.max_sources = b->settings.enumeration.max_sources = 256;
	b->settings.max_blocks = b->settings.enumeration.max_friends = 1024;
	b->settings.anomaly.max_sources = b->settings.non_sip.max_sources = 256;
	b->verdicts = malloc(verdict_table_size());
	if (!b->verdicts)
		return ERR_NO_MEMORY;
	verdict_table_init(b->verdicts, &bench_key);
	test_layout_begins(hash_long(&bench_key, &b->settings, sizeof(b->settings)));
	err = judge_new(b, 1);
	test_layout_ends();
	return err;
}

enum err bench_restart(struct bench *b)
{
	guard_judge_free(&b->judge);
	return judge_new(b, 1000);
}

void bench_clear(struct bench *b)
{
	guard_judge_free(&b->judge);
	free(b->verdicts);
	b->verdicts = NULL;
}

struct now bench_at(uint64_t after_ms)
{
	return (struct now){ bench_start.us + after_ms * MILLISECOND_US,
		             bench_start.wall_us + (int64_t)after_ms * MILLISECOND_US };
}

struct addr bench_addr(const char *text)
{
	struct addr a;

	if (addr_parse(view_of(text), &a) != ERR_NONE)
		abort();
	return a;
}

struct fact bench_failure(const char *address, const char *account, uint64_t call_id,
                          uint64_t after_ms)
{
	struct now now = bench_at(after_ms);
	struct fact fact = {
		.version = FACT_VERSION,
		.kind = FACT_LOGIN,
		.proof = PROOF_COOKIE,
		.outcome = OUTCOME_FAILED,
		.status = 403,
		.count = 1,
		.cseq = 2,
		.now_us = now.us,
		.wall_us = now.wall_us,
		.call_id_hash = call_id,
		.contact_hash = 77,
	};

	fact.flow.remote = bench_addr(address);
	fact.flow.remote.port = 5060;
	fact.flow.local = bench_addr("203.0.113.5");
	fact.flow.local.port = 5060;
	(void)VIEW_COPY(VIEW("REGISTER"), fact.method);
	(void)VIEW_COPY(view_of(account), fact.account);
	return fact;
}

struct fact bench_fact(const char *address, enum fact_kind kind, const char *method,
                       uint64_t after_ms)
{
	struct fact fact = bench_failure(address, "", 0, after_ms);

	fact.kind = (uint8_t)kind;
	fact.outcome = OUTCOME_UNKNOWN;
	fact.status = 0;
	(void)VIEW_COPY(view_of(method), fact.method);
	return fact;
}

uint32_t bench_told(const struct bench *b)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < b->told_count; i++)
		count += b->told[i].part_of == 0;
	return count;
}

const struct record_incident *bench_story(const struct bench *b, const char *address)
{
	static const struct record_incident none = { 0 };

	for (uint32_t i = b->told_count; i-- > 0;) {
		const struct record_incident *r = &b->told[i];
		struct addr wanted = { 0 };

		if (*address)
			wanted = bench_addr(address);
		if (r->part_of == 0 && r->source.family == wanted.family &&
		    (*address == '\0' || addr_same_host(&r->source, &wanted)))
			return r;
	}
	return &none;
}

void bench_take(struct bench *b, const struct fact *fact) { guard_judge_take(b->judge, fact); }

static bool stands(const struct bench *b, struct addr source, enum verdict_state state,
                   uint64_t after_ms)
{
	struct verdict v;
	bool is_found = source.port
	                      ? verdict_table_get(b->verdicts, &source, bench_at(after_ms).us, &v)
	                      : verdict_table_find(b->verdicts, &source, bench_at(after_ms).us, &v);

	return is_found && v.state == state;
}

bool bench_is_blocked(const struct bench *b, const char *address, uint64_t after_ms)
{
	return stands(b, bench_addr(address), VERDICT_BLOCK, after_ms);
}

bool bench_is_suspect(const struct bench *b, const char *address, uint64_t after_ms)
{
	return stands(b, bench_addr(address), VERDICT_SUSPECT, after_ms);
}

bool bench_is_flow_blocked(const struct bench *b, const char *address, uint16_t port,
                           uint64_t after_ms)
{
	struct addr flow = bench_addr(address);

	flow.port = port;
	return stands(b, flow, VERDICT_BLOCK, after_ms);
}

enum err bench_ask(struct bench *b, const struct ask *question, uint64_t after_ms)
{
	b->rows = 0;
	guard_judge_answer(b->judge, question, bench_at(after_ms), answer, b);
	return b->result;
}

enum err bench_ask_net(struct bench *b, enum ask_kind kind, const char *net, uint32_t term_s,
                       uint64_t after_ms)
{
	struct ask question = { .head = { .kind = (uint16_t)kind,
		                          .size = sizeof(struct ask_net) } };

	if (addr_net_parse(view_of(net), &question.body.net.net) != ERR_NONE)
		abort();
	question.body.net.term_s = term_s;
	(void)VIEW_COPY(VIEW("because"), question.body.net.reason);
	(void)VIEW_COPY(VIEW("uid 1000"), question.body.net.actor);
	return bench_ask(b, &question, after_ms);
}

enum err bench_ask_why(struct bench *b, const char *filter, uint64_t after_ms)
{
	struct ask question = { .head = { .kind = ASK_WHY, .size = sizeof(struct ask_query) } };

	(void)VIEW_COPY(view_of(filter), question.body.query.filter);
	return bench_ask(b, &question, after_ms);
}

enum err bench_ask_mode(struct bench *b, const char *detector, uint8_t mode, uint32_t for_s,
                        uint64_t after_ms)
{
	struct ask question = { .head = { .kind = ASK_MODE, .size = sizeof(struct ask_mode) } };

	question.body.mode.mode = mode;
	question.body.mode.for_s = for_s;
	(void)VIEW_COPY(view_of(detector), question.body.mode.detector);
	return bench_ask(b, &question, after_ms);
}

size_t bench_judge(const struct guard_detector_class *detector, void *memory,
                   const struct fact *fact, struct guard_finding ret[MAX_FINDINGS_PER_FACT])
{
	struct guard_about about;

	guard_about_read(&bench_key, fact, &about);
	return (detector->kinds >> fact->kind & 1) != 0 ? detector->judge(memory, &about, ret) : 0;
}
