/* SPDX-License-Identifier: Apache-2.0 */
/* TCP segments between 192.0.2.1:40000 (side 0) and 198.51.100.2, made by hand. */
#ifndef UNIT_CAPTURE_TALKING_H
#define UNIT_CAPTURE_TALKING_H

#include "capture/walk.h"

enum { TALK_SYN = CAPTURE_TCP_SYN, TALK_ACK = CAPTURE_TCP_ACK, TALK_FIN = CAPTURE_TCP_FIN };

static inline struct addr talking_end(unsigned side, uint16_t port)
{
	static const uint8_t hosts[2][4] = { { 192, 0, 2, 1 }, { 198, 51, 100, 2 } };
	struct addr a = { .family = 4, .port = port };

	memset(a.bytes + 10, 0xff, 2);
	memcpy(a.bytes + 12, hosts[side], 4);
	return a;
}

struct talking {
	uint16_t ports[2];
	uint32_t next[2]; /* number of the next byte of each side */
	int64_t wall_us;
};

/* What `side` sends, without moving on. */
static inline struct capture_segment talking_segment(const struct talking *t, unsigned side,
                                                     uint8_t flags, struct view payload)
{
	return (struct capture_segment){
		.wall_us = t->wall_us,
		.from = talking_end(side, t->ports[side]),
		.to = talking_end(!side, t->ports[!side]),
		.seq = t->next[side],
		.ack = flags & TALK_ACK ? t->next[!side] : 0,
		.flags = flags,
		.payload = payload,
	};
}

/* The same, and the side's number moves behind it. */
static inline struct capture_segment talking_say(struct talking *t, unsigned side, uint8_t flags,
                                                 struct view payload)
{
	struct capture_segment s = talking_segment(t, side, flags, payload);

	t->next[side] +=
		(uint32_t)payload.len + ((flags & TALK_SYN) != 0) + ((flags & TALK_FIN) != 0);
	t->wall_us += 1000;
	return s;
}

#endif
