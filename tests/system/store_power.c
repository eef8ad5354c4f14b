/* SPDX-License-Identifier: Apache-2.0 */
/* Writes call records with the store's own code until the power fails, and
 * tells of each group once it is committed. Runs within a machine that is cut
 * off (tests/system/power.py), each time on the same database:
 *
 *     store-power DATABASE [careless]
 *
 * It first counts what the last time left: "kept N, doubled N, missing N" (of
 * those numbered 1 to the highest), then "committed N" after each group, for
 * ever. `careless` asks nothing of the disk: the mistake that is to be found. */
#include "store/intake.h"
#include "store/query.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RING = 3, SLOTS = 1024, MAX_RECORDS = 1 << 22 };

static bool is_careless;

/* In the place of the C library's, for SQLite too. */
#define SEEN __attribute__((visibility("default")))
SEEN int fsync(int fd) { return is_careless ? 0 : (int)syscall(SYS_fsync, fd); }
SEEN int fdatasync(int fd) { return is_careless ? 0 : (int)syscall(SYS_fdatasync, fd); }

static void fail(const char *what)
{
	printf("store-power: %s\n", what);
	exit(2);
}

struct count {
	uint8_t *seen;
	uint64_t kept, doubled, highest, last_row;
	uint32_t of_page;
};

static bool count_one(const union record *r, void *context)
{
	struct count *c = context;

	c->last_row = r->head.row;
	c->of_page++;
	if (r->call.call == 0 || r->call.call > MAX_RECORDS)
		fail("a record that nobody wrote");
	if (c->seen[r->call.call]++)
		c->doubled++;
	else
		c->kept++;
	if (r->call.call > c->highest)
		c->highest = r->call.call;
	return true;
}

/* The highest number that is kept. */
static uint64_t count(struct store *s)
{
	struct count c = { .seen = calloc(MAX_RECORDS + 1, 1) };
	struct store_query q = { .kind = RECORD_CALL };
	char text[128];
	struct buffer why = BUFFER_ON(text);

	if (!c.seen)
		fail("out of memory");
	do {
		c.of_page = 0;
		if (store_query_each(s, &q, &why, count_one, &c) != ERR_NONE)
			fail("the database cannot be read");
		q.after = c.last_row;
	} while (c.of_page);
	free(c.seen);
	printf("kept %llu, doubled %llu, missing %llu\n", (unsigned long long)c.kept,
	       (unsigned long long)c.doubled, (unsigned long long)(c.highest - c.kept));
	return c.highest;
}

static void put(struct ring *writer, uint64_t number)
{
	union record r = { .call = { .call = number, .status = 200 } };

	r.head.version = RECORD_VERSION;
	r.head.kind = RECORD_CALL;
	r.head.size = sizeof(r.call);
	r.head.priority = PRIORITY_KEPT;
	r.head.wall_us = (int64_t)number;
	if (ring_put(writer, &r, sizeof(r), RING_KEPT) != ERR_NONE)
		fail("the ring is full");
}

static void write_for_ever(struct store *s, uint64_t number)
{
	const struct ring_shape shape = { RECORD_SLOT, SLOTS, number };
	struct ring_ends ends;
	struct ring writer = { 0 }, reader = { 0 };
	struct store_tally tally = { 0 };

	if (ring_create("records", &shape, &ends) != ERR_NONE ||
	    ring_open_writer(&writer, &ends.writer) != ERR_NONE ||
	    ring_open_reader(&reader, &ends.reader) != ERR_NONE)
		fail("no ring");
	while (number < MAX_RECORDS - SLOTS) {
		for (long group = 1 + random() % MAX_STORE_BATCH; group > 0; group--)
			put(&writer, number++);
		while (ring_ready(&reader))
			if (store_take(s, &reader, RING, &tally) != ERR_NONE)
				fail(store_problem(s));
		printf("committed %llu\n", (unsigned long long)(number - 1));
	}
	fail("nobody cut the power");
}

int main(int argc, char **argv)
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	struct store *s = NULL;

	if (argc < 2 || argc > 3)
		fail("usage: store-power DATABASE [careless]");
	is_careless = argc == 3 && strcmp(argv[2], "careless") == 0;
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	srandom((unsigned)getpid());
	if (store_open(argv[1], &why, &s) != ERR_NONE) {
		printf("store-power: %.*s\n", VIEW_ARG(buffer_view(&why)));
		return 2;
	}
	write_for_ever(s, count(s) + 1);
	return 2;
}
