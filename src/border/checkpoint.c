/* SPDX-License-Identifier: Apache-2.0 */
/* Two copies a slot, flipped by generation. */
#include "border/checkpoint.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

struct copy {
	uint64_t checksum;   /* over everything after it, keyed */
	uint32_t generation; /* 0: never written */
	uint32_t size;       /* 0: dropped */
	uint8_t bytes[];
};

static const size_t copy_sizes[CHECKPOINT_KINDS] = {
	[CHECKPOINT_REGISTRATION] = sizeof(struct copy) + CHECKPOINT_REGISTRATION_MAX,
	[CHECKPOINT_DIALOG] = sizeof(struct copy) + CHECKPOINT_DIALOG_MAX,
	[CHECKPOINT_SPENDING] = sizeof(struct copy) + CHECKPOINT_SPENDING_MAX,
	[CHECKPOINT_PENDING] = sizeof(struct copy) + CHECKPOINT_PENDING_MAX,
};

size_t checkpoint_size(uint32_t registrations, uint32_t dialogs)
{
	return 2 *
	       ((size_t)registrations * copy_sizes[CHECKPOINT_REGISTRATION] +
	        (size_t)dialogs * (copy_sizes[CHECKPOINT_DIALOG] + copy_sizes[CHECKPOINT_PENDING]) +
	        copy_sizes[CHECKPOINT_SPENDING]);
}

void checkpoint_init(struct checkpoint *c, void *memory, const uint32_t slots[CHECKPOINT_KINDS],
                     const struct hash_key *key)
{
	c->memory = memory;
	c->key = *key;
	memcpy(c->slots, slots, sizeof(c->slots));
}

static struct copy *copy_at(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                            unsigned which)
{
	size_t offset = 0;

	assert(slot < c->slots[kind]);
	for (unsigned before = 0; before < (unsigned)kind; before++)
		offset += 2 * (size_t)c->slots[before] * copy_sizes[before];
	offset += (2 * (size_t)slot + which) * copy_sizes[kind];
	return (struct copy *)(void *)(c->memory + offset);
}

static uint64_t checksum(const struct checkpoint *c, const struct copy *copy)
{
	const size_t skipped = sizeof(copy->checksum);

	/* Against halves that a death left, not against a forger: who writes here has the key. */
	return hash_quick(&c->key, (const uint8_t *)copy + skipped,
	                  sizeof(*copy) - skipped + copy->size);
}

static bool is_whole(const struct checkpoint *c, enum checkpoint_kind kind, const struct copy *copy)
{
	return copy->generation != 0 && copy->size <= copy_sizes[kind] - sizeof(*copy) &&
	       copy->checksum == checksum(c, copy);
}

/* The newest whole copy, NULL where there is none. */
static struct copy *newest(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot)
{
	struct copy *best = NULL;

	for (unsigned which = 0; which < 2; which++) {
		struct copy *copy = copy_at(c, kind, slot, which);

		/* Signed distance, so that the order survives the counter's wrap. */
		if (is_whole(c, kind, copy) &&
		    (!best || (int32_t)(copy->generation - best->generation) > 0))
			best = copy;
	}
	return best;
}

static void write_copy(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                       struct view saved)
{
	const struct copy *last = newest(c, kind, slot);
	struct copy *next = copy_at(c, kind, slot, 0);
	uint32_t generation = last ? last->generation + 1 : 1;

	if (next == last)
		next = copy_at(c, kind, slot, 1);
	next->generation = 0;
	/* A kill between here and the checksum must leave this copy void. */
	atomic_signal_fence(memory_order_seq_cst);
	if (saved.len)
		memcpy(next->bytes, saved.at, saved.len);
	next->size = (uint32_t)saved.len;
	next->generation = generation ? generation : 1;
	next->checksum = checksum(c, next);
}

enum err checkpoint_put(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view saved)
{
	if (saved.len == 0 || saved.len > copy_sizes[kind] - sizeof(struct copy))
		return ERR_LIMIT;
	write_copy(c, kind, slot, saved);
	return ERR_NONE;
}

void checkpoint_drop(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot)
{
	if (newest(c, kind, slot))
		write_copy(c, kind, slot, VIEW_EMPTY);
}

enum err checkpoint_get(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view *ret)
{
	const struct copy *copy = newest(c, kind, slot);

	if (!copy || copy->size == 0)
		return ERR_NOT_FOUND;
	*ret = view_bytes(copy->bytes, copy->size);
	return ERR_NONE;
}
