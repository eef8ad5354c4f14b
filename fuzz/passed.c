/* SPDX-License-Identifier: Apache-2.0 */
/* Covers proc/passed.c: whatever another worker writes into slots, what is put together of them has
 * room, and is as long as its last slot says; what is cut here is whole there. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "proc/passed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LISTENERS = 4, CHUNK = sizeof(struct passed_head) + 8 };

static struct passed_letter letter;
static struct passed_slot slot;

static void cut_and_join(struct view message)
{
	size_t done = 0;

	do {
		done += passed_cut(&slot, message, done);
		assert(passed_is_sound(&slot, LISTENERS));
	} while (!passed_join(&letter, &slot));
	assert(done == message.len && letter.len == done);
	assert(memcmp(letter.bytes, message.at, done) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_sound = false;

	letter.len = 0;
	for (size_t at = 0; at < size; at += CHUNK) {
		memset(&slot, 0, sizeof(slot));
		memcpy(&slot, data + at, size - at < CHUNK ? size - at : CHUNK);
		is_sound = passed_is_sound(&slot, LISTENERS);
		if (is_sound && passed_join(&letter, &slot))
			assert(letter.len == slot.head.total);
		assert(letter.len <= sizeof(letter.bytes));
	}
	if (is_sound && size <= sizeof(letter.bytes))
		cut_and_join(view_bytes(data, size));
	return 0;
}
