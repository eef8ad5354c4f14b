/* SPDX-License-Identifier: Apache-2.0 */
/* The ring. Positions are 64-bit counts that never wrap in practice (2^64 slots)
 * and are masked on use, so that "full" and "empty" need no spare slot.
 *
 * Death at any instruction: a slot counts only once `head` was stored after it
 * (release), and is free only once `tail` was stored after it was read; both
 * positions live in the memfds. So a killed writer leaves at most a slot that
 * nobody sees, a killed reader at most slots that come again.
 *
 * Waking: the reader makes `sleeps` odd, fences, and looks at `head` once more;
 * the writer stores `head`, fences, and looks at `sleeps`. In any order of these
 * four, one of the two sees the other's store. */
#include "os/ring_place.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

enum { RING_MAGIC = 0x52464731, RING_VERSION = 1, CACHE_LINE = 64 };
enum { PAGE = 4096, AHEAD = 16 * PAGE };

#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif

struct ring_body {
	uint32_t magic, version;
	uint32_t slot_size, slot_count;
	uint64_t first_sequence;
	_Alignas(CACHE_LINE) _Atomic uint64_t head;
	_Alignas(CACHE_LINE) _Atomic uint64_t dropped[RING_CLASS_COUNT];
};
_Static_assert(sizeof(struct ring_body) <= RING_BODY_HEAD, "the body's head fits its page");

struct ring_tail {
	_Atomic uint64_t tail;
	_Atomic uint64_t sleeps; /* odd: the reader waits */
	_Atomic uint64_t broken;
	_Atomic uint64_t held; /* ahead of the tail: up to here a reader had it in hand */
};

static void parts_close(struct ring_parts *p)
{
	if (p->body >= 0)
		(void)close(p->body);
	if (p->tail >= 0)
		(void)close(p->tail);
	*p = (struct ring_parts){ -1, -1, -1 };
}

void ring_ends_close(struct ring_ends *e)
{
	/* Both ends share the wake-up. */
	if (e->writer.wake >= 0)
		(void)close(e->writer.wake);
	parts_close(&e->writer);
	parts_close(&e->reader);
}

static enum err lay_out(int body_fd, const struct ring_shape *shape)
{
	struct shared_map map;
	struct ring_body *body;
	enum err err = shared_map(body_fd, SHARED_WRITE, RING_BODY_HEAD, &map);

	if (err != ERR_NONE)
		return err;
	body = map.at;
	body->magic = RING_MAGIC;
	body->version = RING_VERSION;
	body->slot_size = shape->slot_size;
	body->slot_count = shape->slot_count;
	body->first_sequence = shape->first_sequence;
	shared_unmap(&map);
	return ERR_NONE;
}

enum err ring_create(const char *name, const struct ring_shape *shape, struct ring_ends *ret)
{
	struct ring_ends e = { { -1, -1, -1 }, { -1, -1, -1 } };
	enum err err;

	if (!ring_place_shape_is_good(shape->slot_size, shape->slot_count))
		return ERR_LIMIT;
	err = shared_create(name, ring_place_size(shape->slot_size, shape->slot_count),
	                    &e.writer.body);
	if (err == ERR_NONE)
		err = shared_create(name, sizeof(struct ring_tail), &e.reader.tail);
	if (err == ERR_NONE)
		err = shared_reopen_readonly(e.writer.body, &e.reader.body);
	if (err == ERR_NONE)
		err = shared_reopen_readonly(e.reader.tail, &e.writer.tail);
	if (err == ERR_NONE)
		err = lay_out(e.writer.body, shape);
	if (err == ERR_NONE) {
		e.writer.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		err = e.writer.wake >= 0 ? ERR_NONE : ERR_IO;
	}
	if (err != ERR_NONE) {
		ring_ends_close(&e);
		return err;
	}
	e.reader.wake = e.writer.wake;
	*ret = e;
	return ERR_NONE;
}

enum err ring_ends_resume(struct ring_ends *e)
{
	enum err err = shared_reopen_readonly(e->writer.body, &e->reader.body);

	if (err == ERR_NONE)
		err = shared_reopen_readonly(e->reader.tail, &e->writer.tail);
	if (err != ERR_NONE)
		return err;
	e->writer.wake = e->reader.wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return e->writer.wake >= 0 ? ERR_NONE : ERR_IO;
}

static enum err open_end(struct ring *r, const struct ring_parts *parts,
                         enum shared_access body_access, enum shared_access tail_access)
{
	struct ring made = { .wake = parts->wake };
	enum err err = shared_map(parts->body, body_access, RING_BODY_HEAD, &made.body_map);

	if (err != ERR_NONE)
		return err;
	err = shared_map(parts->tail, tail_access, sizeof(struct ring_tail), &made.tail_map);
	if (err != ERR_NONE)
		goto out;
	made.body = made.body_map.at;
	made.tail = made.tail_map.at;
	made.slot_size = made.body->slot_size;
	made.slot_count = made.body->slot_count;
	made.first_sequence = made.body->first_sequence;
	err = ERR_SYNTAX;
	if (made.body->magic != RING_MAGIC || made.body->version != RING_VERSION ||
	    !ring_place_shape_is_good(made.slot_size, made.slot_count) ||
	    made.body_map.size < ring_place_size(made.slot_size, made.slot_count))
		goto out;
	*r = made;
	return ERR_NONE;
out:
	ring_close(&made);
	return err;
}

enum err ring_open_writer(struct ring *r, const struct ring_parts *parts)
{
	enum err err = open_end(r, parts, SHARED_WRITE, SHARED_READ);

	if (err != ERR_NONE)
		return err;
	r->place = atomic_load_explicit(&r->body->head, memory_order_relaxed);
	r->seen = atomic_load_explicit(&r->tail->tail, memory_order_acquire);
	/* A writer that died between put and flush owes a wake-up. */
	r->flushed = r->place - 1;
	ring_flush(r);
	return ERR_NONE;
}

enum err ring_open_reader(struct ring *r, const struct ring_parts *parts)
{
	enum err err = open_end(r, parts, SHARED_READ, SHARED_WRITE);

	if (err == ERR_NONE)
		r->place = atomic_load_explicit(&r->tail->tail, memory_order_relaxed);
	return err;
}

enum err ring_open_watcher(struct ring *r, const struct ring_parts *parts)
{
	return open_end(r, parts, SHARED_READ, SHARED_READ);
}

void ring_close(struct ring *r)
{
	shared_unmap(&r->body_map);
	shared_unmap(&r->tail_map);
	*r = (struct ring){ .wake = -1 };
}

uint64_t ring_next_sequence(const struct ring *r) { return r->first_sequence + r->place; }

static char *slot_at(const struct ring *r, uint64_t place)
{
	return (char *)r->body + ring_place_offset(place, r->slot_size, r->slot_count);
}

static uint32_t most_of(const struct ring *r, enum ring_class class)
{
	switch (class) {
	case RING_SAMPLE:
		return r->slot_count / 2;
	case RING_DETAIL:
		return r->slot_count / 4 * 3;
	default:
		return r->slot_count;
	}
}

/* Up to where the reader was when it was looked at last. */
static uint32_t room_known(const struct ring *r, uint32_t most)
{
	/* A tail ahead of the head is a hostile reader's: the difference wraps, which is full. */
	return r->place - r->seen < most ? (uint32_t)(most - (r->place - r->seen)) : 0;
}

uint32_t ring_room(struct ring *r, enum ring_class class)
{
	r->seen = atomic_load_explicit(&r->tail->tail, memory_order_acquire);
	return room_known(r, most_of(r, class));
}

/* In the first lap each slot may lie in a page that nobody touched: several are asked for at once,
 * which costs a third of as many faults. Where that cannot be, they come one by one. */
static void ask_ahead(struct ring *r, const char *slot, size_t len)
{
	char *begin = r->body_map.at;
	size_t from = (size_t)(slot - begin), size;

	if (from + len <= r->touched)
		return;
	if (from < r->touched)
		from = r->touched;
	from -= from % PAGE;
	size = r->body_map.size - from < AHEAD ? r->body_map.size - from : AHEAD;
	(void)madvise(begin + from, size, MADV_POPULATE_WRITE);
	r->touched = from + size;
}

enum err ring_put(struct ring *r, const void *bytes, size_t len, enum ring_class class)
{
	if (len > r->slot_size || (unsigned)class >= RING_CLASS_COUNT)
		return ERR_LIMIT;
	if (room_known(r, most_of(r, class)) == 0 && ring_room(r, class) == 0) {
		atomic_fetch_add_explicit(&r->body->dropped[class], 1, memory_order_relaxed);
		return ERR_FULL;
	}
	ask_ahead(r, slot_at(r, r->place), len);
	memcpy(slot_at(r, r->place), bytes, len);
	r->place++;
	atomic_store_explicit(&r->body->head, r->place, memory_order_release);
	return ERR_NONE;
}

void ring_flush(struct ring *r)
{
	uint64_t sleeps, one = 1;

	if (r->flushed == r->place)
		return;
	r->flushed = r->place;
	atomic_thread_fence(memory_order_seq_cst);
	sleeps = atomic_load_explicit(&r->tail->sleeps, memory_order_relaxed);
	if ((sleeps & 1) == 0 || sleeps == r->woken)
		return;
	r->woken = sleeps;
	/* Full counter (EAGAIN): it is readable already. */
	(void)!write(r->wake, &one, sizeof(one));
}

uint32_t ring_ready(struct ring *r)
{
	uint64_t head = atomic_load_explicit(&r->body->head, memory_order_acquire);
	uint64_t ready;

	if (ring_place_ready(head, r->place, r->slot_count, &ready))
		return (uint32_t)ready;
	/* No honest writer does this: go on from where it says it is. */
	atomic_fetch_add_explicit(&r->tail->broken, 1, memory_order_relaxed);
	r->place = head;
	atomic_store_explicit(&r->tail->tail, head, memory_order_release);
	return 0;
}

enum err ring_peek(struct ring *r, uint32_t index, void *ret, size_t len, uint64_t *ret_sequence)
{
	if (len > r->slot_size)
		return ERR_LIMIT;
	if (index >= ring_ready(r))
		return ERR_NOT_FOUND;
	memcpy(ret, slot_at(r, r->place + index), len);
	if (ret_sequence)
		*ret_sequence = r->first_sequence + r->place + index;
	return ERR_NONE;
}

void ring_release(struct ring *r, uint32_t n)
{
	uint32_t ready = ring_ready(r);

	r->place += n < ready ? n : ready;
	atomic_store_explicit(&r->tail->tail, r->place, memory_order_release);
}

/* One store begins it and the tail's ends it, so death between them leaves nothing half said. */
void ring_hold(struct ring *r, uint32_t n)
{
	atomic_store_explicit(&r->tail->held, r->place + n, memory_order_release);
}

uint32_t ring_held(const struct ring *r)
{
	uint64_t held = atomic_load_explicit(&r->tail->held, memory_order_relaxed) - r->place;
	uint64_t head = atomic_load_explicit(&r->body->head, memory_order_acquire);

	/* Behind the tail it wraps. */
	return held <= head - r->place && held <= r->slot_count ? (uint32_t)held : 0;
}

bool ring_sleep(struct ring *r)
{
	uint64_t sleeps = atomic_load_explicit(&r->tail->sleeps, memory_order_relaxed);

	/* A new odd number each time: the writer wakes once for each. */
	sleeps += (sleeps & 1) != 0 ? 2 : 1;
	atomic_store_explicit(&r->tail->sleeps, sleeps, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	if (atomic_load_explicit(&r->body->head, memory_order_relaxed) == r->place)
		return true;
	atomic_store_explicit(&r->tail->sleeps, sleeps + 1, memory_order_relaxed);
	return false;
}

void ring_rise(struct ring *r)
{
	uint64_t sleeps = atomic_load_explicit(&r->tail->sleeps, memory_order_relaxed);
	uint64_t count;

	if ((sleeps & 1) != 0)
		atomic_store_explicit(&r->tail->sleeps, sleeps + 1, memory_order_relaxed);
	(void)!read(r->wake, &count, sizeof(count));
}

int ring_descriptor(const struct ring *r) { return r->wake; }

void ring_level(const struct ring *r, struct ring_level *ret)
{
	uint64_t head = atomic_load_explicit(&r->body->head, memory_order_acquire);
	uint64_t tail = atomic_load_explicit(&r->tail->tail, memory_order_acquire);

	*ret = (struct ring_level){ .put = head, .released = tail, .slots = r->slot_count };
	/* Tail was read after head, so it may be ahead of it by what was read between. */
	ret->used = head - tail <= r->slot_count ? (uint32_t)(head - tail) : 0;
	for (int i = 0; i < RING_CLASS_COUNT; i++)
		ret->dropped[i] = atomic_load_explicit(&r->body->dropped[i], memory_order_relaxed);
	ret->broken = atomic_load_explicit(&r->tail->broken, memory_order_relaxed);
}
