/* SPDX-License-Identifier: Apache-2.0 */
/* A ring between two processes: one writer, one reader, slots of one size.
 * Lives in two memfds: the body (head and slots; only the writer can map it
 * for writing) and the tail's page (only the reader can). The parent holds
 * both, so that either end may die at any instruction and its successor goes
 * on where the ring stands: what was put is there, what was not released
 * comes again. Neither end trusts the other: positions are masked and checked,
 * and the reader copies a slot once, then checks the copy.
 *
 * Sequence numbers rise by one from the first that ring_create was given.
 *
 *     writer: ring_put ... ring_put, ring_flush
 *     reader: ring_ready, ring_peek 0..n-1, (commit,) ring_release n;
 *             ring_sleep before it waits for ring_descriptor
 */
#ifndef OS_RING_H
#define OS_RING_H

#include "base/err.h"
#include "os/shared.h"

/* What is dropped first. A sample finds the ring full at half, a detail at
 * three quarters; what is kept may use all. Same order as record_priority. */
enum ring_class { RING_SAMPLE, RING_DETAIL, RING_KEPT, RING_CLASS_COUNT };

enum { RING_SLOT_LEAST = 64, RING_SLOT_MOST = 65536, MAX_RING_SLOTS = 1 << 20 };

/* Descriptors of one end, in the order in which they are passed. */
struct ring_parts {
	int body, tail, wake;
};
enum { RING_PART_COUNT = 3 };

struct ring_ends {
	struct ring_parts writer, reader; /* body, tail: writable for one of the two */
};

struct ring_shape {
	uint32_t slot_size;  /* multiple of 64 */
	uint32_t slot_count; /* power of two, at least 4 */
	uint64_t first_sequence;
};

struct ring_body;
struct ring_tail;

struct ring {
	struct shared_map body_map, tail_map;
	struct ring_body *body;
	struct ring_tail *tail;
	uint32_t slot_size, slot_count; /* own copies: what is shared is not believed again */
	uint64_t first_sequence;
	uint64_t place;   /* the end's own position: slots put or released since the first */
	uint64_t seen;    /* writer: the tail when it looked last */
	uint64_t flushed; /* writer: place at the last flush */
	uint64_t woken;   /* writer: the sleep that it ended last */
	size_t touched;   /* writer: up to here pages of the body were asked for */
	int wake;         /* borrowed */
};

/* Parent. ERR_LIMIT for a shape out of range, ERR_IO. */
enum err ring_create(const char *name, const struct ring_shape *shape,
                     struct ring_ends *ret) MUST_USE;
void ring_ends_close(struct ring_ends *e);
/* Of a ring whose two writable parts outlived both ends: what else they need. ERR_IO. */
enum err ring_ends_resume(struct ring_ends *e) MUST_USE;

/* The three descriptors stay the caller's and must stay open; ring_close
 * unmaps only. ERR_SYNTAX where it is no ring, ERR_IO. */
enum err ring_open_writer(struct ring *r, const struct ring_parts *parts) MUST_USE;
enum err ring_open_reader(struct ring *r, const struct ring_parts *parts) MUST_USE;
/* For status: looks on, touches nothing. */
enum err ring_open_watcher(struct ring *r, const struct ring_parts *parts) MUST_USE;
void ring_close(struct ring *r);

/* Writer. The number that the next ring_put will carry. */
uint64_t ring_next_sequence(const struct ring *r);
/* How many slots that class finds free now. */
uint32_t ring_room(struct ring *r, enum ring_class class);
/* Copies len bytes (at most slot_size) into the next slot; the slot's rest keeps
 * older bytes. ERR_FULL (counted in the ring), ERR_LIMIT. Does not wake. */
enum err ring_put(struct ring *r, const void *bytes, size_t len, enum ring_class class) MUST_USE;
/* Wakes the reader if it sleeps: once after a batch. A system call only then. */
void ring_flush(struct ring *r);

/* Reader. How many slots are there to read; 0 also after a writer's nonsense,
 * which is counted and skipped over. */
uint32_t ring_ready(struct ring *r);
/* Copies the index-th unreleased slot, its first len bytes, and says its sequence
 * number. ERR_NOT_FOUND beyond ring_ready, ERR_LIMIT. ret_sequence may be NULL. */
enum err ring_peek(struct ring *r, uint32_t index, void *ret, size_t len,
                   uint64_t *ret_sequence) MUST_USE;
/* Gives back the first n slots: they are the writer's again. */
void ring_release(struct ring *r, uint32_t n);
/* The first n slots are being worked on, until ring_release gives back as many. A reader that
 * takes up after one that died in between finds how many those were, and may leave them out. */
void ring_hold(struct ring *r, uint32_t n);
uint32_t ring_held(const struct ring *r);
/* Says that we are going to wait. False: something came meanwhile, do not wait. */
bool ring_sleep(struct ring *r);
/* After waiting; takes the wake-up off the descriptor. */
void ring_rise(struct ring *r);
/* Readable when a sleeping reader is to wake. */
int ring_descriptor(const struct ring *r);

struct ring_level {
	uint64_t put, released; /* since the ring was made */
	uint64_t dropped[RING_CLASS_COUNT];
	uint64_t broken; /* positions out of range that the reader met */
	uint32_t slots, used;
};
void ring_level(const struct ring *r, struct ring_level *ret);

#endif
