/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration that was read and is valid: one array of structs per block
 * of the schema, and where each option stood. Reading files is the caller's:
 *
 *     struct conf_report report = { 0 };
 *     enum err err = conf_load(&schema, "/etc/ringfence/ringfence.conf", &ports, &tree, &report);
 *
 *     if (err == ERR_SYNTAX)
 *             print report.faults[0 .. report.kept - 1].text, exit 3
 *     const struct guard_guessing *g = conf_get(tree, &guard_guessing_block, NULL);
 */
#ifndef CONF_TREE_H
#define CONF_TREE_H

#include "conf/report.h"
#include "conf/schema.h"

struct conf_tree;

enum {
	MAX_CONF_FILES = 32, /* the first one and what it includes */
	MAX_CONF_INCLUDE_DEPTH = 8,
	MAX_CONF_FILE = 1 << 20, /* bytes of a file */
	MAX_CONF_PATH = 1024,
};

struct conf_ports {
	void *context;
	/* The whole file into ret. ERR_NOT_FOUND, ERR_DENIED, ERR_LIMIT (more than size),
	 * ERR_IO. */
	enum err (*read_file)(void *context, const char *path, char *ret, size_t size,
	                      size_t *ret_len);
	/* What "file:PATH" (PATH absolute or as the first file's) or "env:NAME" stands for,
	 * NUL-terminated, without a newline at its end. NULL: the reference itself
	 * is taken, which does to check and compare, and not to run. */
	enum err (*read_secret)(void *context, const char *reference, char *ret, size_t size);
};

/* Reads, checks, fills in fallbacks, calls the blocks' checks. ERR_SYNTAX with
 * the reasons in the report, ERR_NO_MEMORY. The report may hold faults of
 * several lines; it must begin empty. */
enum err conf_load(const struct conf_schema *schema, const char *path,
                   const struct conf_ports *ports, struct conf_tree **ret,
                   struct conf_report *report) MUST_USE;
void conf_tree_free(struct conf_tree **t);

/* The block's rows, side by side as its struct. Never NULL for a block with
 * max_rows 0; *ret_count may be NULL. They live with the tree. */
const void *conf_get(const struct conf_tree *t, const struct conf_block *block, size_t *ret_count);
/* Whether the block stands in a file (a block with max_rows 0 has a row anyway). */
bool conf_block_is_written(const struct conf_tree *t, const struct conf_block *block);
/* The row with that label, or CONF_NO_ROW. */
uint16_t conf_row_of(const struct conf_tree *t, const struct conf_block *block, struct view label);
/* Where the option stands in that row; option NULL: the block's own word. Line 0: not written. */
struct conf_place conf_place_of(const struct conf_tree *t, const struct conf_block *block,
                                size_t row, const char *option);

/* What a block check and a check across blocks (proc/schema.c) are given. */
struct conf_check {
	const struct conf_tree *tree;
	const struct conf_block *block;
	size_t row;
	struct conf_report *report;
};
/* One side of a contradiction: an option of a row, or with NULL the row itself. */
struct conf_claim {
	const struct conf_check *check;
	const char *option;
};
/* Two rows, of any blocks, contradict each other: both places are named. */
void conf_object_to(struct conf_claim claim, struct conf_claim rival, const char *problem,
                    const char *remedy);

/* What differs between two trees of one schema, in the schema's order; secrets
 * compare by content and show nothing. Rows of labelled blocks are matched by label. */
enum conf_change_kind { CONF_ADDED, CONF_REMOVED, CONF_CHANGED };
struct conf_change {
	enum conf_change_kind kind;
	const struct conf_block *block;
	const char *label;                /* "" where the block has none; lives with the trees */
	const struct conf_option *option; /* CHANGED only, else NULL */
};
/* Fills at most max rows; returns how many there are. */
size_t conf_diff(const struct conf_tree *old, const struct conf_tree *new, struct conf_change *ret,
                 size_t max);

/* --- Blocks as bytes, for the sealed memory that a process inherits. --- */

/* The chosen blocks' rows. Fails in the buffer (ERR_LIMIT) where it is too
 * small; conf_blob_size says what is needed. */
size_t conf_blob_size(const struct conf_tree *t, const struct conf_block *const *blocks,
                      size_t count);
void conf_blob_write(const struct conf_tree *t, const struct conf_block *const *blocks,
                     size_t count, struct buffer *b);

struct conf_blob {
	const char *at;
	size_t size;
};
/* Checks version, bounds and sizes; memory must be aligned to 16 bytes and
 * outlive the blob. ERR_SYNTAX, ERR_UNSUPPORTED (another build's version). */
enum err conf_blob_open(const void *memory, size_t size, struct conf_blob *ret) MUST_USE;
/* The block's rows and their number; NULL and 0 where the blob has no such
 * block or its struct is of another size. Not NULL for a block with no rows. */
const void *conf_blob_get(const struct conf_blob *blob, const struct conf_block *block,
                          size_t *ret_count);

#endif
