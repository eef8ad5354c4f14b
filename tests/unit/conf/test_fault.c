/* SPDX-License-Identifier: Apache-2.0 */
/* Every kind of mistake, with the exact words that its writer gets. */
#include "runner/test.h"
#include "unit/conf/sample.h"
#include <stdio.h>
#include <stdlib.h>

static struct conf_report report;

static const struct {
	const char *text, *faults[3];
} cases[] = {
	{ "mod block", { "a.conf:1:1: unknown word \"mod\"; did you mean \"mode\"?" } },
	{ "mode blok", { "a.conf:1:6: unknown word \"blok\" in mode; did you mean \"block\"?" } },
	{ "mode", { "a.conf:1:5: mode: nothing follows; write { }, or its options on the line" } },
	{ "mode block mode off\nmode off",
	  { "a.conf:1:12: unknown word \"mode\" in mode; known here: off, observe, block",
	    "a.conf:2:1: mode stands twice; first in a.conf:1" } },
	{ "ports 2000", { "a.conf:1:1: unknown word \"ports\"; it belongs into limits all { }" } },
	{ "detectr x { }",
	  { "a.conf:1:1: unknown word \"detectr\"; known here: mode, listen, peer, certificate, limits all, never-block, include" } },
	{ "foo { }",
	  { "a.conf:1:1: unknown word \"foo\"; known here: mode, listen, peer, certificate, limits all, never-block, include" } },
	{ "limits all { prots 3 }",
	  { "a.conf:1:14: unknown word \"prots\" in limits all; did you mean \"ports\"?" } },
	{ "limits all { foo 3 }",
	  { "a.conf:1:14: unknown word \"foo\" in limits all; known here: off, observe, block, keep calls, keep waiting, at score, at-most, ports, home, samples" } },
	{ "limits all { ports 80 }",
	  { "a.conf:1:20: ports: \"80\" is beyond the limits; expected FROM-TO or one number, 1024 to 65535" } },
	{ "limits all { ports 5000-4000 }",
	  { "a.conf:1:20: ports: \"5000-4000\" is beyond the limits; expected FROM-TO or one number, 1024 to 65535" } },
	{ "limits all { ports abc }",
	  { "a.conf:1:20: ports: \"abc\" is not a range; expected FROM-TO or one number, 1024 to 65535" } },
	{ "limits all { ports }",
	  { "a.conf:1:20: ports: a value is missing; expected FROM-TO or one number, 1024 to 65535" } },
	{ "limits all { keep calls 5 }",
	  { "a.conf:1:25: keep calls: \"5\" lacks its unit; expected 1m to 365d; units are ms s m h d w" } },
	{ "limits all { keep calls 5s }",
	  { "a.conf:1:25: keep calls: \"5s\" is beyond the limits; expected 1m to 365d" } },
	{ "limits all { keep calls 99999999999999999999d }",
	  { "a.conf:1:25: keep calls: \"99999999999999999999d\" is beyond the limits; expected 1m to 365d" } },
	{ "limits all { at-most 10 gb }",
	  { "a.conf:1:22: at-most: \"10\" lacks its unit; expected 1 kB to 1 TiB; units are B kB KiB MB MiB GB GiB TB TiB" } },
	{ "limits all { at-most 1 B }",
	  { "a.conf:1:22: at-most: \"1\" is beyond the limits; expected 1 kB to 1 TiB" } },
	{ "limits all { at score 0.5 }",
	  { "a.conf:1:23: at score: \"0.5\" is beyond the limits; expected 1 to 100" } },
	{ "limits all { at score 1.2345 }",
	  { "a.conf:1:23: at score: \"1.2345\" is not a number; expected 1 to 100" } },
	{ "limits all { samples maybe }",
	  { "a.conf:1:22: samples: \"maybe\" is not yes or no; expected yes or no" } },
	{ "limits all { home 10.1.2.3/8 }",
	  { "a.conf:1:19: home: \"10.1.2.3/8\" has bits set behind its prefix; expected a network or an address, as 192.0.2.0/24; write 10.1.2.3 for the one address, or the network's first address before the /" } },
	{ "limits all { home 300.1.2.3 }",
	  { "a.conf:1:19: home: \"300.1.2.3\" is not a network; expected a network or an address, as 192.0.2.0/24" } },
	{ "limits all { ports 2000\n ports 3000 }",
	  { "a.conf:2:2: ports is given twice; first in a.conf:1" } },
	{ "limits all { keep waiting 1s, calls 1h, bells 1h }",
	  { "a.conf:1:41: unknown word \"bells\" in limits all; known here: off, observe, block, keep calls, keep waiting, at score, at-most, ports, home, samples" } },
	{ "limits all { , calls 1h }",
	  { "a.conf:1:14: a comma repeats the word of the statement before it; here is none" } },
	{ "limits all {\n ports 2000\n", { "a.conf:1:12: the { of limits all has no }" } },
	{ "}", { "a.conf:1:1: this } has no {" } },
	{ "{", { "a.conf:1:1: expected the word of a block" } },
	{ "\"x\"", { "a.conf:1:1: expected the word of a block" } },
	{ "limits all { ports 2000 } \x01",
	  { "a.conf:1:27: a byte that cannot stand here: 0x01" } },
	{ "mode \"blo",
	  { "a.conf:1:6: the \" has no fellow on its line, or a \\ stands before another byte than \" and \\" } },
	{ "limits all\nmode off",
	  { "a.conf:1:11: limits all: nothing follows; write { }, or its options on the line" } },
	{ "limits al { }",
	  { "a.conf:1:1: unknown word \"limits al\"; did you mean \"limits all\"?" } },
	{ "listen outside { udp 0 }",
	  { "a.conf:1:22: udp: \"0\" is beyond the limits; expected PORT or ADDRESS:PORT, as 192.0.2.1:5060 or [2001:db8::1]:5060" } },
	{ "listen outside { udp tcp }",
	  { "a.conf:1:26: udp: a value is missing; expected PORT or ADDRESS:PORT, as 192.0.2.1:5060 or [2001:db8::1]:5060" } },
	{ "listen outside { udp 5060x }",
	  { "a.conf:1:22: udp: \"5060x\" is not an address with a port; expected PORT or ADDRESS:PORT, as 192.0.2.1:5060 or [2001:db8::1]:5060" } },
	{ "listen outside { certificate mian }\ncertificate main { chain x }",
	  { "a.conf:1:30: certificate: there is no certificate \"mian\"; did you mean \"main\"?" } },
	{ "listen outside { certificate x }",
	  { "a.conf:1:30: certificate: there is no certificate \"x\"; write one, or another's name" } },
	{ "listen a { lan 10.0.0.0/8 10.0.0.0/9 10.0.0.0/10 10.0.0.0/11 }",
	  { "a.conf:1:50: lan: more than 3 are not held" } },
	{ "listen a { lan 10.0.0.0/8 lon 10.0.0.0/9 }",
	  { "a.conf:1:27: lan: \"lon\" is not a network; expected networks or addresses, as 192.0.2.0/24" } },
	{ "listen a { }\nlisten a { }",
	  { "a.conf:2:1: listen a stands twice; first in a.conf:1" } },
	{ "listen a { }\nlisten b { }\nlisten c { }\nlisten d { }",
	  { "a.conf:4:1: listen: more than 3 are not held" } },
	{ "listen { }",
	  { "a.conf:1:8: listen: the name of the side is missing or no name; expected 1 to 15 letters, digits, - _ or ." } },
	{ "listen a/b { }",
	  { "a.conf:1:8: listen: the name of the side is missing or no name; expected 1 to 15 letters, digits, - _ or ." } },
	{ "listen aaaaaaaaaaaaaaaaaaaaaaaaaaaa { }",
	  { "a.conf:1:8: listen: the name of the side is missing or no name; expected 1 to 15 letters, digits, - _ or ." } },
	{ "listen a { secure\n udp 5060 }",
	  { "a.conf:1:12: listen a: secure, but with a UDP socket (a.conf:2); remove udp, or secure" } },
	{ "listen a { interface aaaaaaaaaaaaaaaaaaaaaaaaaaa }",
	  { "a.conf:1:22: interface: \"aaaaaaaaaaaaaaaaaaaaaaaaaaa\" is beyond the limits; expected a word or \"text\" of 1 to 15 bytes" } },
	{ "listen a { interface \"\" }",
	  { "a.conf:1:22: interface: \"\" is beyond the limits; expected a word or \"text\" of 1 to 15 bytes" } },
	{ "listen a { interface \"a\\n\" }",
	  { "a.conf:1:22: the \" has no fellow on its line, or a \\ stands before another byte than \" and \\" } },
	{ "peer x { }",
	  { "a.conf:1:1: peer x: kind is missing; write kind and then pbx or carrier",
	    "a.conf:1:1: peer x: address is missing; write address and then ADDRESS[:PORT], as 192.0.2.1:5060 or [2001:db8::1]:5060" } },
	{ "peer x { kind pbx  address 192.0.2.1  at-most 5 }",
	  { "a.conf:1:47: at-most: it is not said of what; expected 1 to 10000 calls at once, or 1 to 1000 new calls per second" } },
	{ "peer x { kind pbx  address 192.0.2.1  at-most 5 cals at once }",
	  { "a.conf:1:47: at-most: it is not said of what; expected 1 to 10000 calls at once, or 1 to 1000 new calls per second" } },
	{ "peer x { kind pbx  address 192.0.2.1  at-most 0 calls at once }",
	  { "a.conf:1:47: at-most: \"0\" is beyond the limits; expected 1 to 10000 calls at once" } },
	{ "peer x { kind pbx  address 192.0.2.1  may dance }",
	  { "a.conf:1:43: may: \"dance\" is not known; expected one or more of place-calls, receive-calls and transfer" } },
	{ "peer x { kind pbx  address 192.0.2.1  may transfr }",
	  { "a.conf:1:43: may: \"transfr\" is not known; expected one or more of place-calls, receive-calls and transfer; did you mean \"transfer\"?" } },
	{ "peer x { kind pbx  address 192.0.2.1  requests 5 }",
	  { "a.conf:1:48: requests: \"5\" is not a rate; expected 1 to 1000, then in DURATION or per second, minute or hour, as 30 in 2s" } },
	{ "peer x { kind pbx  address 192.0.2.1  requests 5 per week }",
	  { "a.conf:1:48: requests: \"5\" is not a rate; expected 1 to 1000, then in DURATION or per second, minute or hour, as 30 in 2s" } },
	{ "peer x { kind pbx  address 192.0.2.1  requests 5000 per minute }",
	  { "a.conf:1:48: requests: \"5000\" is beyond the limits; expected 1 to 1000, then in DURATION or per second, minute or hour, as 30 in 2s" } },
	{ "peer x { kind pbx  address 192.0.2.1  credentials hunter2 }",
	  { "a.conf:1:51: credentials: a secret is not written here itself; expected file:PATH or env:NAME" } },
	{ "peer x { kind pbx  address 192.0.2.1  credentials file:gone }",
	  { "a.conf:1:51: credentials: cannot read file:gone: not found" } },
	{ "peer x { kind pbx  address 192.0.2.1  header { } }",
	  { "a.conf:1:39: header: pass is missing; write pass and then a word or \"text\" of 1 to 23 bytes" } },
	{ "peer x { kind pbx  address sip.example.com }",
	  { "a.conf:1:28: address: \"sip.example.com\" is not an address with a port; expected ADDRESS[:PORT], as 192.0.2.1:5060 or [2001:db8::1]:5060" } },
	{ "peer x { kind pbx  address 192.0.2.1 credentials file: }",
	  { "a.conf:1:50: credentials: a secret is not written here itself; expected file:PATH or env:NAME" } },
	{ "never-block { 10.0.0.0/8 \"a note that is far too long for it\" }",
	  { "a.conf:1:15: never-block: \"10.0.0.0/8\" has a note that is too long; expected networks or addresses, each with a note if wished, as 192.0.2.0/24 \"head office\"" } },
	{ "never-block { nobody }",
	  { "a.conf:1:15: never-block: \"nobody\" is not a network; expected networks or addresses, each with a note if wished, as 192.0.2.0/24 \"head office\"" } },
	{ "never-block 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5",
	  { "a.conf:1:45: never-block: more than 4 are not held" } },
	{ "include", { "a.conf:1:8: include: a path is missing" } },
	{ "include gone.conf", { "a.conf:1:9: cannot read gone.conf: not found" } },
	{ "include a.conf", { "a.conf:1:9: include: a.conf includes itself" } },
	{ "header { pass x }",
	  { "a.conf:1:1: unknown word \"header\"; known here: mode, listen, peer, certificate, limits all, never-block, include" } },
	{ "peer x {\n kind pbx = 4\n address 192.0.2.1;\n}",
	  { "a.conf:2:11: unknown word \"=\" in peer; a value follows its word without a mark between them",
	    "a.conf:3:10: address: \"192.0.2.1;\" is not an address with a port; expected ADDRESS[:PORT], as 192.0.2.1:5060 or [2001:db8::1]:5060; a statement ends with its line, without a mark" } },
};

TEST(fault_texts, "tells each mistake with its place, what was expected, and a remedy")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct conf_tree *t = NULL;
		enum err err = sample_load_text(cases[i].text, &t, &report);
		uint32_t count = 0;

		if (err == ERR_NO_MEMORY)
			return err;
		CHECK_CASE(err == ERR_SYNTAX && t == NULL, cases[i].text);
		for (; count < 3 && cases[i].faults[count]; count++) {
			struct view want = view_of(cases[i].faults[count]);

			CHECK_CASE(count < report.kept, want.at);
			CHECK_CASE(view_equal(view_of(report.faults[count].text), want), want.at);
		}
		CHECK_CASE(report.count == count, cases[i].text);
	}
	return ERR_NONE;
}

TEST(fault_many, "keeps the first twenty of many, and counts the rest")
{
	struct conf_tree *t = NULL;
	char text[512] = "";
	size_t len = 0;
	enum err err;

	for (int i = 0; i < 50; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "wrong %d\n", i);
	err = sample_load_text(text, &t, &report);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_SYNTAX && report.count == 50 && report.kept == MAX_CONF_FAULTS);
	CHECK(report.faults[19].line == 20);
	return ERR_NONE;
}

static enum err refuse(void *context, const char *path, char *ret, size_t size, size_t *ret_len)
{
	(void)context, (void)path, (void)ret, (void)size, (void)ret_len;
	return ERR_DENIED;
}

TEST(fault_first_file, "says that the first file cannot be read, and why")
{
	struct conf_ports ports = { NULL, refuse, NULL };
	struct conf_tree *t = NULL;
	enum err err;

	report = (struct conf_report){ 0 };
	err = conf_load(&sample_schema, "/etc/a.conf", &ports, &t, &report);
	if (err == ERR_NO_MEMORY)
		return err;
	CHECK(err == ERR_SYNTAX && report.count == 1);
	CHECK(view_equal(view_of(report.faults[0].text),
	                 VIEW("/etc/a.conf: cannot be read: is not allowed")));
	return ERR_NONE;
}

TEST(fault_printable, "shows no byte that a terminal would take for a command")
{
	struct conf_report *r = calloc(1, sizeof(*r));
	struct conf_place place = { "a\033[2J.conf", 1, 1 };

	if (!r)
		return ERR_NO_MEMORY;
	conf_report_add(r, place, VIEW("b\033]0;x\a"));
	for (const char *at = r->faults[0].text; *at; at++)
		CHECK((unsigned char)*at >= 0x20);
	free(r);
	return ERR_NONE;
}

TEST(nearest_words, "finds what a mistyped word was to be, and nothing where it may be anything")
{
	static const char *const words[] = { "ports", "calls", "credentials", "", "at" };
	static const struct {
		const char *word, *want;
	} rows[] = {
		{ "prots", "ports" },
		{ "port", "ports" },
		{ "portss", "ports" },
		{ "orts", "ports" },
		{ "credentails", "credentials" },
		{ "credetnials", "credentials" },
		{ "clals", "calls" },
		{ "it", "at" },
		{ "hats", NULL },
		{ "x", NULL },
		{ "", NULL },
		{ "pxrxs", NULL },
		{ "a-word-that-is-far-too-long-to-be-any-of-those-that-exist", NULL },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const char *got = conf_nearest(view_of(rows[i].word), words, 5);

		CHECK_CASE(rows[i].want ? got && view_equal(view_of(got), view_of(rows[i].want))
		                        : !got,
		           rows[i].word);
	}
	return ERR_NONE;
}
