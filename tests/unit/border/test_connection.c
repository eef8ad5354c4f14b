/* SPDX-License-Identifier: Apache-2.0 */
/* What a connection is to the border: proof, a flow that ends, and a phone that comes back. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

static struct flow connection(uint16_t port, uint32_t number)
{
	struct flow f = wire_outside(5, port);

	f.transport = TRANSPORT_TCP;
	f.connection = number;
	return f;
}

/* A REGISTER whose Contact has that port, as that of a phone over TCP changes. */
static void send_register(struct wire *w, const struct flow *from, const struct wire_register *r)
{
	char text[2048], port[8];
	char *place;

	(void)snprintf(text, sizeof(text), "%s", wire_register_text(r, from));
	(void)snprintf(port, sizeof(port), "%04u", 5000U + from->remote.port % 1000U);
	place = strstr(text, "192.168.1.10:5060;line");
	if (place)
		memcpy(place + strlen("192.168.1.10:"), port, 4);
	wire_receive(w, from, text);
	wire_advance(w, 400 * MILLISECOND_US);
}

static enum err registers_over(struct wire *w, const struct flow *from, unsigned cseq)
{
	struct wire_register r = {
		.user = "200", .call_id = "200", .cseq = cseq, .expires_s = 3600
	};
	struct wire_sent challenge, *sent;

	send_register(w, from, &r);
	sent = wire_take(w, from);
	CHECK(wire_has(sent, "SIP/2.0 401 "));
	challenge = *sent;
	r.challenge = &challenge;
	r.credentials = WIRE_RIGHT;
	r.cseq++;
	send_register(w, from, &r);
	CHECK(wire_has(wire_take(w, from), "SIP/2.0 200 "));
	return ERR_NONE;
}

static enum fact_standing standing(struct wire *w, const struct flow *flow)
{
	bool is_blocked;

	return border_standing(w->border, flow, w->now, &is_blocked);
}

#define WITH_WIRE(body)                                                                            \
	struct wire *w;                                                                            \
	TRY(wire_new(&w));                                                                         \
	enum err err = body(w);                                                                    \
	wire_free(&w);                                                                             \
	return err

static enum err ends_with_connection(struct wire *w)
{
	struct flow first = connection(40000, 7), other = connection(40000, 8);

	TRY(registers_over(w, &first, 1));
	CHECK(standing(w, &first) == STANDING_KNOWN && standing(w, &other) == STANDING_STRANGER);
	/* The end of another connection of that address and port is nothing to it. */
	border_disconnected(w->border, &other, w->now.us, w->now);
	CHECK(standing(w, &first) == STANDING_KNOWN);
	border_disconnected(w->border, &first, w->now.us, w->now);
	CHECK(standing(w, &first) == STANDING_STRANGER);
	CHECK(wire_count_facts(w, FACT_UNREGISTERED) == 1);
	return ERR_NONE;
}

TEST(connection_ends, "a registration ends with its connection, and with no other")
{
	WITH_WIRE(ends_with_connection);
}

/* The PBX's connection breaks while a BYE is on its way to it. */
TALK_TEST(connection_bye,
          "who hangs up is answered and the call ends, though the other end's connection broke")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE ") && talk_is_quiet(t, &t->phone));
	border_disconnected(t->w->border, &t->pbx.flow, t->w->now.us, t->w->now);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_order(t)->kind == ORDER_CLOSE);
	talk_media_closes(t);
	CHECK(talk_records(t) == 1 && border_calls(t->w->border) == 0);
	return ERR_NONE;
}

TALK_TEST(connection_next,
          "what a peer was asked since by its next connection goes on when the last one ends")
{
	uint64_t until_us;

	TRY(talk_call(t));
	until_us = t->w->now.us;
	wire_advance(t->w, 1000000);
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	border_disconnected(t->w->border, &t->pbx.flow, until_us, t->w->now);
	CHECK(talk_is_quiet(t, &t->phone));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	return ERR_NONE;
}

static enum err keeps_its_name(struct wire *w)
{
	struct flow first = connection(40000, 7), second = connection(40123, 8);
	char name[256];

	TRY(registers_over(w, &first, 1));
	(void)snprintf(name, sizeof(name), "%s", w->pbx_contact);
	border_disconnected(w->border, &first, w->now.us, w->now);
	TRY(registers_over(w, &second, 5));
	CHECK(name[0] && strcmp(name, w->pbx_contact) == 0);
	return ERR_NONE;
}

TEST(connection_name, "a phone that comes back over another connection has its old name at the PBX")
{
	WITH_WIRE(keeps_its_name);
}

static enum err dies_with_worker(struct wire *w)
{
	struct flow first = connection(40000, 7);

	TRY(registers_over(w, &first, 1));
	TRY(wire_restart(w));
	CHECK(standing(w, &first) == STANDING_STRANGER);
	return ERR_NONE;
}

TEST(connection_restart,
     "a registration over a connection does not outlive the worker that held it")
{
	WITH_WIRE(dies_with_worker);
}

static enum err answers_strangers(struct wire *w)
{
	static const struct {
		const char *method, *answer;
	} cases[] = {
		{ "INVITE", "SIP/2.0 403 " },
		{ "SUBSCRIBE", "SIP/2.0 403 " },
		{ "MESSAGE", "SIP/2.0 403 " },
		{ "OPTIONS", NULL },
	};
	struct flow from = connection(40000, 7);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct wire_sent *sent;
		char text[1024];

		(void)snprintf(
			text, sizeof(text),
			"%s sip:201@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/TCP 203.0.113.5:40000;branch=z9hG4bKs%u\r\n"
			"Max-Forwards: 70\r\nFrom: <sip:9@203.0.113.5>;tag=s%u\r\nTo: <sip:201@198.51.100.1>\r\n"
			"Call-ID: s%u@203.0.113.5\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n",
			cases[i].method, i, i, i, cases[i].method);
		wire_receive(w, &from, text);
		sent = wire_take(w, &from);
		CHECK_CASE(cases[i].answer ? wire_has(sent, cases[i].answer) : !sent,
		           cases[i].method);
	}
	CHECK(w->facts[w->fact_count - 1].proof == PROOF_CONNECTION);
	return ERR_NONE;
}

TEST(connection_stranger, "over a connection a stranger's request gets 403, an OPTIONS nothing")
{
	WITH_WIRE(answers_strangers);
}

static enum err blocks(struct wire *w)
{
	struct flow attacker = connection(50000, 9), known = connection(40000, 7);
	struct verdict v = { .state = VERDICT_BLOCK, .is_by_admin = 1 };
	bool is_blocked;

	attacker.remote.bytes[15] = 66;
	v.source = addr_source(&attacker.remote);
	v.until_us = w->now.us + 3600 * (uint64_t)SECOND_US;
	(void)border_standing(w->border, &attacker, w->now, &is_blocked);
	CHECK(!is_blocked);
	verdict_table_put(w->verdicts, &v, w->now.us);
	(void)border_standing(w->border, &attacker, w->now, &is_blocked);
	CHECK(is_blocked);
	/* A known flow is exempt from its address's verdict, and a neighbour may come in. */
	TRY(registers_over(w, &known, 1));
	v.source = addr_source(&known.remote);
	verdict_table_put(w->verdicts, &v, w->now.us);
	CHECK(border_standing(w->border, &known, w->now, &is_blocked) == STANDING_KNOWN);
	CHECK(!is_blocked);
	known.connection++;
	(void)border_standing(w->border, &known, w->now, &is_blocked);
	CHECK(!is_blocked);
	return ERR_NONE;
}

TEST(connection_blocked, "a blocked source's connections shall not stand, a known flow's shall")
{
	WITH_WIRE(blocks);
}
