/* SPDX-License-Identifier: Apache-2.0 */
/* A table of guests; who is slow, or too many, is let go. */
#include "proc/outreach_door.h"

#include "acme/door.h"
#include "base/addr.h"
#include "os/clock.h"
#include "os/socket.h"
#include "os/socket_stream.h"

enum { GUEST_US = 10 * SECOND_US, ANSWER_MAX = 512, ACCEPTS_A_TURN = 16 };

struct guest {
	int fd;
	struct loop_watch *watch; /* NULL: free */
	struct addr from;
	uint64_t since_us;
	size_t len;
	char bytes[ACME_QUESTION_MAX];
};

static struct {
	struct loop *loop;
	int fd;
	struct loop_watch *watch;
	struct view token, authorization;
	struct guest guests[MAX_DOOR_GUESTS];
} door = { .fd = -1 };

static void leave(struct guest *g)
{
	loop_unwatch(&g->watch);
	socket_close(&g->fd);
}

/* What is sent fits the empty buffer of a socket: it goes at once or never. */
static void reply(struct guest *g)
{
	char text[ANSWER_MAX];
	struct buffer b = BUFFER_ON(text);
	size_t sent;
	enum err err =
		acme_door_answer(view_bytes(g->bytes, g->len), door.token, door.authorization, &b);

	if (err == ERR_SHORT)
		return;
	if (err == ERR_NONE)
		(void)!socket_write(g->fd, buffer_view(&b), &sent);
	leave(g);
}

static void on_guest(void *context, int fd, int what)
{
	struct guest *g = context;
	size_t got = 0;
	enum err err = socket_read(fd, g->bytes + g->len, sizeof(g->bytes) - g->len, &got);

	(void)what;
	if (err == ERR_AGAIN)
		return;
	g->len += got;
	if (err != ERR_NONE)
		leave(g);
	else
		reply(g);
}

/* Who stands there makes room. */
static struct guest *place(const struct addr *from, uint64_t now_us)
{
	struct acme_guest who[MAX_DOOR_GUESTS];
	struct guest *g;

	for (unsigned i = 0; i < MAX_DOOR_GUESTS; i++)
		who[i] = (struct acme_guest){ door.guests[i].from, door.guests[i].since_us,
			                      door.guests[i].watch != NULL };
	g = &door.guests[acme_door_place(who, MAX_DOOR_GUESTS, from)];
	if (g->watch)
		leave(g);
	g->from = *from;
	g->since_us = now_us;
	g->len = 0;
	return g;
}

static void on_door(void *context, int fd, int what)
{
	struct addr remote;

	(void)context;
	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN; i++) {
		struct guest *g;
		int got = -1;

		if (socket_accept(fd, &remote, &got) != ERR_NONE)
			return;
		g = place(&remote, clock_now().us);
		g->fd = got;
		if (loop_watch(door.loop, got, LOOP_READABLE, LOOP_CALL(on_guest, g), &g->watch) !=
		    ERR_NONE)
			socket_close(&g->fd);
	}
}

enum err door_open(struct loop *l, int fd, struct view token, struct view authorization)
{
	enum err err;

	door_shut();
	door.loop = l;
	door.fd = fd;
	door.token = token;
	door.authorization = authorization;
	err = loop_watch(l, fd, LOOP_READABLE, LOOP_CALL(on_door, NULL), &door.watch);
	if (err != ERR_NONE)
		door_shut();
	return err;
}

void door_shut(void)
{
	for (unsigned i = 0; i < MAX_DOOR_GUESTS; i++)
		if (door.guests[i].watch)
			leave(&door.guests[i]);
	loop_unwatch(&door.watch);
	socket_close(&door.fd);
}

static uint64_t due_us(const struct guest *g) { return g->since_us + GUEST_US; }

void door_advance(struct now now)
{
	for (unsigned i = 0; i < MAX_DOOR_GUESTS; i++)
		if (door.guests[i].watch && now.us >= due_us(&door.guests[i]))
			leave(&door.guests[i]);
}

uint64_t door_wait_us(struct now now)
{
	uint64_t least = UINT64_MAX;

	for (unsigned i = 0; i < MAX_DOOR_GUESTS; i++)
		if (door.guests[i].watch && now_since(due_us(&door.guests[i]), now.us) < least)
			least = now_since(due_us(&door.guests[i]), now.us);
	return least;
}
