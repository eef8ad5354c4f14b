/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, fitted to the terminal that they are written to: what does not fit is left out,
 * the least telling columns first, then long texts are cut. */
#include "cli/output.h"
#include "cli/text.h"

#include <string.h>

enum { CELL_MAX = 8 * 4096, LEAST_TEXT = 12, GAP = 2 };

static const char ellipsis[] = "\xe2\x80\xa6"; /* U+2026, one column */

struct layout {
	const struct cli *c;
	const struct cli_table *t;
	size_t whole[MAX_CLI_COLUMNS]; /* as wide as its widest cell */
	size_t width[MAX_CLI_COLUMNS]; /* as wide as it is written */
	bool is_out[MAX_CLI_COLUMNS];
};

static struct view cell_of(const struct layout *l, const json_t *item, size_t column,
                           char cell[CELL_MAX])
{
	struct buffer b = buffer_on(cell, CELL_MAX);

	cli_write_member(l->c, &b, item, &l->t->columns[column]);
	return b.len ? buffer_view(&b) : VIEW("-");
}

/* --- Fitting --- */

static void measure(struct layout *l, const json_t *items, char cell[CELL_MAX])
{
	size_t row;
	json_t *item;

	for (size_t i = 0; i < l->t->count; i++) {
		l->whole[i] = cli_text_width(view_of(l->t->columns[i].title));
		json_array_foreach(items, row, item)
		{
			size_t width = cli_text_width(cell_of(l, item, i, cell));

			l->whole[i] = width > l->whole[i] ? width : l->whole[i];
		}
		l->width[i] = l->whole[i];
	}
}

static size_t least_of(const struct layout *l, size_t column)
{
	const struct cli_column *about = &l->t->columns[column];
	size_t title = cli_text_width(view_of(about->title));
	size_t least = title > LEAST_TEXT ? title : (size_t)LEAST_TEXT;

	return about->kind == CLI_TEXT && l->whole[column] > least ? least : l->whole[column];
}

static size_t total_of(const struct layout *l)
{
	size_t total = 0;

	for (size_t i = 0; i < l->t->count; i++) {
		if (!l->is_out[i])
			total += l->width[i] + (total > 0 ? GAP : 0);
	}
	return total;
}

static bool leave_one_out(struct layout *l)
{
	size_t out = 0;

	for (size_t i = 0; i < l->t->count; i++) {
		if (!l->is_out[i] &&
		    (l->is_out[out] || l->t->columns[i].leaves > l->t->columns[out].leaves))
			out = i;
	}
	if (l->is_out[out] || l->t->columns[out].leaves == 0)
		return false;
	l->is_out[out] = true;
	return true;
}

/* Says whether a column was left out. */
static bool fit(struct layout *l, size_t columns)
{
	bool is_any_out = false, has_grown = true;

	if (columns == 0 || total_of(l) <= columns)
		return false;
	for (size_t i = 0; i < l->t->count; i++)
		l->width[i] = least_of(l, i);
	while (total_of(l) > columns && leave_one_out(l))
		is_any_out = true;
	while (has_grown) {
		has_grown = false;
		for (size_t i = 0; i < l->t->count && total_of(l) < columns; i++) {
			if (l->is_out[i] || l->width[i] >= l->whole[i])
				continue;
			l->width[i]++;
			has_grown = true;
		}
	}
	return is_any_out;
}

/* --- Writing --- */

/* The first characters, as many as there are columns for them. */
static struct view first_columns(struct view text, size_t columns)
{
	size_t i = 0;

	while (i < text.len) {
		if (((uint8_t)text.at[i] & 0xc0) != 0x80 && columns-- == 0)
			break;
		i++;
	}
	return view_first(text, i);
}

static void write_cell(FILE *out, struct view text, size_t width, bool is_last, bool is_right)
{
	size_t taken = cli_text_width(text), pad = width > taken ? width - taken : 0;
	bool is_long = taken > width;

	if (is_long && width > 0)
		text = first_columns(text, width - 1);
	if (is_right)
		(void)fprintf(out, "%*s", (int)pad, "");
	(void)fprintf(out, "%.*s%s", VIEW_ARG(text), is_long ? ellipsis : "");
	if (!is_last)
		(void)fprintf(out, "%*s", (int)(is_right ? GAP : pad + GAP), "");
}

/* Titles where there is no item. */
static void write_row(const struct layout *l, FILE *out, const json_t *item, char cell[CELL_MAX])
{
	size_t last = 0;

	for (size_t i = 0; i < l->t->count; i++)
		last = l->is_out[i] ? last : i;
	for (size_t i = 0; i < l->t->count; i++) {
		if (!l->is_out[i])
			write_cell(out,
			           item ? cell_of(l, item, i, cell)
			                : view_of(l->t->columns[i].title),
			           l->width[i], i == last, l->t->columns[i].kind == CLI_NUMBER);
	}
}

void cli_write_table(const struct cli *c, FILE *out, const struct cli_table *t, const json_t *items)
{
	static char cell[CELL_MAX];
	struct layout l = { .c = c, .t = t };
	bool is_any_out;
	size_t row;
	json_t *item;

	measure(&l, items, cell);
	is_any_out = fit(&l, c->columns);
	(void)fputs(c->is_colour ? "\033[1m" : "", out);
	write_row(&l, out, NULL, cell);
	(void)fputs(c->is_colour ? "\033[0m\n" : "\n", out);
	json_array_foreach(items, row, item)
	{
		write_row(&l, out, item, cell);
		(void)fputc('\n', out);
	}
	if (is_any_out && !c->is_quiet)
		(void)fprintf(stderr, "not all columns fit: --wide shows them\n");
}
