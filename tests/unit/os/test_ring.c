/* SPDX-License-Identifier: Apache-2.0 */
/* The ring: order, classes, sleep and wake-up, both ends' restarts, and what
 * hostile ends can do to each other. */
#include "os/ring.h"
#include "runner/test.h"

#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct ring_shape small = { 64, 8, 1000 };

static bool is_readable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

struct pair {
	struct ring_ends ends;
	struct ring writer, reader;
};

static enum err pair_open(struct pair *p, const struct ring_shape *shape)
{
	enum err err = ring_create("test", shape, &p->ends);

	if (err != ERR_NONE)
		return err;
	err = ring_open_writer(&p->writer, &p->ends.writer);
	return err == ERR_NONE ? ring_open_reader(&p->reader, &p->ends.reader) : err;
}

static void pair_close(struct pair *p)
{
	ring_close(&p->writer);
	ring_close(&p->reader);
	ring_ends_close(&p->ends);
}

TEST(ring_order, "a ring gives what was put, in order, with rising numbers")
{
	struct pair p;
	uint64_t sequence, text;

	TRY(pair_open(&p, &small));
	for (uint64_t round = 0; round < 5; round++) {
		for (uint64_t i = 0; i < 7; i++) {
			text = round * 7 + i;
			CHECK(ring_next_sequence(&p.writer) == 1000 + text);
			TRY(ring_put(&p.writer, &text, sizeof(text), RING_KEPT));
		}
		CHECK(ring_ready(&p.reader) == 7);
		for (uint32_t i = 0; i < 7; i++) {
			TRY(ring_peek(&p.reader, i, &text, sizeof(text), &sequence));
			CHECK(text == round * 7 + i && sequence == 1000 + text);
		}
		CHECK(ring_peek(&p.reader, 7, &text, sizeof(text), NULL) == ERR_NOT_FOUND);
		ring_release(&p.reader, 7);
		CHECK(ring_ready(&p.reader) == 0);
	}
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_classes,
     "samples find the ring full at half, details at three quarters, the kept at its end")
{
	struct pair p;
	struct ring_level level;
	char byte = 'x';
	int samples = 0, details = 0, kept = 0;

	TRY(pair_open(&p, &small));
	while (ring_put(&p.writer, &byte, 1, RING_SAMPLE) == ERR_NONE)
		samples++;
	while (ring_put(&p.writer, &byte, 1, RING_DETAIL) == ERR_NONE)
		details++;
	while (ring_put(&p.writer, &byte, 1, RING_KEPT) == ERR_NONE)
		kept++;
	CHECK(samples == 4 && details == 2 && kept == 2);
	ring_level(&p.writer, &level);
	CHECK(level.used == 8 && level.dropped[RING_SAMPLE] == 1 &&
	      level.dropped[RING_DETAIL] == 1 && level.dropped[RING_KEPT] == 1);
	ring_release(&p.reader, 5);
	CHECK(ring_put(&p.writer, &byte, 1, RING_SAMPLE) == ERR_NONE);
	CHECK(ring_put(&p.writer, &byte, 1, RING_SAMPLE) == ERR_FULL);
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_limits, "a ring refuses shapes and lengths out of range")
{
	static const struct ring_shape bad[] = { { 64, 7, 0 },      { 64, 2, 0 },
		                                 { 65, 8, 0 },      { 32, 8, 0 },
		                                 { 1 << 17, 8, 0 }, { 64, 1 << 21, 0 },
		                                 { 0, 0, 0 } };
	struct ring_ends ends;
	struct pair p;
	char bytes[65] = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(ring_create("test", &bad[i], &ends) == ERR_LIMIT);
	TRY(pair_open(&p, &small));
	CHECK(ring_put(&p.writer, bytes, sizeof(bytes), RING_KEPT) == ERR_LIMIT);
	CHECK(ring_put(&p.writer, bytes, 64, RING_KEPT) == ERR_NONE);
	CHECK(ring_peek(&p.reader, 0, bytes, sizeof(bytes), NULL) == ERR_LIMIT);
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_wake, "the writer wakes a sleeping reader once, and one that is awake never")
{
	struct pair p;
	char byte = 'x';

	TRY(pair_open(&p, &small));
	TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	ring_flush(&p.writer);
	CHECK(!is_readable(ring_descriptor(&p.reader)));
	CHECK(!ring_sleep(&p.reader));
	ring_release(&p.reader, 1);
	CHECK(ring_sleep(&p.reader));
	TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	CHECK(!is_readable(ring_descriptor(&p.reader)));
	ring_flush(&p.writer);
	CHECK(is_readable(ring_descriptor(&p.reader)));
	ring_rise(&p.reader);
	CHECK(!is_readable(ring_descriptor(&p.reader)));
	TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	ring_flush(&p.writer);
	CHECK(!is_readable(ring_descriptor(&p.reader)));
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_second_sleep, "a reader that was woken by something else sleeps again and is woken again")
{
	struct pair p;
	char byte = 'x';

	TRY(pair_open(&p, &small));
	CHECK(ring_sleep(&p.reader));
	TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	ring_flush(&p.writer);
	ring_rise(&p.reader);
	ring_release(&p.reader, 1);
	CHECK(ring_sleep(&p.reader));
	CHECK(ring_sleep(&p.reader));
	TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	ring_flush(&p.writer);
	CHECK(is_readable(ring_descriptor(&p.reader)));
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_restart, "both ends go on where the ring stands after a restart")
{
	struct pair p;
	uint64_t text, sequence;

	TRY(pair_open(&p, &small));
	for (text = 0; text < 5; text++)
		TRY(ring_put(&p.writer, &text, sizeof(text), RING_KEPT));
	ring_release(&p.reader, 2);
	CHECK(ring_peek(&p.reader, 1, &text, sizeof(text), NULL) == ERR_NONE);
	ring_close(&p.writer);
	ring_close(&p.reader);
	TRY(ring_open_writer(&p.writer, &p.ends.writer));
	TRY(ring_open_reader(&p.reader, &p.ends.reader));
	CHECK(ring_next_sequence(&p.writer) == 1005 && ring_ready(&p.reader) == 3);
	TRY(ring_peek(&p.reader, 0, &text, sizeof(text), &sequence));
	CHECK(text == 2 && sequence == 1002);
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_owed_wake, "a writer that died between put and flush leaves the wake-up to its successor")
{
	struct pair p;
	char byte = 'x';

	TRY(pair_open(&p, &small));
	CHECK(ring_sleep(&p.reader));
	TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	ring_close(&p.writer);
	TRY(ring_open_writer(&p.writer, &p.ends.writer));
	CHECK(is_readable(ring_descriptor(&p.reader)));
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_room, "how many slots are free is said as it is, whatever the writer saw last")
{
	struct pair p;
	char byte = 'x';

	TRY(pair_open(&p, &small));
	for (unsigned i = 0; i < 7; i++)
		TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	CHECK(ring_room(&p.writer, RING_KEPT) == 1 && ring_room(&p.writer, RING_SAMPLE) == 0);
	ring_release(&p.reader, 7);
	CHECK(ring_room(&p.writer, RING_KEPT) == 8 && ring_room(&p.writer, RING_SAMPLE) == 4);
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_held,
     "what a reader that died had in hand the next one finds, and nothing once it was given "
     "back, nor more than there is")
{
	struct pair p;
	char byte = 'x';

	TRY(pair_open(&p, &small));
	CHECK(ring_held(&p.reader) == 0);
	for (unsigned i = 0; i < 20; i++) {
		unsigned n = i % 3 + 1;

		for (unsigned put = 0; put < n + 1; put++)
			TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
		ring_hold(&p.reader, n);
		ring_close(&p.reader);
		TRY(ring_open_reader(&p.reader, &p.ends.reader));
		CHECK(ring_held(&p.reader) == n && ring_ready(&p.reader) == n + 1);
		ring_release(&p.reader, n);
		ring_close(&p.reader);
		TRY(ring_open_reader(&p.reader, &p.ends.reader));
		CHECK(ring_held(&p.reader) == 0 && ring_ready(&p.reader) == 1);
		ring_release(&p.reader, 1);
	}
	/* More than there is. */
	ring_hold(&p.reader, 1);
	CHECK(ring_held(&p.reader) == 0);
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_read_only, "neither end can map for writing what is the other's")
{
	struct pair p;

	TRY(pair_open(&p, &small));
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, p.ends.reader.body, 0) ==
	      MAP_FAILED);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, p.ends.writer.tail, 0) ==
	      MAP_FAILED);
	CHECK(mprotect(p.reader.body_map.at, 4096, PROT_READ | PROT_WRITE) != 0);
	CHECK(ftruncate(p.ends.writer.body, 4096) != 0);
	pair_close(&p);
	return ERR_NONE;
}

/* Where head and tail lie is the ring's own business; the tests below write over all of it. */
static void spoil(const struct shared_map *map, size_t len, uint8_t byte)
{
	memset(map->at, byte, len);
}

TEST(ring_hostile_tail, "a reader's nonsense makes the ring full for the writer, not more")
{
	struct pair p;
	char byte = 'x';

	TRY(pair_open(&p, &small));
	TRY(ring_put(&p.writer, &byte, 1, RING_KEPT));
	spoil(&p.reader.tail_map, 64, 0xee);
	for (int puts = 1; puts < 100 && ring_put(&p.writer, &byte, 1, RING_KEPT) == ERR_NONE;
	     puts++)
		CHECK(puts < 8);
	CHECK(ring_put(&p.writer, &byte, 1, RING_KEPT) == ERR_FULL);
	ring_flush(&p.writer);
	CHECK(p.writer.place == 8);
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_hostile_head, "a writer's nonsense is counted and skipped over by the reader")
{
	struct pair p;
	struct ring_level level;
	char bytes[64];

	TRY(pair_open(&p, &small));
	spoil(&p.writer.body_map, 256, 0xee);
	CHECK(ring_ready(&p.reader) == 0);
	CHECK(ring_peek(&p.reader, 0, bytes, sizeof(bytes), NULL) == ERR_NOT_FOUND);
	ring_level(&p.reader, &level);
	CHECK(level.broken == 1 && p.reader.slot_count == 8);
	pair_close(&p);
	return ERR_NONE;
}

TEST(ring_not_a_ring, "memory that is no ring is refused")
{
	struct ring_ends ends;
	struct ring r;
	struct shared_map map;

	TRY(ring_create("test", &small, &ends));
	TRY(shared_map(ends.writer.body, SHARED_WRITE, 4096, &map));
	for (size_t i = 0; i < 16; i++) {
		uint8_t *byte = (uint8_t *)map.at + i;

		*byte = (uint8_t) ~*byte;
		CHECK(ring_open_reader(&r, &ends.reader) == ERR_SYNTAX);
		CHECK(ring_open_writer(&r, &ends.writer) == ERR_SYNTAX);
		*byte = (uint8_t) ~*byte;
	}
	shared_unmap(&map);
	ring_ends_close(&ends);
	return ERR_NONE;
}

/* The child puts numbers for ever and is killed at some instruction; the next one takes up. */
static void __attribute__((noreturn)) put_for_ever(const struct ring_parts *parts)
{
	struct ring w;
	uint64_t text[8];

	if (ring_open_writer(&w, parts) != ERR_NONE)
		_exit(1);
	for (;;) {
		for (int i = 0; i < 8; i++)
			text[i] = ring_next_sequence(&w);
		if (ring_put(&w, text, sizeof(text), RING_KEPT) == ERR_NONE)
			ring_flush(&w);
	}
}

TEST(ring_killed_writers,
     "writers killed at any instruction leave no half slot, no gap and no repetition")
{
	struct ring_ends ends;
	struct ring r;
	uint64_t next = 1000, text[8], sequence;

	TRY(ring_create("test", &small, &ends));
	TRY(ring_open_reader(&r, &ends.reader));
	for (int kill_number = 0; kill_number < 30; kill_number++) {
		uint64_t until = next + 50 + (uint64_t)kill_number * 7;
		pid_t child = fork();

		CHECK(child >= 0);
		if (child == 0)
			put_for_ever(&ends.writer);
		while (next < until) {
			while (ring_peek(&r, 0, text, sizeof(text), &sequence) == ERR_NONE) {
				CHECK(sequence == next);
				for (int i = 0; i < 8; i++)
					CHECK(text[i] == next);
				ring_release(&r, 1);
				next++;
			}
			if (ring_sleep(&r)) {
				struct pollfd p = { .fd = ring_descriptor(&r), .events = POLLIN };

				CHECK(poll(&p, 1, 10000) == 1);
				ring_rise(&r);
			}
		}
		CHECK(kill(child, SIGKILL) == 0 && waitpid(child, NULL, 0) == child);
	}
	ring_close(&r);
	ring_ends_close(&ends);
	return ERR_NONE;
}
