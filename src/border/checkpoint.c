/* SPDX-License-Identifier: Apache-2.0 */
/* Places by size, each written once for what it holds. */
#include "border/checkpoint.h"

#include "base/secret.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct place {
	uint64_t mark;       /* the checksum: it is marked; no other value is believed */
	uint64_t checksum;   /* over everything after it, keyed */
	uint32_t generation; /* 0: holds nothing */
	uint32_t size;
	uint32_t slot, kind;
	uint8_t bytes[];
};

static const uint32_t class_sizes[CHECKPOINT_CLASSES] = { 256,  512,  768,  1024,  1280, 1536,
	                                                  1792, 2048, 4096, 11264, 16384 };
static const uint32_t most[CHECKPOINT_KINDS] = {
	[CHECKPOINT_REGISTRATION] = CHECKPOINT_REGISTRATION_MAX,
	[CHECKPOINT_DIALOG] = CHECKPOINT_DIALOG_MAX,
	[CHECKPOINT_SPENDING] = CHECKPOINT_SPENDING_MAX,
	[CHECKPOINT_PENDING] = CHECKPOINT_PENDING_MAX,
};
enum { USED_SIZE = 256, CLASS_SHIFT = 28 };

_Static_assert(sizeof(struct place) + CHECKPOINT_DIALOG_MAX == 11264, "a dialog fits a place");
_Static_assert(sizeof(struct place) + CHECKPOINT_PENDING_MAX == 16384, "so does a set-up");

/* All that may be of this size at once, and one more: what is written while it replaces another. */
static uint32_t count_of(unsigned class, const uint32_t slots[CHECKPOINT_KINDS])
{
	uint32_t below = class > 0 ? class_sizes[class - 1] : 0, count = 1;

	for (unsigned kind = 0; kind < CHECKPOINT_KINDS; kind++) {
		if (most[kind] + sizeof(struct place) > below)
			count += slots[kind];
	}
	return count;
}

size_t checkpoint_size(uint32_t registrations, uint32_t dialogs)
{
	const uint32_t slots[CHECKPOINT_KINDS] = { registrations, dialogs, 1, dialogs };
	size_t size = USED_SIZE;

	for (unsigned class = 0; class < CHECKPOINT_CLASSES; class ++)
		size += (size_t)count_of(class, slots) * class_sizes[class];
	return size;
}

/* ---- places ---- */

static uint32_t name_of(unsigned class, uint32_t index)
{
	return ((uint32_t) class << CLASS_SHIFT | index) + 1;
}

static struct place *place_at(const struct checkpoint *c, unsigned class, uint32_t index)
{
	return (struct place *)(void *)(c->classes[class].places +
	                                (size_t)index * class_sizes[class]);
}

static struct place *place_of(const struct checkpoint *c, uint32_t name)
{
	return place_at(c, (name - 1) >> CLASS_SHIFT, (name - 1) & ((1U << CLASS_SHIFT) - 1));
}

static void give(struct checkpoint *c, uint32_t name)
{
	unsigned number = (name - 1) >> CLASS_SHIFT;
	struct checkpoint_class *class = &c->classes[number];
	struct place *p = place_of(c, name);
	size_t room = class_sizes[number] - sizeof(*p);

	p->generation = 0;
	/* What a death left half written may say any size. */
	secret_wipe(p->bytes, p->size < room ? p->size : room);
	class->given[class->given_count++] = (name - 1) & ((1U << CLASS_SHIFT) - 1);
}

/* The last one that was given back, so that few pages are in use. */
static uint32_t take(struct checkpoint *c, size_t size)
{
	unsigned number = 0;
	struct checkpoint_class *class;

	while (class_sizes[number] < size + sizeof(struct place))
		number++;
	class = &c->classes[number];
	if (class->given_count > 0)
		return name_of(number, class->given[--class->given_count]);
	assert(class->fresh < class->count);
	c->used[number] = class->fresh + 1;
	return name_of(number, class->fresh++);
}

static uint64_t checksum(const struct checkpoint *c, const struct place *p)
{
	const size_t skipped = offsetof(struct place, generation);

	/* Against halves that a death left, not against a forger: who writes here has the key. */
	return hash_long(&c->key, (const uint8_t *)p + skipped, sizeof(*p) - skipped + p->size);
}

/* ---- taking over ---- */

static bool is_whole(const struct checkpoint *c, unsigned class, const struct place *p)
{
	return p->generation != 0 && p->kind < CHECKPOINT_KINDS && p->slot < c->slots[p->kind] &&
	       p->size > 0 && p->size <= most[p->kind] &&
	       p->size <= class_sizes[class] - sizeof(*p) && p->checksum == checksum(c, p);
}

/* What a death left half written is void from the start on; where it came between the new one's
 * end and the old one's, the newest holds. Signed distance, so that the order survives the
 * counter's wrap. */
static void take_up(struct checkpoint *c, unsigned class, uint32_t index)
{
	struct place *p = place_at(c, class, index);
	uint32_t name = name_of(class, index), *where;

	if (!is_whole(c, class, p)) {
		give(c, name);
		return;
	}
	where = &c->where[p->kind][p->slot];
	if (*where && (int32_t)(place_of(c, *where)->generation - p->generation) > 0) {
		give(c, name);
		return;
	}
	if (*where)
		give(c, *where);
	*where = name;
}

static enum err lay_out(struct checkpoint *c, uint8_t *memory)
{
	c->used = (uint32_t *)(void *)memory;
	memory += USED_SIZE;
	for (unsigned i = 0; i < CHECKPOINT_CLASSES; i++) {
		struct checkpoint_class *class = &c->classes[i];

		class->places = memory;
		class->count = count_of(i, c->slots);
		class->fresh = c->used[i] < class->count ? c->used[i] : class->count;
		memory += (size_t) class->count * class_sizes[i];
		class->given = calloc(class->count, sizeof(*class->given));
		if (!class->given)
			return ERR_NO_MEMORY;
	}
	for (unsigned kind = 0; kind < CHECKPOINT_KINDS; kind++) {
		c->where[kind] = calloc((size_t)c->slots[kind] + 1, sizeof(*c->where[kind]));
		if (!c->where[kind])
			return ERR_NO_MEMORY;
	}
	return ERR_NONE;
}

enum err checkpoint_init(struct checkpoint *c, void *memory, const uint32_t slots[CHECKPOINT_KINDS],
                         const struct hash_key *key)
{
	enum err err;

	*c = (struct checkpoint){ .key = *key };
	memcpy(c->slots, slots, sizeof(c->slots));
	err = lay_out(c, memory);
	if (err != ERR_NONE) {
		checkpoint_clear(c);
		return err;
	}
	/* From the last one, so that the first ones are given out first. */
	for (unsigned class = 0; class < CHECKPOINT_CLASSES; class ++) {
		for (uint32_t i = c->classes[class].fresh; i-- > 0;)
			take_up(c, class, i);
	}
	return ERR_NONE;
}

void checkpoint_clear(struct checkpoint *c)
{
	for (unsigned i = 0; i < CHECKPOINT_CLASSES; i++)
		free(c->classes[i].given);
	for (unsigned kind = 0; kind < CHECKPOINT_KINDS; kind++)
		free(c->where[kind]);
	*c = (struct checkpoint){ 0 };
}

/* ---- use ---- */

static size_t length_of(const struct view *pieces, size_t count)
{
	size_t len = 0;

	for (size_t i = 0; i < count; i++)
		len += pieces[i].len;
	return len;
}

static void write(struct checkpoint *c, struct place *p, const struct view *pieces, size_t count,
                  uint32_t generation)
{
	p->size = 0;
	for (size_t i = 0; i < count; i++) {
		if (pieces[i].len > 0)
			memcpy(p->bytes + p->size, pieces[i].at, pieces[i].len);
		p->size += (uint32_t)pieces[i].len;
	}
	p->generation = generation ? generation : 1;
	p->mark = 0;
	p->checksum = checksum(c, p);
}

enum err checkpoint_put_pieces(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                               const struct view *pieces, size_t count)
{
	uint32_t *where = &c->where[kind][slot], name;
	size_t len = length_of(pieces, count);
	struct place *p;

	assert(slot < c->slots[kind]);
	if (len == 0 || len > most[kind])
		return ERR_LIMIT;
	name = take(c, len);
	p = place_of(c, name);
	p->slot = slot;
	p->kind = kind;
	write(c, p, pieces, count, *where ? place_of(c, *where)->generation + 1 : 1);
	/* A kill before here leaves the old one, one before the end of it both. */
	atomic_signal_fence(memory_order_seq_cst);
	if (*where)
		give(c, *where);
	*where = name;
	return ERR_NONE;
}

enum err checkpoint_put(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view saved)
{
	return checkpoint_put_pieces(c, kind, slot, &saved, 1);
}

void checkpoint_mark(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot)
{
	uint32_t where = c->where[kind][slot];

	if (where)
		place_of(c, where)->mark = place_of(c, where)->checksum;
}

bool checkpoint_is_marked(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot)
{
	uint32_t where = c->where[kind][slot];

	return where && place_of(c, where)->mark == place_of(c, where)->checksum;
}

void checkpoint_drop(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot)
{
	uint32_t *where = &c->where[kind][slot];

	if (*where)
		give(c, *where);
	*where = 0;
}

enum err checkpoint_get(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view *ret)
{
	uint32_t where = c->where[kind][slot];

	if (!where)
		return ERR_NOT_FOUND;
	*ret = view_bytes(place_of(c, where)->bytes, place_of(c, where)->size);
	return ERR_NONE;
}
