/* SPDX-License-Identifier: Apache-2.0 */
/* Header names by number. A name costs one multiplication, one load and one
 * comparison, whatever it is: strangers choose what is looked up, so there is
 * no chain that they could make long. */
#include "sip/header.h"

#include <string.h>

#include "header_slots.h"
#include "sip/header_priv.h"

const uint8_t sip_header_slots[HEADER_SLOTS] = HEADER_SLOT_ROWS;

const struct header_row sip_header_rows[SIP_HEADER_COUNT] = {
	[SIP_HEADER_OTHER] = { "", 0, SIP_TIMES_ROWS },
#define HEADER(id, name, compact, times)                                                           \
	[SIP_HEADER_##id] = { name, sizeof(name) - 1, SIP_TIMES_##times },
#include "sip/header.def"
#undef HEADER
};

#define HEADER(id, name, compact, times)                                                           \
	_Static_assert(sizeof(name) <= MAX_HEADER_NAME, "name fits its row with a NUL");
#include "sip/header.def"
#undef HEADER

const struct glance_name sip_header_starts[SIP_HEADER_COUNT] = HEADER_START_ROWS;

/* All names without a compact form share row 0, which stays OTHER; a letter
 * that is given twice is caught by the test of the table. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
const uint8_t sip_header_compacts[256] = {
#define HEADER(id, name, compact, times)                                                           \
	[compact] = (compact) ? SIP_HEADER_##id : SIP_HEADER_OTHER,                                \
	[(compact) ? (compact) ^ 0x20 : 0] = (compact) ? SIP_HEADER_##id : SIP_HEADER_OTHER,
#include "sip/header.def"
#undef HEADER
};
#pragma GCC diagnostic pop

/* Eight letters at once, without regard to case. Control bytes equal nothing:
 * without that, CR would pass for the hyphen, from which only bit 5 tells it. */
static bool same_eight(const char *a, const char *b)
{
	const uint64_t case_bits = UINT64_C(0x2020202020202020),
		       upper_bits = UINT64_C(0x4040404040404040);
	uint64_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return ((x ^ y) & ~case_bits) == 0 && ((x | x << 1) & upper_bits) == upper_bits;
}

static bool same_four(const char *a, const char *b)
{
	const uint32_t case_bits = UINT32_C(0x20202020), upper_bits = UINT32_C(0x40404040);
	uint32_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return ((x ^ y) & ~case_bits) == 0 && ((x | x << 1) & upper_bits) == upper_bits;
}

/* Loads overlap, so that none reaches beyond either name. */
static bool same_name(const char *a, const char *b, size_t len)
{
	if (len >= 8)
		return same_eight(a, b) && same_eight(a + len - 8, b + len - 8) &&
		       (len <= 16 || same_eight(a + 8, b + 8));
	if (len >= 4)
		return same_four(a, b) && same_four(a + len - 4, b + len - 4);
	return view_equal_nocase((struct view){ a, len }, (struct view){ b, len });
}

/* The slot of any name of at least two letters, wherever it stands. */
static uint32_t slot_of(struct view name)
{
	char line[] = "\r\n..."; /* a short one, as it would begin */
	const char *last;

	if (name.len < 4) {
		memcpy(line + 2, name.at, name.len);
		last = line + name.len - 2;
	} else {
		last = name.at + name.len - 4;
	}
	return header_slot(name.at, last, name.len, HEADER_FACTOR);
}

enum sip_header_id sip_header_of(struct view name)
{
	const struct header_row *row;
	uint8_t id;

	if (name.len == 1)
		return sip_header_compacts[(unsigned char)name.at[0]];
	if (name.len == 0 || name.len >= MAX_HEADER_NAME)
		return SIP_HEADER_OTHER;
	id = sip_header_slots[slot_of(name)];
	row = &sip_header_rows[id];
	if (row->len != name.len || !same_name(name.at, row->name, name.len))
		return SIP_HEADER_OTHER;
	return id;
}

struct view sip_header_name(enum sip_header_id id)
{
	return (struct view){ sip_header_rows[id].name, sip_header_rows[id].len };
}

enum sip_times sip_header_times(enum sip_header_id id) { return sip_header_rows[id].times; }
