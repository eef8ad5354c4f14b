/* SPDX-License-Identifier: Apache-2.0 */
/* Phones behind proxies (RFC 3327), and their flows to those (RFC 5626). */
#include "unit/border/phone.h"

#include "border/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTANCE ";+sip.instance=\"<urn:uuid:0-1>\";reg-id="
#define BEHIND   "Via: SIP/2.0/UDP 192.168.1.10;branch=z9hG4bKbehind\r\n"
#define PATH     "<sip:core@203.0.113.70;lr>, <sip:t0ken@192.0.2.9;lr>"
#define EDGE_1   "<sip:flow1@203.0.113.70;lr;ob>"
#define EDGE_2   "<sip:flow2@203.0.113.71;lr;ob>"

static const struct path_case {
	const char *name, *lines, *path;
	enum err err;
} cases[] = {
	{ "none", "", "", ERR_NONE },
	{ "one", "Path: <sip:p.example;lr>\r\n", "<sip:p.example;lr>", ERR_NONE },
	{ "several, on lines and behind commas",
	  "Path: <sip:a.example;lr>,<sips:b.example;lr>\r\nPath: <sip:1@c.example:5070;ob;lr>\r\n",
	  "<sip:a.example;lr>, <sips:b.example;lr>, <sip:1@c.example:5070;ob;lr>", ERR_NONE },
	{ "what stands around an address stays here", "Path: \"P, 1\" <sip:p.example;lr>;x=y\r\n",
	  "<sip:p.example;lr>", ERR_NONE },
	{ "a strict router", "Path: <sip:p.example>\r\n", NULL, ERR_SYNTAX },
	{ "a strict router behind", "Path: <sip:p.example;lr>, <sip:q.example>\r\n", NULL,
	  ERR_SYNTAX },
	{ "a telephone number", "Path: <tel:+41441234567>\r\n", NULL, ERR_SYNTAX },
	{ "another scheme", "Path: <http://p.example;lr>\r\n", NULL, ERR_SYNTAX },
	{ "headers", "Path: <sip:p.example;lr?Route=%3Csip:x%3E>\r\n", NULL, ERR_SYNTAX },
	{ "no address", "Path: p.example;lr\r\n", NULL, ERR_SYNTAX },
	{ "nine",
	  "Path: <sip:a;lr>,<sip:a;lr>,<sip:a;lr>,<sip:a;lr>,<sip:a;lr>,<sip:a;lr>,<sip:a;lr>,"
	  "<sip:a;lr>,<sip:a;lr>\r\n",
	  NULL, ERR_LIMIT },
};

static const struct sip_msg *message(const char *lines)
{
	static char text[2048];
	static struct sip_msg msg;

	snprintf(text, sizeof(text),
	         "REGISTER sip:sip.example SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
	         "From: <sip:1@a>;tag=1\r\nTo: <sip:1@a>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
	         "%sContent-Length: 0\r\n\r\n",
	         lines);
	return sip_msg_parse(text, strlen(text), &sip_limits_default, &msg) == ERR_NONE ? &msg
	                                                                                : NULL;
}

TEST(path_cases, "reads loose routers alone, and writes them anew in their order")
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sip_msg *m = message(cases[i].lines);
		char path[PATH_SIZE] = "untouched";

		fprintf(stderr, "  %s\n", cases[i].name);
		CHECK(m && path_read(m, SIP_HEADER_PATH, path) == cases[i].err);
		CHECK(strcmp(path, cases[i].path ? cases[i].path : "untouched") == 0);
	}
	return ERR_NONE;
}

TEST(path_long, "takes a path of 383 bytes and none longer")
{
	char lines[512], path[PATH_SIZE] = "";

	snprintf(lines, sizeof(lines), "Path: <sip:%0*d@p.example;lr>\r\n", PATH_SIZE - 1 - 19, 7);
	CHECK(path_read(message(lines), SIP_HEADER_PATH, path) == ERR_NONE &&
	      strlen(path) == PATH_SIZE - 1);
	snprintf(lines, sizeof(lines), "Path: <sip:%0*d@p.example;lr>\r\n", PATH_SIZE - 19, 7);
	CHECK(path_read(message(lines), SIP_HEADER_PATH, path) == ERR_LIMIT &&
	      strlen(path) == PATH_SIZE - 1);
	return ERR_NONE;
}

TEST(path_flow, "finds the word of the proxy that the phone came to, not of one before it")
{
	CHECK(path_keeps_flow("<sip:p.example;lr;ob>") && path_keeps_flow(PATH ", " EDGE_1));
	CHECK(!path_keeps_flow("") && !path_keeps_flow(PATH));
	CHECK(!path_keeps_flow(EDGE_1 ", " PATH) && !path_keeps_flow("<sip:p;lr;obx>"));
	return ERR_NONE;
}

/* ---- one phone behind proxies ---- */

static struct phone behind(struct talk *t, unsigned host, const char *headers)
{
	struct flow at = wire_outside(host, 5060);
	struct phone p = phone_on(t->w, &at);

	p.r.contact = "<sip:201@192.168.1.10>";
	p.r.headers = headers;
	return p;
}

static bool hears(struct talk *t, const struct phone *p, const char *start)
{
	struct talk_end end = { .flow = p->flow };
	const struct wire_sent *sent = wire_take(t->w, &end.flow);

	if (!sent || strncmp(sent->text, start, strlen(start)) != 0)
		return false;
	t->at_phone = *sent;
	return true;
}

static void answers(struct talk *t, const struct phone *p, const char *status)
{
	struct talk_end end = { .flow = p->flow };

	talk_answer(t, &end, &t->at_phone, status, "", "");
}

static enum err is_called(struct talk *t, const struct phone *p, const char *route)
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(hears(t, p, "INVITE sip:201@192.168.1.10 ") && wire_has(&t->at_phone, route));
	return ERR_NONE;
}

TALK_TEST(path_called, "calls a phone by the proxies that it registered by, and tells it of them")
{
	struct phone p = behind(t, 70, BEHIND "Supported: path\r\nPath: " PATH "\r\n");

	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, "\r\nPath: " PATH "\r\n"));
	TRY(is_called(t, &p, "\r\nRoute: " PATH "\r\n"));
	/* What belongs to it goes the same way. */
	answers(t, &p, "180 Ringing");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 180 "));
	talk_cancel(t, &t->pbx);
	CHECK(hears(t, &p, "CANCEL ") && wire_has(&t->at_phone, "\r\nRoute: " PATH "\r\n"));
	return ERR_NONE;
}

TALK_TEST(path_acknowledged, "acknowledges a refusal by them, and asks what a phone can do by them")
{
	struct phone p = behind(t, 70, BEHIND "Supported: path\r\nPath: " PATH "\r\n");
	char text[1024];

	TRY(phone_registers(&p));
	TRY(is_called(t, &p, "\r\nRoute: " PATH "\r\n"));
	answers(t, &p, "486 Busy Here");
	CHECK(hears(t, &p, "ACK ") && wire_has(&t->at_phone, "\r\nRoute: " PATH "\r\n"));
	snprintf(text, sizeof(text),
	         "OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bKq\r\n"
	         "From: <sip:pbx@10.0.0.20>;tag=q\r\nTo: <%s>\r\nCall-ID: q\r\nCSeq: 1 OPTIONS\r\n"
	         "Contact: <sip:pbx@10.0.0.20>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
	         t->w->pbx_contact, t->w->pbx_contact);
	wire_receive(t->w, &t->pbx.flow, text);
	CHECK(hears(t, &p, "OPTIONS ") && wire_has(&t->at_phone, "\r\nRoute: " PATH "\r\n"));
	return ERR_NONE;
}

static void seldom(struct border_settings *s) { s->subscribers.ask_pbx_s = 300; }

static enum err changes(struct talk *t)
{
	struct phone p = behind(t, 70, BEHIND "Path: " PATH "\r\n");
	unsigned heard;

	TRY(phone_registers(&p));
	heard = t->w->pbx_registers;
	p.r.headers = BEHIND "Path: <sip:other@203.0.113.70;lr>\r\n";
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_registers == heard + 1);
	TRY(is_called(t, &p, "\r\nRoute: <sip:other@203.0.113.70;lr>\r\n"));
	answers(t, &p, "486 Busy Here");
	while (wire_take(t->w, &p.flow) || wire_take(t->w, &t->pbx.flow))
		;
	p.r.headers = NULL;
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && !wire_has(&p.heard, "\r\nPath:"));
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(hears(t, &p, "INVITE ") && !wire_has(&t->at_phone, "\r\nRoute:"));
	return ERR_NONE;
}

TEST(path_changes, "goes by the path of the last REGISTER, which the PBX hears of")
{
	return talk_with_settings(seldom, changes);
}

static enum err refreshed(struct talk *t)
{
	struct phone p = behind(t, 70, BEHIND "Path: " PATH "\r\n");
	unsigned heard;

	TRY(phone_registers(&p));
	heard = t->w->pbx_registers;
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "\r\nPath: " PATH "\r\n") && t->w->pbx_registers == heard);
	TRY(wire_restart(t->w));
	return is_called(t, &p, "\r\nRoute: " PATH "\r\n");
}

TEST(path_refreshed, "tells it in an answer without the PBX too, and keeps it through a restart")
{
	return talk_with_settings(seldom, refreshed);
}

TALK_TEST(path_required, "takes Require: path of phones, and refuses a path that it cannot go")
{
	struct phone p = behind(t, 70, BEHIND "Require: path\r\nPath: " PATH "\r\n");

	TRY(phone_registers(&p));
	TRY(phone_registers(&p));
	p.r.headers = BEHIND "Path: <sip:203.0.113.70>\r\n";
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 400 "));
	return is_called(t, &p, "\r\nRoute: " PATH "\r\n");
}

TALK_TEST(path_longest, "answers a REGISTER of four Contacts by the longest path")
{
	char headers[600] = "", contacts[1400];
	struct phone p = behind(t, 70, headers);
	int len = 0;

	snprintf(headers, sizeof(headers), BEHIND "Path: <sip:%0*d@p.example;lr>\r\n",
	         PATH_SIZE - 1 - 19, 7);
	for (unsigned i = 0; i < 4; i++)
		len += snprintf(contacts + len, sizeof(contacts) - (size_t)len,
		                "%s<sip:201@192.168.1.%u;x=%0297u>", i ? ", " : "", i + 1, i);
	p.r.contact = contacts;
	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, "\r\nPath: <sip:0000"));
	return ERR_NONE;
}

/* ---- flows to proxies ---- */

struct edges {
	struct phone one, other;
};

static enum err register_edges(struct talk *t, struct edges *ret)
{
	ret->one = behind(t, 70, BEHIND "Supported: outbound, path\r\nPath: " EDGE_1 "\r\n");
	ret->other = behind(t, 71, BEHIND "Supported: outbound, path\r\nPath: " EDGE_2 "\r\n");
	/* Each has a connection to us. */
	ret->one.flow.transport = ret->other.flow.transport = TRANSPORT_TCP;
	ret->one.flow.connection = 9;
	ret->other.flow.connection = 10;
	ret->one.r.call_id = "one";
	ret->other.r.call_id = "other";
	ret->one.r.contact = "<sip:201@192.168.1.10>" INSTANCE "1";
	ret->other.r.contact = "<sip:201@192.168.1.10>" INSTANCE "2";
	TRY(phone_registers(&ret->one));
	wire_advance(t->w, SECOND_US);
	return phone_registers(&ret->other);
}

TALK_TEST(path_edges, "offers flows to proxies that keep them, and leaves their keeping to these")
{
	struct edges e;

	TRY(register_edges(t, &e));
	CHECK(wire_has(&e.one.heard, "\r\nRequire: outbound\r\n"));
	CHECK(wire_has(&e.one.heard, "\r\nPath: " EDGE_1 "\r\n"));
	CHECK(!wire_has(&e.one.heard, "Flow-Timer"));
	return is_called(t, &e.other, "\r\nRoute: " EDGE_2 "\r\n");
}

TALK_TEST(path_edge_failed, "calls by the other flow where a proxy says that its own is gone (430)")
{
	struct edges e;
	unsigned ended;

	TRY(register_edges(t, &e));
	TRY(is_called(t, &e.other, "\r\nRoute: " EDGE_2 "\r\n"));
	ended = wire_count_facts(t->w, FACT_UNREGISTERED);
	answers(t, &e.other, "430 Flow Failed");
	CHECK(hears(t, &e.other, "ACK ") && talk_is_quiet(t, &t->pbx));
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == ended + 1);
	CHECK(hears(t, &e.one, "INVITE sip:201@192.168.1.10 "));
	CHECK(wire_has(&t->at_phone, "\r\nRoute: " EDGE_1 "\r\n"));
	CHECK(!wire_has(&t->at_phone, EDGE_2));
	answers(t, &e.one, "430 Flow Failed");
	CHECK(hears(t, &e.one, "ACK ") && talk_hears(t, &t->pbx, "SIP/2.0 480 "));
	talk_ack(t, &t->pbx, "");
	/* Neither stands any more. */
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 "));
	return ERR_NONE;
}

TALK_TEST(path_edge_lacking,
          "says 439 to who demands a flow that his proxy does not keep, once he is in")
{
	struct phone p = behind(t, 70, BEHIND "Require: outbound\r\nPath: " PATH "\r\n");
	unsigned heard;

	p.r.contact = "<sip:201@192.168.1.10>" INSTANCE "1";
	phone_says(&p, false);
	CHECK(wire_has(&p.heard, "SIP/2.0 401 "));
	heard = t->w->pbx_registers;
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 439 First Hop Lacks Outbound Support"));
	CHECK(t->w->pbx_registers == heard);
	/* Who only offers it is registered without. */
	p.r.headers = BEHIND "Supported: outbound\r\nPath: " PATH "\r\n";
	TRY(phone_registers(&p));
	CHECK(!wire_has(&p.heard, "outbound"));
	return is_called(t, &p, "\r\nRoute: " PATH "\r\n");
}
