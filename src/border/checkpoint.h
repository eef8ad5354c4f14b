/* SPDX-License-Identifier: Apache-2.0 */
/* What survives a worker: registrations, confirmed dialogs and calls in set-up, written into
 * memory that the parent holds. What is saved goes into a place of its size, with a
 * generation and a checksum, and only then what was saved for the slot before is given back: a
 * worker that is killed in the middle leaves the one before it whole. What does not check when
 * the memory is taken over is as if it had never been written; the memory is not trusted for
 * layout. Of the memory no more is touched than was in use at once. */
#ifndef BORDER_CHECKPOINT_H
#define BORDER_CHECKPOINT_H

#include "base/err.h"
#include "base/hash.h"

enum checkpoint_kind {
	CHECKPOINT_REGISTRATION,
	CHECKPOINT_DIALOG,
	CHECKPOINT_SPENDING, /* one */
	CHECKPOINT_PENDING,  /* as many as dialogs */
	CHECKPOINT_KINDS
};

enum {
	CHECKPOINT_REGISTRATION_MAX = 2000,
	CHECKPOINT_DIALOG_MAX = 11232,
	CHECKPOINT_SPENDING_MAX = 48,
	CHECKPOINT_PENDING_MAX = 16352
}; /* bytes of one saved thing */

enum { CHECKPOINT_CLASSES = 11 }; /* sizes of places */

/* The places of one size. */
struct checkpoint_class {
	uint8_t *places;
	uint32_t count;
	uint32_t fresh; /* from here on none was ever used */
	uint32_t *given, given_count;
};

struct checkpoint {
	uint32_t *used; /* `fresh` of each class, for who takes over */
	struct checkpoint_class classes[CHECKPOINT_CLASSES];
	uint32_t slots[CHECKPOINT_KINDS];
	uint32_t *where[CHECKPOINT_KINDS]; /* by slot: its place; 0: none */
	struct hash_key key; /* of the checksums: the parent's, so that a successor can check */
};

size_t checkpoint_size(uint32_t registrations, uint32_t dialogs);

/* Over memory of checkpoint_size() bytes; zeroed memory is an empty checkpoint. ERR_NO_MEMORY. */
enum err checkpoint_init(struct checkpoint *c, void *memory, const uint32_t slots[CHECKPOINT_KINDS],
                         const struct hash_key *key) MUST_USE;
/* The memory stays as it is. */
void checkpoint_clear(struct checkpoint *c);

/* ERR_LIMIT: larger than such a thing may be; the slot then is as it was. What is put may lie in
 * the slot. */
enum err checkpoint_put(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view saved) MUST_USE;
/* The same of several pieces, one behind the other. */
enum err checkpoint_put_pieces(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                               const struct view *pieces, size_t count) MUST_USE;
/* One fact beside what is in the slot, for which it need not be written anew: it lasts until the
 * next put. Without effect on an empty slot. */
void checkpoint_mark(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot);
bool checkpoint_is_marked(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot);
void checkpoint_drop(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot);
/* ERR_NOT_FOUND: empty. The view lives until the slot's next put or drop, and is aligned to 8. */
enum err checkpoint_get(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view *ret) MUST_USE;

#endif
