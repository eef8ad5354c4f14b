/* SPDX-License-Identifier: Apache-2.0 */
/* What a walk hands out, kept for a look. */
#ifndef UNIT_CAPTURE_WALKING_H
#define UNIT_CAPTURE_WALKING_H

#include "capture/walk.h"

struct walking {
	struct capture_walk *walk;
	struct capture_skipped skipped;
	size_t datagrams, segments, chunks, cut;
	/* The last of each, and its bytes. */
	struct capture_datagram datagram;
	struct capture_segment segment;
	struct capture_chunk chunk;
	char payload[4096];
	size_t len;
};

static inline void walking_keep(struct walking *w, struct view payload, bool is_cut)
{
	w->len = payload.len < sizeof(w->payload) ? payload.len : sizeof(w->payload);
	if (w->len)
		memcpy(w->payload, payload.at, w->len);
	w->cut += is_cut;
}

static inline void walking_datagram(void *context, const struct capture_datagram *d)
{
	struct walking *w = context;

	w->datagrams++;
	w->datagram = *d;
	walking_keep(w, d->payload, d->is_cut);
}

static inline void walking_segment(void *context, const struct capture_segment *s)
{
	struct walking *w = context;

	w->segments++;
	w->segment = *s;
	walking_keep(w, s->payload, s->is_cut);
}

static inline void walking_chunk(void *context, const struct capture_chunk *c)
{
	struct walking *w = context;

	w->chunks++;
	w->chunk = *c;
	walking_keep(w, c->payload, c->is_cut);
}

static inline enum err walking_init(struct walking *w)
{
	static const struct hash_key key = { { 1 } };
	const struct capture_walk_ports ports = { w, walking_datagram, walking_segment,
		                                  walking_chunk };

	memset(w, 0, sizeof(*w));
	return capture_walk_new(&ports, &key, &w->skipped, &w->walk);
}

/* Nothing seen yet; the walk stays, whose memory costs time. */
static inline void walking_reset(struct walking *w)
{
	struct capture_walk *walk = w->walk;

	memset(w, 0, sizeof(*w));
	w->walk = walk;
}

/* Of the wire's length `original`. */
static inline void walking_take(struct walking *w, uint32_t link, struct view bytes,
                                uint32_t original)
{
	struct capture_packet p = { 1000, link, original, bytes };

	capture_walk_take(w->walk, &p);
}

static inline size_t walking_count(const struct walking *w)
{
	return w->datagrams + w->segments + w->chunks;
}

#endif
