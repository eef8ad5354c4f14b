/* SPDX-License-Identifier: Apache-2.0 */
/* Batches on loopback, and the inbox after a death: what is read back, what is
 * set aside, and what a dead worker's nonsense can do. */
#include "os/socket.h"
#include "runner/test.h"
#include "transport/bunch.h"
#include "transport/udp.h"

#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct scene {
	struct udp_listener listeners[2];
	struct counters counters;
	struct shared_map memory, sending; /* of the inbox, of the outbox */
	int memory_fd, sending_fd;
	struct udp_inbox *inbox;
	struct udp_outbox *outbox;
};

static enum err scene_open(struct scene *s, const char *address)
{
	const struct socket_options options = { .wants_local = true, .wants_errors = true };
	struct addr any;
	enum err err;

	memset(s, 0, sizeof(*s));
	s->memory_fd = s->sending_fd = -1;
	for (uint8_t i = 0; i < 2; i++) {
		TRY(addr_parse(view_of(address), &any));
		TRY(socket_udp_open(&any, &options, &s->listeners[i].fd));
		TRY(socket_local(s->listeners[i].fd, &s->listeners[i].local));
		s->listeners[i].side = i;
	}
	TRY(shared_create("inbox", udp_inbox_size(), &s->memory_fd));
	TRY(shared_map(s->memory_fd, SHARED_WRITE, udp_inbox_size(), &s->memory));
	TRY(shared_create("outbox", udp_outbox_size(), &s->sending_fd));
	TRY(shared_map(s->sending_fd, SHARED_WRITE, udp_outbox_size(), &s->sending));
	err = udp_inbox_open(&s->memory, s->listeners, 2, &s->inbox);
	if (err == ERR_NONE)
		err = udp_outbox_open(&s->sending, s->listeners, 2, &s->counters, &s->outbox);
	return err;
}

static void scene_close(struct scene *s)
{
	udp_inbox_close(&s->inbox);
	udp_outbox_close(&s->outbox);
	shared_unmap(&s->memory);
	shared_unmap(&s->sending);
	socket_close(&s->memory_fd);
	socket_close(&s->sending_fd);
	for (int i = 0; i < 2; i++)
		socket_close(&s->listeners[i].fd);
}

/* Opening takes memory: the ladder may fail it, and then all is given back. */
#define OPEN(s, address)                                                                           \
	do {                                                                                       \
		enum err open_err = scene_open((s), (address));                                    \
		if (open_err != ERR_NONE) {                                                        \
			scene_close(s);                                                            \
			return open_err;                                                           \
		}                                                                                  \
	} while (0)

/* Numbered datagrams from the second socket to the first. */
static void queue_numbers(struct scene *s, int count)
{
	struct flow to = { .local = s->listeners[1].local,
		           .remote = s->listeners[0].local,
		           .listener = 1 };
	char text[24];

	for (int i = 0; i < count; i++) {
		(void)snprintf(text, sizeof(text), "number %d", i);
		udp_send(s->outbox, &to, view_of(text));
	}
}

static void send_numbers(struct scene *s, int count)
{
	queue_numbers(s, count);
	udp_flush(s->outbox);
}

static bool is_number(const struct udp_datagram *d, int number)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "number %d", number);
	return d->len == strlen(text) && memcmp(d->bytes, text, d->len) == 0;
}

/* As the parent's next worker would: same memory, new process. */
static enum err die_and_open(struct scene *s)
{
	enum err err;

	udp_inbox_close(&s->inbox);
	udp_outbox_close(&s->outbox);
	err = udp_inbox_open(&s->memory, s->listeners, 2, &s->inbox);
	if (err == ERR_NONE)
		err = udp_outbox_open(&s->sending, s->listeners, 2, &s->counters, &s->outbox);
	if (err != ERR_NONE)
		scene_close(s);
	return err;
}

#define DIE(s)                                                                                     \
	do {                                                                                       \
		enum err die_err = die_and_open(s);                                                \
		if (die_err != ERR_NONE)                                                           \
			return die_err;                                                            \
	} while (0)

TEST(udp_batch, "a batch comes with its flows, in order")
{
	static const char *const addresses[] = { "127.0.0.1", "::1" };

	for (size_t a = 0; a < 2; a++) {
		static struct scene s;
		struct udp_datagram d;

		OPEN(&s, addresses[a]);
		CHECK(udp_receive(s.inbox, 0, &s.counters) == ERR_AGAIN);
		send_numbers(&s, 40);
		CHECK(counters_get(&s.counters, COUNT_datagrams_sent) == 40);
		TRY(udp_receive(s.inbox, 0, &s.counters));
		CHECK(udp_receive(s.inbox, 0, &s.counters) == ERR_EXISTS);
		for (int i = 0; i < UDP_BATCH; i++) {
			CHECK(udp_next(s.inbox, &d) && is_number(&d, i));
			CHECK(addr_equal(&d.flow.local, &s.listeners[0].local));
			CHECK(addr_equal(&d.flow.remote, &s.listeners[1].local));
			CHECK(d.flow.listener == 0 && d.flow.side == 0);
		}
		CHECK(!udp_next(s.inbox, &d) && udp_received(s.inbox) == UDP_BATCH);
		TRY(udp_receive(s.inbox, 0, &s.counters));
		CHECK(udp_received(s.inbox) == 40 - UDP_BATCH);
		for (int i = UDP_BATCH; i < 40; i++)
			CHECK(udp_next(s.inbox, &d) && is_number(&d, i));
		CHECK(!udp_next(s.inbox, &d) && !udp_inbox_aside(s.inbox, &d));
		scene_close(&s);
	}
	return ERR_NONE;
}

TEST(udp_two_ways, "what goes out by two sockets in turns leaves each in its order")
{
	static struct scene s;
	struct udp_datagram d;

	OPEN(&s, "127.0.0.1");
	for (int i = 0; i < 14; i++) {
		uint16_t from = i % 3 == 0;
		struct flow to = { .local = s.listeners[from].local,
			           .remote = s.listeners[!from].local,
			           .listener = from };
		char text[24];

		(void)snprintf(text, sizeof(text), "number %d", i);
		udp_send(s.outbox, &to, view_of(text));
	}
	udp_flush(s.outbox);
	CHECK(counters_get(&s.counters, COUNT_datagrams_sent) == 14);
	for (uint16_t at = 0; at < 2; at++) {
		TRY(udp_receive(s.inbox, at, &s.counters));
		for (int i = 0; i < 14; i++)
			CHECK((i % 3 == 0) == (at == 1) ||
			      (udp_next(s.inbox, &d) && is_number(&d, i)));
		CHECK(!udp_next(s.inbox, &d));
	}
	scene_close(&s);
	return ERR_NONE;
}

/* What one system call of the receiver gives. */
static ssize_t receive_once(int fd)
{
	static char bytes[UDP_DATAGRAM_MAX];

	return recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
}

TEST(udp_joined, "datagrams of one length by one way go through the kernel as one, of another not")
{
	static struct scene s;
	int one = 1;

	OPEN(&s, "127.0.0.1");
	/* Such a socket is given what was joined as it is, and others each piece. */
	if (setsockopt(s.listeners[0].fd, SOL_UDP, UDP_GRO, &one, sizeof(one)) == 0) {
		send_numbers(&s, 13);
		CHECK(receive_once(s.listeners[0].fd) == 10 * 8);
		CHECK(receive_once(s.listeners[0].fd) == 3 * 9);
		CHECK(receive_once(s.listeners[0].fd) < 0);
		CHECK(counters_get(&s.counters, COUNT_datagrams_sent) == 13);
	}
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_not_joined, "what the kernel will not part leaves one by one, and is not tried again")
{
	static struct scene s;
	struct udp_datagram d;
	int on = 1, off = 0;

	OPEN(&s, "127.0.0.1");
	/* Without checksums nothing is parted. */
	CHECK(setsockopt(s.listeners[1].fd, SOL_SOCKET, SO_NO_CHECK, &on, sizeof(on)) == 0);
	send_numbers(&s, 10);
	TRY(udp_receive(s.inbox, 0, &s.counters));
	for (int i = 0; i < 10; i++)
		CHECK(udp_next(s.inbox, &d) && is_number(&d, i));
	CHECK(!udp_next(s.inbox, &d));
	CHECK(counters_get(&s.counters, COUNT_datagrams_sent) == 10);
	CHECK(counters_get(&s.counters, COUNT_send_failures) == 0);
	CHECK(setsockopt(s.listeners[1].fd, SOL_SOCKET, SO_NO_CHECK, &off, sizeof(off)) == 0);
	(void)setsockopt(s.listeners[0].fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
	send_numbers(&s, 2);
	CHECK(receive_once(s.listeners[0].fd) == 8);
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_aside, "after a death the message in hand is set aside once and the rest comes")
{
	static struct scene s;
	struct udp_datagram d;

	OPEN(&s, "127.0.0.1");
	send_numbers(&s, 5);
	TRY(udp_receive(s.inbox, 0, &s.counters));
	CHECK(udp_next(s.inbox, &d) && udp_next(s.inbox, &d) && is_number(&d, 1));
	DIE(&s);
	CHECK(udp_inbox_aside(s.inbox, &d) && is_number(&d, 1));
	CHECK(!udp_inbox_aside(s.inbox, &d));
	for (int i = 2; i < 5; i++) {
		CHECK(udp_next(s.inbox, &d) && is_number(&d, i));
		CHECK(addr_equal(&d.flow.remote, &s.listeners[1].local));
	}
	CHECK(!udp_next(s.inbox, &d));
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_aside_none, "a death between messages sets nothing aside and loses nothing")
{
	static struct scene s;
	struct udp_datagram d;

	OPEN(&s, "127.0.0.1");
	send_numbers(&s, 3);
	TRY(udp_receive(s.inbox, 0, &s.counters));
	DIE(&s);
	CHECK(!udp_inbox_aside(s.inbox, &d));
	for (int i = 0; i < 3; i++)
		CHECK(udp_next(s.inbox, &d) && is_number(&d, i));
	CHECK(!udp_next(s.inbox, &d));
	DIE(&s);
	CHECK(!udp_inbox_aside(s.inbox, &d) && !udp_next(s.inbox, &d));
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_aside_each, "a message that kills each worker is fed to one of them only")
{
	static struct scene s;
	struct udp_datagram d;

	OPEN(&s, "127.0.0.1");
	send_numbers(&s, 4);
	TRY(udp_receive(s.inbox, 0, &s.counters));
	for (int i = 0; i < 4; i++) {
		CHECK(udp_next(s.inbox, &d) && is_number(&d, i));
		DIE(&s);
	}
	CHECK(udp_inbox_aside(s.inbox, &d) && is_number(&d, 3));
	CHECK(!udp_next(s.inbox, &d));
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_spoilt_inbox, "whatever a dead worker left in the inbox, reading it back stays inside")
{
	static struct scene s;
	struct udp_datagram d;

	OPEN(&s, "127.0.0.1");
	send_numbers(&s, 8);
	TRY(udp_receive(s.inbox, 0, &s.counters));
	for (size_t at = 0; at < 192; at += 4) {
		static const uint32_t words[] = { 0xffffffff, 1, 33, 0x7fffffff };

		for (size_t i = 0; i < 4; i++) {
			uint32_t saved, *word = (uint32_t *)(void *)((char *)s.memory.at + at);

			saved = *word;
			*word = words[i];
			DIE(&s);
			(void)udp_inbox_aside(s.inbox, &d);
			for (int reads = 0; udp_next(s.inbox, &d); reads++) {
				CHECK(reads < UDP_BATCH && d.len <= UDP_DATAGRAM_MAX);
				CHECK(d.bytes >= (char *)s.memory.at &&
				      d.bytes + d.len <= (char *)s.memory.at + s.memory.size);
			}
			*word = saved;
		}
	}
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_left_unsent, "what was queued when a worker died is sent by the next one, and once")
{
	static struct scene s;
	struct udp_datagram d;

	OPEN(&s, "127.0.0.1");
	queue_numbers(&s, 5);
	DIE(&s);
	CHECK(udp_receive(s.inbox, 0, &s.counters) == ERR_AGAIN);
	udp_flush(s.outbox);
	TRY(udp_receive(s.inbox, 0, &s.counters));
	for (int i = 0; i < 5; i++)
		CHECK(udp_next(s.inbox, &d) && is_number(&d, i) &&
		      addr_equal(&d.flow.remote, &s.listeners[1].local));
	CHECK(!udp_next(s.inbox, &d));
	DIE(&s);
	udp_flush(s.outbox);
	CHECK(udp_receive(s.inbox, 0, &s.counters) == ERR_AGAIN);
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_spoilt_outbox, "whatever a dead worker left in the outbox, sending it stays inside")
{
	static const uint32_t words[] = { 0xffffffff, 0, 129, 0x7fffffff,
		                          4 * UDP_DATAGRAM_MAX - 4 };
	static struct scene s;
	struct udp_datagram d;

	OPEN(&s, "127.0.0.1");
	for (size_t at = 0; at < 400; at += 4) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			queue_numbers(&s, 3);
			memcpy((char *)s.sending.at + at, &words[i], sizeof(words[i]));
			DIE(&s);
			udp_flush(s.outbox);
			CHECK(counters_get(&s.counters, COUNT_datagrams_sent) <=
			      BUNCH_LETTERS * (at * 2 + i + 1));
			(void)!udp_receive(s.inbox, 0, &s.counters);
			while (udp_next(s.inbox, &d))
				;
		}
	}
	scene_close(&s);
	return ERR_NONE;
}

static void count_flow(void *context, const struct flow *flow) { *(struct flow *)context = *flow; }

TEST(udp_unreachable, "ICMP names the flow to which nothing could be delivered")
{
	static struct scene s;
	struct flow to = { .listener = 0 }, told = { 0 };
	struct pollfd p;

	OPEN(&s, "127.0.0.1");
	to.remote = s.listeners[1].local;
	socket_close(&s.listeners[1].fd);
	udp_send(s.outbox, &to, VIEW("x"));
	udp_flush(s.outbox);
	p = (struct pollfd){ .fd = s.listeners[0].fd };
	CHECK(poll(&p, 1, 5000) == 1);
	CHECK(udp_errors(s.inbox, 0, count_flow, &told) == 1);
	CHECK(addr_equal(&told.remote, &to.remote) && told.listener == 0);
	CHECK(udp_errors(s.inbox, 0, count_flow, &told) == 0);
	udp_send(s.outbox, &to, VIEW("x"));
	udp_flush(s.outbox);
	CHECK(poll(&p, 1, 5000) == 1);
	/* The answer to the last one is told with the next send, which must go out all the same. */
	udp_send(s.outbox, &to, VIEW("x"));
	udp_flush(s.outbox);
	CHECK(counters_get(&s.counters, COUNT_datagrams_sent) == 3);
	CHECK(counters_get(&s.counters, COUNT_send_failures) == 0);
	scene_close(&s);
	return ERR_NONE;
}

TEST(udp_refused, "what cannot be sent is counted and holds nothing up")
{
	static struct scene s;
	static char large[66000];
	struct flow nowhere = { .listener = 7 }, v6 = { .listener = 0 };

	OPEN(&s, "127.0.0.1");
	v6.remote = (struct addr){ .family = 6, .port = 5060, .bytes = { [15] = 1 } };
	udp_send(s.outbox, &nowhere, VIEW("x"));
	udp_send(s.outbox, &v6, VIEW("x"));
	v6.remote = s.listeners[1].local;
	udp_send(s.outbox, &v6, view_bytes(large, sizeof(large)));
	udp_send(s.outbox, &v6, VIEW_EMPTY);
	send_numbers(&s, 1);
	CHECK(counters_get(&s.counters, COUNT_send_failures) == 4);
	CHECK(counters_get(&s.counters, COUNT_datagrams_sent) == 1);
	scene_close(&s);
	return ERR_NONE;
}
