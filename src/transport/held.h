/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of connections, taken at start: what came of a message that is not
 * whole yet, and what the other end has not taken yet. Each connection may
 * hold so much and no more; strangers together never hold more than half of what is scarce. */
#ifndef TRANSPORT_HELD_H
#define TRANSPORT_HELD_H

#include "base/list.h"
#include "base/pool.h"

enum {
	HELD_SMALL = 4096,     /* every connection can have one */
	HELD_LARGE = 65536,    /* whole message */
	HELD_PIECE = 4096,     /* of an out-queue */
	HELD_OUT_MOST = 131072 /* of one connection's out-queue: two messages of the largest */
};

struct held_memory {
	struct pool *small, *large, *pieces;
	uint32_t large_of_strangers, pieces_of_strangers;
};

/* What came: contiguous, so that it can be parsed in place. */
struct held_in {
	char *at;
	uint32_t len, size;
	bool is_strangers; /* counted among theirs */
};

/* What waits to be taken. */
struct held_out {
	struct list pieces;
	uint32_t len;
};

/* ERR_NO_MEMORY, ERR_LIMIT. */
enum err held_new(uint32_t connections, struct held_memory *ret) MUST_USE;
void held_free(struct held_memory *m);

/* Room for at least `size` bytes in all, those that are there kept. ERR_FULL: none left for
 * such a connection; ERR_LIMIT beyond HELD_LARGE. */
enum err held_in_reserve(struct held_memory *m, struct held_in *in, size_t size,
                         bool is_stranger) MUST_USE;
/* Throws the first n bytes away; an empty one gives its memory back. */
void held_in_drop(struct held_memory *m, struct held_in *in, size_t n);

void held_out_init(struct held_out *out);
/* All or nothing. ERR_FULL. */
enum err held_out_put(struct held_memory *m, struct held_out *out, struct view bytes,
                      bool is_stranger) MUST_USE;
struct view held_out_first(const struct held_out *out); /* empty at the end */
void held_out_drop(struct held_memory *m, struct held_out *out, size_t n);

#endif
