/* SPDX-License-Identifier: Apache-2.0 */
/* The judge's process: facts come in by signal's ring, verdicts go into shared
 * memory, incidents and blocks into the store's ring. Network, files and bytes
 * of strangers it has none. */
#include "guard/judge.h"
#include "border/options.h"
#include "conf/tree.h"
#include "proc/child.h"
#include "proc/never.h"
#include "proc/table.h"

#include <string.h>

/* While facts come they are judged together: a wake-up costs more than a fact does. What comes
 * after a silence is judged at once; a flood must not outrun the ring in one pace. */
enum { FACTS_AT_ONCE = 4096, FACTS_PACE_US = 10 * MILLISECOND_US };

/* A registration tells its end by itself; this is for one whose end was lost. */
static const uint64_t known_life_us = 86400 * UINT64_C(1000000);
static const int64_t year_2026_s = 1767225600;

struct bench {
	struct child *child;
	struct counters *counters;
	struct guard_judge *judge;
	struct ring *records;
	struct verdict_table *known; /* NULL where no kernel runs */
	uint64_t dropped_us;         /* when a dropped record was last told */
	struct guard_judge_settings settings;
	struct resolved_table names;
};

static void record(void *context, union record *record)
{
	static const enum ring_class classes[] = {
		[PRIORITY_SAMPLE] = RING_SAMPLE,
		[PRIORITY_DETAIL] = RING_DETAIL,
		[PRIORITY_KEPT] = RING_KEPT,
	};
	struct bench *bench = context;
	enum err err;

	record->head.ring = RING_NAME_RECORDS_JUDGE;
	record->head.sequence = ring_next_sequence(bench->records);
	err = ring_put(bench->records, record, record->head.size, classes[record->head.priority]);
	if (err == ERR_NONE) {
		counters_add(bench->counters, COUNT_records_emitted, 1);
		return;
	}
	counters_add(bench->counters, COUNT_records_dropped, 1);
	if (record->head.priority == PRIORITY_KEPT &&
	    now_since(record->head.now_us, bench->dropped_us) > 60 * (uint64_t)SECOND_US) {
		bench->dropped_us = record->head.now_us;
		log_write(LEVEL_WARNING, "record dropped",
		          "the store takes no records (%s); verdicts stand all the same",
		          err_text(err));
	}
}

/* Whoever is registered is excepted from his address's block in the kernel too. */
static void note_known(struct bench *bench, const struct fact *fact, struct now now)
{
	struct verdict v = { .source = fact->flow.remote,
		             .until_us = now.us + known_life_us,
		             .rule = fact->flow.local.port };

	if (!bench->known || !fact_is_sound(fact))
		return;
	if (fact->kind == FACT_REGISTERED)
		verdict_table_put(bench->known, &v, now.us);
	else if (fact->kind == FACT_UNREGISTERED)
		verdict_table_remove(bench->known, &v.source, 0);
}

static void drain(void *context, struct ring *ring, struct now now)
{
	struct bench *bench = context;
	uint32_t ready = ring_ready(ring), taken = 0;
	struct fact fact;

	for (; taken < ready && taken < FACTS_AT_ONCE; taken++) {
		if (ring_peek(ring, taken, &fact, sizeof(fact), NULL) != ERR_NONE)
			break;
		guard_judge_take(bench->judge, &fact);
		note_known(bench, &fact, now);
	}
	ring_release(ring, taken);
}

/* --- Settings --- */

static void read_settings(const struct bench *bench, const struct conf_blob *blob,
                          struct guard_judge_settings *ret)
{
	const struct border_numbers *numbers = conf_blob_get(blob, &border_numbers_block, NULL);
	struct guard_rows rows = {
		.mode = conf_blob_get(blob, &guard_mode_block, NULL),
		.term = conf_blob_get(blob, &guard_term_block, NULL),
		.never = conf_blob_get(blob, &guard_never_block, NULL),
		.scanner = conf_blob_get(blob, &scanner_block, NULL),
		.enumeration = conf_blob_get(blob, &enumeration_block, NULL),
		.guessing = conf_blob_get(blob, &guessing_block, NULL),
		.toll_fraud = conf_blob_get(blob, &toll_fraud_block, NULL),
		.plan = numbers ? &numbers->plan : NULL,
		.anomaly = conf_blob_get(blob, &anomaly_block, NULL),
		.non_sip = conf_blob_get(blob, &non_sip_block, NULL),
	};

	guard_judge_settings_of(&rows, ret);
	if (child_facts(bench->child)->mode != MODE_OFF)
		ret->mode = child_facts(bench->child)->mode;
	if (never_add(blob, child_facts(bench->child), &bench->names, ret))
		return;
	/* The configuration is refused where peers alone fill it (proc/check.c). */
	log_write(
		LEVEL_ERROR, "never-block list is full",
		"not all peers and networks of ours are on it, so nothing is blocked: mode observe");
	ret->mode = MODE_OBSERVE;
}

static enum err settings(void *context, struct conf_blob blob, struct now now)
{
	struct bench *bench = context;

	read_settings(bench, &blob, &bench->settings);
	guard_judge_apply(bench->judge, &bench->settings, now);
	return ERR_NONE;
}

/* --- Questions --- */

struct asker {
	struct bench *bench;
	const struct ask_head *question;
};

static void answer(void *context, struct ask *row)
{
	const struct asker *asker = context;

	child_answer(asker->bench->child, asker->question, row);
}

/* The never-block list alone is made anew: modes that were set while we run stay. */
static void take_names(struct bench *bench, const struct ask_head *question, struct now now)
{
	static struct ask row;
	struct conf_blob blob = child_settings(bench->child);
	enum err err = table_take(&bench->names);

	if (err == ERR_NONE) {
		read_settings(bench, &blob, &bench->settings);
		guard_judge_spare(bench->judge, &bench->settings, now);
	}
	row.head = (struct ask_head){ .result = (uint8_t)err, .is_last = 1 };
	child_answer(bench->child, question, &row);
}

static void asked(void *context, const struct ask *question, struct now now)
{
	struct bench *bench = context;
	struct asker asker = { bench, &question->head };

	if (table_is_told(question)) {
		take_names(bench, &question->head, now);
		return;
	}
	guard_judge_answer(bench->judge, question, now, answer, &asker);
}

/* --- Time --- */

static uint64_t wait_us(void *context, struct now now)
{
	const struct bench *bench = context;

	return guard_judge_wait_us(bench->judge, now);
}

static void advance(void *context, struct now now)
{
	struct bench *bench = context;

	guard_judge_advance(bench->judge, now);
}

/* --- Start --- */

/* Numbers of blocks and incidents are typed by people and kept for years: short,
 * and never used twice. The ring's first sequence is the parent's start in
 * microseconds, so its seconds rise over parents; what was recorded since rises
 * over judges. Numbers would meet only if more than one a second were used over
 * a parent's whole life. */
static uint64_t first_number(const struct ring *records)
{
	int64_t started_s = (int64_t)(records->first_sequence / SECOND_US) - year_2026_s;
	uint64_t recorded = ring_next_sequence(records) - records->first_sequence;

	return (started_s > 0 ? (uint64_t)started_s : 1) + recorded;
}

static void open_judge(struct bench *bench)
{
	const struct conf_blob blob = child_settings(bench->child);
	const struct child_facts *facts = child_facts(bench->child);
	struct shared_map table =
		child_map(bench->child, THING_VERDICTS, 0, SHARED_WRITE, verdict_table_size());
	int known = child_descriptor(bench->child, THING_KNOWN, 0);
	struct guard_judge_ports ports = { .context = bench,
		                           .record = record,
		                           .verdicts = table.at,
		                           .counters = bench->counters };
	enum err err = verdict_table_check(table.at, table.size);

	if (err != ERR_NONE)
		child_fail("verdict table", err);
	if (known >= 0)
		bench->known =
			child_map(bench->child, THING_KNOWN, 0, SHARED_WRITE, verdict_table_size())
				.at;
	table_open(bench->child, &bench->names);
	read_settings(bench, &blob, &bench->settings);
	err = guard_judge_new(&bench->settings, &ports, &facts->random,
	                      first_number(bench->records), &bench->judge);
	if (err != ERR_NONE)
		child_fail("judge", err);
}

/* One ring of each worker of signal. */
static void hear_facts(struct bench *bench)
{
	for (unsigned i = 0; i < child_facts(bench->child)->owners; i++) {
		enum ring_name name = ring_of(RING_OF_FACTS, i);

		(void)child_ring_reader(bench->child, name, drain, bench);
		child_ring_pace(bench->child, name, FACTS_PACE_US);
	}
}

int main(void)
{
	static struct bench bench;
	struct ask wanted = { .head = { .kind = ASK_BLOCKS_WANTED } };
	struct child_hooks hooks = {
		.context = &bench,
		.asked = asked,
		.settings = settings,
		.wait_us = wait_us,
		.advance = advance,
	};

	bench.child = child_begin(ROLE_JUDGE);
	bench.counters = child_counters(bench.child);
	bench.records = child_ring_writer(bench.child, RING_NAME_RECORDS_JUDGE);
	open_judge(&bench);
	hear_facts(&bench);
	child_enter(bench.child);
	/* Where the store is not up yet it comes by itself when it is. */
	(void)!child_ask(bench.child, &wanted, NULL);
	return child_run(bench.child, &hooks);
}
