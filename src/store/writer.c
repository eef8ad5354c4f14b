/* SPDX-License-Identifier: Apache-2.0 */
/* Writing a batch: all of it and where its rings then stand, or nothing. */
#include "store/connection_priv.h"
#include <string.h>

static uint64_t *place_of(struct ring_places *places, uint32_t ring)
{
	for (size_t i = 0; i < places->count; i++)
		if (places->list[i].ring == ring)
			return &places->list[i].sequence;
	if (places->count == MAX_STORE_RINGS)
		return NULL;
	places->list[places->count] = (struct ring_place){ .ring = ring };
	return &places->list[places->count++].sequence;
}

uint64_t store_ring_sequence(const struct store *s, uint32_t ring)
{
	for (size_t i = 0; i < s->places.count; i++)
		if (s->places.list[i].ring == ring)
			return s->places.list[i].sequence;
	return 0;
}

static enum err bind_step(struct store *s, const struct block_step *step)
{
	struct buffer written = BUFFER_ON(s->written);

	/* Block and place come first. */
	for (size_t i = 0; i < store_step_column_count; i++)
		if (column_bind(s->step_insert, (int)i + 3, &store_step_columns[i], step,
		                &written) != SQLITE_OK)
			return store_fail(s, "binding a step");
	return ERR_NONE;
}

static enum err bind_record(struct store *s, sqlite3_stmt *statement, const union record *r)
{
	const struct table *t = &store_tables[r->head.kind];
	struct buffer written = BUFFER_ON(s->written);

	for (size_t i = 0; i < t->column_count; i++)
		if (column_bind(statement, (int)i + 1, &t->columns[i], r, &written) != SQLITE_OK)
			return store_fail(s, "binding a value");
	return ERR_NONE;
}

/* As the row of that place in the statement for many. Most numbers are what they were in
 * the call that was there before. */
static enum err bind_call(struct store *s, size_t row, const union record *r,
                          struct buffer *written)
{
	const struct table *t = &store_tables[RECORD_CALL];
	int place = (int)(row * t->column_count);

	for (size_t i = 0; i < t->column_count; i++) {
		const struct column *c = &t->columns[i];
		int code;

		place++;
		code = column_is_number(c)
		             ? column_bind_changed(s->insert_calls, place, c, r, &s->bound[row][i])
		             : column_bind(s->insert_calls, place, c, r, written);
		if (code != SQLITE_OK)
			return store_fail(s, "binding a value");
	}
	return ERR_NONE;
}

static enum err write_steps(struct store *s, const struct record_block *block)
{
	enum err err;

	(void)sqlite3_bind_int64(s->steps_delete, 1, block->block);
	err = store_run(s, s->steps_delete, "removing a block's old steps");
	for (uint32_t i = 0; i < block->step_count && err == ERR_NONE; i++) {
		(void)sqlite3_bind_int64(s->step_insert, 1, block->block);
		(void)sqlite3_bind_int64(s->step_insert, 2, i);
		err = bind_step(s, &block->steps[i]);
		if (err == ERR_NONE)
			err = store_run(s, s->step_insert, "writing a block's step");
	}
	return err;
}

static enum err write_one(struct store *s, const union record *r)
{
	const struct table *t = &store_tables[r->head.kind];
	sqlite3_stmt *statement = s->insert[r->head.kind];
	enum err err;

	err = bind_record(s, statement, r);
	if (err == ERR_NONE)
		err = store_run(s, statement, t->name);
	if (err == ERR_NONE && r->head.kind == RECORD_BLOCK)
		err = write_steps(s, &r->block);
	return err;
}

/* A batch whose transaction is open. */
struct batch {
	struct ring_places places;
	struct store_tally tally;
	const union record *calls[STORE_CALLS_AT_ONCE]; /* not written yet */
	size_t call_count;
};

/* One statement in place of as many: each has to look up the table's highest row and put it
 * back, and to begin and end. */
static enum err write_calls_at_once(struct store *s, struct batch *batch)
{
	enum err err = s->insert_calls ? ERR_NONE : store_prepare_calls(s);
	struct buffer written = BUFFER_ON(s->written);

	for (size_t i = 0; i < STORE_CALLS_AT_ONCE && err == ERR_NONE; i++)
		err = bind_call(s, i, batch->calls[i], &written);
	if (err == ERR_NONE)
		err = store_run(s, s->insert_calls, "calls");
	batch->call_count = 0;
	return err;
}

static enum err write_calls_left(struct store *s, struct batch *batch)
{
	enum err err = ERR_NONE;

	for (size_t i = 0; i < batch->call_count && err == ERR_NONE; i++)
		err = write_one(s, batch->calls[i]);
	return err;
}

/* Calls gather; other kinds have tables of their own, so the order among calls stays. */
static enum err write_record(struct store *s, const union record *r, struct batch *batch)
{
	if (r->head.kind != RECORD_CALL)
		return write_one(s, r);
	batch->calls[batch->call_count++] = r;
	return batch->call_count < STORE_CALLS_AT_ONCE ? ERR_NONE : write_calls_at_once(s, batch);
}

static bool is_shed(const struct store *s, const union record *r)
{
	switch (s->pressure) {
	case PRESSURE_NONE:
		return false;
	case PRESSURE_SAMPLES:
		return r->head.priority == PRIORITY_SAMPLE;
	case PRESSURE_DETAILS:
		break;
	}
	return r->head.priority != PRIORITY_KEPT;
}

static enum err take_one(struct store *s, const union record *r, struct batch *batch)
{
	struct store_tally *tally = &batch->tally;
	uint64_t *place;

	if (!record_is_sound(r)) {
		tally->refused++;
		return ERR_NONE;
	}
	place = place_of(&batch->places, r->head.ring);
	if (!place) {
		tally->refused++;
		return ERR_NONE;
	}
	if (r->head.sequence <= *place) {
		tally->repeated++;
		return ERR_NONE;
	}
	*place = r->head.sequence;
	if (is_shed(s, r)) {
		tally->shed++;
		return ERR_NONE;
	}
	tally->written++;
	return write_record(s, r, batch);
}

static enum err write_places(struct store *s, const struct ring_places *places)
{
	enum err err = ERR_NONE;

	for (size_t i = 0; i < places->count && err == ERR_NONE; i++) {
		if (i < s->places.count && s->places.list[i].sequence == places->list[i].sequence)
			continue;
		(void)sqlite3_bind_int64(s->place_put, 1, places->list[i].ring);
		(void)sqlite3_bind_int64(s->place_put, 2, (sqlite3_int64)places->list[i].sequence);
		err = store_run(s, s->place_put, "writing where a ring stands");
	}
	return err;
}

enum err store_write(struct store *s, const union record *records, size_t count,
                     struct store_tally *ret)
{
	struct batch batch = { .places = s->places };
	enum err err;

	if (s->is_dead)
		return ERR_IO;
	if (count > MAX_STORE_BATCH)
		return ERR_LIMIT;
	err = store_run(s, s->begin, "beginning a batch");
	if (err != ERR_NONE)
		return err;
	for (size_t i = 0; i < count && err == ERR_NONE; i++)
		err = take_one(s, &records[i], &batch);
	if (err == ERR_NONE)
		err = write_calls_left(s, &batch);
	if (err == ERR_NONE)
		err = write_places(s, &batch.places);
	if (err == ERR_NONE)
		err = store_run(s, s->commit, "committing a batch");
	if (err != ERR_NONE) {
		/* The words of the first failure are the ones that help. */
		(void)sqlite3_step(s->rollback);
		(void)sqlite3_reset(s->rollback);
		return err;
	}
	s->places = batch.places;
	*ret = batch.tally;
	return ERR_NONE;
}

enum err store_write_audit(struct store *s, const struct record_audit *r)
{
	union record record = { .audit = *r };
	struct store_tally tally;
	enum err err;

	record.head.ring = STORE_OWN_RING;
	record.head.sequence = store_ring_sequence(s, STORE_OWN_RING) + 1;
	record.head.priority = PRIORITY_KEPT;
	err = store_write(s, &record, 1, &tally);
	if (err == ERR_NONE && tally.written != 1)
		return ERR_SYNTAX;
	return err;
}
