/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a configuration: values, fallbacks, names, includes, places. */
#include "runner/test.h"
#include "unit/conf/sample.h"
#include <stdio.h>
#include <stdlib.h>

#define OWNED_TREE __attribute__((cleanup(conf_tree_free))) struct conf_tree

static struct conf_report report;

/* The first fault goes to standard error: a test that fails says why. */
static enum err load(const char *text, struct conf_tree **ret)
{
	enum err err = sample_load_text(text, ret, &report);

	if (err == ERR_SYNTAX)
		(void)fprintf(stderr, "%s\n", report.faults[0].text);
	return err;
}

static bool is_addr(const struct addr *a, const char *want)
{
	char text[ADDR_TEXT_MAX];

	return view_equal(view_of(addr_text(a, text)), view_of(want));
}

static bool is_net(const struct addr_net *n, const char *want)
{
	char text[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);

	addr_net_write(&b, n);
	return view_equal(buffer_view(&b), view_of(want));
}

#define IS_TEXT(array, want) view_equal(view_of(array), VIEW(want))

TEST(load_sides, "reads a labelled block with shared sockets, names and lists")
{
	OWNED_TREE *t = NULL;
	const struct sample_side *side;
	size_t count;

	TRY(load(sample_text, &t));
	side = conf_get(t, &sample_side_block, &count);
	CHECK(count == 2 && IS_TEXT(side[0].name, "outside") && IS_TEXT(side[1].name, "inside"));
	CHECK(IS_TEXT(side[0].interface, "eth0"));
	CHECK(is_addr(&side[0].udp, "-:5060") && is_addr(&side[0].tcp, "-:5060"));
	CHECK(is_addr(&side[0].tls, "192.0.2.1:5061"));
	CHECK(side[0].certificate == 0 && side[1].certificate == CONF_NO_ROW);
	CHECK(is_addr(&side[0].advertise, "203.0.113.7:0"));
	CHECK(side[0].lan_count == 3 && is_net(&side[0].lan[2], "172.16.0.0/12"));
	CHECK(side[0].is_secure == 0 && side[1].is_secure == 1);
	return ERR_NONE;
}

TEST(load_peers, "reads lists, phrases with units, flags, rates, ranges, secrets and nested blocks")
{
	OWNED_TREE *t = NULL;
	const struct sample_peer *peer;
	const struct sample_header *header;
	size_t count;

	TRY(load(sample_text, &t));
	peer = conf_get(t, &sample_peer_block, &count);
	CHECK(count == 2 && peer[0].kind == 1 && peer[1].kind == 0);
	CHECK(peer[0].side == 0 && peer[0].backup == 1 && peer[1].side == CONF_NO_ROW);
	CHECK(is_addr(&peer[0].address, "198.51.100.9:5060"));
	CHECK(is_addr(&peer[1].address, "[2001:db8::20]:5070"));
	CHECK(IS_TEXT(peer[0].password, "tiger") && IS_TEXT(peer[1].password, ""));
	CHECK(peer[0].text_count == 2 && IS_TEXT(peer[0].texts[0], "a b") &&
	      IS_TEXT(peer[0].texts[1], "c\"d"));
	CHECK(peer[0].contact_count == 2 && is_addr(&peer[0].contacts[1], "[2001:db8::8]:0"));
	CHECK(peer[0].endpoint_count == 2 && is_addr(&peer[0].endpoints[1], "[2001:db8::8]:2"));
	CHECK(peer[0].calls == 200 && peer[0].new_calls == 20);
	CHECK(peer[1].calls == 100 && peer[1].new_calls == 10);
	CHECK(peer[0].may == 6 && peer[1].may == 1);
	CHECK(peer[0].rate[0] == 5 && peer[0].rate[1] == 60000);
	CHECK(peer[1].rate[0] == 30 && peer[1].rate[1] == 2000);
	CHECK(peer[0].port_count == 2 && peer[0].ports[0][1] == 3999 &&
	      peer[0].ports[1][0] == 4000);
	CHECK(peer[1].port_count == 2 && peer[1].ports[0][0] == 2000 &&
	      peer[1].ports[1][1] == 5000);
	header = conf_get(t, &sample_header_block, &count);
	CHECK(count == 2 && header[0].peer == 0 && IS_TEXT(header[1].name, "X-Two"));
	return ERR_NONE;
}

TEST(load_limits, "reads durations, sizes, scores, ranges, choices and noted networks")
{
	OWNED_TREE *t = NULL;
	const struct sample_limits *limits;
	const struct sample_never *never;
	const uint8_t *mode;

	TRY(load(sample_text, &t));
	mode = conf_get(t, &sample_mode_block, NULL);
	CHECK(*mode == 2);
	limits = conf_get(t, &sample_limits_block, NULL);
	CHECK(limits->mode == 1 && limits->hold_s == 30 * 86400 && limits->wait_ms == 1000);
	CHECK(limits->score_milli == 2500 && limits->bytes == 4096 && limits->is_on == 0);
	CHECK(limits->ports[0] == 30000 && limits->ports[1] == 30000);
	CHECK(is_net(&limits->home, "192.0.2.0/24"));
	never = conf_get(t, &sample_never_block, NULL);
	CHECK(never->count == 3 && IS_TEXT(never->rows[0].note, "head office"));
	CHECK(IS_TEXT(never->rows[1].note, "") && is_net(&never->rows[2].net, "2001:db8::/32"));
	return ERR_NONE;
}

TEST(load_empty,
     "gives a single block its fallbacks though nothing is written, and a repeated one no row")
{
	OWNED_TREE *t = NULL;
	const struct sample_limits *limits;
	size_t count;

	TRY(load("", &t));
	limits = conf_get(t, &sample_limits_block, &count);
	CHECK(count == 1 && limits->hold_s == 90 * 86400 && limits->wait_ms == 250);
	CHECK(limits->bytes == UINT64_C(10000000000) && limits->is_on == 1 && limits->mode == 2);
	CHECK(!conf_block_is_written(t, &sample_limits_block));
	CHECK(conf_place_of(t, &sample_limits_block, 0, "ports").line == 0);
	(void)conf_get(t, &sample_peer_block, &count);
	CHECK(count == 0);
	return ERR_NONE;
}

TEST(load_places, "knows where each option and block was written")
{
	OWNED_TREE *t = NULL;
	struct conf_place place;
	uint16_t row;

	TRY(load(sample_text, &t));
	place = conf_place_of(t, &sample_side_block, 0, "tcp");
	CHECK(place.line == 7 && place.column == 5 && IS_TEXT(place.file, "a.conf"));
	place = conf_place_of(t, &sample_side_block, 1, NULL);
	CHECK(place.line == 12 && place.column == 1);
	place = conf_place_of(t, &sample_peer_block, 0, "at-most new calls per second");
	CHECK(place.line == 20);
	CHECK(conf_place_of(t, &sample_peer_block, 1, "may").line == 0);
	row = conf_row_of(t, &sample_peer_block, VIEW("office"));
	CHECK(row == 1 && conf_row_of(t, &sample_peer_block, VIEW("offic")) == CONF_NO_ROW);
	CHECK(conf_block_is_written(t, &sample_limits_block));
	return ERR_NONE;
}

TEST(load_forms,
     "takes a block with and without braces, broken over lines, and line ends of Windows")
{
	static const char *const forms[] = {
		"limits all { ports 1024-2000 }",
		"limits all ports 1024-2000",
		"limits all {\n\n# here\n  ports 1024-2000 # there\n}\n",
		"limits all {\r\nports 1024-2000\r\n}\r\n",
		"limits all { block ports 1024-2000 }",
		"limits all{ports 1024-2000}",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		OWNED_TREE *t = NULL;
		const struct sample_limits *limits;

		TRY(load(forms[i], &t));
		limits = conf_get(t, &sample_limits_block, NULL);
		CHECK_CASE(limits->ports[0] == 1024 && limits->ports[1] == 2000, forms[i]);
	}
	return ERR_NONE;
}

TEST(load_includes, "reads included files from their own folders")
{
	struct sample_file files[] = {
		{ "/etc/r/a.conf", VIEW("include more/b.conf\ninclude \"/etc/c.conf\"\n") },
		{ "/etc/r/more/b.conf",
		  VIEW("include d.conf\npeer x { kind pbx address 192.0.2.1 }\n") },
		{ "/etc/r/more/d.conf", VIEW("certificate main { chain main.pem }") },
		{ "/etc/c.conf", VIEW("mode off") },
		{ NULL, VIEW_EMPTY },
	};
	OWNED_TREE *t = NULL;
	const struct sample_certificate *certificate;
	const uint8_t *mode;

	TRY(sample_load(files, &t, &report));
	certificate = conf_get(t, &sample_certificate_block, NULL);
	CHECK(IS_TEXT(certificate->chain, "/etc/r/more/main.pem"));
	mode = conf_get(t, &sample_mode_block, NULL);
	CHECK(*mode == 0);
	CHECK(IS_TEXT(conf_place_of(t, &sample_mode_block, 0, NULL).file, "/etc/c.conf"));
	return ERR_NONE;
}

/* A file that includes the next of `count`, by numbers. */
static enum err read_numbered(void *context, const char *path, char *ret, size_t size,
                              size_t *ret_len)
{
	const size_t *chain = context;
	int written = snprintf(ret, size, "%s", "");
	unsigned long number = strtoul(path, NULL, 10);

	if (number < chain[0])
		written = snprintf(ret, size, "include %lu\n", number + 1);
	for (size_t i = 0; number == 0 && i < chain[1]; i++)
		written += snprintf(ret + written, size - (size_t)written, "include 9%zu\n", i);
	*ret_len = (size_t)written;
	return ERR_NONE;
}

TEST(load_include_bounds, "bounds the depth and the number of included files")
{
	static const struct {
		size_t depth, breadth;
		enum err want;
	} cases[] = {
		{ MAX_CONF_INCLUDE_DEPTH - 1, 0, ERR_NONE },
		{ MAX_CONF_INCLUDE_DEPTH, 0, ERR_SYNTAX },
		{ 0, MAX_CONF_FILES - 1, ERR_NONE },
		{ 0, MAX_CONF_FILES, ERR_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		OWNED_TREE *t = NULL;
		size_t chain[2] = { cases[i].depth, cases[i].breadth };
		struct conf_ports ports = { chain, read_numbered, NULL };
		enum err err;

		report = (struct conf_report){ 0 };
		err = conf_load(&sample_schema, "0", &ports, &t, &report);
		if (err == ERR_NO_MEMORY)
			return err;
		CHECK(err == cases[i].want);
	}
	return ERR_NONE;
}

TEST(load_secrets, "reads secrets by their references, and keeps these where nobody can read")
{
	OWNED_TREE *t = NULL, *dry = NULL;
	const char *text = "peer x { kind pbx address 192.0.2.1 credentials env:PASSWORD }";
	struct sample_file files[] = { { "a.conf", view_of(text) }, { NULL, VIEW_EMPTY } };
	const struct sample_peer *peer;

	TRY(sample_load(files, &t, &report));
	peer = conf_get(t, &sample_peer_block, NULL);
	CHECK(IS_TEXT(peer->password, "lion"));
	TRY(sample_load_dry(files, &dry, &report));
	peer = conf_get(dry, &sample_peer_block, NULL);
	CHECK(IS_TEXT(peer->password, "env:PASSWORD"));
	return ERR_NONE;
}

TEST(load_full, "holds as many blocks as the table says, and refuses one more")
{
	char text[4096];
	struct conf_tree *t = NULL;
	int len = 0;

	for (int i = 0; i < 21; i++) {
		enum err err;

		len += snprintf(text + len, sizeof(text) - (size_t)len,
		                "peer p%d { kind pbx address 192.0.2.1 }\n", i);
		err = sample_load_text(text, &t, &report);
		if (err == ERR_NO_MEMORY)
			return err;
		CHECK(err == (i < 20 ? ERR_NONE : ERR_SYNTAX));
		conf_tree_free(&t);
	}
	return ERR_NONE;
}

static void load_quietly(struct view text)
{
	struct conf_tree *t = NULL;

	(void)!sample_load_view(text, &t, &report);
	conf_tree_free(&t);
}

TEST(load_truncated, "survives every truncation of a complete file")
{
	test_truncations(view_of(sample_text), load_quietly);
	return ERR_NONE;
}
