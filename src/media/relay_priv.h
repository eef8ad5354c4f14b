/* SPDX-License-Identifier: Apache-2.0 */
/* The relay's inside: relay.c keeps streams and answers orders, pair.c opens and
 * closes ports, turn.c carries datagrams. */
#ifndef MEDIA_RELAY_PRIV_H
#define MEDIA_RELAY_PRIV_H

#include "base/list.h"
#include "base/map.h"
#include "base/pool.h"
#include "media/flow.h"
#include "media/relay.h"

struct relay_stream {
	struct map_node node;
	struct media_flow flow;
	uint64_t number;
	uint64_t statistics_due_us;
	uint32_t generation;
	uint32_t pairs[2];
	uint16_t owner;
	bool is_closed; /* its ports are given back, MEDIA_CLOSED found no room yet */
};

struct relay_pair {
	struct relay_stream *stream; /* NULL: idle, deaf */
	int rtp, rtcp;               /* -1 until given */
	uint8_t leg;
};

struct media_relay {
	const struct port_table *table;
	struct media_options options;
	struct media_relay_ports ports;
	struct relay_pair *pairs;
	uint32_t pair_count;
	uint32_t open_count;
	int epoll;
	struct pool *streams;
	struct map by_number;
	char datagram[MAX_RTP_PACKET + 1]; /* one more, so that what is too long shows */
	char scratch[MAX_RTCP_DATAGRAM];
};

/* Which of a pair's two sockets an epoll event means. */
static inline uint64_t relay_event_of(uint32_t pair, bool is_rtcp)
{
	return (uint64_t)pair << 1 | is_rtcp;
}

/* Hears, drained, in the set; on ERR_IO the pair is idle as before. */
enum err media_pair_open(struct media_relay *r, uint32_t index, struct relay_stream *s,
                         uint8_t leg) MUST_USE;
/* Out of the set, deaf, drained. */
void media_pair_close(struct media_relay *r, uint32_t index);

#endif
