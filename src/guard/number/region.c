/* SPDX-License-Identifier: Apache-2.0 */
/* The generated tables, and the walk over their templates. */
#include "guard/number/region.h"

#include <string.h>

static const struct {
	const char *name, *prefix;
	uint16_t code;
	uint8_t kind;
} regions[REGION_COUNT] = {
	[REGION_NONE] = { "?", "", 0, NUMBER_ORDINARY },
#define REGION(id, name_, code_, prefix_, kind_)                                                   \
	[REGION_##id] = { name_, prefix_, code_, NUMBER_##kind_ },
#include "guard/number/region.def"
#undef REGION
};

/* Sorted by code. */
static const struct pattern {
	const char *template;
	uint16_t code;
	uint8_t kind, least, most;
} patterns[] = {
#define PATTERN(code_, kind_, least_, most_, template_)                                            \
	{ template_, code_, NUMBER_##kind_, least_, most_ },
#include "guard/number/pattern.def"
#undef PATTERN
};

static const struct {
	const char *template;
	uint16_t region;
} accesses[] = {
#define ACCESS(id, template_) { template_, REGION_##id },
#include "guard/number/access.def"
#undef ACCESS
};

/* Sorted by code. */
static const struct {
	const char *digits;
	uint16_t code, region;
} shares[] = {
#define SHARE(code_, id, digits_) { digits_, code_, REGION_##id },
#include "guard/number/share.def"
#undef SHARE
};

static const struct {
	uint16_t code, region;
} mains[] = {
#define MAIN(code_, id) { code_, REGION_##id },
#include "guard/number/main.def"
#undef MAIN
};

enum {
	PATTERN_COUNT = sizeof(patterns) / sizeof(patterns[0]),
	SHARE_COUNT = sizeof(shares) / sizeof(shares[0]),
};

/* `set` stands behind a `[`. Says whether the digit is in it; steps over its `]`. */
static bool is_in_set(const char **set, char digit)
{
	const char *at = *set;
	bool is_in = false;

	for (; *at != ']'; at++) {
		if (at[1] == '-') {
			is_in |= digit >= at[0] && digit <= at[2];
			at += 2;
		} else {
			is_in |= digit == *at;
		}
	}
	*set = at + 1;
	return is_in;
}

/* What most templates fail by, told before anything is called. */
static inline bool may_fit(const char *template, char first)
{
	return *template == first || *template == '[' || *template == '.' || *template == '\0';
}

/* How many digits the template has taken; 0 where it does not fit. */
static size_t fit(const char *template, struct view digits)
{
	size_t len = 0;

	for (; *template; len++) {
		char digit = len < digits.len ? digits.at[len] : '\0';
		bool is_same;

		if (digit == '\0')
			return 0;
		if (*template == '[') {
			template ++;
			is_same = is_in_set(&template, digit);
		} else {
			is_same = *template == '.' || *template == digit;
			template ++;
		}
		if (!is_same)
			return 0;
	}
	return len;
}

static size_t first_pattern(uint16_t code)
{
	size_t low = 0, high = PATTERN_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (patterns[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t first_share(uint16_t code)
{
	size_t low = 0, high = SHARE_COUNT;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (shares[middle].code < code)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint16_t region_of(uint16_t code, struct view national)
{
	char first = view_is_empty(national) ? '\0' : national.at[0];

	for (size_t i = first_share(code); i < SHARE_COUNT && shares[i].code == code; i++) {
		if (may_fit(shares[i].digits, first) && fit(shares[i].digits, national) > 0)
			return shares[i].region;
	}
	for (size_t i = 0; i < sizeof(mains) / sizeof(mains[0]); i++) {
		if (mains[i].code == code)
			return mains[i].region;
	}
	for (uint16_t i = 1; i < REGION_COUNT; i++) {
		if (regions[i].code == code)
			return i;
	}
	return REGION_NONE;
}

/* Calling codes are prefix-free: the first that has numbers is the one. Its first
 * pattern, or PATTERN_COUNT. */
static size_t patterns_of(struct view digits, uint8_t *ret_code_len)
{
	uint16_t code = 0;

	for (uint8_t len = 1; len <= 3 && len < digits.len; len++) {
		size_t at;

		if (digits.at[0] == '0' || digits.at[len - 1] < '0' || digits.at[len - 1] > '9')
			return PATTERN_COUNT;
		code = (uint16_t)(code * 10 + (digits.at[len - 1] - '0'));
		at = first_pattern(code);
		if (at < PATTERN_COUNT && patterns[at].code == code) {
			*ret_code_len = len;
			return at;
		}
	}
	return PATTERN_COUNT;
}

/* Whether numbers of that code, given out or not, may be so long. */
static bool is_length_of(size_t first, size_t len)
{
	bool is_long_enough = false, is_short_enough = false;

	for (size_t at = first; at < PATTERN_COUNT && patterns[at].code == patterns[first].code;
	     at++) {
		is_long_enough |= len >= patterns[at].least;
		is_short_enough |= len <= patterns[at].most;
	}
	return is_long_enough && is_short_enough;
}

static enum err place(struct view digits, bool is_guess, struct number_place *ret)
{
	uint8_t code_len = 0;
	size_t first = patterns_of(digits, &code_len);
	uint16_t code = first < PATTERN_COUNT ? patterns[first].code : 0;
	struct view national = view_after(digits, code_len);
	char head = view_is_empty(national) ? '\0' : national.at[0];

	for (size_t at = first; at < PATTERN_COUNT && patterns[at].code == code; at++) {
		const struct pattern *p = &patterns[at];

		if (!may_fit(p->template, head) || national.len < p->least ||
		    national.len > p->most || (*p->template && fit(p->template, national) == 0))
			continue;
		ret->region = region_of(p->code, national);
		ret->code_len = code_len;
		ret->kind = p->kind != NUMBER_ORDINARY ? p->kind : regions[ret->region].kind;
		return ERR_NONE;
	}
	if (!is_guess || !is_length_of(first, national.len))
		return ERR_NOT_FOUND;
	ret->region = region_of(patterns[first].code, national);
	ret->code_len = code_len;
	ret->kind = regions[ret->region].kind;
	return ERR_NONE;
}

enum err number_place_find(struct view digits, struct number_place *ret)
{
	return place(digits, false, ret);
}

enum err number_place_guess(struct view digits, struct number_place *ret)
{
	return place(digits, true, ret);
}

/* The table is sorted by name, in capitals. */
enum err number_region_find(struct view name, uint16_t *ret)
{
	uint16_t low = 1, high = REGION_COUNT;
	char wanted[4] = "";

	if (name.len < 2 || name.len >= sizeof(wanted))
		return ERR_NOT_FOUND;
	for (size_t i = 0; i < name.len; i++)
		wanted[i] = (char)(name.at[i] >= 'a' && name.at[i] <= 'z' ? name.at[i] - 32
		                                                          : name.at[i]);
	while (low < high) {
		uint16_t middle = (uint16_t)((low + high) / 2);

		if (strcmp(regions[middle].name, wanted) < 0)
			low = (uint16_t)(middle + 1);
		else
			high = middle;
	}
	if (low == REGION_COUNT || strcmp(regions[low].name, wanted) != 0)
		return ERR_NOT_FOUND;
	*ret = low;
	return ERR_NONE;
}

const char *number_region_name(uint16_t region)
{
	return regions[region < REGION_COUNT ? region : REGION_NONE].name;
}

uint16_t number_region_code(uint16_t region)
{
	return regions[region < REGION_COUNT ? region : REGION_NONE].code;
}

const char *number_region_prefix(uint16_t region)
{
	return regions[region < REGION_COUNT ? region : REGION_NONE].prefix;
}

size_t number_region_access(uint16_t region, struct view digits)
{
	size_t most = 0;

	for (size_t i = 0; i < sizeof(accesses) / sizeof(accesses[0]); i++) {
		size_t len = accesses[i].region == region ? fit(accesses[i].template, digits) : 0;

		if (len > most)
			most = len;
	}
	return most;
}

const char *number_kind_name(uint8_t kind)
{
	static const char *const names[NUMBER_KIND_COUNT] = {
		[NUMBER_ORDINARY] = "ordinary",
		[NUMBER_PREMIUM] = "premium",
		[NUMBER_SHARED_COST] = "shared-cost",
		[NUMBER_SATELLITE] = "satellite",
		[NUMBER_GLOBAL] = "global",
		[NUMBER_PERSONAL] = "personal",
		[NUMBER_VOIP] = "voip",
		[NUMBER_UAN] = "uan",
		[NUMBER_PAGER] = "pager",
		[NUMBER_TOLL_FREE] = "toll-free",
	};

	return kind < NUMBER_KIND_COUNT ? names[kind] : "?";
}
