/* SPDX-License-Identifier: Apache-2.0 */
/* What survives a worker: registrations and confirmed dialogs, written into
 * memory that the parent holds. Each slot has two copies, each with its
 * generation and a checksum; a write goes to the older copy, so that a worker
 * killed in the middle of it leaves the other one whole. What does not check when the
 * memory is taken over is as if it had never been written; the memory is not trusted for
 * layout. */
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
	CHECKPOINT_DIALOG_MAX = 4048,
	CHECKPOINT_SPENDING_MAX = 48,
	CHECKPOINT_PENDING_MAX = 16368
}; /* bytes of one saved thing */

struct checkpoint {
	uint8_t *memory;
	uint32_t slots[CHECKPOINT_KINDS];
	struct hash_key key; /* of the checksums: the parent's, so that a successor can check */
};

size_t checkpoint_size(uint32_t registrations, uint32_t dialogs);

/* Over memory of checkpoint_size() bytes; zeroed memory is an empty checkpoint. */
void checkpoint_init(struct checkpoint *c, void *memory, const uint32_t slots[CHECKPOINT_KINDS],
                     const struct hash_key *key);

/* ERR_LIMIT: larger than a slot holds; the slot then is as it was. */
enum err checkpoint_put(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view saved) MUST_USE;
void checkpoint_drop(struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot);
/* ERR_NOT_FOUND: empty, or neither copy holds. The view lives until the slot's next put. */
enum err checkpoint_get(const struct checkpoint *c, enum checkpoint_kind kind, uint32_t slot,
                        struct view *ret) MUST_USE;

#endif
