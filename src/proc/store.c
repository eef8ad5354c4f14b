/* SPDX-License-Identifier: Apache-2.0 */
/* The store's process: takes records from the rings of signal and judge,
 * answers web's questions, gives live blocks back to the judge at start, and
 * forgets what is old. Ends at the first write that fails: the rings keep what
 * is not committed, and the next store begins there. */
#include "base/object.h"
#include "conf/tree.h"
#include "proc/child.h"
#include "store/intake.h"
#include "store/options.h"
#include "store/query.h"
#include <string.h>

enum {
	RESTORE_PAGE = 16,            /* blocks that the judge is given at once */
	RESTORE_RETRY_US = SECOND_US, /* it may not be up yet */
	FORGET_IDLE_US = 60 * SECOND_US,
	FORGET_BUSY_US = 200 * MILLISECOND_US,
	MEASURE_US = 10 * SECOND_US,
	MAX_BATCHES = 128,
	STATUS_TEXT_MAX = 2048,
	/* Committing is what a record costs: calls of the same moment share one. Until then
	 * they are as safe from a process that dies as after it, in the ring. */
	COMMIT_PACE_US = 100 * MILLISECOND_US,
};

/* Live blocks on their way to the judge. A page goes again until all of it was
 * taken: a block that comes twice is the same block. */
struct restore {
	bool is_done, is_waiting, has_failed;
	uint32_t pending, sent;
	uint64_t after, last;
	uint64_t due_us;
};

struct keeper {
	struct child *child;
	struct store *store;
	struct counters *counters;
	struct store_keep keep;
	struct ring *rings[RING_NAME_COUNT];
	struct store_tally tally;
	struct restore restore;
	uint64_t forget_us, measure_us, committed_us;
	enum store_pressure pressure;
	struct store_size size;
	struct ask row;
};

static void die(struct keeper *k, const char *what, enum err err)
{
	log_write(LEVEL_ERROR, "store failed", "%s: %s; what was accepted stays in the rings", what,
	          store_problem(k->store));
	child_fail("store", err);
}

static uint32_t name_of(const struct keeper *k, const struct ring *ring)
{
	for (uint32_t name = 0; name < RING_NAME_COUNT; name++)
		if (k->rings[name] == ring)
			return name;
	return RING_NAME_COUNT;
}

static void drain_batch(struct keeper *k, struct ring *ring, struct now now)
{
	struct store_tally tally = { 0 };
	enum err err = store_take(k->store, ring, name_of(k, ring), &tally);

	if (err != ERR_NONE)
		die(k, "a batch could not be committed", err);
	k->tally.written += tally.written;
	k->tally.repeated += tally.repeated;
	k->tally.refused += tally.refused;
	k->tally.shed += tally.shed;
	k->committed_us = now.us;
	counters_add(k->counters, COUNT_commits, 1);
	counters_add(k->counters, COUNT_records_committed, tally.written);
	counters_add(k->counters, COUNT_records_repeated, tally.repeated);
	counters_add(k->counters, COUNT_bad_slots, tally.refused);
	if (tally.refused)
		log_write(LEVEL_WARNING, "record refused", "%u records of ring %s broke their form",
		          tally.refused, ring_name_text((enum ring_name)name_of(k, ring)));
}

/* One batch, and more while they are full: else its pace would bound the records of a second. What
 * came while these were committed waits for the next time. */
static void drain(void *context, struct ring *ring, struct now now)
{
	uint32_t least = 1;

	for (uint32_t i = 0; i < MAX_BATCHES && ring_ready(ring) >= least; i++) {
		drain_batch(context, ring, now);
		least = MAX_STORE_BATCH;
	}
}

/* Batches that hold a full ring; more have come meanwhile. */
static void drain_all(struct keeper *k, struct now now)
{
	for (uint32_t name = 0; name < RING_NAME_COUNT; name++)
		for (uint32_t i = 0;
		     i < MAX_BATCHES && k->rings[name] && ring_ready(k->rings[name]); i++)
			drain_batch(k, k->rings[name], now);
}

/* --- Questions --- */

static void answer_text(struct keeper *k, const struct ask_head *question, enum err result,
                        struct view text)
{
	memset(&k->row.head, 0, sizeof(k->row.head));
	k->row.head.result = (uint8_t)result;
	k->row.head.is_last = 1;
	text = view_first(text, sizeof(k->row.body.text));
	if (text.len)
		memcpy(k->row.body.text, text.at, text.len);
	k->row.head.size = (uint32_t)text.len;
	child_answer(k->child, question, &k->row);
}

struct reader {
	struct keeper *keeper;
	const struct ask_head *question;
};

static bool answer_record(const union record *r, void *context)
{
	const struct reader *reader = context;
	struct ask *row = &reader->keeper->row;

	memset(&row->head, 0, sizeof(row->head));
	memcpy(&row->body.record, r, r->head.size);
	row->head.size = r->head.size;
	child_answer(reader->keeper->child, reader->question, row);
	return true;
}

static void answer_records(struct keeper *k, const struct ask *question, struct now now)
{
	const struct ask_query *query = &question->body.query;
	struct reader reader = { k, &question->head };
	char text[512];
	struct buffer why = BUFFER_ON(text);
	struct store_query q;
	enum err err;

	if (question->head.size < sizeof(*query)) {
		answer_text(k, &question->head, ERR_SHORT, VIEW_EMPTY);
		return;
	}
	q = (struct store_query){
		.kind = query->kind,
		.is_live_only = query->only_live != 0,
		.limit = query->limit,
		.after = query->after,
		.number = query->number,
		.filter = { query->filter, strnlen(query->filter, sizeof(query->filter)) },
		.now_wall_us = now.wall_us,
	};
	err = store_query_each(k->store, &q, &why, answer_record, &reader);
	if (err == ERR_IO)
		die(k, "the database could not be read", err);
	answer_text(k, &question->head, err, buffer_view(&why));
}

static void answer_audit(struct keeper *k, const struct ask *question, struct now now)
{
	struct record_audit audit;
	enum err err;

	if (question->head.size < sizeof(audit)) {
		answer_text(k, &question->head, ERR_SHORT, VIEW_EMPTY);
		return;
	}
	audit = question->body.record.audit;
	audit.head.wall_us = now.wall_us;
	audit.head.now_us = now.us;
	err = store_write_audit(k->store, &audit);
	if (err == ERR_IO)
		die(k, "the audit trail could not be written", err);
	answer_text(k, &question->head, err, VIEW_EMPTY);
}

static void answer_status(struct keeper *k, const struct ask_head *question, struct now now)
{
	char text[STATUS_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);
	uint64_t count;

	buffer_text(&b, "{");
	object_number(&b, "used_bytes", k->size.used_bytes);
	object_number(&b, "free_bytes", k->size.free_bytes);
	object_number(&b, "at_most_bytes", k->keep.at_most_bytes);
	object_number(&b, "written", k->tally.written);
	object_number(&b, "repeated", k->tally.repeated);
	object_number(&b, "refused", k->tally.refused);
	object_number(&b, "shed", k->tally.shed);
	if (k->committed_us)
		object_number(&b, "last_commit_ms_ago",
		              now_since(now.us, k->committed_us) / MILLISECOND_US);
	for (enum record_kind kind = 0; kind < RECORD_KIND_COUNT; kind++)
		if (store_query_count(k->store, kind, &count) == ERR_NONE)
			object_number(&b, record_kind_name(kind), count);
	object_text(&b, "sheds", view_of(store_pressure_name(k->pressure)));
	buffer_char(&b, '}');
	answer_text(k, question, b.err, buffer_view(&b));
}

static void asked(void *context, const struct ask *question, struct now now)
{
	struct keeper *k = context;

	/* Who asks finds what was accepted before. */
	drain_all(k, now);
	switch (question->head.kind) {
	case ASK_RECORDS:
		answer_records(k, question, now);
		break;
	case ASK_AUDIT:
		answer_audit(k, question, now);
		break;
	case ASK_BLOCKS_WANTED:
		k->restore = (struct restore){ .due_us = now.us };
		answer_text(k, &question->head, ERR_NONE, VIEW_EMPTY);
		break;
	case ASK_STORE_STATUS:
		answer_status(k, &question->head, now);
		break;
	default:
		answer_text(k, &question->head, ERR_UNSUPPORTED, VIEW_EMPTY);
	}
}

/* --- Blocks back to the judge --- */

static bool restore_block(const union record *r, void *context)
{
	struct keeper *k = context;
	struct restore *restore = &k->restore;

	memset(&k->row.head, 0, sizeof(k->row.head));
	k->row.head.kind = ASK_BLOCK_RESTORE;
	k->row.head.size = r->head.size;
	memcpy(&k->row.body.record, r, r->head.size);
	if (child_ask(k->child, &k->row, NULL) != ERR_NONE) {
		restore->has_failed = true;
		return false;
	}
	restore->last = r->head.row;
	restore->pending++;
	restore->sent++;
	return true;
}

static void restore_page(struct keeper *k, struct now now)
{
	struct restore *restore = &k->restore;
	struct store_query q = { .kind = RECORD_BLOCK,
		                 .is_live_only = true,
		                 .limit = RESTORE_PAGE,
		                 .after = restore->after,
		                 .now_wall_us = now.wall_us };
	char text[128];
	struct buffer why = BUFFER_ON(text);
	uint32_t before = restore->sent;
	enum err err;

	restore->has_failed = false;
	err = store_query_each(k->store, &q, &why, restore_block, k);
	if (err == ERR_IO)
		die(k, "live blocks could not be read", err);
	restore->due_us = now.us + RESTORE_RETRY_US;
	restore->is_waiting = restore->pending > 0;
	if (restore->pending || restore->has_failed)
		return;
	restore->is_done = true;
	log_write(LEVEL_INFO, "blocks restored", "%u live blocks and exceptions given to the judge",
	          before);
}

static void answered(void *context, const struct ask *row, struct now now)
{
	struct keeper *k = context;
	struct restore *restore = &k->restore;

	if (row->head.kind != ASK_BLOCK_RESTORE || !row->head.is_last || !restore->pending)
		return;
	/* The judge may refuse one for its own reasons; only its absence brings us back. */
	if (row->head.result == ERR_CLOSED || row->head.result == ERR_AGAIN)
		restore->has_failed = true;
	if (--restore->pending > 0)
		return;
	restore->is_waiting = false;
	if (restore->has_failed) {
		restore->due_us = now.us + RESTORE_RETRY_US;
		return;
	}
	restore->after = restore->last;
	restore->due_us = now.us;
}

/* --- Time --- */

static uint64_t wait_us(void *context, struct now now)
{
	const struct keeper *k = context;
	uint64_t due = k->forget_us < k->measure_us ? k->forget_us : k->measure_us;

	if (!k->restore.is_done && !k->restore.is_waiting && k->restore.due_us < due)
		due = k->restore.due_us;
	return due > now.us ? due - now.us : 0;
}

static void measure(struct keeper *k, struct now now)
{
	enum store_pressure pressure;

	k->measure_us = now.us + MEASURE_US;
	if (store_measure(k->store, &k->size) != ERR_NONE)
		return;
	pressure = store_pressure_at(&k->size, k->pressure);
	if (pressure == k->pressure)
		return;
	log_write(LEVEL_WARNING, "disk", "%llu MiB free: keeping out %s",
	          (unsigned long long)(k->size.free_bytes >> 20), store_pressure_name(pressure));
	k->pressure = pressure;
	store_press(k->store, pressure);
}

static void advance(void *context, struct now now)
{
	struct keeper *k = context;
	bool is_more = false;
	enum err err;

	if (!k->restore.is_done && !k->restore.is_waiting && now.us >= k->restore.due_us)
		restore_page(k, now);
	if (now.us >= k->measure_us)
		measure(k, now);
	if (now.us < k->forget_us)
		return;
	err = store_forget(k->store, &k->keep, now.wall_us, &is_more);
	if (err == ERR_IO)
		die(k, "old rows could not be forgotten", err);
	k->forget_us = now.us + (is_more ? FORGET_BUSY_US : FORGET_IDLE_US);
}

/* --- Start and end --- */

/* Lengths change while we run; another file needs a start. */
static enum err settings(void *context, struct conf_blob blob, struct now now)
{
	struct keeper *k = context;
	const struct store_settings *s = conf_blob_get(&blob, &store_block, NULL);

	if (!s)
		return ERR_SYNTAX;
	store_keep_of(s, &k->keep);
	k->forget_us = now.us;
	return ERR_NONE;
}

static void end(void *context, struct now now)
{
	struct keeper *k = context;

	drain_all(k, now);
	store_free(&k->store);
}

static void open_store(struct keeper *k)
{
	const struct conf_blob blob = child_settings(k->child);
	const struct store_settings *s = conf_blob_get(&blob, &store_block, NULL);
	char text[256];
	struct buffer why = BUFFER_ON(text);
	enum err err;

	if (!s)
		child_fail("settings", ERR_SYNTAX);
	store_keep_of(s, &k->keep);
	err = store_open(s->sqlite, &why, &k->store);
	if (err == ERR_NONE)
		return;
	log_write(LEVEL_ERROR, "store failed", "%s cannot be opened: %.*s", s->sqlite,
	          VIEW_ARG(buffer_view(&why)));
	child_fail("store", err);
}

static void hear_from(struct keeper *k, enum ring_name name)
{
	k->rings[name] = child_ring_reader(k->child, name, drain, k);
	child_ring_pace(k->child, name, COMMIT_PACE_US);
}

int main(void)
{
	static struct keeper k;
	struct child_hooks hooks = { .context = &k,
		                     .asked = asked,
		                     .answered = answered,
		                     .settings = settings,
		                     .wait_us = wait_us,
		                     .advance = advance,
		                     .end = end };

	k.child = child_begin(ROLE_STORE);
	k.counters = child_counters(k.child);
	open_store(&k);
	hear_from(&k, RING_NAME_RECORDS_JUDGE);
	for (unsigned i = 0; i < child_facts(k.child)->owners; i++)
		hear_from(&k, ring_of(RING_OF_RECORDS, i));
	child_enter(k.child);
	return child_run(k.child, &hooks);
}
