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

void conf_inherit(struct conf_loading *l)
{
	const struct conf_schema *s = l->tree->schema;

	for (size_t i = 0; i < s->count; i++) {
		const struct conf_option *o =
			s->blocks[i]->is_pattern ? NULL : inherits_of(s->blocks[i]);

		for (uint32_t row = 0; o && row < l->tree->blocks[i].count; row++) {
			uint64_t giver = giver_of(l, i, row);

			if (giver != CONF_NO_ROW)
				take(l, i, row, conf_index_of(s, conf_block_of(s, o->refers_to)),
				     (uint32_t)giver);
			if (is_to_inherit(l, i, row))
				require(l, i, row);
		}
	}
}
