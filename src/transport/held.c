/* SPDX-License-Identifier: Apache-2.0 */
/* Buffers and queues from pools. */
#include "transport/held.h"

#include <string.h>

enum { LARGE_LEAST = 16, LARGE_MOST = 512, PIECES_LEAST = 256, PIECES_MOST = 8192 };

struct piece {
	struct list link;
	uint32_t start, end;
	bool is_strangers;
	char bytes[HELD_PIECE];
};

static uint32_t within(uint32_t value, uint32_t least, uint32_t most)
{
	return value < least ? least : value > most ? most : value;
}

enum err held_new(uint32_t connections, struct held_memory *ret)
{
	struct held_memory m = { 0 };
	enum err err = pool_new(HELD_SMALL, connections, &m.small);

	if (err == ERR_NONE)
		err = pool_new(HELD_LARGE, within(connections / 8, LARGE_LEAST, LARGE_MOST),
		               &m.large);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct piece),
		               within(connections * 2, PIECES_LEAST, PIECES_MOST), &m.pieces);
	if (err == ERR_NONE)
		*ret = m;
	else
		held_free(&m);
	return err;
}

void held_free(struct held_memory *m)
{
	pool_free(&m->pieces);
	pool_free(&m->large);
	pool_free(&m->small);
}

static void give(struct held_memory *m, struct held_in *in)
{
	if (in->size == HELD_SMALL)
		pool_give(m->small, in->at);
	else if (in->size == HELD_LARGE)
		pool_give(m->large, in->at);
	if (in->is_strangers)
		m->large_of_strangers--;
	*in = (struct held_in){ 0 };
}

enum err held_in_reserve(struct held_memory *m, struct held_in *in, size_t size, bool is_stranger)
{
	struct held_in larger = { .len = in->len };

	if (size <= in->size)
		return ERR_NONE;
	if (size > HELD_LARGE)
		return ERR_LIMIT;
	larger.size = size <= HELD_SMALL ? HELD_SMALL : HELD_LARGE;
	larger.is_strangers = is_stranger && larger.size == HELD_LARGE;
	if (larger.is_strangers && m->large_of_strangers >= pool_count(m->large) / 2)
		return ERR_FULL;
	larger.at = pool_take(larger.size == HELD_SMALL ? m->small : m->large);
	if (!larger.at)
		return ERR_FULL;
	if (in->len > 0)
		memcpy(larger.at, in->at, in->len);
	if (larger.is_strangers)
		m->large_of_strangers++;
	give(m, in);
	*in = larger;
	return ERR_NONE;
}

void held_in_drop(struct held_memory *m, struct held_in *in, size_t n)
{
	in->len = n < in->len ? in->len - (uint32_t)n : 0;
	if (in->len == 0)
		give(m, in);
	else
		memmove(in->at, in->at + n, in->len);
}

void held_out_init(struct held_out *out)
{
	*out = (struct held_out){ .len = 0 };
	list_init(&out->pieces);
}

static struct piece *last_of(const struct held_out *out)
{
	return list_is_empty(&out->pieces) ? NULL : HOLDER(out->pieces.prev, struct piece, link);
}

static bool has_room(const struct held_memory *m, const struct held_out *out, size_t len,
                     bool is_stranger)
{
	const struct piece *last = last_of(out);
	size_t left = last ? HELD_PIECE - last->end : 0;
	size_t more = len > left ? (len - left + HELD_PIECE - 1) / HELD_PIECE : 0;
	uint32_t count = pool_count(m->pieces);

	if (out->len + len > HELD_OUT_MOST || more > count - pool_used(m->pieces))
		return false;
	return !is_stranger || m->pieces_of_strangers + more <= count / 2;
}

enum err held_out_put(struct held_memory *m, struct held_out *out, struct view bytes,
                      bool is_stranger)
{
	if (!has_room(m, out, bytes.len, is_stranger))
		return ERR_FULL;
	while (bytes.len > 0) {
		struct piece *p = last_of(out);
		size_t room, n;

		if (!p || p->end == HELD_PIECE) {
			p = pool_take(m->pieces);
			if (!p)
				return ERR_FULL;
			p->is_strangers = is_stranger;
			m->pieces_of_strangers += is_stranger;
			list_init(&p->link);
			list_append(&out->pieces, &p->link);
		}
		room = HELD_PIECE - p->end;
		n = bytes.len < room ? bytes.len : room;
		memcpy(p->bytes + p->end, bytes.at, n);
		p->end += (uint32_t)n;
		out->len += (uint32_t)n;
		bytes = view_after(bytes, n);
	}
	return ERR_NONE;
}

struct view held_out_first(const struct held_out *out)
{
	const struct piece *p;

	if (list_is_empty(&out->pieces))
		return VIEW_EMPTY;
	p = HOLDER(out->pieces.next, struct piece, link);
	return view_bytes(p->bytes + p->start, p->end - p->start);
}

void held_out_drop(struct held_memory *m, struct held_out *out, size_t n)
{
	while (n > 0 && !list_is_empty(&out->pieces)) {
		struct piece *p = HOLDER(out->pieces.next, struct piece, link);
		size_t part = n < p->end - p->start ? n : p->end - p->start;

		p->start += (uint32_t)part;
		out->len -= (uint32_t)part;
		n -= part;
		if (p->start < p->end)
			continue;
		list_remove(&p->link);
		m->pieces_of_strangers -= p->is_strangers;
		pool_give(m->pieces, p);
	}
}
