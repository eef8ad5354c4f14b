/* SPDX-License-Identifier: Apache-2.0 */
/* A heap of datagrams by their arrival. */
#include "sim/net.h"

#include <stdlib.h>
#include <string.h>

enum { DELAY_LEAST_US = 500, DELAY_INSIDE_US = 3000, REORDERED_PERCENT = 3, INSIDE_SHARE = 3 };

bool net_open(struct net *n, struct chance *chance)
{
	struct packet *packets = n->packets;

	if (!packets)
		packets = calloc(NET_PACKETS, sizeof(*packets));
	*n = (struct net){ .chance = chance, .packets = packets, .free_count = NET_PACKETS };
	for (unsigned i = 0; i < NET_PACKETS; i++)
		n->free[i] = (uint16_t)i;
	return packets != NULL;
}

void net_close(struct net *n)
{
	free(n->packets);
	n->packets = NULL;
}

static bool is_before(const struct net *n, uint16_t a, uint16_t b)
{
	const struct packet *p = &n->packets[a], *q = &n->packets[b];

	return p->due_us != q->due_us ? p->due_us < q->due_us : p->number < q->number;
}

static void swap(struct net *n, uint32_t a, uint32_t b)
{
	uint16_t kept = n->heap[a];

	n->heap[a] = n->heap[b];
	n->heap[b] = kept;
}

static void rise(struct net *n, uint32_t at)
{
	while (at > 0 && is_before(n, n->heap[at], n->heap[(at - 1) / 2])) {
		swap(n, at, (at - 1) / 2);
		at = (at - 1) / 2;
	}
}

static void sink(struct net *n)
{
	uint32_t at = 0;

	for (;;) {
		uint32_t least = at;

		for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < n->count; child++)
			if (is_before(n, n->heap[child], n->heap[least]))
				least = child;
		if (least == at)
			return;
		swap(n, at, least);
		at = least;
	}
}

static void put(struct net *n, const struct net_way *way, struct view bytes, uint64_t due_us)
{
	struct packet *p;

	if (n->free_count == 0 || bytes.len > NET_TEXT_MAX)
		return;
	n->heap[n->count] = n->free[--n->free_count];
	p = &n->packets[n->heap[n->count]];
	p->due_us = due_us;
	p->number = ++n->sent;
	p->from = way->from;
	p->to = way->to;
	p->is_media = way->is_media;
	p->len = bytes.len;
	memcpy(p->text, bytes.at, bytes.len);
	p->text[bytes.len] = 0;
	rise(n, n->count++);
}

static uint64_t delay_us(struct net *n, bool is_inside)
{
	uint64_t us = DELAY_LEAST_US +
	              chance_below(n->chance, is_inside ? DELAY_INSIDE_US : n->jitter_us);

	/* Now and then one is overtaken by all that follow. */
	if (chance_of(n->chance, REORDERED_PERCENT))
		us += chance_below(n->chance, 400000);
	return us;
}

unsigned net_send(struct net *n, const struct net_way *way, struct view bytes, uint64_t now_us)
{
	unsigned share = way->is_inside ? INSIDE_SHARE : 1;
	unsigned times = 1 + chance_of(n->chance, n->doubles / share);

	if (chance_of(n->chance, n->loss / share)) {
		n->lost++;
		return 0;
	}
	for (unsigned i = 0; i < times; i++)
		put(n, way, bytes, now_us + delay_us(n, way->is_inside));
	return times;
}

uint64_t net_due_us(const struct net *n)
{
	return n->count ? n->packets[n->heap[0]].due_us : UINT64_MAX;
}

struct packet *net_take(struct net *n)
{
	uint16_t first;

	if (n->count == 0)
		return NULL;
	first = n->heap[0];
	n->heap[0] = n->heap[--n->count];
	sink(n);
	return &n->packets[first];
}

void net_give(struct net *n, struct packet *p)
{
	n->free[n->free_count++] = (uint16_t)(p - n->packets);
}
