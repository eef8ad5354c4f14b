/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations and reference pages. */
#include "conf/manual.h"
#include "runner/test.h"
#include "unit/conf/sample.h"

static char storage[1 << 16];

static const struct {
	const char *word;
	const char *holds[3];
} cases[] = {
	{ "ports",
	  { "limits all { ports ... }", "ports for audio", "1024 to 65535; default 20000-29999" } },
	{ "limits all ports", { "ports for audio", "1024", "65535" } },
	{ "peer",
	  { "peer NAME { ... }", "credentials: its password", "NAME is the name of the peer" } },
	{ "peer", { "    header", " { ... }: ", "peer NAME { ... }" } },
	{ "header", { "(within peer)", "Stands 4 times at most", "must be written" } },
	{ "at-most",
	  { "1 to 10000 calls at once; default 100", "new calls per second",
	    "1 kB to 1 TiB; default 10 GB" } },
	{ "mode", { "(no word)", "off, observe or block", "default observe" } },
	{ "at score", { "1 to 100", "default 10", "score of a block" } },
	{ "all", { "limits all { ... }", "at score", "ports" } },
	{ "include", { "include PATH", "another file", "folder" } },
	{ "limits", { "limits all { ... }", "", "" } },
	{ "transfer", { "peer NAME { may ... }", "what it is let do", "place-calls" } },
	{ "lan", { "192.0.2.0/24; 3 at most", "lan", "listen" } },
};

TEST(explain_words, "explains options and blocks with what they take")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buffer b = BUFFER_ON(storage);
		const char *nearest = NULL;

		TRY(conf_explain(&sample_schema, view_of(cases[i].word), &b, &nearest));
		for (size_t j = 0; j < 3; j++)
			CHECK_CASE(view_contains(buffer_view(&b), view_of(cases[i].holds[j])),
			           cases[i].holds[j]);
	}
	return ERR_NONE;
}

TEST(explain_unknown, "names the nearest word for one that it does not know")
{
	struct buffer b = BUFFER_ON(storage);
	const char *nearest = NULL;

	CHECK(conf_explain(&sample_schema, VIEW("prots"), &b, &nearest) == ERR_NOT_FOUND);
	CHECK(nearest && view_equal(view_of(nearest), VIEW("ports")) && b.len == 0);
	CHECK(conf_explain(&sample_schema, VIEW("zebra"), &b, &nearest) == ERR_NOT_FOUND &&
	      !nearest);
	CHECK(conf_explain(&sample_schema, VIEW(""), &b, &nearest) == ERR_NOT_FOUND);
	return ERR_NONE;
}

TEST(manual_complete, "writes every block and option into the reference, in both forms")
{
	for (int form = CONF_MARKDOWN; form <= CONF_SCDOC; form++) {
		struct buffer b = BUFFER_ON(storage);

		conf_manual_write(&sample_schema, (enum conf_manual_form)form, &b);
		TRY(b.err);
		for (size_t i = 0; i < sample_schema.count; i++) {
			const struct conf_block *block = sample_schema.blocks[i];

			CHECK_CASE(view_contains(buffer_view(&b), view_of(block->help)),
			           block->word);
			for (uint32_t j = 0; j < block->option_count; j++)
				CHECK_CASE(view_contains(buffer_view(&b),
				                         view_of(block->options[j].word)),
				           block->options[j].word);
		}
	}
	return ERR_NONE;
}

TEST(manual_small, "fails where the reference does not fit")
{
	struct buffer b = buffer_on(storage, 100);

	conf_manual_write(&sample_schema, CONF_MARKDOWN, &b);
	CHECK(b.err == ERR_LIMIT);
	return ERR_NONE;
}
