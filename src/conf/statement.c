/* SPDX-License-Identifier: Apache-2.0 */
/* Statements and blocks: reads the values of what the words name into rows.
 * A statement with a fault is skipped to its line's end, so that one mistake
 * is told once and the next ones too. */
#include "conf/load_priv.h"
#include "conf/manual.h"
#include <stdlib.h>

enum { MAX_SHARING = 8 };

/* Where a statement goes to. */
struct target {
	size_t block; /* place in the schema */
	uint32_t row;
	struct view first_word;           /* of the statement before: what a comma repeats */
	const struct conf_option *before; /* on the same line; NULL: none */
};

static enum err remember_name(struct conf_loading *l, struct conf_reader *r, const struct target *t,
                              const struct conf_option *o)
{
	const struct conf_block *block = l->tree->schema->blocks[t->block];
	struct conf_pending *pending = l->pending;

	if (l->pending_count == MAX_CONF_PENDING)
		return ERR_LIMIT;
	if (l->pending_count == l->pending_capacity) {
		uint32_t capacity = l->pending_capacity ? l->pending_capacity * 2 : 16;

		pending = reallocarray(l->pending, capacity, sizeof(*pending));
		if (!pending) {
			l->err = ERR_NO_MEMORY;
			return ERR_NO_MEMORY;
		}
		l->pending = pending;
		l->pending_capacity = capacity;
	}
	pending[l->pending_count++] = (struct conf_pending){
		.block = t->block,
		.row = t->row,
		.option = (uint32_t)(o - block->options),
		.token = conf_reader_take(r),
		.path = r->path,
	};
	return ERR_NONE;
}

/* The reference, with its path seen from the file's folder. */
static enum err read_reference(struct conf_reader *r, char *ret, size_t size)
{
	struct conf_token token = conf_reader_take(r);
	char text[MAX_CONF_PATH];
	enum err err = conf_token_text(&token, text, sizeof(text));

	if (err != ERR_NONE)
		return err;
	if (view_starts(view_of(text), VIEW("env:")) && text[4] != '\0')
		return view_copy(view_of(text), ret, size) ? ERR_NONE : ERR_LIMIT;
	if (!view_starts(view_of(text), VIEW("file:")) || text[5] == '\0')
		return ERR_SYNTAX;
	memcpy(ret, "file:", 5);
	return conf_join_path(r->path, text + 5, ret + 5, size - 5);
}

static enum err read_secret(struct conf_loading *l, struct conf_reader *r,
                            const struct conf_option *o, char *at)
{
	struct conf_token token = r->token;
	char reference[MAX_CONF_PATH];
	enum err err = read_reference(r, reference, sizeof(reference));

	memset(at, 0, o->size);
	if (err != ERR_NONE)
		return err;
	if (!l->ports->read_secret) {
		(void)view_copy(view_of(reference), at, o->size);
		return ERR_NONE;
	}
	err = l->ports->read_secret(l->ports->context, reference, at, o->size);
	if (err != ERR_NONE && err != ERR_NO_MEMORY) {
		conf_fault(r, &token, "%s: cannot read %s: %s", o->word, reference, err_text(err));
		return ERR_IO;
	}
	return err;
}

/* A list's next item, or the field itself. NULL: the list is full. */
static char *place_for(const struct conf_option *o, char *row)
{
	uint64_t count;
	char *counter = row + o->count_offset;

	if (!conf_is_list(o))
		return row + o->offset;
	count = conf_number_at(counter, o->count_size);
	if ((count + 1) * o->item_size > o->size)
		return NULL;
	return row + o->offset + count * o->item_size;
}

static void count_item(const struct conf_option *o, char *row)
{
	char *counter = row + o->count_offset;

	conf_number_store(counter, o->count_size, conf_number_at(counter, o->count_size) + 1);
}

static bool read_value(struct conf_loading *l, struct conf_reader *r, const struct target *t,
                       const struct conf_option *o)
{
	const struct conf_block *block = l->tree->schema->blocks[t->block];
	char *row = conf_row_at(l->tree, t->block, t->row), *at = place_for(o, row);
	struct conf_token token = r->token;
	enum err err;

	if (!at) {
		conf_fault(r, &token, "%s: more than %u are not held",
		           o->word[0] ? o->word : block->word, o->size / o->item_size);
		return false;
	}
	if (!conf_reader_has_value(r))
		err = ERR_SYNTAX;
	else if (o->type == CONF_NAME)
		err = remember_name(l, r, t, o);
	else if (o->type == CONF_SECRET)
		err = read_secret(l, r, o, at);
	else
		err = conf_value_read(r, o, at);
	if (err == ERR_NONE && conf_is_list(o))
		count_item(o, row);
	else if (err != ERR_NONE && err != ERR_IO && err != ERR_NO_MEMORY)
		conf_value_fault(r, &token, block, o, err);
	return err == ERR_NONE;
}

static bool read_values(struct conf_loading *l, struct conf_reader *r, const struct target *t,
                        const struct conf_option *o)
{
	const struct conf_block *block = l->tree->schema->blocks[t->block];

	if (o->type == CONF_SWITCH) {
		conf_number_store(conf_row_at(l->tree, t->block, t->row) + o->offset, o->size, 1);
		return true;
	}
	do {
		if (!read_value(l, r, t, o))
			return false;
	} while (conf_list_goes_on(l->tree->schema, block, o, r));
	return true;
}

/* Options of one word that differ in their unit: the words after the number
 * tell. NULL where they name none. */
static const struct conf_option *by_unit(const struct conf_block *block,
                                         const struct conf_option *o, const struct conf_reader *r)
{
	const struct conf_option *plain = NULL, *best = NULL;
	size_t best_words = 0, sharing = 0;

	for (uint32_t i = 0; i < block->option_count; i++) {
		const struct conf_option *other = &block->options[i];
		struct conf_reader ahead = *r;
		size_t words;

		if (!view_equal(view_of(other->word), view_of(o->word)))
			continue;
		sharing++;
		if (!other->unit) {
			plain = other;
			continue;
		}
		(void)conf_reader_take(&ahead);
		words = conf_reader_skip_phrase(&ahead, other->unit);
		if (words > best_words) {
			best_words = words;
			best = other;
		}
	}
	if (sharing == 1)
		return o;
	return best ? best : plain;
}

static void unit_fault(const struct conf_reader *r, const struct conf_block *block,
                       const struct conf_option *o)
{
	char text[CONF_FAULT_SIZE];
	struct buffer b = BUFFER_ON(text);

	for (uint32_t i = 0; i < block->option_count; i++) {
		if (!view_equal(view_of(block->options[i].word), view_of(o->word)))
			continue;
		buffer_text(&b, b.len > 0 ? ", or " : "");
		conf_range_write(&block->options[i], &b);
	}
	conf_fault(r, &r->token, "%s: it is not said of what; expected %.*s", o->word,
	           VIEW_ARG(buffer_view(&b)));
}

/* Notes where the option was written; a list or flags first lose their
 * fallback. False where it was written before and holds one value only. */
static bool note_spot(struct conf_loading *l, const struct conf_reader *r, const struct target *t,
                      const struct conf_option *o, const struct conf_token *word)
{
	const struct conf_block *block = l->tree->schema->blocks[t->block];
	struct conf_spot *spot =
		conf_spot_at(l->tree, t->block, t->row, (size_t)(o - block->options));
	char *row = conf_row_at(l->tree, t->block, t->row);
	bool adds = conf_is_list(o) || o->type == CONF_FLAGS;

	if (spot->line > 0) {
		if (!adds)
			conf_fault(r, word, "%s is given twice; first in %s:%u",
			           o->word[0] ? o->word : block->word, l->tree->paths[spot->file],
			           spot->line);
		return adds;
	}
	*spot = (struct conf_spot){ word->line, word->column, r->file };
	if (adds)
		memset(row + o->offset, 0, o->size);
	if (conf_is_list(o))
		conf_number_store(row + o->count_offset, o->count_size, 0);
	return true;
}

/* `udp tcp 5060`: goes on over the words that share the value to come. */
static size_t skip_sharing(const struct conf_schema *s, const struct conf_block *block,
                           struct conf_reader *r, const struct conf_option *options[MAX_SHARING])
{
	size_t count = 1;

	while ((options[0]->flags & CONF_SHARES) && count < MAX_SHARING) {
		struct conf_match next = conf_find_match(s, block, r, VIEW_EMPTY);

		if (!next.option || !(next.option->flags & CONF_SHARES) ||
		    next.option->type != options[0]->type)
			break;
		options[count++] = next.option;
		*r = next.after;
	}
	return count;
}

static bool read_option(struct conf_loading *l, struct conf_reader *r, struct target *t,
                        const struct conf_option *o, const struct conf_token *word)
{
	const struct conf_block *block = l->tree->schema->blocks[t->block];
	const struct conf_option *options[MAX_SHARING] = { o };
	size_t count = skip_sharing(l->tree->schema, block, r, options);
	struct conf_reader values = *r;

	t->first_word = view_first(view_of(o->word), view_find(view_of(o->word), ' ', 0));
	t->before = o;
	for (size_t i = 0; i < count; i++) {
		const struct conf_option *chosen = by_unit(block, options[i], r);

		if (!chosen) {
			unit_fault(r, block, options[i]);
			return false;
		}
		*r = values;
		if (!note_spot(l, r, t, chosen, word) || !read_values(l, r, t, chosen))
			return false;
	}
	return true;
}

static void read_block(struct conf_loading *l, struct conf_reader *r,
                       const struct conf_block *block, const struct target *parent);

static bool read_statement(struct conf_loading *l, struct conf_reader *r, struct target *t)
{
	const struct conf_schema *s = l->tree->schema;
	const struct conf_block *block = s->blocks[t->block];
	struct view given = VIEW_EMPTY;
	struct conf_token word;
	struct conf_match m;

	if (r->token.kind == CONF_TOKEN_COMMA) {
		given = t->first_word;
		if (given.len == 0) {
			conf_fault(
				r, &r->token,
				"a comma repeats the word of the statement before it; here is none");
			return false;
		}
		(void)conf_reader_take(r);
	}
	word = r->token;
	m = conf_find_match(s, block, r, given);
	if (m.nested) {
		read_block(l, r, m.nested, t);
		return true;
	}
	if (!m.option && given.len == 0 && conf_fits_bare(block, r)) {
		m.option = conf_bare_option(block);
		m.after = *r;
	}
	if (!m.option) {
		conf_unknown_fault(s, r, block, t->before);
		return false;
	}
	*r = m.after;
	return read_option(l, r, t, m.option, &word);
}

void conf_skip_line(struct conf_reader *r)
{
	for (size_t depth = 0;; (void)conf_reader_take(r)) {
		switch (r->token.kind) {
		case CONF_TOKEN_OPEN:
			depth++;
			break;
		case CONF_TOKEN_CLOSE:
			if (depth == 0)
				return;
			depth--;
			break;
		case CONF_TOKEN_NEWLINE:
			if (depth == 0)
				return;
			break;
		case CONF_TOKEN_END:
		case CONF_TOKEN_BAD:
			return;
		default:
			break;
		}
	}
}

static bool ends_inline(const struct conf_reader *r)
{
	return r->token.kind == CONF_TOKEN_NEWLINE || r->token.kind == CONF_TOKEN_CLOSE ||
	       r->token.kind == CONF_TOKEN_END || r->token.kind == CONF_TOKEN_BAD;
}

static void read_line(struct conf_loading *l, struct conf_reader *r, struct target *t)
{
	struct conf_reader start = *r;

	if (l->err != ERR_NONE || read_statement(l, r, t))
		return;
	*r = start;
	conf_skip_line(r);
}

/* Between the braces, or to the end of the line where there are none. */
static void read_body(struct conf_loading *l, struct conf_reader *r, struct target *t)
{
	const struct conf_block *block = l->tree->schema->blocks[t->block];
	struct conf_token open = r->token;

	if (open.kind != CONF_TOKEN_OPEN) {
		if (ends_inline(r))
			conf_fault(r, &r->token,
			           "%s: nothing follows; write { }, or its options on the line",
			           block->word);
		while (!ends_inline(r) && l->err == ERR_NONE)
			read_line(l, r, t);
		return;
	}
	(void)conf_reader_take(r);
	while (r->token.kind != CONF_TOKEN_CLOSE && l->err == ERR_NONE) {
		if (r->token.kind == CONF_TOKEN_BAD)
			return; /* whoever reads the file says so */
		if (r->token.kind == CONF_TOKEN_END) {
			conf_fault(r, &open, "the { of %s has no }", block->word);
			return;
		}
		if (r->token.kind == CONF_TOKEN_NEWLINE) {
			(void)conf_reader_take(r);
			t->before = NULL;
		} else {
			read_line(l, r, t);
		}
	}
	(void)conf_reader_take(r);
}

static bool is_label(struct view v)
{
	for (size_t i = 0; i < v.len; i++) {
		char c = v.at[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!is_letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.')
			return false;
	}
	return v.len > 0;
}

static bool read_label(struct conf_reader *r, const struct conf_block *block, struct view *ret)
{
	struct conf_token token = r->token;
	size_t max =
		block->label_size - 1 < MAX_CONF_LABEL ? block->label_size - 1 : MAX_CONF_LABEL;

	*ret = VIEW_EMPTY;
	if (!block->label)
		return true;
	if (token.kind != CONF_TOKEN_WORD || !is_label(token.text) || token.text.len > max) {
		conf_fault(
			r, &token,
			"%s: the %s is missing or no name; expected 1 to %zu letters, digits, - _ or .",
			block->word, block->label, max);
		return false;
	}
	*ret = conf_reader_take(r).text;
	return true;
}

enum err conf_row_begin(struct conf_loading *l, size_t block, uint32_t *ret_row)
{
	const struct conf_block *b = l->tree->schema->blocks[block];
	struct target t = { .block = block };
	enum err err = conf_row_add(l->tree, block, &t.row);

	if (err != ERR_NONE)
		return err;
	for (uint32_t i = 0; i < b->option_count; i++) {
		const struct conf_option *o = &b->options[i];
		struct conf_reader r = conf_reader_on(view_of(o->fallback), NULL, l->report);

		if (o->type == CONF_NAME)
			conf_number_store(conf_row_at(l->tree, block, t.row) + o->offset, o->size,
			                  CONF_NO_ROW);
		if (o->fallback)
			(void)read_values(l, &r, &t, o);
	}
	*ret_row = t.row;
	return l->err;
}

/* The row that a block's text goes to; false with a fault where there can be none. */
static bool find_row(struct conf_loading *l, const struct conf_reader *r,
                     const struct conf_token *word, const struct conf_block *block, uint32_t *ret)
{
	size_t index = conf_index_of(l->tree->schema, block);
	struct conf_rows *rows = &l->tree->blocks[index];

	*ret = 0;
	if (block->max_rows == 0) {
		struct conf_place first = conf_place_of(l->tree, block, 0, NULL);

		if (first.line > 0)
			conf_fault(r, word, "%s stands twice; first in %s:%u", block->word,
			           first.file, first.line);
		return first.line == 0;
	}
	if (rows->count == block->max_rows) {
		conf_fault(r, word, "%s: more than %u are not held", block->word, block->max_rows);
		return false;
	}
	l->err = conf_row_begin(l, index, ret);
	return l->err == ERR_NONE;
}

/* A label names one block; within another block, one there. */
static bool is_taken(const struct conf_loading *l, const struct conf_block *block, uint32_t row,
                     struct view label, struct conf_place *ret_first)
{
	size_t index = conf_index_of(l->tree->schema, block);
	uint64_t parent =
		block->within
			? conf_number_at(conf_row_at(l->tree, index, row) + block->parent_offset, 2)
			: 0;

	for (uint32_t other = 0; other < row; other++) {
		const char *at = conf_row_at(l->tree, index, other);

		if (block->within && conf_number_at(at + block->parent_offset, 2) != parent)
			continue;
		if (!view_equal(view_of(conf_label_of(block, at)), label))
			continue;
		*ret_first = conf_place_of(l->tree, block, other, NULL);
		return true;
	}
	return false;
}

static void read_block(struct conf_loading *l, struct conf_reader *r,
                       const struct conf_block *block, const struct target *parent)
{
	struct target t = { .block = conf_index_of(l->tree->schema, block) };
	struct conf_token word = r->token;
	struct conf_place first;
	struct view label;
	char *row;

	(void)conf_reader_skip_phrase(r, block->word);
	if (!read_label(r, block, &label) || !find_row(l, r, &word, block, &t.row)) {
		conf_skip_line(r);
		return;
	}
	row = conf_row_at(l->tree, t.block, t.row);
	if (block->label)
		(void)view_copy(label, row + block->label_offset, block->label_size);
	if (parent)
		conf_number_store(row + block->parent_offset, 2, parent->row);
	if (block->label && is_taken(l, block, t.row, label, &first))
		conf_fault(r, &word, "%s %.*s stands twice; first in %s:%u", block->word,
		           VIEW_ARG(label), first.file, first.line);
	l->tree->blocks[t.block].is_written = true;
	*conf_spot_at(l->tree, t.block, t.row, block->option_count) =
		(struct conf_spot){ word.line, word.column, r->file };
	read_body(l, r, &t);
	conf_require(l, t.block, t.row);
}

void conf_block_read(struct conf_loading *l, struct conf_reader *r)
{
	struct conf_match m = conf_find_block(l->tree->schema, NULL, r);

	if (m.nested) {
		read_block(l, r, m.nested, NULL);
		return;
	}
	conf_unknown_fault(l->tree->schema, r, NULL, NULL);
	conf_skip_line(r);
}
