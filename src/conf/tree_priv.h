/* SPDX-License-Identifier: Apache-2.0 */
/* The tree's inside: rows of the blocks, and the spots of what was written. */
#ifndef CONF_TREE_PRIV_H
#define CONF_TREE_PRIV_H

#include "conf/tree.h"

struct conf_spot {
	uint32_t line, column; /* line 0: not written */
	uint32_t file;
};

struct conf_rows {
	char *rows;
	struct conf_spot *spots; /* option_count + 1 a row; the last is the block's word */
	uint32_t count, capacity;
	bool is_written;
};

struct conf_tree {
	const struct conf_schema *schema;
	struct conf_rows blocks[MAX_CONF_BLOCKS]; /* as in the schema */
	char *paths[MAX_CONF_FILES];
	uint32_t path_count;
};

/* Place of the block in the schema; the block must be in it. */
size_t conf_index_of(const struct conf_schema *s, const struct conf_block *block);
const struct conf_block *conf_block_of(const struct conf_schema *s, const char *word);
/* One more row, of zero bytes. ERR_NO_MEMORY. */
enum err conf_row_add(struct conf_tree *t, size_t block, uint32_t *ret_row) MUST_USE;
char *conf_row_at(const struct conf_tree *t, size_t block, size_t row);
/* Option option_count is the block's word. */
struct conf_spot *conf_spot_at(const struct conf_tree *t, size_t block, size_t row, size_t option);
struct conf_place conf_place_at(const struct conf_tree *t, const struct conf_spot *spot);
/* "" where the block has no label. */
const char *conf_label_of(const struct conf_block *block, const char *row);
/* By its word, or by word, blank and unit; option_count where there is none. */
size_t conf_option_index(const struct conf_block *block, const char *word);
/* Unsigned numbers of 1, 2, 4 or 8 bytes, aligned or not. */
uint64_t conf_number_at(const char *at, uint32_t size);
void conf_number_store(char *at, uint32_t size, uint64_t number);

#endif
