/* SPDX-License-Identifier: Apache-2.0 */
/* What header names are looked up by: a hash without collisions over our
 * names, shared with the program that searches its factor at build time. */
#ifndef SIP_HEADER_PRIV_H
#define SIP_HEADER_PRIV_H

#include <stddef.h>
#include <stdint.h>

enum { HEADER_SLOTS = 512, MAX_HEADER_NAME = 32 };

struct header_row {
	char name[MAX_HEADER_NAME]; /* filled up with NUL, so that it is loaded whole */
	uint8_t len, times;
};

extern const struct header_row sip_header_rows[];
extern const uint8_t sip_header_slots[HEADER_SLOTS];

_Static_assert(HEADER_SLOTS == 1 << (32 - 23), "a slot number is what the shift leaves");

/* Length, first, middle and last letter tell all our names apart. */
static inline uint32_t header_slot(const char *name, size_t len, uint32_t factor)
{
	uint32_t letters = ((uint32_t)(unsigned char)name[0] | 0x20) << 16 |
	                   ((uint32_t)(unsigned char)name[len >> 1] | 0x20) << 8 |
	                   ((uint32_t)(unsigned char)name[len - 1] | 0x20);

	/* The upper bits of the product depend on all of what is multiplied. */
	return (letters + ((uint32_t)len << 24)) * factor >> 23;
}

#endif
