/* SPDX-License-Identifier: Apache-2.0 */
/* One batch from a ring to the disk. */
#include "store/intake.h"
#include "store/connection_priv.h"

/* Copies what is ready, at most a batch. How many slots that is. */
static size_t copy_ready(struct store *s, struct ring *ring, uint32_t ring_number)
{
	uint32_t ready = ring_ready(ring);
	size_t count = 0;
	uint64_t sequence;

	while (count < ready && count < MAX_STORE_BATCH) {
		union record *r = &s->batch[count];
		size_t size;

		if (ring_peek(ring, (uint32_t)count, &r->head, sizeof(r->head), &sequence) !=
		    ERR_NONE)
			break;
		/* What says that it is of another size is not sound, whatever follows. */
		size = r->head.size <= sizeof(*r) ? r->head.size : sizeof(r->head);
		if (ring_peek(ring, (uint32_t)count, r, size, NULL) == ERR_NONE)
			r->head.size = (uint16_t)size;
		else
			r->head.size = 0;
		r->head.ring = ring_number;
		r->head.sequence = sequence;
		count++;
	}
	return count;
}

enum err store_take(struct store *s, struct ring *ring, uint32_t ring_number,
                    struct store_tally *ret_tally)
{
	struct store_tally tally;
	size_t count = copy_ready(s, ring, ring_number);
	enum err err;

	if (count == 0)
		return ERR_NONE;
	err = store_write(s, s->batch, count, &tally);
	if (err != ERR_NONE)
		return err;
	ring_release(ring, (uint32_t)count);
	ret_tally->written += tally.written;
	ret_tally->repeated += tally.repeated;
	ret_tally->refused += tally.refused;
	ret_tally->shed += tally.shed;
	return ERR_NONE;
}
