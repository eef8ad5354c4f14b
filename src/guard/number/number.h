/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody dialled, read as the number that it means. A dial string is
 * access digits of a PBX, if any, a prefix for calls abroad or a national one,
 * and the rest; which of these are honest depends on where one dials. Without a
 * plan only what goes abroad can be read. */
#ifndef NUMBER_NUMBER_H
#define NUMBER_NUMBER_H

#include "guard/number/region.h"

enum { MAX_EXTENSION_RANGES = 16, MAX_DIALLED = 32 };

/* How one dials here; empty fields are unknown. Plain value, travels in settings. */
struct number_plan {
	char country[4];      /* "GB" */
	char area[8];         /* "0151" or "151" */
	char outside_line[8]; /* "9" */
	uint32_t extensions[MAX_EXTENSION_RANGES][2];
	uint32_t extension_count;
};

enum number_form {
	NUMBER_UNREAD,   /* cannot be told: `digits` are the last ones */
	NUMBER_LOCAL,    /* behind our area's digits */
	NUMBER_NATIONAL, /* with the national prefix, or as whole national number */
	NUMBER_BARE,     /* E.164 without anything before it */
	NUMBER_PLUS,     /* + and E.164 */
	NUMBER_ABROAD,   /* prefix for calls abroad, and E.164; one outside-line digit may lead */
	NUMBER_HUNTED,   /* read only by leaving out digits that mean nothing here */
};

/* Of a number that was not read, enough digits to know it again whatever stood before them. */
enum { NUMBER_TAIL_DIGITS = 9 };

struct number {
	char digits[MAX_E164_DIGITS + 1]; /* calling code first, no + */
	uint8_t len;
	uint8_t form, kind; /* enum number_form, enum number_kind */
	uint8_t access_len; /* digits left out before the prefix for calls abroad */
	uint16_t region;    /* REGION_NONE where unread */
	bool is_abroad;     /* read, and not known to ring in our own country */
};

/* `dialled` is the user part of a Request-URI, as it was written. Punctuation
 * that people write, and x for a digit that somebody masked, are understood.
 * ERR_NOT_FOUND: an extension or too short for the public network. ERR_SYNTAX:
 * no dial string. ERR_LIMIT: longer than anybody dials (MAX_DIALLED). */
enum err number_read(const struct number_plan *plan, struct view dialled,
                     struct number *ret) MUST_USE;

#endif
