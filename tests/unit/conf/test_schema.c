/* SPDX-License-Identifier: Apache-2.0 */
/* Mistakes in option tables are found before anybody configures by them. */
#include "conf/schema.h"
#include "runner/test.h"
#include "unit/conf/sample.h"
#include <stdio.h>

struct row {
	uint32_t number, count;
	struct addr list[2];
	char text[8];
	uint8_t small;
};

static const char *const two[] = { "a", "b", NULL };

#define NUMBER(word_, ...)                                                                         \
	{                                                                                          \
		.word = (word_), .type = CONF_COUNT, CONF_AT(struct row, number), .max = 9,        \
		.help = "x", __VA_ARGS__                                                           \
	}

static const struct {
	const char *name, *want;
	struct conf_option option;
} cases[] = {
	{ "a sound option", NULL, NUMBER("a") },
	{ "max beyond the field",
	  "max does not fit",
	  { "a", CONF_COUNT, CONF_AT(struct row, small), .max = 256, .help = "x" } },
	{ "min above max", "min is above", NUMBER("a", .min = 10) },
	{ "a fallback out of range", "fallback", NUMBER("a", .fallback = "10") },
	{ "a fallback of two values", "fallback", NUMBER("a", .fallback = "1 2") },
	{ "required with a fallback", "required",
	  NUMBER("a", .fallback = "1", .flags = CONF_REQUIRED) },
	{ "a bare number", "without a word", NUMBER("") },
	{ "a number with choices", "choices", NUMBER("a", .choices = two) },
	{ "a choice without choices",
	  "choices are missing",
	  { "a", CONF_CHOICE, CONF_AT(struct row, small), .help = "x" } },
	{ "a list without counter",
	  "CONF_LIST",
	  { "a", CONF_ADDRESSES, CONF_AT(struct row, list), .help = "x" } },
	{ "a list of the wrong item",
	  "struct addr_net",
	  { "a", CONF_NETWORKS, CONF_LIST(struct row, list, count), .help = "x" } },
	{ "a name in a wide field",
	  "uint16_t",
	  { "a", CONF_NAME, CONF_AT(struct row, number), .refers_to = "named", .help = "x" } },
	{ "a name of nothing",
	  "refers_to",
	  { "a", CONF_NAME, CONF_AT(struct row, number), .refers_to = "nothing", .help = "x" } },
	{ "a field outside",
	  "outside",
	  { "a", CONF_COUNT, .offset = sizeof(struct row), .size = 4, .help = "x" } },
};

TEST(schema_sample, "finds nothing wrong with a sound schema")
{
	const char *mistake = conf_schema_mistake(&sample_schema);

	if (mistake && view_contains(view_of(mistake), VIEW("memory")))
		return ERR_NO_MEMORY;
	CHECK(!mistake);
	return ERR_NONE;
}

TEST(schema_mistakes, "finds each kind of mistake in a table")
{
	static const struct conf_option plain[] = { NUMBER("n") };
	static const struct conf_block named = { .word = "named",
		                                 .max_rows = 2,
		                                 .help = "x",
		                                 CONF_LABEL("name", struct row, text),
		                                 CONF_ROWS(struct row, plain) };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct conf_block block = { .word = "block",
			                          .help = "x",
			                          .options = &cases[i].option,
			                          .option_count = 1,
			                          .row_size = sizeof(struct row) };
		const struct conf_block *blocks[] = { &named, &block };
		const char *mistake = conf_schema_mistake(&(struct conf_schema){ blocks, 2 });

		if (mistake && view_contains(view_of(mistake), VIEW("memory")))
			return ERR_NO_MEMORY;
		CHECK_CASE(cases[i].want ? mistake && view_contains(view_of(mistake),
		                                                    view_of(cases[i].want))
		                         : !mistake,
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(schema_blocks, "finds doubled words, labels without rows, and nesting that is too deep")
{
	static const struct conf_option doubled[] = { NUMBER("n"), NUMBER("n") };
	static const struct conf_option plain[] = { NUMBER("n") };
	static const struct conf_block wrong[] = {
		{ .word = "w", .help = "x", CONF_ROWS(struct row, doubled) },
		{ .word = "w", CONF_ROWS(struct row, plain) },
		{ .word = "w",
		  .help = "x",
		  CONF_LABEL("name", struct row, text),
		  CONF_ROWS(struct row, plain) },
		{ .word = "w",
		  .help = "x",
		  .within = "w",
		  .max_rows = 1,
		  CONF_ROWS(struct row, plain) },
		{ .word = "w",
		  .help = "x",
		  .within = "gone",
		  .max_rows = 1,
		  CONF_ROWS(struct row, plain) },
		{ .word = "w", .help = "x", .max_rows = CONF_NO_ROW, CONF_ROWS(struct row, plain) },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		const struct conf_block *blocks[] = { &wrong[i] };

		CHECK(conf_schema_mistake(&(struct conf_schema){ blocks, 1 }) != NULL);
	}
	CHECK(conf_schema_mistake(&(struct conf_schema){ NULL, MAX_CONF_BLOCKS + 1 }) != NULL);
	return ERR_NONE;
}
