/* SPDX-License-Identifier: Apache-2.0 */
/* From files to a valid tree: includes, names that came before what they name,
 * and the blocks' own checks. */
#include "conf/load_priv.h"
#include <stdlib.h>

static void file_fault(const struct conf_loading *l, const struct conf_reader *from,
                       const struct conf_token *at, const char *path, enum err err)
{
	struct conf_reader alone = { .path = path, .report = l->report };
	const struct conf_token nowhere = { 0 };

	if (from)
		conf_fault(from, at, "cannot read %s: %s", path, err_text(err));
	else
		conf_fault(&alone, &nowhere, "cannot be read: %s", err_text(err));
}

/* The file's text, kept until the loading ends: tokens point into it. */
static enum err read_text(struct conf_loading *l, const char *path, struct view *ret)
{
	char *text = malloc(MAX_CONF_FILE), *fitted;
	size_t len = 0;
	enum err err;

	if (!text)
		return ERR_NO_MEMORY;
	err = l->ports->read_file(l->ports->context, path, text, MAX_CONF_FILE, &len);
	if (err != ERR_NONE) {
		free(text);
		return err;
	}
	fitted = realloc(text, len ? len : 1);
	l->texts[l->tree->path_count] = fitted ? fitted : text;
	*ret = view_bytes(l->texts[l->tree->path_count], len);
	return ERR_NONE;
}

static void bad_token_fault(const struct conf_reader *r)
{
	struct conf_token token = { .line = r->token.line, .column = r->token.column };
	size_t at = r->lexer.at;
	unsigned byte = at < r->lexer.text.len ? (unsigned char)r->lexer.text.at[at] : 0;

	if (byte == '"')
		conf_fault(r, &token,
		           "the \" has no fellow on its line, or a \\ stands before another "
		           "byte than \" and \\");
	else
		conf_fault(r, &token, "a byte that cannot stand here: 0x%02x", byte);
}

static void read_file(struct conf_loading *l, const char *path, const struct conf_reader *from,
                      const struct conf_token *at);

static void read_include(struct conf_loading *l, struct conf_reader *r)
{
	char text[MAX_CONF_PATH], path[MAX_CONF_PATH];
	struct conf_token token;

	(void)conf_reader_take(r);
	token = r->token;
	if (!conf_reader_has_value(r) || conf_token_text(&token, text, sizeof(text)) != ERR_NONE ||
	    !text[0]) {
		conf_fault(r, &token, "include: a path is missing");
		conf_skip_line(r);
		return;
	}
	(void)conf_reader_take(r);
	if (conf_join_path(r->path, text, path, sizeof(path)) != ERR_NONE) {
		conf_fault(r, &token, "include: the path is longer than %d bytes",
		           MAX_CONF_PATH - 1);
		return;
	}
	for (size_t i = 0; i < l->depth; i++) {
		if (view_equal(view_of(l->open_paths[i]), view_of(path))) {
			conf_fault(r, &token, "include: %s includes itself", path);
			return;
		}
	}
	if (l->depth == MAX_CONF_INCLUDE_DEPTH)
		conf_fault(r, &token, "include: more than %d deep", MAX_CONF_INCLUDE_DEPTH);
	else if (l->tree->path_count == MAX_CONF_FILES)
		conf_fault(r, &token, "include: more than %d files", MAX_CONF_FILES);
	else
		read_file(l, path, r, &token);
}

static void read_outermost(struct conf_loading *l, struct conf_reader *r)
{
	switch (r->token.kind) {
	case CONF_TOKEN_NEWLINE:
		(void)conf_reader_take(r);
		break;
	case CONF_TOKEN_WORD:
		if (view_equal(r->token.text, VIEW("include")))
			read_include(l, r);
		else
			conf_block_read(l, r);
		break;
	case CONF_TOKEN_CLOSE:
		conf_fault(r, &r->token, "this } has no {");
		(void)conf_reader_take(r);
		break;
	default:
		conf_fault(r, &r->token, "expected the word of a block");
		conf_skip_line(r);
	}
}

static void read_file(struct conf_loading *l, const char *path, const struct conf_reader *from,
                      const struct conf_token *at)
{
	struct view text;
	struct conf_reader r;
	enum err err = read_text(l, path, &text);
	char *kept;

	if (err != ERR_NONE && err != ERR_NO_MEMORY)
		file_fault(l, from, at, path, err);
	kept = err == ERR_NONE ? strdup(path) : NULL;
	if (err == ERR_NO_MEMORY || (err == ERR_NONE && !kept)) {
		free(err == ERR_NONE ? l->texts[l->tree->path_count] : NULL);
		l->texts[l->tree->path_count] = NULL;
		l->err = ERR_NO_MEMORY;
	}
	if (!kept)
		return;
	l->tree->paths[l->tree->path_count] = kept;
	r = conf_reader_on(text, kept, l->report);
	r.file = (uint16_t)l->tree->path_count++;
	l->open_paths[l->depth++] = kept;
	while (r.token.kind != CONF_TOKEN_END && r.token.kind != CONF_TOKEN_BAD &&
	       l->err == ERR_NONE)
		read_outermost(l, &r);
	if (r.token.kind == CONF_TOKEN_BAD)
		bad_token_fault(&r);
	l->depth--;
}

static void resolve_name(struct conf_loading *l, const struct conf_pending *p)
{
	const struct conf_block *block = l->tree->schema->blocks[p->block];
	const struct conf_option *o = &block->options[p->option];
	const struct conf_block *named = conf_block_of(l->tree->schema, o->refers_to);
	size_t index = conf_index_of(l->tree->schema, named);
	struct conf_reader r = { .path = p->path, .report = l->report };
	uint16_t row = conf_row_of(l->tree, named, p->token.text);
	const char *nearest = NULL;
	size_t best = SIZE_MAX;

	if (row != CONF_NO_ROW) {
		conf_number_store(conf_row_at(l->tree, p->block, p->row) + o->offset, o->size, row);
		return;
	}
	for (uint32_t i = 0; i < l->tree->blocks[index].count; i++) {
		const char *label = conf_label_of(named, conf_row_at(l->tree, index, i));
		size_t distance = conf_distance(p->token.text, view_of(label));

		if (distance < best) {
			best = distance;
			nearest = label;
		}
	}
	conf_fault(&r, &p->token, "%s: there is no %s \"%.*s\"%s%s%s",
	           o->word[0] ? o->word : block->word, o->refers_to,
	           (int)(p->token.text.len < 80 ? p->token.text.len : 80), p->token.text.at,
	           nearest ? "; did you mean \"" : "; write one, or another's name",
	           nearest ? nearest : "", nearest ? "\"?" : "");
}

static void run_checks(struct conf_loading *l)
{
	for (size_t i = 0; i < l->tree->schema->count; i++) {
		const struct conf_block *block = l->tree->schema->blocks[i];

		for (uint32_t row = 0; block->check && row < l->tree->blocks[i].count; row++) {
			struct conf_check c = { l->tree, block, row, l->report };

			block->check(&c, conf_row_at(l->tree, i, row));
		}
	}
}

static void read_all(struct conf_loading *l, const char *path)
{
	uint32_t row;

	for (size_t i = 0; i < l->tree->schema->count && l->err == ERR_NONE; i++)
		if (l->tree->schema->blocks[i]->max_rows == 0)
			l->err = conf_row_begin(l, i, &row);
	if (l->err == ERR_NONE)
		read_file(l, path, NULL, NULL);
	for (uint32_t i = 0; i < l->pending_count && l->err == ERR_NONE; i++)
		resolve_name(l, &l->pending[i]);
	if (l->err == ERR_NONE)
		conf_inherit(l);
	if (l->err == ERR_NONE && l->report->count == 0)
		run_checks(l);
}

enum err conf_load(const struct conf_schema *schema, const char *path,
                   const struct conf_ports *ports, struct conf_tree **ret,
                   struct conf_report *report)
{
	struct conf_loading l = { .report = report, .ports = ports };

	l.tree = calloc(1, sizeof(*l.tree));
	if (!l.tree)
		return ERR_NO_MEMORY;
	l.tree->schema = schema;
	read_all(&l, path);
	for (size_t i = 0; i < MAX_CONF_FILES; i++)
		free(l.texts[i]);
	free(l.pending);
	if (l.err == ERR_NONE && report->count > 0)
		l.err = ERR_SYNTAX;
	if (l.err == ERR_NONE)
		*ret = l.tree;
	else
		conf_tree_free(&l.tree);
	return l.err;
}
