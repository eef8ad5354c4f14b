/* SPDX-License-Identifier: Apache-2.0 */
/* A relay over real sockets of the loopback network, with two ends, and no waiting: what is sent
 * over loopback is queued when sendto returns, and time is an argument. Each test file that
 * includes this has a relay of its own. */
#ifndef RELAY_CASE_H
#define RELAY_CASE_H

#include "media/relay.h"
#include "os/socket.h"
#include "rtp/packet.h"
#include "rtp/rtcp.h"
#include "runner/test.h"

#include <string.h>

enum { PAIRS = 40, ENDS = 2, SOCKETS_A_PAIR = 2 };
enum { MAX_EVENTS = 16 };

/* The ends' sockets stay ours, the pairs' are the relay's. */
struct bench {
	struct media_relay *relay;
	struct port_table *table;
	struct counters counters;
	struct media_event events[MAX_EVENTS];
	size_t event_count, event_room;
	int ends[ENDS][SOCKETS_A_PAIR];
	struct addr end_addresses[ENDS][SOCKETS_A_PAIR];
	struct addr pair_rtcp[PAIRS];
};

static struct bench bench;
static const uint64_t start_us = 1000 * (uint64_t)SECOND_US;

static inline bool take_event(void *context, const struct media_event *event)
{
	struct bench *b = context;

	if (b->event_count >= b->event_room)
		return false;
	b->events[b->event_count++] = *event;
	return true;
}

static inline enum err open_socket(const char *host, bool is_deaf, int *ret_fd, struct addr *ret)
{
	struct socket_options options = { .is_deaf = is_deaf };
	struct addr any = { 0 };

	TRY(addr_parse(view_of(host), &any));
	TRY(socket_udp_open(&any, &options, ret_fd));
	return socket_local(*ret_fd, ret);
}

static inline enum err give_pair(struct bench *b, uint32_t index)
{
	int rtp = -1, rtcp = -1;
	enum err err;

	TRY(open_socket("127.0.0.1", true, &rtp, &b->table->pairs[index].local));
	TRY(open_socket("127.0.0.1", true, &rtcp, &b->pair_rtcp[index]));
	err = media_relay_give_pair(b->relay, index, rtp, rtcp);
	if (err != ERR_NONE) {
		socket_close(&rtp);
		socket_close(&rtcp);
	}
	return err;
}

static inline void tear_down(struct bench *b)
{
	media_relay_free(&b->relay);
	for (size_t i = 0; i < ENDS; i++)
		for (size_t j = 0; j < SOCKETS_A_PAIR; j++)
			socket_close(&b->ends[i][j]);
}

static inline enum err set_up(struct bench *b)
{
	static _Alignas(struct port_table) char
		table[sizeof(struct port_table) + PAIRS * sizeof(struct port_pair)];
	static const struct media_options options = { .timeout_s = 60,
		                                      .consent_s = 30,
		                                      .statistics_s = 10 };
	static const char *const hosts[ENDS] = { "127.0.0.11", "127.0.0.12" };
	struct media_relay_ports ports = { .context = b,
		                           .event = take_event,
		                           .counters = &b->counters };
	enum err err;

	memset(b, 0, sizeof(*b));
	memset(b->ends, 0xff, sizeof(b->ends));
	b->event_room = MAX_EVENTS;
	b->table = (struct port_table *)(void *)table;
	b->table->count = PAIRS;
	err = media_relay_new(b->table, &options, &ports, &b->relay);
	if (err != ERR_NONE)
		return err;
	for (size_t i = 0; i < ENDS; i++)
		for (size_t j = 0; j < SOCKETS_A_PAIR; j++)
			TRY(open_socket(hosts[i], false, &b->ends[i][j], &b->end_addresses[i][j]));
	for (uint32_t i = 0; i < PAIRS; i++)
		TRY(give_pair(b, i));
	return ERR_NONE;
}

#define WITH_BENCH                                                                                 \
	do {                                                                                       \
		enum err bench_err = set_up(&bench);                                               \
		if (bench_err != ERR_NONE) {                                                       \
			tear_down(&bench);                                                         \
			return bench_err;                                                          \
		}                                                                                  \
	} while (0)

static inline struct order order_of(enum order_kind kind, uint64_t stream, uint32_t first_pair)
{
	struct order o = { .kind = (uint8_t)kind, .stream = stream, .generation = 1 };

	for (size_t i = 0; i < ENDS; i++)
		o.legs[i] = (struct order_leg){
			.port = first_pair + (uint32_t)i,
			.trust = TRUST_EXACT,
			.is_sending = 1,
			.is_receiving = 1,
			.is_known = 1,
			.remote = bench.end_addresses[i][0],
			.rtcp = bench.end_addresses[i][1],
		};
	/* The order's rule wants RTCP at RTP's host; the port may be any. */
	return o;
}

static inline void give_order(const struct order *o)
{
	media_relay_order(bench.relay, o, start_us);
}

static inline bool send_to(int fd, const struct addr *to, struct view bytes)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name_of(to, &name);

	return sendto(fd, bytes.at, bytes.len, 0, (struct sockaddr *)&name, len) ==
	       (ssize_t)bytes.len;
}

static inline struct view receive_from(int fd, char storage[MAX_RTP_PACKET])
{
	ssize_t len = recv(fd, storage, MAX_RTP_PACKET, MSG_DONTWAIT);

	return view_bytes(storage, len > 0 ? (size_t)len : 0);
}

static inline uint64_t counted(enum counter which) { return counters_get(&bench.counters, which); }

#define SOUND      VIEW("\x80\x00\x00\x01\x00\x00\x00\xa0\x11\x11\x11\x11sound")
#define MORE_SOUND VIEW("\x80\x00\x00\x02\x00\x00\x01\x40\x11\x11\x11\x11more.")
#define REPORT     VIEW("\x80\xc9\x00\x01\x11\x11\x11\x11")

#endif
