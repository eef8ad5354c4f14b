/* SPDX-License-Identifier: Apache-2.0 */
/* Caps, order and deadlines of connections, with a time of our own. */
#include "base/now.h"
#include "runner/test.h"
#include "transport/tcp_table.h"

#include <stdio.h>
#include <string.h>

static const struct hash_key key = { { 1, 2 } };
static const struct tcp_limits limits = { .at_most = 16,
	                                  .per_source = 3,
	                                  .known_per_source = 2,
	                                  .first_byte_s = 5,
	                                  .message_s = 10,
	                                  .stranger_s = 60,
	                                  .idle_s = 7200,
	                                  .unread_s = 10 };

enum { START_US = 1000 * SECOND_US };

static struct flow flow_from(unsigned host, uint16_t port)
{
	struct flow flow = { .transport = TRANSPORT_TCP };
	char text[32];

	(void)snprintf(text, sizeof(text), "198.51.%u.%u", host / 256 % 256, host % 256);
	(void)!addr_parse(view_of(text), &flow.remote);
	flow.remote.port = port;
	return flow;
}

static enum err admit(struct tcp_table *t, unsigned host, uint16_t port, uint64_t now_us,
                      struct tcp_connection **ret)
{
	struct flow flow = flow_from(host, port);

	return tcp_table_admit(t, &flow, TCP_STRANGER, now_us, ret);
}

/* A table of limits as above; the ladder may fail it. */
#define OPEN(t)                                                                                    \
	struct tcp_table *t = NULL;                                                                \
	do {                                                                                       \
		enum err open_err = tcp_table_new(&limits, &key, 7, START_US, &t);                 \
		if (open_err != ERR_NONE)                                                          \
			return open_err;                                                           \
	} while (0)

TEST(tcp_table_source_cap, "an address has so many strangers and no more, whatever its ports")
{
	struct tcp_connection *c[4];

	OPEN(t);
	for (uint16_t i = 0; i < 3; i++)
		CHECK(admit(t, 1, 100 + i, START_US, &c[i]) == ERR_NONE);
	CHECK(admit(t, 1, 200, START_US, &c[3]) == ERR_LIMIT);
	CHECK(admit(t, 2, 200, START_US, &c[3]) == ERR_NONE);
	/* The twin: room again once one has gone. */
	tcp_table_remove(t, &c[0]);
	CHECK(admit(t, 1, 201, START_US, &c[0]) == ERR_NONE);
	tcp_table_free(&t);
	return ERR_NONE;
}

TEST(tcp_table_proven, "who has shown to be a peer counts no more under its address")
{
	struct tcp_connection *c[5];

	OPEN(t);
	for (uint16_t i = 0; i < 3; i++)
		CHECK(admit(t, 1, 100 + i, START_US, &c[i]) == ERR_NONE);
	CHECK(admit(t, 1, 200, START_US, &c[3]) == ERR_LIMIT);
	tcp_table_prove(t, c[0]);
	tcp_table_prove(t, c[0]);
	tcp_table_stand(t, c[1], TCP_KNOWN, START_US);
	tcp_table_prove(t, c[1]);
	CHECK(c[0]->standing == TCP_PEER && c[1]->standing == TCP_PEER && t->stranger_count == 1);
	CHECK(admit(t, 1, 200, START_US, &c[3]) == ERR_NONE);
	CHECK(admit(t, 1, 201, START_US, &c[4]) == ERR_NONE);
	/* It is no stranger: no registration is awaited of it. */
	tcp_table_advance(t, START_US + 3600ULL * SECOND_US);
	CHECK(c[0]->end == TCP_END_NONE && c[1]->end == TCP_END_NONE && c[2]->end != TCP_END_NONE);
	for (unsigned i = 0; i < 5; i++)
		tcp_table_remove(t, &c[i]);
	CHECK(pool_used(t->sources) == 0 && t->stranger_count == 0);
	tcp_table_free(&t);
	return ERR_NONE;
}

TEST(tcp_table_known_cap, "who registers makes room for a neighbour, up to the known's own cap")
{
	struct tcp_connection *c[6];

	OPEN(t);
	for (uint16_t i = 0; i < 3; i++) {
		CHECK(admit(t, 1, 100 + i, START_US, &c[i]) == ERR_NONE);
		tcp_table_stand(t, c[i], TCP_KNOWN, START_US);
	}
	CHECK(c[1]->standing == TCP_KNOWN && c[2]->standing == TCP_STRANGER);
	CHECK(admit(t, 1, 110, START_US, &c[3]) == ERR_NONE);
	CHECK(admit(t, 1, 111, START_US, &c[4]) == ERR_NONE);
	CHECK(admit(t, 1, 112, START_US, &c[5]) == ERR_LIMIT);
	tcp_table_remove(t, &c[0]);
	tcp_table_stand(t, c[2], TCP_KNOWN, START_US);
	CHECK(c[2]->standing == TCP_KNOWN);
	CHECK(admit(t, 1, 112, START_US, &c[5]) == ERR_NONE);
	tcp_table_free(&t);
	return ERR_NONE;
}

TEST(tcp_table_total_cap, "strangers never have the last quarter, and the eldest makes room first")
{
	struct tcp_connection *c, *eldest = NULL;
	struct flow peer = flow_from(250, 5060);

	OPEN(t);
	CHECK(!tcp_table_victim(t));
	for (unsigned i = 0; i < 12; i++) {
		CHECK(admit(t, 10 + i, 100, START_US + i, &c) == ERR_NONE);
		eldest = eldest ? eldest : c;
	}
	CHECK(admit(t, 90, 100, START_US, &c) == ERR_FULL);
	CHECK(tcp_table_victim(t) == eldest);
	/* One that registered is not closed for a stranger; the next eldest is. */
	tcp_table_stand(t, eldest, TCP_KNOWN, START_US);
	CHECK(!tcp_table_victim(t));
	CHECK(admit(t, 90, 100, START_US, &c) == ERR_NONE);
	CHECK(tcp_table_victim(t) && tcp_table_victim(t) != eldest);
	for (unsigned i = 0; i < 3; i++)
		CHECK(tcp_table_admit(t, &peer, TCP_PEER, START_US, &c) == ERR_NONE);
	CHECK(tcp_table_admit(t, &peer, TCP_PEER, START_US, &c) == ERR_FULL);
	tcp_table_free(&t);
	return ERR_NONE;
}

static unsigned doomed(const struct tcp_table *t)
{
	unsigned count = 0;

	LIST_FOR_EACH(link, &t->doomed)
		count++;
	return count;
}

struct happening {
	const char *name;
	bool has_spoken, has_message, is_known, is_part, is_unread, is_shut;
	unsigned due_s;
	enum tcp_end why;
};

TEST(tcp_table_deadlines, "each connection ends at the first of its deadlines, and not before")
{
	static const struct happening cases[] = {
		{ "silent", .due_s = 5, .why = TCP_END_SILENT },
		{ "one byte", .has_spoken = true, .due_s = 10, .why = TCP_END_SLOW },
		{ "stranger who talks", .has_spoken = true, .has_message = true, .due_s = 60,
		  .why = TCP_END_STRANGER },
		{ "half a second message", .has_spoken = true, .has_message = true, .is_part = true,
		  .due_s = 10, .why = TCP_END_SLOW },
		{ "known", .has_spoken = true, .has_message = true, .is_known = true, .due_s = 7200,
		  .why = TCP_END_IDLE },
		{ "known, slow", .has_spoken = true, .has_message = true, .is_known = true,
		  .is_part = true, .due_s = 10, .why = TCP_END_SLOW },
		{ "known, never reads", .has_spoken = true, .has_message = true, .is_known = true,
		  .is_unread = true, .due_s = 10, .why = TCP_END_UNREAD },
		{ "known, half closed", .has_spoken = true, .has_message = true, .is_known = true,
		  .is_shut = true, .due_s = 5, .why = TCP_END_GONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct happening *h = &cases[i];
		struct tcp_connection *c;
		OPEN(t);

		CHECK(admit(t, 1, 100, START_US, &c) == ERR_NONE);
		c->has_spoken = h->has_spoken;
		c->has_message = h->has_message;
		c->begun_us = h->is_part ? START_US : 0;
		c->is_shut = h->is_shut;
		c->shut_us = c->progress_us = START_US;
		if (h->is_unread)
			CHECK(held_out_put(&t->memory, &c->out, VIEW("x"), false) == ERR_NONE);
		if (h->is_known)
			tcp_table_stand(t, c, TCP_KNOWN, START_US);
		tcp_table_time(t, c);
		for (unsigned s = 0; s < h->due_s; s++)
			tcp_table_advance(t, START_US + s * (uint64_t)SECOND_US);
		CHECK_CASE(doomed(t) == 0, h->name);
		tcp_table_advance(t, START_US + h->due_s * (uint64_t)SECOND_US + MILLISECOND_US);
		CHECK_CASE(doomed(t) == 1 && c->end == h->why, h->name);
		tcp_table_free(&t);
	}
	return ERR_NONE;
}

TEST(tcp_table_unregistered, "a known one whose registration ended has a stranger's time again")
{
	struct tcp_connection *c;
	uint64_t later_us = START_US + 1000 * (uint64_t)SECOND_US;

	OPEN(t);
	CHECK(admit(t, 1, 100, START_US, &c) == ERR_NONE);
	c->has_spoken = c->has_message = true;
	tcp_table_stand(t, c, TCP_KNOWN, START_US);
	tcp_table_advance(t, later_us);
	CHECK(doomed(t) == 0);
	tcp_table_stand(t, c, TCP_STRANGER, later_us);
	tcp_table_advance(t, later_us + 59 * (uint64_t)SECOND_US);
	CHECK(doomed(t) == 0);
	tcp_table_advance(t, later_us + 61 * (uint64_t)SECOND_US);
	CHECK(doomed(t) == 1 && c->end == TCP_END_STRANGER);
	tcp_table_free(&t);
	return ERR_NONE;
}

TEST(tcp_table_proxied, "a balancer's connection is counted under whom it names, once it does")
{
	struct flow balancer = flow_from(200, 1);
	struct tcp_connection *c;

	OPEN(t);
	for (uint16_t i = 0; i < 5; i++) {
		balancer.remote.port = i;
		CHECK(tcp_table_admit(t, &balancer, TCP_PROXIED, START_US, &c) == ERR_NONE);
		c->flow.remote = flow_from(1, 100 + i).remote;
		CHECK(tcp_table_unproxy(t, c, TCP_STRANGER) == (i < 3 ? ERR_NONE : ERR_LIMIT));
	}
	tcp_table_free(&t);
	return ERR_NONE;
}

TEST(tcp_table_numbers, "a number names one connection, and nothing once that is gone")
{
	struct tcp_connection *c;
	uint32_t number;

	OPEN(t);
	CHECK(admit(t, 1, 100, START_US, &c) == ERR_NONE);
	number = c->flow.connection;
	CHECK(number != 0 && tcp_table_find(t, number) == c && !tcp_table_find(t, number + 1));
	tcp_table_remove(t, &c);
	CHECK(!tcp_table_find(t, number));
	CHECK(admit(t, 1, 100, START_US, &c) == ERR_NONE && c->flow.connection != number);
	tcp_table_free(&t);
	return ERR_NONE;
}

TEST(held_queue, "what is queued comes out once, in order, and no more than a connection's share")
{
	static char block[10000], taken[HELD_OUT_MOST];
	struct held_memory m;
	struct held_out out;
	size_t got = 0, put = 0;

	TRY(held_new(16, &m));
	held_out_init(&out);
	memset(block, 0, sizeof(block));
	while (held_out_put(&m, &out, view_bytes(block, sizeof(block)), false) == ERR_NONE) {
		put += sizeof(block);
		memset(block, (int)(put / sizeof(block)), sizeof(block));
	}
	CHECK(put <= HELD_OUT_MOST && put + sizeof(block) > HELD_OUT_MOST && out.len == put);
	for (size_t step = 1; out.len > 0; step = step * 3 % 5000 + 1) {
		struct view first = view_first(held_out_first(&out), step);

		memcpy(taken + got, first.at, first.len);
		got += first.len;
		held_out_drop(&m, &out, first.len);
	}
	CHECK(got == put && pool_used(m.pieces) == 0);
	for (size_t i = 0; i < got; i++)
		CHECK(taken[i] == (char)(i / sizeof(block)));
	held_free(&m);
	return ERR_NONE;
}

TEST(held_strangers, "strangers together hold at most half of queues and large buffers")
{
	static char block[HELD_OUT_MOST];
	struct held_memory m;
	struct held_in in[64] = { 0 };
	struct held_out out[64];
	unsigned large = 0, queues = 0;

	TRY(held_new(16, &m));
	while (large < 64 && held_in_reserve(&m, &in[large], HELD_LARGE, true) == ERR_NONE)
		in[large++].len = 1;
	CHECK(large == pool_count(m.large) / 2);
	CHECK(held_in_reserve(&m, &in[large], HELD_LARGE, false) == ERR_NONE);
	in[large++].len = 1;
	CHECK(held_in_reserve(&m, &in[large], HELD_LARGE + 1, false) == ERR_LIMIT);
	for (unsigned i = 0; i < 64; i++)
		held_out_init(&out[i]);
	while (queues < 64 &&
	       held_out_put(&m, &out[queues], view_bytes(block, sizeof(block)), true) == ERR_NONE)
		queues++;
	CHECK(queues > 0 && pool_used(m.pieces) <= pool_count(m.pieces) / 2);
	CHECK(held_out_put(&m, &out[63], view_bytes(block, sizeof(block)), false) == ERR_NONE);
	for (unsigned i = 0; i < 64; i++) {
		held_in_drop(&m, &in[i], in[i].len);
		held_out_drop(&m, &out[i], out[i].len);
	}
	CHECK(pool_used(m.pieces) == 0 && pool_used(m.large) == 0 && m.pieces_of_strangers == 0 &&
	      m.large_of_strangers == 0);
	held_free(&m);
	return ERR_NONE;
}
