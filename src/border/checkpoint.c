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
	return hash_long(&c->key, (const uint8_t *)copy + skipped,
	                 sizeof(*copy) - skipped + copy->size);
}

static bool is_whole(const struct checkpoint *c, enum checkpoint_kind kind, const struct copy *copy)
{
	return copy->generation != 0 && copy->size <= copy_sizes[kind] - sizeof(*copy) &&
	       copy->checksum == checksum(c, copy);
}

/* What a death left half written is void from the start on: from then on the newest copy is told
 * by its generation, and no write has to sum up what it only follows. */
static void mend(struct checkpoint *c)
{
	for (unsigned kind = 0; kind < CHECKPOINT_KINDS; kind++) {
		for (uint32_t slot = 0; slot < c->slots[kind]; slot++) {
			for (unsigned which = 0; which < 2; which++) {
				struct copy *copy =
					copy_at(c, (enum checkpoint_kind)kind, slot, which);

				if (copy->generation != 0 &&
				    !is_whole(c, (enum checkpoint_kind)kind, copy))
					copy->generation = 0;
			}
		}
	}
}

void checkpoint_init(struct checkpoint *c, void *memory, const uint32_t slots[CHECKPOINT_KINDS],
                     const struct hash_key *key)
{
	c->memory = memory;
	c->key = *key;
	memcpy(c->slots, slots, sizeof(c->slots));
	mend(c);
}

/* The copy that was written last, NULL where none was. */
static struct copy *newest(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot)
{
	struct copy *first = copy_at(c, kind, slot, 0), *second = copy_at(c, kind, slot, 1);

	if (first->generation == 0 || second->generation == 0)
		return first->generation ? first : second->generation ? second : NULL;
	/* Signed distance, so that the order survives the counter's wrap. */
	return (int32_t)(second->generation - first->generation) > 0 ? second : first;
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
	const struct copy *last = newest(c, kind, slot);

	if (last && last->size > 0)
		write_copy(c, kind, slot, VIEW_EMPTY);
}

enum err checkpoint_get(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view *ret)
{
	const struct copy *copy = newest(c, kind, slot);

	if (!copy || copy->size == 0 || copy->size > copy_sizes[kind] - sizeof(*copy))
		return ERR_NOT_FOUND;
	*ret = view_bytes(copy->bytes, copy->size);
	return ERR_NONE;
}
