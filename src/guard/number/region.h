/* SPDX-License-Identifier: Apache-2.0 */
/* The world's numbering (ITU-T E.164), as libphonenumber knows it: calling
 * codes, the countries and services behind them, how one dials abroad there, and
 * what sort of number it is. Tables of script/numbers; pure, nothing is taken. */
#ifndef NUMBER_REGION_H
#define NUMBER_REGION_H

#include "base/err.h"
#include "base/view.h"

/* Countries by ISO 3166 ("GB"), services of no country by their code ("881"). */
enum number_region {
	REGION_NONE,
#define REGION(id, name, code, prefix, kind) REGION_##id,
#include "guard/number/region.def"
#undef REGION
	REGION_COUNT
};

enum number_kind {
	NUMBER_ORDINARY, /* fixed and mobile lines */
	NUMBER_PREMIUM,
	NUMBER_SHARED_COST,
	NUMBER_SATELLITE, /* 870, 881, and the networks of no country: 878, 882, 883 */
	NUMBER_GLOBAL,    /* 800, 808, 888 */
	NUMBER_PERSONAL,
	NUMBER_VOIP,
	NUMBER_UAN, /* one number of a company, wherever it is */
	NUMBER_PAGER,
	NUMBER_TOLL_FREE,
	NUMBER_KIND_COUNT
};

enum { MAX_E164_DIGITS = 15 };

/* Where a number rings, and what it is. */
struct number_place {
	uint16_t region; /* enum number_region */
	uint8_t kind;    /* enum number_kind */
	uint8_t code_len;
};

/* Digits of a whole number, calling code first. ERR_NOT_FOUND where no plan has such numbers. */
enum err number_place_find(struct view digits, struct number_place *ret) MUST_USE;
/* The same of numbers that are not given out, but as long as others there: who
 * looks for a way to dial tries such too. */
enum err number_place_guess(struct view digits, struct number_place *ret) MUST_USE;

/* "GB", either case. ERR_NOT_FOUND. */
enum err number_region_find(struct view name, uint16_t *ret) MUST_USE;
const char *number_region_name(uint16_t region); /* "GB", "881", "?"; static storage */
uint16_t number_region_code(uint16_t region);    /* 44; 0 for none */
/* What is dialled before a number of the same country: "0", "1", ""; static storage. */
const char *number_region_prefix(uint16_t region);
/* How many digits at the start say that a call goes abroad, dialled in that
 * country (the most, where several prefixes fit); 0 for none. */
size_t number_region_access(uint16_t region, struct view digits);

const char *number_kind_name(uint8_t kind); /* "premium"; static storage */

#endif
