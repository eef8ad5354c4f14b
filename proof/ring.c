/* SPDX-License-Identifier: Apache-2.0 */
/* Proves the numbers by which a ring is read and written: whatever the other end stores as
 * its position, what is copied lies within the body that was mapped. The rest of
 * src/os/ring.c is atomic operations on memory that another process writes, of which WP has
 * no notion: its order of stores is argued there and tested by killing. */
#include "contracts.h"
#include "os/ring_place.h"

/*@ predicate shape_is_good(integer size, integer count) =
        RING_SLOT_LEAST <= size <= RING_SLOT_MOST && 4 <= count <= MAX_RING_SLOTS; */

/*@ assigns \nothing;
    ensures \result != 0 ==> shape_is_good(slot_size, slot_count); */
static inline bool ring_place_shape_is_good(uint32_t slot_size, uint32_t slot_count);

/*@ requires shape_is_good(slot_size, slot_count);
    assigns \nothing;
    ensures \result == RING_BODY_HEAD + slot_size * slot_count; */
static inline size_t ring_place_size(uint32_t slot_size, uint32_t slot_count);

/*@ requires shape_is_good(slot_size, slot_count);
    assigns \nothing;
    ensures RING_BODY_HEAD <= \result;
    ensures \result + slot_size <= RING_BODY_HEAD + slot_size * slot_count; */
static inline size_t ring_place_offset(uint64_t place, uint32_t slot_size, uint32_t slot_count);

/*@ requires \valid(ret);
    assigns *ret;
    ensures \result != 0 ==> *ret <= slot_count;
    ensures \result == 0 ==> *ret == \old(*ret); */
static inline bool ring_place_ready(uint64_t head, uint64_t place, uint32_t slot_count,
                                    uint64_t *ret);
