/* SPDX-License-Identifier: Apache-2.0 */
/* Storage of a configuration, and what its readers ask of it. */
#include "base/secret.h"
#include "conf/tree_priv.h"
#include <assert.h>
#include <stdlib.h>

size_t conf_index_of(const struct conf_schema *s, const struct conf_block *block)
{
	size_t i = 0;

	while (i < s->count && s->blocks[i] != block)
		i++;
	assert(i < s->count);
	return i;
}

const struct conf_block *conf_block_of(const struct conf_schema *s, const char *word)
{
	for (size_t i = 0; i < s->count; i++)
		if (view_equal(view_of(s->blocks[i]->word), view_of(word)))
			return s->blocks[i];
	return NULL;
}

static enum err grow(struct conf_rows *r, const struct conf_block *block)
{
	uint32_t capacity = r->capacity ? r->capacity * 2 : 1;
	size_t spots = (size_t)capacity * (block->option_count + 1);
	char *rows = realloc(r->rows, (size_t)capacity * block->row_size);
	struct conf_spot *at;

	if (!rows)
		return ERR_NO_MEMORY;
	r->rows = rows;
	at = realloc(r->spots, spots * sizeof(struct conf_spot));
	if (!at)
		return ERR_NO_MEMORY;
	r->spots = at;
	r->capacity = capacity;
	return ERR_NONE;
}

enum err conf_row_add(struct conf_tree *t, size_t block, uint32_t *ret_row)
{
	const struct conf_block *b = t->schema->blocks[block];
	struct conf_rows *r = &t->blocks[block];
	size_t options = b->option_count + 1;

	if (r->count == r->capacity && grow(r, b) != ERR_NONE)
		return ERR_NO_MEMORY;
	memset(r->rows + (size_t)r->count * b->row_size, 0, b->row_size);
	memset(r->spots + r->count * options, 0, options * sizeof(struct conf_spot));
	*ret_row = r->count++;
	return ERR_NONE;
}

void conf_tree_free(struct conf_tree **t)
{
	if (!*t)
		return;
	for (size_t i = 0; i < (*t)->schema->count; i++) {
		struct conf_rows *r = &(*t)->blocks[i];

		if (r->rows)
			secret_wipe(r->rows, (size_t)r->count * (*t)->schema->blocks[i]->row_size);
		free(r->rows);
		free(r->spots);
	}
	for (size_t i = 0; i < (*t)->path_count; i++)
		free((*t)->paths[i]);
	free(*t);
	*t = NULL;
}

char *conf_row_at(const struct conf_tree *t, size_t block, size_t row)
{
	assert(row < t->blocks[block].count);
	return t->blocks[block].rows + row * t->schema->blocks[block]->row_size;
}

struct conf_spot *conf_spot_at(const struct conf_tree *t, size_t block, size_t row, size_t option)
{
	assert(row < t->blocks[block].count);
	return &t->blocks[block].spots[row * (t->schema->blocks[block]->option_count + 1) + option];
}

struct conf_place conf_place_at(const struct conf_tree *t, const struct conf_spot *spot)
{
	if (spot->line == 0)
		return (struct conf_place){ 0 };
	return (struct conf_place){ t->paths[spot->file], spot->line, spot->column };
}

const char *conf_label_of(const struct conf_block *block, const char *row)
{
	return block->label ? row + block->label_offset : "";
}

static bool is_named(const struct conf_option *o, struct view word)
{
	struct view own = view_of(o->word);

	if (view_equal(own, word))
		return true;
	return o->unit && view_starts(word, own) && word.len > own.len && word.at[own.len] == ' ' &&
	       view_equal(view_after(word, own.len + 1), view_of(o->unit));
}

size_t conf_option_index(const struct conf_block *block, const char *word)
{
	size_t i = 0;

	while (i < block->option_count && !is_named(&block->options[i], view_of(word)))
		i++;
	return i;
}

uint64_t conf_number_at(const char *at, uint32_t size)
{
	uint64_t eight;
	uint32_t four;
	uint16_t two;

	switch (size) {
	case 1:
		return (uint8_t)*at;
	case 2:
		memcpy(&two, at, 2);
		return two;
	case 4:
		memcpy(&four, at, 4);
		return four;
	default:
		memcpy(&eight, at, 8);
		return eight;
	}
}

/* The table's own test saw to it that .max fits into the field. */
void conf_number_store(char *at, uint32_t size, uint64_t number)
{
	switch (size) {
	case 1:
		*(uint8_t *)at = (uint8_t)number;
		break;
	case 2:
		memcpy(at, &(uint16_t){ (uint16_t)number }, 2);
		break;
	case 4:
		memcpy(at, &(uint32_t){ (uint32_t)number }, 4);
		break;
	default:
		memcpy(at, &number, 8);
	}
}

const void *conf_get(const struct conf_tree *t, const struct conf_block *block, size_t *ret_count)
{
	const struct conf_rows *r = &t->blocks[conf_index_of(t->schema, block)];

	if (ret_count)
		*ret_count = r->count;
	return r->rows;
}

bool conf_block_is_written(const struct conf_tree *t, const struct conf_block *block)
{
	return t->blocks[conf_index_of(t->schema, block)].is_written;
}

uint16_t conf_row_of(const struct conf_tree *t, const struct conf_block *block, struct view label)
{
	size_t index = conf_index_of(t->schema, block);

	for (uint32_t row = 0; row < t->blocks[index].count; row++)
		if (view_equal(view_of(conf_label_of(block, conf_row_at(t, index, row))), label))
			return (uint16_t)row;
	return CONF_NO_ROW;
}

struct conf_place conf_place_of(const struct conf_tree *t, const struct conf_block *block,
                                size_t row, const char *option)
{
	size_t index = option ? conf_option_index(block, option) : block->option_count;

	assert(!option || index < block->option_count);
	return conf_place_at(t, conf_spot_at(t, conf_index_of(t->schema, block), row, index));
}
