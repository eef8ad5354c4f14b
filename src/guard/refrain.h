/* SPDX-License-Identifier: Apache-2.0 */
/* Refrains: flows that keep sending what a signature drops. Reading a message in full only
 * to drop it costs more than receiving it, so of those with the outline (sip/outline.h) of the
 * last one that was dropped not all are read: each up to REFRAIN_TOLD a second, which is more
 * than the bounds on strangers let through unless somebody raised them, then one of
 * REFRAIN_STEP, which speaks for those left out since. What has another outline, such as a
 * REGISTER or an answer, is always read, and one without a signature ends it. */
#ifndef GUARD_REFRAIN_H
#define GUARD_REFRAIN_H

#include "base/err.h"
#include "base/hash.h"
#include "event/flow.h"

enum { MAX_REFRAINS = 4096, REFRAIN_TOLD = 32, REFRAIN_STEP = 64 };

struct guard_refrains;

/* Takes all memory. ERR_NO_MEMORY. */
enum err guard_refrains_new(const struct hash_key *key, struct guard_refrains **ret) MUST_USE;
void guard_refrains_free(struct guard_refrains **r);

/* Whether it need not be read: it is to be dropped, and counted, as those before it. */
bool guard_refrain_holds(struct guard_refrains *r, const struct flow *flow, struct view bytes,
                         uint64_t now_us);
/* A signature drops this one, which was read. Returns for how many it stands: itself, and those
 * that were not read since the last. */
uint32_t guard_refrain_note(struct guard_refrains *r, const struct flow *flow, struct view bytes,
                            uint64_t now_us);

#endif
