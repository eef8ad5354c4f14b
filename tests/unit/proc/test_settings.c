/* SPDX-License-Identifier: Apache-2.0 */
/* The whole configuration: its tables, the examples, and every kind of mistake
 * with the exact words that its writer gets. */
#include "border/options.h"
#include "conf/manual.h"
#include "media/options.h"
#include "proc/schema.h"
#include "proc/settings.h"
#include "runner/test.h"
#include "transport/options.h"
#include "transport/tls_options.h"
#include "unit/conf/cases.h"
#include <stdlib.h>

static struct conf_report report;

TEST(schema_sound, "finds no mistake in any module's tables")
{
	const char *mistake = conf_schema_mistake(&proc_schema);

	if (mistake && view_contains(view_of(mistake), VIEW("memory")))
		return ERR_NO_MEMORY;
	CHECK_CASE(!mistake, mistake);
	return ERR_NONE;
}

static enum err load(struct view text, struct conf_report *r)
{
	struct conf_tree *t = NULL;
	enum err err = settings_check("a.conf", text, &t, r);

	conf_tree_free(&t);
	return err;
}

TEST(settings_faults, "tells each mistake in its words, contradictions between modules too")
{
	return cases_check("tests/unit/proc/faults", load, 25);
}

/* As text in memory: the tests run in any folder. */
static enum err load_file(const char *path, struct conf_tree **ret)
{
	char *text = NULL;
	size_t len = 0;
	enum err err;

	TRY(test_read_file(path, &text, &len));
	report = (struct conf_report){ 0 };
	err = settings_check(path, view_bytes(text, len), ret, &report);
	free(text);
	if (err == ERR_SYNTAX)
		CHECK_CASE(report.count == 0, report.faults[0].text);
	return err;
}

TEST(settings_examples, "finds every example valid")
{
	static const char *const paths[] = {
		"etc/ringfence.conf",         "etc/examples/nat-router.conf",
		"etc/examples/cloud.conf",    "etc/examples/trunk.conf",
		"etc/examples/edge.conf",     "etc/examples/registrars.conf",
		"etc/examples/control.conf",  "etc/examples/stay-on-pbx.conf",
		"etc/examples/browsers.conf", "etc/examples/speech.conf",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct conf_tree *t = NULL;

		TRY(load_file(paths[i], &t));
		conf_tree_free(&t);
	}
	return ERR_NONE;
}

static bool is_addr(const struct addr *a, const char *want)
{
	char text[ADDR_TEXT_MAX];

	return view_equal(view_of(addr_text(a, text)), view_of(want));
}

TEST(settings_nat, "gives the modules what the example behind a router says")
{
	struct conf_tree *t = NULL;
	const struct transport_side *side;
	const struct border_peer *peer;
	const struct border_subscribers *subscribers;
	bool is_right;

	TRY(load_file("etc/examples/nat-router.conf", &t));
	side = conf_get(t, &transport_side_block, NULL);
	peer = conf_get(t, &border_peer_block, NULL);
	subscribers = conf_get(t, &border_subscribers_block, NULL);
	is_right = is_addr(&side[0].udp[0], "192.168.1.5:5060") &&
	           is_addr(&side[0].advertise, "203.0.113.7:0") && side[0].lan_count == 1 &&
	           peer[0].side == 1 && is_addr(&peer[0].address, "127.0.0.1:5060") &&
	           subscribers->register_to == 0 && subscribers->udp_expires_s == 60;
	conf_tree_free(&t);
	CHECK(is_right);
	return ERR_NONE;
}

TEST(settings_least, "runs with a side, a PBX and its phones, all else by fallbacks")
{
	struct conf_tree *t = NULL;
	const struct media_options *media;
	bool is_right;

	report = (struct conf_report){ 0 };
	TRY(settings_check("a.conf",
	                   VIEW("listen outside { udp 192.0.2.10:5060 }\n"
	                        "listen inside { udp 10.0.0.2:5060 }\n"
	                        "peer office { side inside  address 10.0.0.20 }\n"
	                        "subscribers { register-to office }\n"),
	                   &t, &report));
	media = conf_get(t, &media_block, NULL);
	is_right = media->ports[0] == 20000 && media->max_calls > 0 && media->timeout_s > 0;
	conf_tree_free(&t);
	CHECK(is_right);
	return ERR_NONE;
}

TEST(settings_class, "gives a peer what its class says where the peer says nothing itself")
{
	struct conf_tree *t = NULL;
	const struct border_peer *peers;
	size_t count;
	bool is_right;

	report = (struct conf_report){ 0 };
	TRY(settings_check("a.conf",
	                   VIEW("peer bakery { class customers  address 192.0.2.20 }\n"
	                        "peer school { class customers  address 192.0.2.30  kind carrier\n"
	                        "  at-most 20 calls at once  from 192.0.2.32/28 }\n"
	                        "peer alone { side outside  address 192.0.2.50 }\n"
	                        "class customers { kind customer  side outside  numbers-as plus\n"
	                        "  at-most 4 calls at once  media-from 203.0.113.0/24 }\n"
	                        "listen outside { udp 192.0.2.10:5060 }\n"),
	                   &t, &report));
	peers = conf_get(t, &border_peer_block, &count);
	is_right = count == 3 && peers[0].kind == PEER_CUSTOMER && peers[0].side == 0 &&
	           peers[0].max_calls == 4 && peers[0].numbers_as == NUMBERS_PLUS &&
	           peers[0].media_count == 1 && peers[0].from_count == 0 &&
	           peers[1].kind == PEER_CARRIER && peers[1].max_calls == 20 &&
	           peers[1].media_count == 1 && peers[1].from_count == 1 &&
	           peers[2].kind == PEER_PBX && peers[2].max_calls == 0;
	conf_tree_free(&t);
	CHECK(is_right);
	return ERR_NONE;
}

static const struct transport_signalling *signalling_of(const struct conf_tree *t, uint16_t peer)
{
	size_t count;
	const struct transport_signalling *rows = conf_get(t, &transport_signalling_block, &count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].peer == peer)
			return &rows[i];
	return NULL;
}

TEST(settings_class_within,
     "gives a peer the signalling and headers of its class, each option that it does not write")
{
	struct conf_tree *t = NULL;
	const struct transport_signalling *one, *two;
	const struct border_headers *headers;
	size_t count, header_count;
	bool is_right;

	report = (struct conf_report){ 0 };
	TRY(settings_check(
		"a.conf",
		VIEW("class trunks { kind carrier  side outside  headers { pass X-One X-Two }\n"
	             "  signalling { mutual-tls  authority ca.pem  revoked list.pem } }\n"
	             "peer bakery { class trunks  address sips:bakery.example }\n"
	             "peer school { class trunks  address sips:192.0.2.30\n"
	             "  headers { pass X-Three }\n"
	             "  signalling { name school.example  revoked own.pem } }\n"
	             "peer alone { side outside  address 192.0.2.50 }\n"
	             "certificate main { chain main.pem  key main.key }\n"
	             "listen outside { tls 192.0.2.10:5061  udp 192.0.2.10:5060\n"
	             "  certificate main }\n"),
		&t, &report));
	one = signalling_of(t, 0);
	two = signalling_of(t, 1);
	headers = conf_get(t, &border_headers_block, &header_count);
	(void)conf_get(t, &transport_signalling_block, &count);
	is_right = count == 2 && one && one->mode == SIGNALLING_MUTUAL && !one->name[0] &&
	           view_equal(view_of(one->authority), VIEW("ca.pem")) &&
	           view_equal(view_of(one->revoked), VIEW("list.pem")) &&
	           one->certificate == CONF_NO_ROW && one->staple == TLS_STAPLE_WANTED && two &&
	           two->mode == SIGNALLING_MUTUAL &&
	           view_equal(view_of(two->name), VIEW("school.example")) &&
	           view_equal(view_of(two->authority), VIEW("ca.pem")) &&
	           view_equal(view_of(two->revoked), VIEW("own.pem")) && header_count == 2 &&
	           headers[0].peer + headers[1].peer == 1;
	for (size_t i = 0; i < header_count && is_right; i++)
		is_right = headers[i].count == (headers[i].peer == 0 ? 2 : 1);
	conf_tree_free(&t);
	CHECK(is_right);
	return ERR_NONE;
}

/* Peers of 16 networks each, and their address: 17 entries of the never-block list. */
static enum err check_peers(uint32_t count, const char *mode, bool *ret_is_taken)
{
	static char text[65536];
	struct buffer b = BUFFER_ON(text);
	struct conf_tree *t = NULL;
	enum err err;

	buffer_text(&b, mode);
	buffer_text(&b, "\nlisten outside { udp 192.0.2.10:5060 }\n");
	for (uint32_t i = 0; i < count; i++) {
		buffer_text(&b, "peer p");
		buffer_decimal(&b, i);
		buffer_text(&b, " { side outside  address 10.0.");
		buffer_decimal(&b, i);
		buffer_text(&b, ".1  from");
		for (uint32_t k = 0; k < 16; k++) {
			buffer_text(&b, " 10.0.");
			buffer_decimal(&b, i);
			buffer_char(&b, '.');
			buffer_decimal(&b, 16 * k);
			buffer_text(&b, "/32");
		}
		buffer_text(&b, " }\n");
	}
	report = (struct conf_report){ 0 };
	err = settings_check("a.conf", buffer_view(&b), &t, &report);
	conf_tree_free(&t);
	*ret_is_taken = err == ERR_NONE;
	return err == ERR_SYNTAX ? ERR_NONE : err;
}

TEST(settings_never_full,
     "refuses mode block where a peer's networks find no room in the never-block list")
{
	static const struct {
		const char *name, *mode;
		uint32_t peers;
		bool is_taken;
	} cases[] = {
		{ "as many as there is room for", "mode block", 30, true },
		{ "one more", "mode block", 31, false },
		{ "one more, but nothing is blocked", "mode observe", 31, true },
	};
	bool is_taken;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TRY(check_peers(cases[i].peers, cases[i].mode, &is_taken));
		CHECK_CASE(is_taken == cases[i].is_taken,
		           report.count ? report.faults[0].text : cases[i].name);
		if (!is_taken)
			CHECK_CASE(view_contains(view_of(report.faults[0].text),
			                         VIEW("never-block list has no room")),
			           report.faults[0].text);
	}
	return ERR_NONE;
}

TEST(settings_blobs, "cuts the configuration up so that each role opens its own blocks")
{
	struct conf_tree *t = NULL;

	TRY(load_file("etc/ringfence.conf", &t));
	for (enum role role = ROLE_PARENT; role < ROLE_COUNT; role++) {
		struct conf_blob blob;
		void *memory = NULL;
		size_t count;
		const struct conf_block *const *blocks = proc_blocks_of(role, &count);
		enum err err = settings_blob(t, role, &memory, &blob);
		bool has_all = err == ERR_NONE;

		for (size_t i = 0; has_all && i < count; i++)
			has_all = conf_blob_get(&blob, blocks[i], NULL) != NULL;
		free(memory);
		if (!has_all)
			conf_tree_free(&t);
		TRY(err);
		CHECK(has_all);
	}
	conf_tree_free(&t);
	return ERR_NONE;
}

TEST(settings_compared, "tells changes in words, and which of them have to wait for a start")
{
	static const char before[] = "listen outside { udp 192.0.2.10:5060 }\n"
				     "listen inside { udp 10.0.0.2:5060 }\n";
	static const char after[] = "mode block\nmedia calls 10\n"
				    "listen outside { udp 192.0.2.10:5060 }\n"
				    "listen inside { udp 10.0.0.2:5060 }\n"
				    "peer x { side inside  address 10.0.0.20 }\n";
	struct conf_tree *old = NULL, *new = NULL;
	char words[512];
	struct buffer b = BUFFER_ON(words);
	bool needs_start = false;
	enum err err;

	report = (struct conf_report){ 0 };
	err = settings_check("a.conf", view_of(before), &old, &report);
	if (err == ERR_NONE)
		err = settings_check("a.conf", view_of(after), &new, &report);
	if (err == ERR_NONE)
		needs_start = settings_compare(old, new, &b);
	conf_tree_free(&old);
	conf_tree_free(&new);
	TRY(err);
	/* Without memory for the list nothing is known, and nothing may be put in force. */
	if (b.len == 0 && needs_start)
		return ERR_NO_MEMORY;
	CHECK(view_equal(buffer_view(&b), VIEW("changed mode: value; added peer x; "
	                                       "changed media: calls (needs a new start)")));
	CHECK(needs_start);
	return ERR_NONE;
}

TEST(watching, "to watch needs no file and no listener, to stand in the way does")
{
	struct conf_tree *t = NULL;
	enum err err;

	memset(&report, 0, sizeof(report));
	err = settings_watch("", &t, &report);

	conf_tree_free(&t);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_NONE && report.count == 0);
	memset(&report, 0, sizeof(report));
	err = settings_check("a.conf", VIEW("mode observe\n"), &t, &report);
	conf_tree_free(&t);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_SYNTAX && report.count == 1);
	return ERR_NONE;
}

#define FIRST "domain a.example  register-to pbx  "

TEST(settings_registrars, "names both places where registrars contradict")
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ FIRST "registrar { domain b.example  register-to plain }", NULL },
		{ FIRST "registrar { domain A.example  register-to plain }", "first registrar's" },
		{ FIRST "registrar { domain b.example  register-to plain }"
		        " registrar { domain b.example  register-to plain }",
		  "two registrars have one domain" },
		{ FIRST "registrar { domain b.example  register-to pbx }",
		  "it would be told one alone" },
		{ FIRST "registrar { domain b.example  register-to far }", "no pbx" },
		{ "registrar { domain b.example  register-to pbx }", "no domain or no PBX" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[1024];
		struct buffer b = BUFFER_ON(text);
		struct conf_tree *t = NULL;
		enum err err;

		buffer_text(&b, "listen outside { udp 192.0.2.10:5060 }\n"
		                "listen inside { udp 10.0.0.2:5060 }\n"
		                "peer pbx { side inside  address 10.0.0.20  domain p.example }\n"
		                "peer plain { side inside  address 10.0.0.21 }\n"
		                "peer far { kind carrier  side outside  address 192.0.2.9 }\n"
		                "subscribers { ");
		buffer_text(&b, cases[i].text);
		buffer_text(&b, " }\n");
		report = (struct conf_report){ 0 };
		err = settings_check("a.conf", buffer_view(&b), &t, &report);
		conf_tree_free(&t);
		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE((err == ERR_NONE) == !cases[i].fault, cases[i].text);
		CHECK_CASE(!cases[i].fault || view_contains(view_of(report.faults[0].text),
		                                            view_of(cases[i].fault)),
		           report.faults[0].text);
	}
	return ERR_NONE;
}
