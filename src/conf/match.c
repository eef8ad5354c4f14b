/* SPDX-License-Identifier: Apache-2.0 */
/* Which option or block the next words name (the longest phrase wins), and
 * what was meant where they name none. */
#include "conf/load_priv.h"

enum { MAX_LISTED = 32, MAX_HOMES = 3 };

static bool is_same(const char *a, const char *b) { return view_equal(view_of(a), view_of(b)); }

/* Words of the phrase that stand next, the first being there already if it is `given`. */
static size_t match_phrase(struct conf_reader *r, const char *phrase, struct view given)
{
	struct view whole = view_of(phrase);
	size_t end = view_find(whole, ' ', 0);

	if (given.len == 0)
		return conf_reader_skip_phrase(r, phrase);
	if (!view_equal(view_first(whole, end), given))
		return 0;
	if (end == whole.len)
		return 1;
	end = conf_reader_skip_phrase(r, phrase + end + 1);
	return end ? end + 1 : 0;
}

static void consider(struct conf_match *best, const struct conf_reader *r, const char *phrase,
                     struct view given)
{
	struct conf_reader after = *r;
	size_t words = phrase[0] ? match_phrase(&after, phrase, given) : 0;

	if (words > best->words)
		*best = (struct conf_match){ .words = words, .after = after };
}

static bool stands_within(const struct conf_block *inner, const struct conf_block *outer)
{
	if (!inner->within || !outer)
		return !inner->within && !outer;
	return is_same(inner->within, outer->word);
}

struct conf_match conf_find_block(const struct conf_schema *s, const struct conf_block *outer,
                                  const struct conf_reader *r)
{
	struct conf_match best = { 0 };

	for (size_t i = 0; i < s->count; i++) {
		size_t before = best.words;

		if (!stands_within(s->blocks[i], outer))
			continue;
		consider(&best, r, s->blocks[i]->word, VIEW_EMPTY);
		if (best.words > before)
			best.nested = s->blocks[i];
	}
	return best;
}

struct conf_match conf_find_match(const struct conf_schema *s, const struct conf_block *block,
                                  const struct conf_reader *r, struct view given)
{
	struct conf_match best = { 0 };

	if (given.len == 0)
		best = conf_find_block(s, block, r);
	for (uint32_t i = 0; i < block->option_count; i++) {
		size_t before = best.words;

		consider(&best, r, block->options[i].word, given);
		if (best.words > before)
			best.option = &block->options[i];
	}
	return best;
}

const struct conf_option *conf_bare_option(const struct conf_block *block)
{
	for (uint32_t i = 0; i < block->option_count; i++)
		if (block->options[i].word[0] == '\0')
			return &block->options[i];
	return NULL;
}

/* Whether the word looks like an item of the list; a text may be any word. */
static bool looks_like_item(const struct conf_option *o, struct view word)
{
	bool is_number = word.len > 0 && word.at[0] >= '0' && word.at[0] <= '9';

	if (o->type == CONF_TEXTS)
		return true;
	return is_number || view_find(word, '.', 0) < word.len ||
	       view_find(word, ':', 0) < word.len;
}

bool conf_list_goes_on(const struct conf_schema *s, const struct conf_block *block,
                       const struct conf_option *o, const struct conf_reader *r)
{
	return conf_is_list(o) && conf_reader_has_value(r) && looks_like_item(o, r->token.text) &&
	       conf_find_match(s, block, r, VIEW_EMPTY).words == 0;
}

bool conf_fits_bare(const struct conf_block *block, const struct conf_reader *r)
{
	const struct conf_option *o = conf_bare_option(block);

	if (!o || !conf_reader_has_value(r))
		return false;
	if (o->choices)
		return conf_choice_of(o, r->token.text) >= 0;
	return block->option_count == 1 || looks_like_item(o, r->token.text);
}

/* As many words as the phrase has, as they stand in the file. */
static struct view next_words(const struct conf_reader *r, const char *phrase, struct buffer *b)
{
	struct conf_reader ahead = *r;

	buffer_reset(b);
	for (const char *at = phrase; at && ahead.token.kind == CONF_TOKEN_WORD;
	     at = strchr(at, ' ')) {
		at += at[0] == ' ';
		if (b->len > 0)
			buffer_char(b, ' ');
		buffer_put(b, conf_reader_take(&ahead).text);
	}
	return b->err == ERR_NONE ? buffer_view(b) : VIEW_EMPTY;
}

struct guess {
	const struct conf_reader *r;
	const char *nearest;
	size_t distance;
	struct buffer *list; /* what is known here */
	size_t listed;
};

static void weigh(struct guess *g, const char *phrase)
{
	char words[64];
	struct buffer b = BUFFER_ON(words);
	size_t distance;

	if (phrase[0] == '\0')
		return;
	distance = conf_distance(next_words(g->r, phrase, &b), view_of(phrase));
	if (distance < g->distance) {
		g->distance = distance;
		g->nearest = phrase;
	}
	if (g->listed++ < MAX_LISTED) {
		buffer_text(g->list, g->listed > 1 ? ", " : "");
		buffer_text(g->list, phrase);
	}
}

static void weigh_choices(struct guess *g, const struct conf_option *o)
{
	for (size_t i = 0; o->choices && o->choices[i]; i++)
		weigh(g, o->choices[i]);
}

static void weigh_all(struct guess *g, const struct conf_schema *s, const struct conf_block *block)
{
	for (size_t i = 0; i < s->count; i++)
		if (stands_within(s->blocks[i], block))
			weigh(g, s->blocks[i]->word);
	if (!block) {
		weigh(g, "include");
		return;
	}
	for (uint32_t i = 0; i < block->option_count; i++) {
		const struct conf_option *o = &block->options[i];

		/* Options that share a word stand next to each other. */
		if (i == 0 || !is_same(o->word, o[-1].word))
			weigh(g, o->word);
		if (o->word[0] == '\0')
			weigh_choices(g, o);
	}
}

static bool knows(const struct conf_block *block, const struct conf_reader *r)
{
	for (uint32_t i = 0; i < block->option_count; i++) {
		struct conf_reader ahead = *r;
		const char *word = block->options[i].word;

		if (word[0] && conf_reader_skip_phrase(&ahead, word))
			return true;
	}
	return false;
}

/* "media { } or store { }": blocks that know the word, where this one does not. */
static void write_homes(const struct conf_schema *s, const struct conf_reader *r, struct buffer *b)
{
	size_t count = 0;

	for (size_t i = 0; i < s->count && count < MAX_HOMES; i++) {
		if (s->blocks[i]->is_pattern || !knows(s->blocks[i], r))
			continue;
		buffer_text(b, count++ > 0 ? " or " : "");
		buffer_text(b, s->blocks[i]->word);
		buffer_text(b, " { }");
	}
}

void conf_unknown_fault(const struct conf_schema *s, const struct conf_reader *r,
                        const struct conf_block *block, const struct conf_option *before)
{
	char text[CONF_FAULT_SIZE], known[420], written[64];
	struct buffer b = BUFFER_ON(text), list = BUFFER_ON(known), words = BUFFER_ON(written);
	struct guess g = { .r = r, .distance = SIZE_MAX, .list = &list };
	char homes[160];
	struct buffer home = BUFFER_ON(homes);

	weigh_all(&g, s, block);
	if (before && before->type == CONF_FLAGS)
		weigh_choices(&g, before);
	if (!g.nearest)
		write_homes(s, r, &home);
	buffer_text(&b, "unknown word \"");
	buffer_put(&b,
	           g.nearest ? next_words(r, g.nearest, &words) : view_first(r->token.text, 80));
	buffer_text(&b, block ? "\" in " : "\"");
	buffer_text(&b, block ? block->word : "");
	if (view_equal(r->token.text, VIEW("="))) {
		buffer_text(&b, "; a value follows its word without a mark between them");
	} else if (g.nearest) {
		buffer_text(&b, "; did you mean \"");
		buffer_text(&b, g.nearest);
		buffer_text(&b, "\"?");
	} else if (home.len > 0) {
		buffer_text(&b, "; it belongs into ");
		buffer_put(&b, buffer_view(&home));
	} else {
		buffer_text(&b, "; known here: ");
		buffer_put(&b, buffer_view(&list));
		buffer_text(&b, g.listed > MAX_LISTED ? " ..." : "");
	}
	conf_fault(r, &r->token, "%.*s", VIEW_ARG(buffer_view(&b)));
}
