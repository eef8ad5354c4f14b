/* SPDX-License-Identifier: Apache-2.0 */
/* The listen block: its table, and what contradicts itself. */
#include "conf/tree.h"
#include "runner/test.h"
#include "transport/options.h"

#include <string.h>

static const struct conf_block *const blocks[] = { &transport_side_block };
static const struct conf_schema schema = { blocks, 1 };

static enum err read_text(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	const char *text = context;

	(void)path;
	if (strlen(text) > size)
		return ERR_LIMIT;
	memcpy(ret, text, strlen(text));
	*ret_len = strlen(text);
	return ERR_NONE;
}

static enum err load(const char *text, struct conf_tree **ret)
{
	const struct conf_ports ports = { (void *)(uintptr_t)text, read_text, NULL };
	struct conf_report report = { 0 };

	return conf_load(&schema, "test.conf", &ports, ret, &report);
}

TEST(listen_table, "the table of listen has no mistake")
{
	const char *mistake = conf_schema_mistake(&schema);

	if (mistake && strstr(mistake, "out of memory"))
		return ERR_NO_MEMORY;
	CHECK(!mistake);
	return ERR_NONE;
}

TEST(listen_values, "sides keep the order and the values in which they are written")
{
	const struct transport_side *sides;
	struct conf_tree *tree;
	size_t count;

	TRY(load(
		"listen outside { interface eth0 udp 5060 udp [2001:db8::1]:5070 advertise 203.0.113.7 lan 192.168.0.0/16 }\n"
		"listen inside { udp 10.0.0.2 }\n",
		&tree));
	sides = conf_get(tree, &transport_side_block, &count);
	CHECK(count == 2 && strcmp(sides[0].name, "outside") == 0 &&
	      strcmp(sides[1].name, "inside") == 0);
	CHECK(sides[0].udp_count == 2 && sides[0].udp[0].family == 0 &&
	      sides[0].udp[0].port == 5060);
	CHECK(sides[0].udp[1].family == 6 && sides[0].udp[1].port == 5070);
	CHECK(sides[0].advertise.family == 4 && sides[0].lan_count == 1);
	CHECK(sides[1].udp_count == 1 && sides[1].udp[0].family == 4 &&
	      sides[1].udp[0].port == 5060);
	conf_tree_free(&tree);
	return ERR_NONE;
}

TEST(listen_contradictions, "what names no address that messages could name is refused")
{
	static const struct {
		const char *name, *text;
	} cases[] = {
		{ "a side without a socket", "listen a { }" },
		{ "a port without an address", "listen a { udp 5060 }" },
		{ "all addresses", "listen a { udp 0.0.0.0:5060 }" },
		{ "lan without advertise", "listen a { udp 192.0.2.1:5060 lan 10.0.0.0/8 }" },
		{ "port 0", "listen a { udp 192.0.2.1:0 }" },
		{ "an unknown word", "listen a { udp 192.0.2.1 tcp 5060 }" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf_tree *tree = NULL;
		enum err err = load(cases[i].text, &tree);

		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE(err == ERR_SYNTAX, cases[i].name);
	}
	return ERR_NONE;
}
