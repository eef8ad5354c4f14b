/* SPDX-License-Identifier: Apache-2.0 */
/* From a ring to the disk: the tail moves after the commit, not before. */
#include "place.h"
#include "runner/test.h"
#include "store/intake.h"

struct bench {
	struct place place;
	struct ring_ends ends;
	struct ring writer, reader;
	struct store *store;
};

static enum err bench_make(struct bench *b, uint32_t slot_size)
{
	const struct ring_shape shape = { slot_size, 512, 1 };

	TRY(place_make(&b->place));
	TRY(ring_create("records", &shape, &b->ends));
	TRY(ring_open_writer(&b->writer, &b->ends.writer));
	TRY(ring_open_reader(&b->reader, &b->ends.reader));
	return place_open(&b->place, &b->store);
}

static void bench_clear(struct bench *b)
{
	store_free(&b->store);
	ring_close(&b->writer);
	ring_close(&b->reader);
	ring_ends_close(&b->ends);
	place_remove(&b->place);
}

static enum err put(struct bench *b, union record r)
{
	r.head.ring = 77; /* whatever the writer says */
	r.head.sequence = 999;
	return ring_put(&b->writer, &r, sizeof(r), RING_KEPT);
}

static enum err with_slots(uint32_t slot_size, enum err (*body)(struct bench *b))
{
	struct bench b = { 0 };
	enum err err = bench_make(&b, slot_size);

	if (err == ERR_NONE)
		err = body(&b);
	bench_clear(&b);
	return err;
}

static enum err with_bench(enum err (*body)(struct bench *b))
{
	return with_slots(RECORD_SLOT, body);
}

static enum err whole_batches(struct bench *b)
{
	struct store_tally tally = { 0 };

	for (uint64_t i = 1; i <= 300; i++)
		TRY(put(b, a_call(i, i)));
	TRY(store_take(b->store, &b->reader, 3, &tally));
	CHECK(tally.written == MAX_STORE_BATCH);
	CHECK(ring_ready(&b->reader) == 300 - MAX_STORE_BATCH);
	CHECK(store_ring_sequence(b->store, 3) == MAX_STORE_BATCH);
	TRY(store_take(b->store, &b->reader, 3, &tally));
	TRY(store_take(b->store, &b->reader, 3, &tally));
	CHECK(tally.written == 300 && ring_ready(&b->reader) == 0);
	return ERR_NONE;
}

TEST(take_batches, "takes a batch, commits it, and gives its slots back")
{
	return with_bench(whole_batches);
}

/* A store that died between its commit and the release: its successor meets
 * the same slots again. */
static enum err died_between(struct bench *b)
{
	struct store_tally tally = { 0 };
	struct ring again = { 0 };
	struct store_query q = { .kind = RECORD_CALL };
	uint32_t count = 0;
	enum err err;

	for (uint64_t i = 1; i <= 10; i++)
		TRY(put(b, a_call(i, i)));
	for (uint32_t i = 0; i < 10; i++) {
		union record r;
		uint64_t sequence = 0;
		struct store_tally one;

		TRY(ring_peek(&b->reader, i, &r, sizeof(r), &sequence));
		r.head.ring = 3;
		r.head.sequence = sequence;
		TRY(store_write(b->store, &r, 1, &one));
	}
	store_free(&b->store);
	TRY(place_open(&b->place, &b->store));
	TRY(ring_open_reader(&again, &b->ends.reader));
	err = store_take(b->store, &again, 3, &tally);
	CHECK(err != ERR_NONE ||
	      (tally.repeated == 10 && tally.written == 0 && ring_ready(&again) == 0));
	ring_close(&again);
	TRY(err);
	TRY(count_of(b->store, &q, &count, NULL));
	CHECK(count == 10);
	return ERR_NONE;
}

TEST(take_again, "keeps a batch once whose slots were not given back")
{
	return with_bench(died_between);
}

static enum err nothing(struct bench *b)
{
	struct store_tally tally = { 0 };

	TRY(store_take(b->store, &b->reader, 3, &tally));
	CHECK(tally.written == 0 && store_ring_sequence(b->store, 3) == 0);
	return ERR_NONE;
}

TEST(take_nothing, "leaves an empty ring alone")
{
	return with_bench(nothing);
}

/* The slots of signal's ring are shorter than the longest record. */
static enum err short_slots(struct bench *b)
{
	struct store_tally tally = { 0 };
	union record r = a_call(1, 1);

	TRY(ring_put(&b->writer, &r, sizeof(r.call), RING_KEPT));
	r.head.size = sizeof(r.block); /* beyond the slot */
	TRY(ring_put(&b->writer, &r, sizeof(r.call), RING_KEPT));
	r.head.size = UINT16_MAX;
	TRY(ring_put(&b->writer, &r, sizeof(r.call), RING_KEPT));
	r = a_call(2, 2);
	TRY(ring_put(&b->writer, &r, sizeof(r.call), RING_KEPT));
	TRY(store_take(b->store, &b->reader, 3, &tally));
	CHECK(tally.written == 2 && tally.refused == 2 && ring_ready(&b->reader) == 0);
	CHECK(store_ring_sequence(b->store, 3) == 4);
	return ERR_NONE;
}

TEST(take_short_slots,
     "takes records from slots that hold no more, and none that says it is longer")
{
	return with_slots(RECORD_SIGNAL_SLOT, short_slots);
}
