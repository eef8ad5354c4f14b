/* SPDX-License-Identifier: Apache-2.0 */
/* Covers acme_door_place: no address ever holds more than its share, and who has to go for another
 * is of an address that none has more guests than. A byte is the address that comes next; from 128
 * on, the row that is free again. */
#include <assert.h>

#include "acme/door.h"

enum { GUESTS = 8 };
static struct acme_guest guests[GUESTS];

static unsigned count_of(const struct addr *from)
{
	unsigned count = 0;

	for (unsigned i = 0; i < GUESTS; i++)
		count += guests[i].is_there && addr_same_host(&guests[i].from, from);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	memset(guests, 0, sizeof(guests));
	for (size_t i = 0; i < size; i++) {
		struct addr from = { .family = 6, .bytes = { data[i] } };
		unsigned at = acme_door_place(guests, GUESTS, &from);

		if (data[i] >= 128) {
			guests[data[i] % GUESTS].is_there = false;
			continue;
		}
		for (unsigned j = 0; j < GUESTS; j++)
			assert(!guests[at].is_there || addr_same_host(&guests[at].from, &from) ||
			       count_of(&guests[j].from) <= count_of(&guests[at].from));
		guests[at] = (struct acme_guest){ from, i, true };
		assert(at < GUESTS && count_of(&from) <= MAX_GUESTS_PER_ADDRESS);
	}
	return 0;
}
