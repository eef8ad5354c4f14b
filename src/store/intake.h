/* SPDX-License-Identifier: Apache-2.0 */
/* From a ring into the store: peek, commit, release, in this order, so that a
 * store which dies in between finds the batch again and knows it by its
 * numbers. A group is what has come by the time that the disk is free again:
 * one record alone is not held back, and a burst fills whole batches. */
#ifndef STORE_INTAKE_H
#define STORE_INTAKE_H

#include "os/ring.h"
#include "store/store.h"

/* Takes at most MAX_STORE_BATCH records and adds to ret_tally. The ring's
 * number and sequence come from the ring, whatever the record says. On an
 * error nothing was released; see store_write. */
enum err store_take(struct store *s, struct ring *ring, uint32_t ring_number,
                    struct store_tally *ret_tally) MUST_USE;

#endif
