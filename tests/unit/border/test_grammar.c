/* SPDX-License-Identifier: Apache-2.0 */
/* Grammar beyond the index: whoever is known hears 400, a stranger nothing, and
 * what is merely odd stays out of what we write. */
#include "unit/border/talk.h"

#include <stdio.h>

/* One request with one line beside what it needs. */
static const char *request(const char *method, const char *uri, const char *line)
{
	static char text[1024];

	(void)snprintf(text, sizeof(text),
	               "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bKodd\r\n"
	               "Max-Forwards: 70\r\nFrom: <sip:200@sip.example>;tag=odd\r\n"
	               "To: <sip:200@sip.example>\r\nCall-ID: odd\r\nCSeq: 1 %s\r\n"
	               "%s\r\nContent-Length: 0\r\n\r\n",
	               method, uri, method, line);
	return text;
}

static const struct {
	const char *name, *uri, *line;
} hostile[] = {
	{ "a target with headers of its own", "sip:201@sip.example?Replaces=x", "Subject: x" },
	{ "a target that is no URI", "sip:201@[::1", "Subject: x" },
	{ "a second Via that is none", "sip:201@sip.example", "Via: SIP/2.0/UDP" },
	{ "a Contact of nothing", "sip:201@sip.example", "Contact: <" },
	{ "a star for a Contact", "sip:201@sip.example", "Contact: *" },
	{ "a route with an open bracket", "sip:201@sip.example", "Route: <sip:10.0.0.20;lr" },
	{ "an Expires that counts nothing", "sip:201@sip.example", "Expires: soon" },
};

TALK_TEST(hostile, "a known phone's message that breaks a header's grammar is refused and reported")
{
	for (unsigned i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
		unsigned anomalies = wire_count_facts(t->w, FACT_ANOMALY);

		wire_receive(t->w, &t->phone.flow,
		             request("INVITE", hostile[i].uri, hostile[i].line));
		CHECK_CASE(talk_hears(t, &t->phone, "SIP/2.0 400 "), hostile[i].name);
		CHECK_CASE(talk_is_quiet(t, &t->pbx), hostile[i].name);
		CHECK_CASE(wire_count_facts(t->w, FACT_ANOMALY) == anomalies + 1, hostile[i].name);
		CHECK_CASE(counters_get(&t->w->counters, COUNT_peer_malformed) == 0,
		           hostile[i].name);
	}
	return ERR_NONE;
}

TALK_TEST(hostile_stranger, "a stranger whose message breaks a header's grammar hears nothing")
{
	struct flow stranger = wire_outside(66, 5060);
	unsigned registers = t->w->pbx_registers;

	wire_receive(t->w, &stranger, request("REGISTER", "sip:sip.example", "Expires: soon"));
	wire_advance(t->w, 400 * MILLISECOND_US);
	CHECK(wire_take(t->w, &stranger) == NULL);
	CHECK(t->w->pbx_registers == registers);
	/* The twin: the same with a number of seconds. */
	wire_receive(t->w, &stranger, request("REGISTER", "sip:sip.example", "Expires: 60"));
	wire_advance(t->w, 400 * MILLISECOND_US);
	CHECK(wire_take(t->w, &stranger) != NULL);
	return ERR_NONE;
}

TALK_TEST(odd, "a header of odd grammar stays behind, one of good grammar goes on")
{
	talk_invite_from_phone(t,
	                       "Date: tomorrow\r\nSubject: caf\xff\r\nPriority: normal\r\n"
	                       "Content-Type: application/sdp\r\n",
	                       TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!wire_has(&t->at_pbx, "Date:"));
	CHECK(!wire_has(&t->at_pbx, "Subject:"));
	CHECK(wire_has(&t->at_pbx, "Priority: normal\r\n"));
	return ERR_NONE;
}

TALK_TEST(hostile_answer, "an answer that breaks a header's grammar is as if it never came")
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "Expires: soon\r\n", "");
	CHECK(talk_is_quiet(t, &t->phone));
	CHECK(counters_get(&t->w->counters, COUNT_peer_malformed) == 1);
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "Expires: 60\r\n", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	CHECK(counters_get(&t->w->counters, COUNT_peer_malformed) == 1);
	return ERR_NONE;
}
