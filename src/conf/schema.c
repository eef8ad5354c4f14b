/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes in option tables, found by a unit test rather than by an operator. */
#include "conf/reader_priv.h"
#include "conf/tree_priv.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_ROW = 1 << 20, MAX_PHRASE = 47, MAX_FLAGS_CHOICES = 32 };

static bool is_number_width(uint32_t size)
{
	return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool fits(uint64_t number, uint32_t size)
{
	return size == 8 || number < UINT64_C(1) << (8 * size);
}

/* The field's size against the type: of a list, its item's. */
static const char *field_mistake(const struct conf_option *o)
{
	uint32_t size = conf_is_list(o) ? o->item_size : o->size;

	switch (o->type) {
	case CONF_SWITCH:
	case CONF_YES_NO:
	case CONF_CHOICE:
	case CONF_FLAGS:
		return is_number_width(size) ? NULL : "field is no number";
	case CONF_COUNT:
	case CONF_SECONDS:
	case CONF_MILLISECONDS:
	case CONF_THOUSANDTHS:
	case CONF_SIZE:
		return is_number_width(size) && fits(o->max, size) ? NULL
		                                                   : "max does not fit the field";
	case CONF_RANGE:
	case CONF_RANGES:
		return size % 2 == 0 && is_number_width(size / 2) && fits(o->max, size / 2)
		             ? NULL
		             : "field is no pair of numbers that max fits";
	case CONF_RATE:
		return size == 8 && fits(o->max, 4) ? NULL : "field is no pair of uint32_t";
	case CONF_NAME:
		return size == 2 ? NULL : "field is no uint16_t";
	case CONF_ADDRESS:
	case CONF_ENDPOINT:
	case CONF_ADDRESSES:
	case CONF_ENDPOINTS:
		return size == sizeof(struct addr) ? NULL : "field is no struct addr";
	case CONF_NETWORK:
	case CONF_NETWORKS:
		return size == sizeof(struct addr_net) ? NULL : "field is no struct addr_net";
	case CONF_NOTED_NETWORKS:
		return size > sizeof(struct addr_net) + 1 ? NULL : "field has no room for a note";
	default:
		return size > 1 ? NULL : "field has no room for a text";
	}
}

static const char *choices_mistake(const struct conf_option *o)
{
	size_t count;

	if (o->type != CONF_CHOICE && o->type != CONF_FLAGS)
		return o->choices ? "choices for a type that has none" : NULL;
	if (!o->choices)
		return "choices are missing";
	count = conf_choice_count(o);
	if (o->type == CONF_FLAGS)
		return count <= MAX_FLAGS_CHOICES && fits((UINT64_C(1) << count) - 1, o->size)
		             ? NULL
		             : "too many flags";
	return is_number_width(o->size) && fits(count, o->size) ? NULL : "too many choices";
}

static const char *option_mistake(const struct conf_schema *s, const struct conf_block *block,
                                  const struct conf_option *o)
{
	bool is_bare = o->word[0] == '\0';
	const char *mistake = choices_mistake(o);

	if (mistake)
		return mistake;
	if (!o->help || strlen(o->word) > MAX_PHRASE)
		return "help is missing, or the word is too long";
	if ((uint64_t)o->offset + o->size > block->row_size)
		return "field lies outside the struct";
	if (o->name_size &&
	    (o->type != CONF_ENDPOINT || (uint64_t)o->name_offset + o->name_size > block->row_size))
		return "a name where none is meant, or outside the struct";
	if (o->sips_size && (o->type != CONF_ENDPOINT || o->sips_size != 1 ||
	                     (uint64_t)o->sips_offset + 1 > block->row_size))
		return "a byte for sips: where none is meant, or outside the struct";
	if (is_bare && o->type != CONF_CHOICE && o->type != CONF_FLAGS && !conf_is_list(o))
		return "only a choice, flags or a list may stand without a word";
	if (conf_is_list(o) &&
	    (o->item_size == 0 || o->size % o->item_size != 0 || !is_number_width(o->count_size) ||
	     !fits(o->size / o->item_size, o->count_size)))
		return "the list's counter does not fit: CONF_LIST";
	if ((o->type == CONF_NAME) != (o->refers_to != NULL))
		return "refers_to and NAME go together";
	if (o->refers_to &&
	    (!conf_block_of(s, o->refers_to) || !conf_block_of(s, o->refers_to)->label))
		return "refers_to names no block with a label";
	if ((o->flags & CONF_INHERITS) &&
	    (o->type != CONF_NAME || conf_block_of(s, o->refers_to)->row_size != block->row_size))
		return "it inherits from a block of another struct";
	if ((o->flags & CONF_REQUIRED) && o->fallback)
		return "required, yet with a fallback";
	if (o->min > o->max && o->type != CONF_TEXT && o->type != CONF_TEXTS)
		return "min is above max";
	return field_mistake(o);
}

/* Reads the fallbacks as a file would be read, without the rest of it. */
static const char *fallback_mistake(const struct conf_option *o, char *scratch)
{
	struct conf_report *report;
	struct conf_reader r;
	enum err err = ERR_NONE;

	if (!o->fallback || o->type == CONF_NAME)
		return NULL;
	if (o->type == CONF_SECRET || o->type == CONF_SWITCH)
		return "a fallback where none is meant";
	report = calloc(1, sizeof(*report));
	if (!report)
		return "out of memory";
	r = conf_reader_on(view_of(o->fallback), NULL, report);
	do {
		err = conf_reader_has_value(&r) ? conf_value_read(&r, o, scratch) : ERR_SYNTAX;
	} while (err == ERR_NONE && conf_is_list(o) && conf_reader_has_value(&r));
	free(report);
	if (err != ERR_NONE || r.token.kind != CONF_TOKEN_END)
		return "the fallback is no value of the type, or out of its range";
	return NULL;
}

static bool is_doubled(const struct conf_option *a, const struct conf_option *b)
{
	bool has_own_unit = a->unit && b->unit && !view_equal(view_of(a->unit), view_of(b->unit));

	return view_equal(view_of(a->word), view_of(b->word)) && !has_own_unit &&
	       (a->unit != NULL) == (b->unit != NULL);
}

static const char *options_mistake(const struct conf_schema *s, const struct conf_block *block,
                                   const struct conf_option **ret)
{
	char *scratch = calloc(1, block->row_size);
	const char *mistake = scratch ? NULL : "out of memory";

	for (uint32_t i = 0; i < block->option_count && !mistake; i++) {
		*ret = &block->options[i];
		mistake = option_mistake(s, block, *ret);
		if (!mistake)
			mistake = fallback_mistake(*ret, scratch);
		for (uint32_t j = 0; j < i && !mistake; j++)
			if (is_doubled(*ret, &block->options[j]))
				mistake = "the word is doubled";
	}
	free(scratch);
	return mistake;
}

/* Two blocks may share a word where each stands within another block. */
static bool is_word_taken(const struct conf_schema *s, const struct conf_block *block)
{
	for (size_t i = 0; i < s->count && s->blocks[i] != block; i++) {
		const struct conf_block *other = s->blocks[i];

		if (strcmp(other->word, block->word) == 0 &&
		    (!other->within || !block->within || strcmp(other->within, block->within) == 0))
			return true;
	}
	return false;
}

static const char *block_mistake(const struct conf_schema *s, const struct conf_block *block,
                                 const struct conf_option **ret)
{
	const struct conf_block *outer = block->within ? conf_block_of(s, block->within) : NULL;

	if (is_word_taken(s, block) || strlen(block->word) > MAX_PHRASE)
		return "the block's word is doubled or too long";
	if (!block->help)
		return "the block's help is missing";
	if (block->option_count > MAX_CONF_OPTIONS || block->row_size == 0 ||
	    block->row_size > MAX_ROW)
		return "too many options, or a struct of no size or more than 1 MiB";
	if (block->label && (block->label_size < 2 || block->max_rows == 0))
		return "a label needs its field and max_rows";
	if (block->max_rows >= CONF_NO_ROW)
		return "max_rows is too large";
	if (block->within && (!outer || outer->within || block->max_rows == 0 ||
	                      block->parent_offset + sizeof(uint16_t) > block->row_size))
		return "within needs an outermost block, max_rows and a field for the parent";
	return options_mistake(s, block, ret);
}

const char *conf_schema_mistake(const struct conf_schema *s)
{
	static char text[256];

	if (s->count > MAX_CONF_BLOCKS)
		return "too many blocks";
	for (size_t i = 0; i < s->count; i++) {
		const struct conf_option *o = NULL;
		const char *mistake = block_mistake(s, s->blocks[i], &o);

		if (!mistake)
			continue;
		(void)snprintf(text, sizeof(text), "%s %s: %s", s->blocks[i]->word,
		               o ? o->word : "", mistake);
		return text;
	}
	return NULL;
}
