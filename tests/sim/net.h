/* SPDX-License-Identifier: Apache-2.0 */
/* The network: datagrams on their way, in order of when they arrive. */
#ifndef SIM_NET_H
#define SIM_NET_H

#include "base/addr.h"
#include "base/view.h"
#include "judge/chance.h"

enum { NET_PACKETS = 2048, NET_TEXT_MAX = 3072 };

struct packet {
	uint64_t due_us, number;
	struct addr from, to;
	bool is_media;
	size_t len;
	char text[NET_TEXT_MAX + 1]; /* ends with 0 */
};

struct net {
	struct chance *chance;
	uint8_t loss, doubles; /* per cent outside; a third of it inside */
	uint32_t jitter_us;
	uint64_t sent, lost;
	uint32_t count, free_count;
	uint16_t heap[NET_PACKETS], free[NET_PACKETS];
	struct packet *packets;
};

struct net_way {
	struct addr from, to;
	bool is_inside, is_media;
};

/* False without memory. */
bool net_open(struct net *n, struct chance *chance);
void net_close(struct net *n);
/* Loses it, sends it once or twice, each with a delay of its own. Returns how often it goes. */
unsigned net_send(struct net *n, const struct net_way *way, struct view bytes, uint64_t now_us);
uint64_t net_due_us(const struct net *n); /* UINT64_MAX: nothing is on its way */
/* The next to arrive; the caller gives it back. */
struct packet *net_take(struct net *n);
void net_give(struct net *n, struct packet *p);

#endif
