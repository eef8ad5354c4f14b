/* SPDX-License-Identifier: Apache-2.0 */
/* Letters join the first bunch that fits and that no bunch with an earlier letter of their call
 * comes behind. */
#include "transport/bunch.h"

#include <string.h>

enum { NONE = UINT8_MAX, CALLS = 64 };

struct bunch {
	const struct flow *to;
	size_t len; /* of each; 0: none joins */
	uint8_t first, last, size;
};

/* Two calls that fall together only keep an order that they need not. A line that is none of ours
 * is nobody's or everybody's: what has no Call-ID counts as one call. */
static unsigned call_of(struct view bytes)
{
	const char *line = bytes.at, *end = bytes.at + bytes.len;
	uint32_t hash = 0;

	while ((line = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		line++;
		if (end - line < 9 || *line == '\r')
			return 0;
		if (memcmp(line, "Call-ID: ", 9) != 0)
			continue;
		for (line += 9; line < end && *line != '\r'; line++)
			hash = (hash + (uint8_t)*line) * 0x9e3779b1U;
		break;
	}
	return hash >> 26; /* below CALLS */
}

static bool may_join(const struct bunch *b, const struct bunch_letter *letter)
{
	return b->len == letter->bytes.len && b->size < BUNCH_PIECES &&
	       (b->size + 1U) * b->len <= BUNCH_BYTES && b->to->listener == letter->to->listener &&
	       flow_equal(b->to, letter->to);
}

void bunch_sort(const struct bunch_letter *letters, size_t count, struct bunches *ret)
{
	uint8_t next[BUNCH_LETTERS] __attribute__((uninitialized)); /* filled as they come */
	struct bunch all[BUNCH_LETTERS] __attribute__((uninitialized));
	uint8_t behind[CALLS] = { 0 }; /* the last bunch that has one of that call */
	size_t bunches = 0, at = 0;

	for (size_t i = 0; i < count; i++) {
		const struct bunch_letter *letter = &letters[i];
		unsigned call = count > 1 ? call_of(letter->bytes) : 0;
		size_t b = behind[call];

		while (b < bunches && (letter->is_alone || !may_join(&all[b], letter)))
			b++;
		if (b < bunches) {
			next[all[b].last] = (uint8_t)i;
			all[b].size++;
		} else {
			all[bunches++] =
				(struct bunch){ .to = letter->to,
				                .len = letter->is_alone ? 0 : letter->bytes.len,
				                .first = (uint8_t)i,
				                .size = 1 };
		}
		all[b].last = (uint8_t)i;
		next[i] = NONE;
		behind[call] = (uint8_t)b;
	}
	for (size_t b = 0; b < bunches; b++) {
		ret->sizes[b] = all[b].size;
		for (uint8_t i = all[b].first; i != NONE; i = next[i])
			ret->order[at++] = i;
	}
	ret->count = bunches;
}
