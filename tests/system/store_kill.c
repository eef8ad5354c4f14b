/* SPDX-License-Identifier: Apache-2.0 */
/* Kills the store while it writes. One process fills a ring with call records
 * as fast as they fit; another takes them into a database with the store's own
 * code and is killed at random instants, again and again. In the end each
 * record that the ring accepted must stand in the database once.
 *
 *     store-kill FOLDER KILLS SEED [release-first]
 *
 * `release-first` gives slots back before the commit: the mistake that this
 * test is there to find. Prints "accepted N, kept N, lost N, doubled N, kills N". */
#include "os/clock.h"
#include "store/intake.h"
#include "store/query.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RING = 3, SLOTS = 1024, LONGEST_LIFE_US = 40000, MAX_ACCEPTED = 4000000 };

struct bench {
	char path[512];
	struct ring_ends ends;
	struct ring writer;
	uint64_t accepted;
	bool is_release_first;
};

static void fail(const char *what)
{
	(void)fprintf(stderr, "store-kill: %s\n", what);
	exit(2);
}

static struct store *open_store(const struct bench *b)
{
	char text[256];
	struct buffer why = BUFFER_ON(text);
	struct store *s = NULL;

	if (store_open(b->path, &why, &s) == ERR_NONE)
		return s;
	(void)fprintf(stderr, "store-kill: %.*s\n", VIEW_ARG(buffer_view(&why)));
	exit(2);
}

static void take_wrongly(struct store *s, struct ring *ring)
{
	static union record batch[MAX_STORE_BATCH];
	struct store_tally tally;
	uint32_t count = ring_ready(ring);
	uint64_t sequence;

	if (count > MAX_STORE_BATCH)
		count = MAX_STORE_BATCH;
	for (uint32_t i = 0; i < count; i++) {
		if (ring_peek(ring, i, &batch[i], sizeof(batch[i]), &sequence) != ERR_NONE)
			fail("peek");
		batch[i].head.ring = RING;
		batch[i].head.sequence = sequence;
	}
	ring_release(ring, count);
	if (count && store_write(s, batch, count, &tally) != ERR_NONE)
		fail(store_problem(s));
}

/* The victim: takes until it is killed, or until the ring is empty at the end. */
static void take(const struct bench *b, bool is_last)
{
	struct store *s = open_store(b);
	struct store_tally tally = { 0 };
	struct ring ring = { 0 };

	if (ring_open_reader(&ring, &b->ends.reader) != ERR_NONE)
		fail("the ring cannot be opened");
	while (!is_last || ring_ready(&ring)) {
		if (b->is_release_first)
			take_wrongly(s, &ring);
		else if (store_take(s, &ring, RING, &tally) != ERR_NONE)
			fail(store_problem(s));
	}
	ring_close(&ring);
	store_free(&s);
}

static void put_one(struct bench *b)
{
	union record r = { .call = { .call = b->accepted + 1, .status = 200 } };

	r.head.version = RECORD_VERSION;
	r.head.kind = RECORD_CALL;
	r.head.size = sizeof(r.call);
	r.head.priority = PRIORITY_KEPT;
	r.head.wall_us = (int64_t)b->accepted + 1;
	if (b->accepted < MAX_ACCEPTED &&
	    ring_put(&b->writer, &r, sizeof(r), RING_KEPT) == ERR_NONE)
		b->accepted++;
	else
		(void)usleep(50);
}

static void one_life(struct bench *b, uint64_t life_us)
{
	uint64_t end_us;
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		take(b, false);
		_exit(0);
	}
	end_us = clock_now().us + life_us;
	while (clock_now().us < end_us)
		put_one(b);
	(void)kill(pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid)
		fail("waitpid");
}

struct count {
	uint8_t *seen;
	uint64_t kept, doubled, last_row;
	uint32_t of_page;
};

static bool count_one(const union record *r, void *context)
{
	struct count *c = context;

	c->last_row = r->head.row;
	c->of_page++;
	if (r->call.call > MAX_ACCEPTED)
		fail("a call that nobody wrote");
	if (c->seen[r->call.call]++)
		c->doubled++;
	else
		c->kept++;
	return true;
}

static int report(const struct bench *b, unsigned kills)
{
	struct count c = { .seen = calloc(MAX_ACCEPTED + 1, 1) };
	struct store *s = open_store(b);
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
	store_free(&s);
	free(c.seen);
	printf("accepted %llu, kept %llu, lost %llu, doubled %llu, kills %u\n",
	       (unsigned long long)b->accepted, (unsigned long long)c.kept,
	       (unsigned long long)(b->accepted - c.kept), (unsigned long long)c.doubled, kills);
	return c.kept == b->accepted && c.doubled == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	const struct ring_shape shape = { RECORD_SLOT, SLOTS, 1 };
	struct bench b = { 0 };
	unsigned long kills;

	if (argc < 4 || argc > 5)
		fail("usage: store-kill FOLDER KILLS SEED [release-first]");
	(void)snprintf(b.path, sizeof(b.path), "%s/kill.db", argv[1]);
	kills = strtoul(argv[2], NULL, 10);
	srandom((unsigned)strtoul(argv[3], NULL, 10));
	b.is_release_first = argc == 5 && strcmp(argv[4], "release-first") == 0;
	if (ring_create("records", &shape, &b.ends) != ERR_NONE ||
	    ring_open_writer(&b.writer, &b.ends.writer) != ERR_NONE)
		fail("no ring");
	for (unsigned long i = 0; i < kills; i++)
		one_life(&b, 1 + (uint64_t)random() % LONGEST_LIFE_US);
	take(&b, true);
	return report(&b, (unsigned)kills);
}
