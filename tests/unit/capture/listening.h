/* SPDX-License-Identifier: Apache-2.0 */
/* An engine, packets of raw IPv4 to feed it, and what came out of it. */
#ifndef UNIT_CAPTURE_LISTENING_H
#define UNIT_CAPTURE_LISTENING_H

#include "capture/engine.h"
#include "unit/capture/talking.h"

enum { MAX_LISTENED = 32 };

struct listening {
	struct capture_engine *engine;
	size_t count, media;
	struct capture_message messages[MAX_LISTENED]; /* their bytes are gone */
	char first[MAX_LISTENED][40];                  /* what they began with */
	int64_t wall_us;
};

enum err listening_init(struct listening *l);
void listening_clear(struct listening *l);

/* From 192.0.2.1 (side 0) or 198.51.100.2. */
struct listening_ports {
	uint16_t from, to;
};
enum err listening_datagram(struct listening *l, unsigned side, struct listening_ports ports,
                            struct view payload);
enum err listening_segment(struct listening *l, const struct capture_segment *s);
/* One whole SCTP message in one chunk. */
enum err listening_chunk(struct listening *l, unsigned side, uint32_t tsn, struct view payload);

/* A TCP conversation: opened by side 0, then what is said. */
enum err listening_open(struct listening *l, struct talking *t, uint16_t from, uint16_t to);
enum err listening_say(struct listening *l, struct talking *t, unsigned side, struct view bytes);

static inline uint64_t listening_skipped(struct listening *l, enum capture_skip skip)
{
	return capture_engine_skipped(l->engine)->counts[skip];
}

#endif
