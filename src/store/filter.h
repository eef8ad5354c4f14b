/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of lists: words `field=value`, separated by blanks, all of which
 * must hold. A value in double quotes may hold blanks; a value that ends in *
 * matches what begins so. `since` and `until` take 2026-01-31T08:00:00Z or a
 * length before now (30m, 12h, 7d). Text becomes bound parameters only.
 *
 *     source=198.51.100.* outcome=failed since=24h
 *
 * Of incidents, source, target, user and number also match one word of the
 * lists that they keep; `about` is any account, user or number. */
#ifndef STORE_FILTER_H
#define STORE_FILTER_H

#include "base/buffer.h"
#include "event/record.h"

enum { MAX_FILTER_WORDS = 8, MAX_FILTER_COLUMNS = 3, FILTER_VALUE_MAX = 128 };

enum filter_match {
	MATCH_TEXT,
	MATCH_PREFIX,
	MATCH_LISTED, /* one of the words of the column */
	MATCH_NUMBER,
	MATCH_BIT,
	MATCH_FROM,
	MATCH_BELOW
};

struct filter_word {
	const char *columns[MAX_FILTER_COLUMNS]; /* any may match; NULL ends them */
	enum filter_match match;
	int64_t number;              /* MATCH_NUMBER, MATCH_BIT, MATCH_FROM, MATCH_BELOW */
	char text[FILTER_VALUE_MAX]; /* MATCH_TEXT, MATCH_PREFIX, MATCH_LISTED */
};

struct filter {
	size_t count;
	struct filter_word words[MAX_FILTER_WORDS];
};

/* ERR_SYNTAX, ERR_UNSUPPORTED (no such field of that kind), ERR_LIMIT; `why`
 * then holds a sentence that names the word and what may stand there. */
enum err filter_parse(struct view text, enum record_kind kind, int64_t now_wall_us,
                      struct buffer *why, struct filter *ret) MUST_USE;

#endif
