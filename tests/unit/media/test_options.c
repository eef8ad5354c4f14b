/* SPDX-License-Identifier: Apache-2.0 */
/* The block `media` and what it makes of numbers that do not fit each other. */
#include "conf/tree.h"
#include "media/options.h"
#include "runner/test.h"

#include <string.h>

static const struct conf_block *const blocks[] = { &media_block };
static const struct conf_schema schema = { blocks, 1 };

static enum err read_text(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	const char *text = context;

	(void)path;
	*ret_len = strlen(text);
	if (*ret_len > size)
		return ERR_LIMIT;
	memcpy(ret, text, *ret_len);
	return ERR_NONE;
}

static enum err load(const char *text, struct media_options *ret)
{
	static struct conf_report report;
	char copy[256];
	struct conf_ports ports = { .context = copy, .read_file = read_text };
	struct conf_tree *tree = NULL;
	enum err err;

	(void)VIEW_COPY(view_of(text), copy);
	memset(&report, 0, sizeof(report));
	err = conf_load(&schema, "test.conf", &ports, &tree, &report);
	if (err != ERR_NONE)
		return err;
	memcpy(ret, conf_get(tree, &media_block, NULL), sizeof(*ret));
	conf_tree_free(&tree);
	return ERR_NONE;
}

TEST(options_table, "has a table without mistakes")
{
	const char *mistake = conf_schema_mistake(&schema);

	if (mistake && strstr(mistake, "out of memory"))
		return ERR_NO_MEMORY;
	CHECK(!mistake);
	return ERR_NONE;
}

TEST(options_defaults,
     "holds ports for 2000 calls and a minute of silence where nothing is written")
{
	struct media_options o;

	TRY(load("", &o));
	CHECK(o.ports[0] == 20000 && o.ports[1] == 29999 && o.max_calls == 2000);
	CHECK(o.timeout_s == 60 && o.statistics_s == 10);
	return ERR_NONE;
}

TEST(options_written, "takes ports, calls and times in any order")
{
	struct media_options o;

	TRY(load("media { timeout 2m  calls 50  ports 40000-40099 }\n", &o));
	CHECK(o.ports[0] == 40000 && o.ports[1] == 40099 && o.max_calls == 50 &&
	      o.timeout_s == 120);
	return ERR_NONE;
}

TEST(options_too_few, "refuses a range with fewer pairs than calls with media, by one pair too")
{
	static const struct {
		const char *text;
		enum err want;
	} cases[] = {
		{ "media { ports 40000-40099 calls 51 }\n", ERR_SYNTAX },
		{ "media { ports 40001-40100 calls 50 }\n", ERR_SYNTAX },
		{ "media { ports 40001-40101 calls 50 }\n", ERR_NONE },
		{ "media { ports 40000-40099 calls 51 with-media 50 }\n", ERR_NONE },
		{ "media { ports 40000-40099 calls 60 with-media 51 }\n", ERR_SYNTAX },
		{ "media { ports 40000-40099 calls 50 with-media 51 }\n", ERR_SYNTAX },
		{ "media { ports 20000-59999 calls 8192 }\n", ERR_NONE },
		{ "media { ports 20000-59999 calls 8193 }\n", ERR_SYNTAX },
		{ "media { ports 20000-59999 calls 50000 with-media 8192 }\n", ERR_NONE },
		{ "media { ports 20000-59999 calls 50000 with-media 8193 }\n", ERR_SYNTAX },
	};
	struct media_options o;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err err = load(cases[i].text, &o);

		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE(err == cases[i].want, cases[i].text);
	}
	return ERR_NONE;
}
