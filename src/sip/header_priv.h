/* SPDX-License-Identifier: Apache-2.0 */
/* What header names are looked up by: a hash without collisions over our names, shared with
 * the program that searches its factor at build time; and the names as they begin a line. */
#ifndef SIP_HEADER_PRIV_H
#define SIP_HEADER_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "sip/glance_priv.h"

enum { HEADER_SLOTS = 512, MAX_HEADER_NAME = 32 };

struct header_row {
	char name[MAX_HEADER_NAME]; /* filled up with NUL, so that it is loaded whole */
	uint8_t len, times;
};

extern const struct header_row sip_header_rows[];
extern const uint8_t sip_header_slots[HEADER_SLOTS];
/* The names with their colon; in place of one of more than 15 bytes stands none. */
extern const struct glance_name sip_header_starts[];
extern const uint8_t sip_header_compacts[256]; /* by letter of either case, OTHER for the rest */

_Static_assert(HEADER_SLOTS == 1 << (32 - 23), "a slot number is what the shift leaves");

/* Length, first and last four letters tell all our names apart. Those of a shorter name are read
 * with what stands before it in a sound line, "\r\n". */
static inline uint32_t header_slot(const char *first, const char *last, size_t len, uint32_t factor)
{
	const unsigned char *l = (const unsigned char *)last;
	uint32_t letters =
		(uint32_t)l[0] | (uint32_t)l[1] << 8 | (uint32_t)l[2] << 16 | (uint32_t)l[3] << 24;
	uint32_t letter = (unsigned char)*first;

	/* The upper bits of the product depend on all of what is multiplied. */
	return ((letters | 0x20202020) + (letter & 0x1f) + ((uint32_t)len << 3)) * factor >> 23;
}

#endif
