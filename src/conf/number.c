/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers with their units written: 10m, 90d, 512 B, 10 GB. */
#include "conf/reader_priv.h"

/* Ascending, so that writing takes the last that divides. */
const struct conf_unit conf_durations[] = {
	{ "ms", 1 },
	{ "s", 1000 },
	{ "m", 60 * 1000 },
	{ "h", 3600 * 1000 },
	{ "d", UINT64_C(86400) * 1000 },
	{ "w", UINT64_C(7) * 86400 * 1000 },
	{ NULL, 0 },
};

const struct conf_unit conf_sizes[] = {
	{ "B", 1 },
	{ "kB", 1000 },
	{ "KiB", 1024 },
	{ "MB", 1000 * 1000 },
	{ "MiB", 1024 * 1024 },
	{ "GB", 1000 * 1000 * 1000 },
	{ "GiB", 1024 * 1024 * 1024 },
	{ "TB", UINT64_C(1000) * 1000 * 1000 * 1000 },
	{ "TiB", UINT64_C(1024) * 1024 * 1024 * 1024 },
	{ NULL, 0 },
};

static const struct conf_unit *find_unit(const struct conf_unit *units, struct view text)
{
	for (; units->text; units++)
		if (view_equal(view_of(units->text), text))
			return units;
	return NULL;
}

static size_t digit_count(struct view v)
{
	size_t count = 0;

	while (count < v.len && v.at[count] >= '0' && v.at[count] <= '9')
		count++;
	return count;
}

enum err conf_scaled_read(struct conf_reader *r, const struct conf_unit *units, uint64_t *ret)
{
	struct conf_token token = conf_reader_take(r);
	size_t digits = digit_count(token.text);
	struct view suffix = view_after(token.text, digits);
	const struct conf_unit *unit;
	uint64_t number;

	if (token.kind != CONF_TOKEN_WORD || digits == 0)
		return ERR_SYNTAX;
	if (suffix.len == 0 && r->token.kind == CONF_TOKEN_WORD && find_unit(units, r->token.text))
		suffix = conf_reader_take(r).text;
	unit = find_unit(units, suffix);
	if (!unit)
		return suffix.len == 0 ? ERR_SHORT : ERR_SYNTAX;
	if (!view_decimal(view_first(token.text, digits), UINT64_MAX / unit->factor, &number))
		return ERR_LIMIT;
	*ret = number * unit->factor;
	return ERR_NONE;
}

void conf_scaled_write(struct buffer *b, const struct conf_unit *units, uint64_t number,
                       const char *blank)
{
	const struct conf_unit *best = units;

	for (const struct conf_unit *unit = units; unit->text; unit++)
		if (number > 0 && number % unit->factor == 0)
			best = unit;
	if (number == 0)
		best = &units[units == conf_durations ? 1 : 0]; /* 0s, 0 B */
	buffer_decimal(b, number / best->factor);
	buffer_text(b, blank);
	buffer_text(b, best->text);
}
