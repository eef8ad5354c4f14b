/* SPDX-License-Identifier: Apache-2.0 */
/* What the option tables say, for people. */
#include "conf/manual.h"
#include "conf/reader_priv.h"

#include <string.h>

enum { MAX_CANDIDATES = 512 };

static bool is_named(const char *word, struct view wanted)
{
	return view_equal(view_of(word), wanted);
}

/* Also without what several blocks begin with: `guessing` for `detector guessing`. */
static bool is_block(const char *word, struct view wanted)
{
	size_t len = strlen(word);

	return is_named(word, wanted) ||
	       (wanted.len > 0 && len > wanted.len + 1 && word[len - wanted.len - 1] == ' ' &&
	        is_named(word + len - wanted.len, wanted));
}

/* Whether `wanted` is the block's word and then the option's. */
static bool is_path_to(const struct conf_block *block, const struct conf_option *o,
                       struct view wanted)
{
	struct view word = view_of(block->word);

	return view_starts(wanted, word) && wanted.len > word.len && wanted.at[word.len] == ' ' &&
	       is_named(o->word, view_after(wanted, word.len + 1));
}

static void write_block_head(const struct conf_block *block, struct buffer *b)
{
	buffer_text(b, block->word);
	if (block->label)
		buffer_text(b, " NAME");
	buffer_text(b, " { ... }");
	if (block->within) {
		buffer_text(b, "  (within ");
		buffer_text(b, block->within);
		buffer_char(b, ')');
	}
}

static void write_stands(const struct conf_block *block, struct buffer *b)
{
	if (block->label) {
		buffer_text(b, "NAME is the ");
		buffer_text(b, block->label);
		buffer_text(b, ". ");
	}
	if (block->max_rows == 0) {
		buffer_text(b, "Stands once at most.");
	} else {
		buffer_text(b, "Stands ");
		buffer_decimal(b, block->max_rows);
		buffer_text(b, " times at most.");
	}
}

/* "1 to 9; default 4", "required", "several". */
static void write_facts(const struct conf_option *o, struct buffer *b)
{
	conf_range_write(o, b);
	if (conf_is_list(o)) {
		buffer_text(b, "; ");
		buffer_decimal(b, o->size / o->item_size);
		buffer_text(b, " at most");
	}
	if (o->flags & CONF_REQUIRED)
		buffer_text(b, "; must be written");
	if (o->fallback) {
		buffer_text(b, "; default ");
		buffer_text(b, o->fallback);
	}
}

static void explain_option(const struct conf_block *block, const struct conf_option *o,
                           struct buffer *b)
{
	buffer_text(b, block->word);
	buffer_text(b, block->label ? " NAME { " : " { ");
	buffer_text(b, o->word);
	buffer_text(b, o->word[0] ? " ... }\n    " : "... }\n    ");
	buffer_text(b, o->help);
	buffer_text(b, "\n    takes ");
	write_facts(o, b);
	buffer_char(b, '\n');
}

/* Those of a pattern are told where they count. */
static uint32_t told_count(const struct conf_block *block)
{
	return block->is_pattern ? 0 : block->option_count;
}

static void explain_within(const struct conf_schema *s, const struct conf_block *outer,
                           struct buffer *b)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct conf_block *inner = s->blocks[i];

		if (!inner->within || !view_equal(view_of(inner->within), view_of(outer->word)))
			continue;
		buffer_text(b, "    ");
		buffer_text(b, inner->word);
		buffer_text(b, inner->label ? " NAME { ... }: " : " { ... }: ");
		buffer_text(b, inner->help);
		buffer_char(b, '\n');
	}
}

static void explain_block(const struct conf_schema *s, const struct conf_block *block,
                          struct buffer *b)
{
	write_block_head(block, b);
	buffer_text(b, "\n    ");
	buffer_text(b, block->help);
	buffer_text(b, "\n    ");
	write_stands(block, b);
	buffer_char(b, '\n');
	for (uint32_t i = 0; i < told_count(block); i++) {
		const struct conf_option *o = &block->options[i];

		buffer_text(b, "    ");
		buffer_text(b, o->word[0] ? o->word : "(no word)");
		buffer_text(b, ": ");
		buffer_text(b, o->help);
		buffer_text(b, "\n        takes ");
		write_facts(o, b);
		buffer_char(b, '\n');
	}
	explain_within(s, block, b);
}

static size_t collect_words(const struct conf_schema *s, const char *ret[MAX_CANDIDATES])
{
	size_t count = 0;

	for (size_t i = 0; i < s->count; i++) {
		if (count < MAX_CANDIDATES)
			ret[count++] = s->blocks[i]->word;
		for (uint32_t j = 0; j < s->blocks[i]->option_count && count < MAX_CANDIDATES; j++)
			ret[count++] = s->blocks[i]->options[j].word;
	}
	return count;
}

/* What several blocks begin with, as `detector`, and what stands beside blocks. */
static bool explain_beginning(const struct conf_schema *s, struct view word, struct buffer *b)
{
	bool is_found = view_equal(word, VIEW("include"));

	if (is_found)
		buffer_text(b, "include PATH\n    reads another file, as if it stood there; a "
		               "path that is not absolute counts from this file's folder\n");
	for (size_t i = 0; i < s->count; i++) {
		struct view whole = view_of(s->blocks[i]->word);

		if (word.len == 0 || !view_starts(whole, word) || whole.len == word.len ||
		    whole.at[word.len] != ' ')
			continue;
		write_block_head(s->blocks[i], b);
		buffer_text(b, "\n    ");
		buffer_text(b, s->blocks[i]->help);
		buffer_char(b, '\n');
		is_found = true;
	}
	return is_found;
}

/* Options that take the word as a value. */
static bool explain_choice(const struct conf_schema *s, struct view word, struct buffer *b)
{
	bool is_found = false;

	for (size_t i = 0; i < s->count; i++)
		for (uint32_t j = 0; j < told_count(s->blocks[i]); j++) {
			const struct conf_option *o = &s->blocks[i]->options[j];

			if (!o->choices || conf_choice_of(o, word) < 0)
				continue;
			explain_option(s->blocks[i], o, b);
			is_found = true;
		}
	return is_found;
}

enum err conf_explain(const struct conf_schema *s, struct view word, struct buffer *b,
                      const char **ret_nearest)
{
	const char *words[MAX_CANDIDATES];
	bool is_found = false;

	for (size_t i = 0; i < s->count; i++) {
		const struct conf_block *block = s->blocks[i];

		if (is_block(block->word, word)) {
			explain_block(s, block, b);
			is_found = true;
		}
		for (uint32_t j = 0; j < told_count(block); j++) {
			const struct conf_option *o = &block->options[j];

			if (o->word[0] && (is_named(o->word, word) || is_path_to(block, o, word))) {
				explain_option(block, o, b);
				is_found = true;
			}
		}
	}
	if (is_found || explain_beginning(s, word, b) || explain_choice(s, word, b))
		return b->err;
	*ret_nearest = conf_nearest(word, words, collect_words(s, words));
	return ERR_NOT_FOUND;
}

/* Bytes that the form would take for marks of its own are escaped. */
static void write_plain(enum conf_manual_form form, const char *text, struct buffer *b)
{
	const char *marks = form == CONF_MARKDOWN ? "\\`*_<>|#" : "\\*_<>#`";

	for (; *text; text++) {
		if (strchr(marks, *text))
			buffer_char(b, '\\');
		buffer_char(b, *text);
	}
}

static void write_strong(enum conf_manual_form form, const char *text, struct buffer *b)
{
	const char *mark = form == CONF_MARKDOWN ? "**" : "*";

	buffer_text(b, mark);
	write_plain(form, text, b);
	buffer_text(b, mark);
}

static void write_option(enum conf_manual_form form, const struct conf_option *o, struct buffer *b)
{
	char facts[512];
	struct buffer text = buffer_on(facts, sizeof(facts) - 1);

	write_facts(o, &text);
	facts[text.len] = '\0';
	buffer_text(b, form == CONF_MARKDOWN ? "- " : "");
	write_strong(form, o->word[0] ? o->word : "(no word)", b);
	buffer_text(b, form == CONF_MARKDOWN ? ": " : "\n\t");
	write_plain(form, o->help, b);
	buffer_text(b, form == CONF_MARKDOWN ? ". Takes " : ".\n\tTakes ");
	write_plain(form, facts, b);
	buffer_text(b, form == CONF_MARKDOWN ? ".\n" : ".\n\n");
}

void conf_manual_write(const struct conf_schema *s, enum conf_manual_form form, struct buffer *b)
{
	for (size_t i = 0; i < s->count; i++) {
		const struct conf_block *block = s->blocks[i];

		buffer_text(b, form == CONF_MARKDOWN ? "## " : "# ");
		buffer_text(b, block->word);
		buffer_text(b, block->label ? " NAME\n\n" : "\n\n");
		write_plain(form, block->help, b);
		buffer_text(b, ". ");
		if (block->within) {
			buffer_text(b, "Stands within ");
			buffer_text(b, block->within);
			buffer_text(b, ". ");
		}
		write_stands(block, b);
		buffer_text(b, "\n\n");
		for (uint32_t j = 0; j < told_count(block); j++)
			write_option(form, &block->options[j], b);
		buffer_char(b, '\n');
	}
}
