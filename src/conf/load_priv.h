/* SPDX-License-Identifier: Apache-2.0 */
/* Loading: files to statements (load.c), statements to rows (statement.c). */
#ifndef CONF_LOAD_PRIV_H
#define CONF_LOAD_PRIV_H

#include "conf/reader_priv.h"
#include "conf/tree_priv.h"

/* A NAME whose block may come later. */
struct conf_pending {
	size_t block;
	uint32_t row, option;
	struct conf_token token; /* its text lives with the loading */
	const char *path;
};

enum { MAX_CONF_PENDING = 4096 };

struct conf_loading {
	struct conf_tree *tree;
	struct conf_report *report;
	const struct conf_ports *ports;
	char *texts[MAX_CONF_FILES]; /* what the files hold; as tree->paths */
	const char *open_paths[MAX_CONF_INCLUDE_DEPTH];
	size_t depth;
	struct conf_pending *pending;
	uint32_t pending_count, pending_capacity;
	enum err err; /* ERR_NO_MEMORY ends the loading */
};

/* Reads the outermost block whose word stands next. Faults go to the report;
 * the reader then stands behind what was not understood. */
void conf_block_read(struct conf_loading *l, struct conf_reader *r);
/* One row with all fallbacks. */
enum err conf_row_begin(struct conf_loading *l, size_t block, uint32_t *ret_row) MUST_USE;
/* Faults for what must be written in the row and is not; of a row that names another to take
 * from, conf_inherit says so. */
void conf_require(struct conf_loading *l, size_t index, uint32_t row);
/* CONF_INHERITS, once every name is resolved. */
void conf_inherit(struct conf_loading *l);
/* Goes on to the end of the line, over braces that were opened on it. */
void conf_skip_line(struct conf_reader *r);

/* --- What the next words name: match.c --- */

struct conf_match {
	const struct conf_option *option;
	const struct conf_block *nested; /* at most one of the two */
	size_t words;                    /* 0: none */
	struct conf_reader after;        /* behind the words */
};

struct conf_match conf_find_block(const struct conf_schema *s, const struct conf_block *outer,
                                  const struct conf_reader *r);
/* An option of the block, or a block within it. `given`: a comma's first word, or empty. */
struct conf_match conf_find_match(const struct conf_schema *s, const struct conf_block *block,
                                  const struct conf_reader *r, struct view given);
/* The option that stands without a word, or NULL; and whether the next word may be meant for it. */
const struct conf_option *conf_bare_option(const struct conf_block *block);
/* Whether the next word is one more item of the list, not the next statement. */
bool conf_list_goes_on(const struct conf_schema *s, const struct conf_block *block,
                       const struct conf_option *o, const struct conf_reader *r);
bool conf_fits_bare(const struct conf_block *block, const struct conf_reader *r);
/* A fault at the next word, with what may stand instead of it. `before`: the option that stands
 * right before it, whose words may go on here, or NULL. */
void conf_unknown_fault(const struct conf_schema *s, const struct conf_reader *r,
                        const struct conf_block *block, const struct conf_option *before);

#endif
