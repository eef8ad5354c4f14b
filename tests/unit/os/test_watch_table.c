/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets of a library on our loop. */
#include "os/watch_table.h"
#include "runner/test.h"
#include <sys/socket.h>
#include <unistd.h>

enum { LOOP_WATCHES = 64 };

static struct {
	int fd, what;
	unsigned count;
} told;

static void on_ready(void *context, int fd, int what)
{
	(void)context;
	told.fd = fd;
	told.what = what;
	told.count++;
}

struct scene {
	struct watch_table table;
	int ends[2];
};

static enum err begin(struct scene *s)
{
	*s = (struct scene){ .table.call = LOOP_CALL(on_ready, NULL), .ends = { -1, -1 } };
	told.count = 0;
	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s->ends) == 0);
	return loop_new(LOOP_WATCHES, &s->table.loop);
}

static void end(struct scene *s)
{
	for (unsigned i = 0; i < MAX_WATCHED; i++)
		loop_unwatch(&s->table.rows[i].watch);
	loop_free(&s->table.loop);
	(void)close(s->ends[0]);
	(void)close(s->ends[1]);
}

static unsigned taken(const struct watch_table *t)
{
	unsigned count = 0;

	for (unsigned i = 0; i < MAX_WATCHED; i++)
		count += t->rows[i].watch != NULL;
	return count;
}

/* What happens in a turn; 0: nothing. */
static int turn(struct scene *s)
{
	told.count = 0;
	told.what = 0;
	loop_turn(s->table.loop, false);
	return told.count == 1 && told.fd == s->ends[0] ? told.what : 0;
}

static enum err follows(struct scene *s)
{
	watch_table_want(&s->table, s->ends[0], LOOP_READABLE);
	CHECK(turn(s) == 0 && taken(&s->table) == 1);
	CHECK(write(s->ends[1], "x", 1) == 1);
	CHECK(turn(s) == LOOP_READABLE);
	watch_table_want(&s->table, s->ends[0], LOOP_WRITABLE);
	CHECK(turn(s) == LOOP_WRITABLE && taken(&s->table) == 1);
	watch_table_want(&s->table, s->ends[0], LOOP_READABLE | LOOP_WRITABLE);
	CHECK(turn(s) == (LOOP_READABLE | LOOP_WRITABLE));
	watch_table_want(&s->table, s->ends[0], 0);
	CHECK(turn(s) == 0 && taken(&s->table) == 0);
	/* Of what is not watched. */
	watch_table_want(&s->table, s->ends[1], 0);
	CHECK(taken(&s->table) == 0);
	return ERR_NONE;
}

TEST(watch_table_follows,
     "a socket is watched for what its library last said, in one row, until it is closed")
{
	struct scene s;
	enum err err = begin(&s);

	if (err == ERR_NONE)
		err = follows(&s);
	end(&s);
	return err;
}

static enum err fills(struct scene *s)
{
	int more[MAX_WATCHED];

	for (unsigned i = 0; i < MAX_WATCHED; i++) {
		more[i] = dup(s->ends[1]);
		watch_table_want(&s->table, more[i], LOOP_READABLE);
	}
	watch_table_want(&s->table, s->ends[0], LOOP_WRITABLE);
	CHECK(taken(&s->table) == MAX_WATCHED && turn(s) == 0);
	watch_table_want(&s->table, more[7], 0);
	watch_table_want(&s->table, s->ends[0], LOOP_WRITABLE);
	CHECK(taken(&s->table) == MAX_WATCHED && turn(s) == LOOP_WRITABLE);
	for (unsigned i = 0; i < MAX_WATCHED; i++) {
		watch_table_want(&s->table, more[i], 0);
		(void)close(more[i]);
	}
	CHECK(taken(&s->table) == 1);
	return ERR_NONE;
}

TEST(watch_table_full, "one for which there is no row is left to its library's time limit")
{
	struct scene s;
	enum err err = begin(&s);

	if (err == ERR_NONE)
		err = fills(&s);
	end(&s);
	return err;
}
