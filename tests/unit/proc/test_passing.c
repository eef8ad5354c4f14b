/* SPDX-License-Identifier: Apache-2.0 */
/* What workers hand to each other. We are the first of two; the second is this file, which writes
 * into our ring what it likes. The set-up of a child is this file's too. */
#include "proc/passing.h"

#include "os/ring_place.h"
#include "runner/test.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

static enum err peek(struct ring *r, uint32_t index, void *ret, size_t len, uint64_t *ret_sequence);
/* What looks at a slot goes through that. */
#define ring_peek peek
#include "../../../src/proc/passing.c"
#undef ring_peek

enum { SLOTS = 64, LISTENERS = 2, LONG = 3 * PASSED_ROOM + 5 };

static const struct ring_shape small = { PASSED_SLOT, SLOTS, 1 },
			       wide = { PASSED_SLOT, 4 * SLOTS_A_TURN, UINT64_MAX - SLOTS };

struct child {
	struct child_facts facts;
	struct counters counters;
	struct ring to, from; /* as we have them */
	void (*drain)(void *context, struct ring *ring, struct now now);
	void *context;
};

static struct child ours;
static struct ring_ends to_ends, from_ends;
static struct ring heard, theirs; /* as the other one has them */
static struct passed_slot slot;
static bool spoils; /* each slot, as soon as it was copied */
static char message[PASSED_MESSAGE_MAX];

/* What came, last. */
static struct {
	struct passing p;
	unsigned count, asides;
	bool dies, dies_of_aside;
	jmp_buf end;
} got;

const struct child_facts *child_facts(const struct child *c) { return &c->facts; }

struct counters *child_counters(const struct child *c) { return (struct counters *)&c->counters; }

struct ring *child_ring_writer(struct child *c, enum ring_name name)
{
	return name == ring_passed(0, 1) && ring_open_writer(&c->to, &to_ends.writer) == ERR_NONE
	             ? &c->to
	             : NULL;
}

struct ring *child_ring_reader(struct child *c, enum ring_name name,
                               void (*told)(void *context, struct ring *ring, struct now now),
                               void *context)
{
	c->drain = told;
	c->context = context;
	return name == ring_passed(1, 0) &&
	                       ring_open_reader(&c->from, &from_ends.reader) == ERR_NONE
	             ? &c->from
	             : NULL;
}

static enum err peek(struct ring *r, uint32_t index, void *ret, size_t len, uint64_t *ret_sequence)
{
	size_t at = ring_place_offset(r->place + index, PASSED_SLOT, SLOTS);
	struct passed_head hostile = { .kind = PASSED_SEND,
		                       .len = PASSED_ROOM,
		                       .offset = PASSED_MESSAGE_MAX - 1,
		                       .total = PASSED_MESSAGE_MAX - 1 + PASSED_ROOM };
	enum err err = ring_peek(r, index, ret, len, ret_sequence);

	if (spoils)
		memcpy((char *)theirs.body + at, &hostile, sizeof(hostile));
	return err;
}

static void hear(const struct passing *p, struct now now)
{
	(void)now;
	got.p = *p;
	got.count++;
	if (got.dies)
		longjmp(got.end, 1);
}

static void hear_aside(const struct passing *p)
{
	got.p = *p;
	got.asides++;
	if (!got.dies_of_aside)
		return;
	got.dies_of_aside = false;
	longjmp(got.end, 1);
}

static void start(void)
{
	passing_begin(&ours);
	passing_listen(hear);
	passing_set_aside(hear_aside);
}

static enum err begin_on(const struct ring_shape *shape)
{
	memset(&ours, 0, sizeof(ours));
	memset(&got, 0, sizeof(got));
	ours.facts.owners = 2;
	ours.facts.listener_count = LISTENERS;
	for (size_t i = 0; i < sizeof(message); i++)
		message[i] = (char)(i * 7 + i / 251);
	TRY(ring_create("to", shape, &to_ends));
	TRY(ring_open_reader(&heard, &to_ends.reader));
	TRY(ring_create("from", shape, &from_ends));
	TRY(ring_open_writer(&theirs, &from_ends.writer));
	start();
	return ERR_NONE;
}

static enum err begin(void) { return begin_on(&small); }

static void end(void)
{
	ring_close(&ours.to);
	ring_close(&ours.from);
	ring_close(&heard);
	ring_close(&theirs);
	ring_ends_close(&to_ends);
	ring_ends_close(&from_ends);
}

static void work(void) { ours.drain(ours.context, &ours.from, (struct now){ 0 }); }

static uint64_t counted(enum counter which) { return counters_get(&ours.counters, which); }

static struct flow flow_of(const char *remote)
{
	struct flow flow = { .listener = 1, .side = 1 };

	(void)!addr_parse_port(view_of(remote), &flow.remote);
	(void)!addr_parse_port(VIEW("192.0.2.1:5060"), &flow.local);
	return flow;
}

static void give(uint8_t kind, size_t len)
{
	passing_give(1, &(struct passing){ .kind = kind,
	                                   .flow = flow_of("192.0.2.7:5062"),
	                                   .account = 77,
	                                   .shown = "carrier.example",
	                                   .bytes = message,
	                                   .len = len });
}

/* The other one gives back to us all that we gave to him, from that slot on. */
static enum err echo(uint32_t from)
{
	uint32_t ready = ring_ready(&heard);

	for (uint32_t i = from; i < ready; i++) {
		TRY(ring_peek(&heard, i, &slot, sizeof(slot), NULL));
		TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	}
	ring_release(&heard, ready);
	return ERR_NONE;
}

/* One that fits a slot, as an honest one writes it. */
static struct passed_slot sound(size_t len)
{
	struct passed_slot s = { .head = { .flow = flow_of("192.0.2.7:5062") } };

	(void)passed_cut(&s, view_bytes(message, len), 0);
	return s;
}

static bool has_come(unsigned count, size_t len)
{
	return got.count == count && got.p.len == len && memcmp(got.p.bytes, message, len) == 0;
}

TEST(passing_whole, "a message comes as it was given, however long it is and wherever in the ring "
                    "it lies, with all that goes along")
{
	static const size_t lengths[] = { 0,
		                          1,
		                          PASSED_ROOM - 1,
		                          PASSED_ROOM,
		                          PASSED_ROOM + 1,
		                          2 * PASSED_ROOM,
		                          LONG,
		                          PASSED_MESSAGE_MAX };
	unsigned count = 0;

	TRY(begin());
	/* Some two hundred slots a round: over the ring's end again and again. */
	for (unsigned round = 0; round < 20; round++) {
		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			struct flow flow = flow_of("192.0.2.7:5062");

			give((uint8_t)(count % PASSED_KIND_COUNT), lengths[i]);
			TRY(echo(0));
			work();
			CHECK(has_come(count + 1, lengths[i]));
			CHECK(got.p.kind == count % PASSED_KIND_COUNT && got.p.account == 77);
			CHECK(flow_equal(&got.p.flow, &flow) && got.p.flow.listener == 1);
			count++;
		}
	}
	CHECK(strcmp(passing_shown(&got.p.flow), "carrier.example") == 0);
	got.p.flow.remote.port++;
	CHECK(strcmp(passing_shown(&got.p.flow), "") == 0);
	CHECK(counted(COUNT_passed_on) == count && counted(COUNT_passed_dropped) == 0);
	CHECK(counted(COUNT_bad_slots) == 0);
	end();
	return ERR_NONE;
}

TEST(passing_full,
     "what finds the ring full is dropped whole and counted; what is too long, or for "
     "nobody, is too")
{
	unsigned fitting = SLOTS / 4;

	TRY(begin());
	for (unsigned i = 0; i < fitting + 3; i++)
		give(PASSED_MESSAGE, LONG);
	CHECK(counted(COUNT_passed_on) == fitting && counted(COUNT_passed_dropped) == 3);
	CHECK(ring_ready(&heard) == SLOTS);
	TRY(echo(0));
	work();
	CHECK(has_come(fitting, LONG));
	/* Three slots are free: one that takes four does not begin. */
	for (unsigned i = 0; i < SLOTS - 3; i++)
		give(PASSED_MESSAGE, 1);
	give(PASSED_MESSAGE, LONG);
	CHECK(ring_ready(&heard) == SLOTS - 3 && counted(COUNT_passed_dropped) == 4);
	give(PASSED_MESSAGE, PASSED_MESSAGE_MAX + 1);
	passing_give(0, &(struct passing){ .bytes = message });
	passing_give(2, &(struct passing){ .bytes = message });
	passing_give(MAX_SIGNAL_WORKERS, &(struct passing){ .bytes = message });
	CHECK(counted(COUNT_passed_dropped) == 8);
	passing_give_all(&(struct passing){ .bytes = message });
	CHECK(ring_ready(&heard) == SLOTS - 2);
	end();
	return ERR_NONE;
}

TEST(passing_turn,
     "a turn takes so many slots and no more; the next one goes on there, over the end of "
     "all sequence numbers")
{
	TRY(begin_on(&wide));
	for (unsigned i = 0; i < 2 * SLOTS_A_TURN + 1; i++) {
		slot = sound(i + 1);
		TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	}
	work();
	CHECK(has_come(SLOTS_A_TURN, SLOTS_A_TURN));
	CHECK(ring_ready(&ours.from) == SLOTS_A_TURN + 1);
	work();
	work();
	CHECK(has_come(2 * SLOTS_A_TURN + 1, 2 * SLOTS_A_TURN + 1));
	CHECK(ring_ready(&ours.from) == 0 && counted(COUNT_bad_slots) == 0);
	end();
	return ERR_NONE;
}

/* ---- hostile writers ---- */

static void bad_kind(struct passed_head *h) { h->kind = PASSED_KIND_COUNT; }
static void bad_len(struct passed_head *h) { h->len = h->total = PASSED_ROOM + 1; }
static void bad_long(struct passed_head *h) { h->len = UINT32_MAX; }
static void bad_total(struct passed_head *h) { h->total = PASSED_MESSAGE_MAX + 1; }
static void bad_end(struct passed_head *h) { h->offset = h->total - h->len + 1; }
static void bad_offset(struct passed_head *h) { h->offset = h->total + 1, h->len = 0; }
static void bad_wrap(struct passed_head *h) { h->offset = UINT32_MAX - 4; }
static void bad_transport(struct passed_head *h) { h->flow.transport = TRANSPORT_SCTP; }
static void bad_listener(struct passed_head *h) { h->flow.listener = LISTENERS; }
static void bad_side(struct passed_head *h) { h->flow.side = MAX_SIDES; }
static void bad_remote(struct passed_head *h) { h->flow.remote.family = 5; }
static void bad_local(struct passed_head *h) { h->flow.local.family = 0; }
static void bad_shown(struct passed_head *h) { memset(h->shown, 'x', sizeof(h->shown)); }

TEST(passing_hostile, "a slot that cannot be is counted and left out, and the next one is taken")
{
	static const struct {
		const char *name;
		void (*spoil)(struct passed_head *h);
	} cases[] = {
		{ "no such kind", bad_kind },          { "longer than its slot", bad_len },
		{ "longer than anything", bad_long },  { "a whole that is too long", bad_total },
		{ "beyond the whole's end", bad_end }, { "begins beyond the whole", bad_offset },
		{ "an offset that wraps", bad_wrap },  { "no such transport", bad_transport },
		{ "no such socket", bad_listener },    { "no such side", bad_side },
		{ "from no address", bad_remote },     { "to no address", bad_local },
		{ "a name without end", bad_shown },
	};

	TRY(begin());
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		slot = sound(9);
		cases[i].spoil(&slot.head);
		TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
		slot = sound(100 + i);
		TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
		work();
		CHECK_CASE(has_come(i + 1, 100 + i), cases[i].name);
		CHECK_CASE(counted(COUNT_bad_slots) == i + 1, cases[i].name);
	}
	end();
	return ERR_NONE;
}

TEST(passing_pieces,
     "pieces that do not follow on each other make no message, nor more of one than "
     "there is room for")
{
	static const struct {
		uint32_t offset, len, total;
	} pieces[] = {
		{ 5, 4, 9 },                         /* without its beginning */
		{ 0, 5, 9 },     { 4, 5, 9 },        /* over what is there */
		{ 0, 5, 9 },     { 6, 3, 9 },        /* with a gap */
		{ 0, 5, 9 },     { 5, 2, 9 },        /* that ends too early, */
		{ 7, 0, 9 },     { 7, 1, 9 },        /* also by nothing at all */
		{ 0, 5, 9 },     { 5, 2, 100 },      /* whose whole grows */
		{ 0, 1, 65536 }, { 65535, 1, 65536 } /* at the end of the room */
	};

	TRY(begin());
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		slot = sound(9);
		slot.head.offset = pieces[i].offset;
		slot.head.len = pieces[i].len;
		slot.head.total = pieces[i].total;
		TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	}
	work();
	CHECK(got.count == 0 && counted(COUNT_bad_slots) == 0 && ring_ready(&ours.from) == 0);
	slot = sound(9);
	TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	work();
	CHECK(has_come(1, 9));
	end();
	return ERR_NONE;
}

TEST(passing_changing, "a writer that changes a slot right after it was copied changes nothing")
{
	TRY(begin());
	spoils = true;
	for (unsigned i = 0; i < 3 * SLOTS; i++) {
		slot = sound(100 + i);
		TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
		work();
		CHECK(has_come(i + 1, 100 + i) && got.p.kind == PASSED_MESSAGE);
	}
	spoils = false;
	CHECK(counted(COUNT_bad_slots) == 0);
	end();
	return ERR_NONE;
}

/* ---- who dies ---- */

TEST(passing_dead_writer, "a message whose writer died in it is forgotten, and leaves the ring to "
                          "the messages of the next one")
{
	TRY(begin());
	give(PASSED_MESSAGE, LONG);
	TRY(ring_peek(&heard, 0, &slot, sizeof(slot), NULL));
	TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	work();
	CHECK(got.count == 0 && ring_ready(&ours.from) == 0);
	ring_close(&theirs);
	TRY(ring_open_writer(&theirs, &from_ends.writer));
	TRY(echo(0));
	work();
	CHECK(has_come(1, LONG));
	/* And the end of one whose beginning was forgotten. */
	give(PASSED_MESSAGE, LONG);
	TRY(echo(1));
	give(PASSED_MESSAGE, 8);
	TRY(echo(0));
	work();
	CHECK(has_come(2, 8));
	end();
	return ERR_NONE;
}

static void die(void)
{
	got.dies = true;
	if (setjmp(got.end) == 0)
		work();
	got.dies = false;
	ring_close(&ours.to);
	ring_close(&ours.from);
	start();
}

TEST(passing_poison, "the message that ends its worker is told to the next one, and not fed to it; "
                     "those behind it are")
{
	static const size_t lengths[] = { 1, PASSED_ROOM, LONG, PASSED_MESSAGE_MAX };

	TRY(begin());
	for (unsigned i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		unsigned before = got.count;

		give(PASSED_MESSAGE, lengths[i]);
		give(PASSED_MESSAGE, 5);
		TRY(echo(0));
		die();
		CHECK(got.count == before + 1 && got.asides == i + 1);
		CHECK(has_come(before + 1, lengths[i]) && got.p.kind == PASSED_MESSAGE);
		work();
		CHECK(has_come(before + 2, 5) && got.asides == i + 1);
		/* One that ends for another reason had nothing in hand. */
		ring_close(&ours.to);
		ring_close(&ours.from);
		start();
		CHECK(got.asides == i + 1);
	}
	end();
	return ERR_NONE;
}

TEST(passing_poison_told, "a message that ends who is told of it too is not told to the next one")
{
	TRY(begin());
	give(PASSED_MESSAGE, 9);
	give(PASSED_MESSAGE, 5);
	TRY(echo(0));
	got.dies_of_aside = true;
	die();
	CHECK(!got.dies_of_aside && got.asides == 1);
	work();
	CHECK(has_come(2, 5) && got.asides == 1);
	end();
	return ERR_NONE;
}

TEST(passing_poison_end, "of a long one whose beginning was given back already the end is told; "
                         "what is no message is not")
{
	TRY(begin());
	give(PASSED_MESSAGE, LONG);
	for (uint32_t i = 0; i < 2; i++) {
		TRY(ring_peek(&heard, i, &slot, sizeof(slot), NULL));
		TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	}
	work();
	TRY(echo(2));
	die();
	CHECK(got.asides == 1 && got.p.len == LONG - 2 * PASSED_ROOM);
	CHECK(memcmp(got.p.bytes, message + 2 * PASSED_ROOM, got.p.len) == 0);
	give(PASSED_SEND, 10);
	give(PASSED_MESSAGE, 11);
	TRY(echo(0));
	die();
	CHECK(got.asides == 1);
	work();
	CHECK(has_come(3, 11));
	end();
	return ERR_NONE;
}

TEST(passing_poison_changed, "what was in hand and is nonsense meanwhile is left out")
{
	TRY(begin());
	slot = sound(9);
	TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	slot = sound(10);
	TRY(ring_put(&theirs, &slot, sizeof(slot), RING_KEPT));
	got.dies = true;
	if (setjmp(got.end) == 0)
		work();
	got.dies = false;
	memset((char *)theirs.body + ring_place_offset(0, PASSED_SLOT, SLOTS), 0xee, PASSED_SLOT);
	ring_close(&ours.to);
	ring_close(&ours.from);
	start();
	CHECK(got.asides == 0);
	work();
	CHECK(has_come(2, 10));
	end();
	return ERR_NONE;
}
