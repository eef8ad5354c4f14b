/* SPDX-License-Identifier: Apache-2.0 */
/* Rows that take what is not written in them from a row that they name, and
 * what no row may lack. */
#include "conf/load_priv.h"
#include "conf/manual.h"

static const struct conf_option *inherits_of(const struct conf_block *block)
{
	for (uint32_t i = 0; i < block->option_count; i++)
		if (block->options[i].flags & CONF_INHERITS)
			return &block->options[i];
	return NULL;
}

/* The row that it takes from, or CONF_NO_ROW. */
static uint64_t giver_of(const struct conf_loading *l, size_t index, uint32_t row)
{
	const struct conf_option *o = inherits_of(l->tree->schema->blocks[index]);

	return o ? conf_number_at(conf_row_at(l->tree, index, row) + o->offset, o->size)
	         : CONF_NO_ROW;
}

static bool is_to_inherit(const struct conf_loading *l, size_t index, uint32_t row)
{
	const struct conf_block *block = l->tree->schema->blocks[index];
	const struct conf_option *o = inherits_of(block);

	return o && conf_spot_at(l->tree, index, row, (size_t)(o - block->options))->line > 0;
}

static void require(struct conf_loading *l, size_t index, uint32_t row)
{
	const struct conf_block *block = l->tree->schema->blocks[index];
	const struct conf_spot *spot = conf_spot_at(l->tree, index, row, block->option_count);
	const struct conf_reader r = { .path = l->tree->paths[spot->file], .report = l->report };
	const struct conf_token word = { .line = spot->line, .column = spot->column };
	const char *label = conf_label_of(block, conf_row_at(l->tree, index, row));

	for (uint32_t i = 0; i < block->option_count; i++) {
		const struct conf_option *o = &block->options[i];
		char range[256];
		struct buffer b = BUFFER_ON(range);

		if (!(o->flags & CONF_REQUIRED) || conf_spot_at(l->tree, index, row, i)->line > 0)
			continue;
		conf_range_write(o, &b);
		conf_fault(&r, &word, "%s%s%s: %s is missing; write %s and then %.*s", block->word,
		           label[0] ? " " : "", label, o->word[0] ? o->word : "a value", o->word,
		           VIEW_ARG(buffer_view(&b)));
	}
}

void conf_require(struct conf_loading *l, size_t index, uint32_t row)
{
	if (!l->tree->schema->blocks[index]->is_pattern && !is_to_inherit(l, index, row))
		require(l, index, row);
}

/* Both blocks have one struct, so that a field tells the same option. */
static void take(struct conf_loading *l, size_t index, uint32_t row, size_t from, uint32_t giver)
{
	const struct conf_block *block = l->tree->schema->blocks[index];
	const struct conf_block *given = l->tree->schema->blocks[from];
	char *to = conf_row_at(l->tree, index, row);
	const char *source = conf_row_at(l->tree, from, giver);

	for (uint32_t i = 0; i < block->option_count; i++) {
		const struct conf_option *o = &block->options[i];
		struct conf_spot *spot = conf_spot_at(l->tree, index, row, i);

		for (uint32_t j = 0; j < given->option_count && spot->line == 0; j++) {
			const struct conf_spot *there = conf_spot_at(l->tree, from, giver, j);

			if (given->options[j].offset != o->offset || there->line == 0)
				continue;
			memcpy(to + o->offset, source + o->offset, o->size);
			if (conf_is_list(o))
				memcpy(to + o->count_offset, source + o->count_offset,
				       o->count_size);
			*spot = *there;
		}
	}
}

/* The first row from there on that stands in that row of the outer block; the count: none. */
static uint32_t row_within(const struct conf_loading *l, size_t index, uint32_t parent, uint32_t at)
{
	const struct conf_block *block = l->tree->schema->blocks[index];

	while (at < l->tree->blocks[index].count &&
	       conf_number_at(conf_row_at(l->tree, index, at) + block->parent_offset, 2) != parent)
		at++;
	return at;
}

static void complain(struct conf_loading *l, size_t index, uint32_t row, const char *what)
{
	const struct conf_block *block = l->tree->schema->blocks[index];
	const struct conf_spot *spot = conf_spot_at(l->tree, index, row, block->option_count);
	const struct conf_reader r = { .path = l->tree->paths[spot->file], .report = l->report };
	const struct conf_token word = { .line = spot->line, .column = spot->column };

	conf_fault(&r, &word, "%s %s", block->word, what);
}

/* What stands within the giver, for what stands, or then stands too, within who takes. */
static void give(struct conf_loading *l, size_t from, uint32_t giver, size_t to, uint32_t taker)
{
	const struct conf_block *block = l->tree->schema->blocks[to];
	const struct conf_rows *sources = &l->tree->blocks[from], *rows = &l->tree->blocks[to];
	uint32_t source = row_within(l, from, giver, 0), row = row_within(l, to, taker, 0);

	if (source == sources->count)
		return;
	if (row_within(l, from, giver, source + 1) < sources->count)
		complain(l, from, row_within(l, from, giver, source + 1),
		         "stands twice; leave one out");
	if (row == rows->count) {
		if (rows->count == block->max_rows) {
			complain(l, from, source, "stands too often with those who take it");
			return;
		}
		l->err = conf_row_begin(l, to, &row);
		if (l->err != ERR_NONE)
			return;
		conf_number_store(conf_row_at(l->tree, to, row) + block->parent_offset, 2, taker);
		*conf_spot_at(l->tree, to, row, block->option_count) = *conf_spot_at(
			l->tree, from, source, l->tree->schema->blocks[from]->option_count);
		l->tree->blocks[to].is_written = true;
	}
	take(l, to, row, from, source);
}

static bool is_within(const struct conf_block *inner, const struct conf_block *outer)
{
	return inner->within && view_equal(view_of(inner->within), view_of(outer->word));
}

static void give_all(struct conf_loading *l, size_t from, uint32_t giver, size_t to, uint32_t taker)
{
	const struct conf_schema *s = l->tree->schema;

	for (size_t i = 0; i < s->count; i++)
		for (size_t k = 0; k < s->count && l->err == ERR_NONE; k++)
			if (s->blocks[i]->is_pattern && is_within(s->blocks[i], s->blocks[from]) &&
			    is_within(s->blocks[k], s->blocks[to]) &&
			    view_equal(view_of(s->blocks[i]->word), view_of(s->blocks[k]->word)))
				give(l, i, giver, k, taker);
}

void conf_inherit(struct conf_loading *l)
{
	const struct conf_schema *s = l->tree->schema;

	for (size_t i = 0; i < s->count; i++) {
		const struct conf_option *o =
			s->blocks[i]->is_pattern ? NULL : inherits_of(s->blocks[i]);

		for (uint32_t row = 0; o && row < l->tree->blocks[i].count; row++) {
			uint64_t giver = giver_of(l, i, row);
			size_t from;

			if (giver != CONF_NO_ROW) {
				from = conf_index_of(s, conf_block_of(s, o->refers_to));
				take(l, i, row, from, (uint32_t)giver);
				give_all(l, from, (uint32_t)giver, i, row);
			}
			if (is_to_inherit(l, i, row))
				require(l, i, row);
		}
	}
}
