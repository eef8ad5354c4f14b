/* SPDX-License-Identifier: Apache-2.0 */
/* Where things stand in a ring, as numbers alone: no memory, nothing shared. What the other
 * end wrote goes in as it is, what comes out is within the ring (proof/ring.c). */
#ifndef OS_RING_PLACE_H
#define OS_RING_PLACE_H

#include "os/ring.h"

enum { RING_BODY_HEAD = 4096 /* bytes before the first slot */ };

static inline bool ring_place_shape_is_good(uint32_t slot_size, uint32_t slot_count)
{
	return slot_size >= RING_SLOT_LEAST && slot_size <= RING_SLOT_MOST &&
	       slot_size % RING_SLOT_LEAST == 0 && slot_count >= 4 &&
	       slot_count <= MAX_RING_SLOTS && (slot_count & (slot_count - 1)) == 0;
}

/* How long the body is. */
static inline size_t ring_place_size(uint32_t slot_size, uint32_t slot_count)
{
	return RING_BODY_HEAD + (size_t)slot_size * slot_count;
}

/* Where in the body the slot of a place begins, whatever the place. */
static inline size_t ring_place_offset(uint64_t place, uint32_t slot_size, uint32_t slot_count)
{
	uint64_t index = place & (slot_count - 1);

	return RING_BODY_HEAD + (size_t)(index < slot_count ? index : 0) * slot_size;
}

/* How many slots are there to read; false where no honest writer has put its head. */
static inline bool ring_place_ready(uint64_t head, uint64_t place, uint32_t slot_count,
                                    uint64_t *ret)
{
	uint64_t ready = head - place;

	if (ready > slot_count)
		return false;
	*ret = ready;
	return true;
}

#endif
