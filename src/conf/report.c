/* SPDX-License-Identifier: Apache-2.0 */
/* Faults as texts, and the guess at what a mistyped word was to be. */
#include "conf/report.h"

enum { MAX_WORD = 48, MAX_DISTANCE = 3 };

/* A file may hold what a terminal takes for a command. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

void conf_report_add(struct conf_report *r, struct conf_place place, struct view text)
{
	struct conf_fault *fault = &r->faults[r->kept];
	struct buffer b;

	r->count++;
	if (r->kept == MAX_CONF_FAULTS)
		return;
	b = buffer_on(fault->text, sizeof(fault->text) - 1);
	if (place.file) {
		buffer_text(&b, place.file);
		buffer_char(&b, ':');
	}
	if (place.line > 0) {
		buffer_decimal(&b, place.line);
		buffer_char(&b, ':');
		buffer_decimal(&b, place.column);
		buffer_char(&b, ':');
	}
	if (b.len > 0)
		buffer_char(&b, ' ');
	buffer_put(&b, view_first(text, b.max - b.len));
	fault->text[b.len] = '\0';
	make_printable(fault->text);
	fault->line = place.line;
	fault->column = place.column;
	r->kept++;
}

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Damerau's over neighbours: letters added, lost, changed or swapped. */
static size_t edits(struct view a, struct view b)
{
	size_t rows[3][MAX_WORD + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *spare = before;

		now[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool differs = a.at[i - 1] != b.at[j - 1];

			now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + differs);
			if (i > 1 && j > 1 && a.at[i - 1] == b.at[j - 2] &&
			    a.at[i - 2] == b.at[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		before = last;
		last = now;
		now = spare;
	}
	return last[b.len];
}

size_t conf_distance(struct view word, struct view meant)
{
	size_t limit = least(word.len / 3 + (word.len < 3), MAX_DISTANCE), distance;

	if (word.len == 0 || word.len > MAX_WORD || meant.len == 0 || meant.len > MAX_WORD)
		return SIZE_MAX;
	distance = edits(word, meant);
	return distance <= limit ? distance : SIZE_MAX;
}

const char *conf_nearest(struct view word, const char *const *candidates, size_t count)
{
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < count; i++) {
		size_t distance = conf_distance(word, view_of(candidates[i]));

		if (distance < best) {
			best = distance;
			nearest = candidates[i];
		}
	}
	return nearest;
}
