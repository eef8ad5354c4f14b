/* SPDX-License-Identifier: Apache-2.0 */
/* Trunks on which we log in: our registration, and challenges of the carrier,
 * answered where peer, realm and target fit and nowhere else. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE, CARRIER = TALK_CARRIER };

static struct talk_end carrier;

#define CHALLENGE(realm) "Digest realm=\"" realm "\", nonce=\"n1\", qop=\"auth\", algorithm=MD5\r\n"

static void trunk(struct border_settings *s)
{
	struct border_peer *p = talk_add_carrier(s, &carrier);

	(void)VIEW_COPY(VIEW("carrier.example"), p->domain);
	s->routes[0] = (struct border_route){ .from = OFFICE, .to = CARRIER, .priority = 1 };
	s->routes[1] = (struct border_route){ .from = CARRIER, .to = OFFICE, .priority = 1 };
	s->route_count = 2;
	s->credentials[0] = (struct border_credentials){ .peer = CARRIER, .register_s = 600 };
	(void)VIEW_COPY(VIEW("4420"), s->credentials[0].user);
	(void)VIEW_COPY(VIEW("quiet harbour"), s->credentials[0].password);
	s->credentials_count = 1;
}

/* The last REGISTER; those that were repeated before are passed over. */
static bool registers(struct talk *t, const char *part)
{
	struct wire_sent *sent;
	bool is_heard = false;

	while ((sent = wire_take(t->w, &carrier.flow))) {
		t->at_pbx = *sent;
		is_heard = strncmp(sent->text, "REGISTER sip:carrier.example ", 29) == 0;
	}
	return is_heard && wire_has(&t->at_pbx, part);
}

static enum err logs_in(struct talk *t)
{
	struct wire_sent first;

	CHECK(registers(t, ""));
	CHECK(wire_has(&t->at_pbx, "From: <sip:4420@carrier.example>"));
	CHECK(wire_has(&t->at_pbx, "Contact: <sip:4420@198.51.100.1:5060>"));
	CHECK(!wire_has(&t->at_pbx, "Authorization"));
	first = t->at_pbx;
	talk_answer(t, &carrier, &first, "401 Unauthorized",
	            "WWW-Authenticate: " CHALLENGE("carrier.example"), "");
	CHECK(registers(t, ""));
	CHECK(wire_has(&t->at_pbx, "Authorization: Digest "));
	CHECK(wire_has(&t->at_pbx, "username=\"4420\""));
	CHECK(wire_has(&t->at_pbx, "nc=00000001"));
	CHECK(!wire_has(&t->at_pbx, "quiet harbour"));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK",
	            "Contact: <sip:4420@198.51.100.1:5060>;expires=300\r\n", "");
	wire_advance(t->w, 230 * (uint64_t)SECOND_US);
	CHECK(talk_is_quiet(t, &carrier));
	wire_advance(t->w, 20 * (uint64_t)SECOND_US);
	CHECK(registers(t, ""));
	CHECK(wire_has(&t->at_pbx, "nc=00000002"));
	return ERR_NONE;
}

TEST(trunk_registers, "registers with its carrier, answers the challenge, and comes back in time")
{
	return talk_with_settings(trunk, logs_in);
}

static enum err other_realm(struct talk *t)
{
	CHECK(registers(t, ""));
	talk_answer(t, &carrier, &t->at_pbx, "401 Unauthorized",
	            "WWW-Authenticate: " CHALLENGE("elsewhere.example"), "");
	CHECK(talk_is_quiet(t, &carrier));
	wire_advance(t->w, 31 * (uint64_t)SECOND_US);
	CHECK(registers(t, ""));
	CHECK(!wire_has(&t->at_pbx, "Authorization"));
	return ERR_NONE;
}

TEST(trunk_realm, "gives no credentials to another realm")
{
	return talk_with_settings(trunk, other_realm);
}

static enum err refused(struct talk *t)
{
	for (unsigned i = 0; i < 3; i++) {
		CHECK(registers(t, ""));
		talk_answer(t, &carrier, &t->at_pbx, "401 Unauthorized",
		            "WWW-Authenticate: " CHALLENGE("carrier.example"), "");
	}
	CHECK(talk_is_quiet(t, &carrier));
	wire_advance(t->w, 29 * (uint64_t)SECOND_US);
	CHECK(talk_is_quiet(t, &carrier));
	wire_advance(t->w, 2 * (uint64_t)SECOND_US);
	CHECK(registers(t, ""));
	return ERR_NONE;
}

TEST(trunk_refused, "tries a refused login twice, and again after a while")
{
	return talk_with_settings(trunk, refused);
}

static enum err interval(struct talk *t)
{
	CHECK(registers(t, ""));
	talk_answer(t, &carrier, &t->at_pbx, "423 Interval Too Brief", "Min-Expires: 900\r\n", "");
	CHECK(registers(t, "Expires: 900\r\n"));
	return ERR_NONE;
}

TEST(trunk_interval, "registers for as long as its carrier wants")
{
	return talk_with_settings(trunk, interval);
}

static void quietly(struct border_settings *s)
{
	trunk(s);
	s->credentials[0].register_s = 0;
}

static void dial(struct talk *t)
{
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:00353155512345@10.0.0.2:5060");
	talk_invite_from_pbx(t, "", TALK_ANSWER);
}

static enum err challenged(struct talk *t, const char *realm_line)
{
	dial(t);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &carrier, "INVITE sip:00353155512345@carrier.example "));
	CHECK(!wire_has(&t->at_pbx, "Authorization"));
	talk_answer(t, &carrier, &t->at_pbx, "407 Proxy Authentication Required", realm_line, "");
	CHECK(talk_hears(t, &carrier, "ACK "));
	return ERR_NONE;
}

static enum err calls(struct talk *t)
{
	TRY(challenged(t, "Proxy-Authenticate: " CHALLENGE("carrier.example")));
	CHECK(talk_hears(t, &carrier, "INVITE "));
	CHECK(wire_has(&t->at_pbx, "Proxy-Authorization: Digest "));
	CHECK(wire_has(&t->at_pbx, "uri=\"sip:00353155512345@carrier.example\""));
	CHECK(wire_has(&t->at_pbx, "CSeq: 2 INVITE"));
	CHECK(wire_has(&t->at_pbx, "c=IN IP4 198.51.100.1"));
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &carrier, "ACK "));
	CHECK(wire_has(&t->at_pbx, "CSeq: 2 ACK"));
	/* Those of the INVITE, not counted anew (RFC 3261 13.2.2.4). */
	CHECK(wire_has(&t->at_pbx, "Proxy-Authorization: Digest "));
	CHECK(wire_has(&t->at_pbx, "nc=00000001"));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(talk_hears(t, &carrier, "BYE "));
	CHECK(wire_has(&t->at_pbx, "Proxy-Authorization: Digest "));
	CHECK(wire_has(&t->at_pbx, "nc=00000002"));
	talk_answer(
		t, &carrier, &t->at_pbx, "407 Proxy Authentication Required",
		"Proxy-Authenticate: Digest realm=\"carrier.example\", nonce=\"n2\", stale=true\r\n",
		"");
	CHECK(talk_hears(t, &carrier, "BYE "));
	CHECK(wire_has(&t->at_pbx, "nonce=\"n2\""));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(wire_count_facts(t->w, FACT_DIGEST_LEAK) == 0);
	return ERR_NONE;
}

TEST(trunk_calls, "answers its carrier's challenge of a call and its end; the PBX sees none of it")
{
	return talk_with_settings(quietly, calls);
}

#define ROUTE "<sip:edge.carrier.example;lr>, <sip:core.carrier.example;lr>"

/* The carrier takes the registration that it hears, with these lines. */
static enum err is_taken(struct talk *t, const char *lines)
{
	char text[512];

	CHECK(registers(t, ""));
	snprintf(text, sizeof(text), "Contact: <sip:4420@198.51.100.1:5060>;expires=300\r\n%s",
	         lines);
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", text, "");
	return ERR_NONE;
}

/* The PBX calls; 'r': by that route, '-': by none. */
static char calls_by(struct talk *t)
{
	char by;

	/* What calls before have left. */
	while (wire_take(t->w, &t->pbx.flow))
		;
	dial(t);
	if (!talk_hears(t, &t->pbx, "SIP/2.0 100 ") || !talk_hears(t, &carrier, "INVITE "))
		return '?';
	by = wire_has(&t->at_pbx, "\r\nRoute: " ROUTE "\r\n") ? 'r' : '-';
	if (by == '-' && wire_has(&t->at_pbx, "\r\nRoute:"))
		return '?';
	talk_answer(t, &carrier, &t->at_pbx, "486 Busy Here", "", "");
	if (!talk_hears(t, &carrier, "ACK ") || !talk_hears(t, &t->pbx, "SIP/2.0 486 "))
		return '?';
	return wire_has(&t->at_pbx, "Route") ? '?' : by;
}

static enum err routed(struct talk *t)
{
	TRY(is_taken(t, "Service-Route: <sip:edge.carrier.example;lr>\r\n"
	                "Service-Route: \"core\" <sip:core.carrier.example;lr>;x=y\r\n"));
	CHECK(calls_by(t) == 'r');
	while (wire_take(t->w, &t->pbx.flow))
		;
	TRY(challenged(t, "Proxy-Authenticate: " CHALLENGE("carrier.example")));
	CHECK(talk_hears(t, &carrier, "INVITE ") &&
	      wire_has(&t->at_pbx, "\r\nRoute: " ROUTE "\r\n"));
	/* The last answer counts. */
	wire_advance(t->w, 241 * (uint64_t)SECOND_US);
	TRY(is_taken(t, ""));
	CHECK(calls_by(t) == '-');
	wire_advance(t->w, 241 * (uint64_t)SECOND_US);
	TRY(is_taken(t, "Service-Route: " ROUTE "\r\n"));
	CHECK(calls_by(t) == 'r');
	wire_advance(t->w, 241 * (uint64_t)SECOND_US);
	CHECK(registers(t, ""));
	talk_answer(t, &carrier, &t->at_pbx, "403 Forbidden", "", "");
	CHECK(calls_by(t) == '-');
	return ERR_NONE;
}

TEST(trunk_service_route,
     "calls its carrier by the route that this named when it took the registration")
{
	return talk_with_settings(trunk, routed);
}

static enum err routed_in_time(struct talk *t)
{
	TRY(is_taken(t, "Service-Route: <sip:edge.carrier.example>\r\n"));
	CHECK(calls_by(t) == '-');
	wire_advance(t->w, 241 * (uint64_t)SECOND_US);
	TRY(is_taken(t, "Service-Route: " ROUTE "\r\n"));
	wire_advance(t->w, 299 * (uint64_t)SECOND_US);
	while (wire_take(t->w, &carrier.flow))
		;
	CHECK(calls_by(t) == 'r');
	wire_advance(t->w, 2 * (uint64_t)SECOND_US);
	while (wire_take(t->w, &carrier.flow))
		;
	CHECK(calls_by(t) == '-');
	return ERR_NONE;
}

TEST(trunk_service_route_over, "and no more when the registration is over, nor by strict routers")
{
	return talk_with_settings(trunk, routed_in_time);
}

static enum err calls_refused(struct talk *t)
{
	TRY(challenged(t, "Proxy-Authenticate: " CHALLENGE("carrier.example")));
	for (unsigned i = 0; i < 2; i++) {
		CHECK(talk_hears(t, &carrier, "INVITE "));
		talk_answer(t, &carrier, &t->at_pbx, "407 Proxy Authentication Required",
		            "Proxy-Authenticate: " CHALLENGE("carrier.example"), "");
		CHECK(talk_hears(t, &carrier, "ACK "));
	}
	CHECK(talk_is_quiet(t, &carrier));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 500 "));
	CHECK(!wire_has(&t->at_pbx, "Authenticate"));
	return ERR_NONE;
}

TEST(trunk_calls_refused, "ends a call with 500 where its login is refused, and shows no challenge")
{
	return talk_with_settings(quietly, calls_refused);
}

static enum err calls_elsewhere(struct talk *t)
{
	TRY(challenged(t, "Proxy-Authenticate: " CHALLENGE("elsewhere.example")));
	CHECK(talk_is_quiet(t, &carrier));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 500 "));
	CHECK(wire_count_facts(t->w, FACT_DIGEST_LEAK) == 1);
	return ERR_NONE;
}

TEST(trunk_calls_elsewhere, "answers no challenge of another realm: 500, and a digest leak is told")
{
	return talk_with_settings(quietly, calls_elsewhere);
}

#define STALE "Digest realm=\"carrier.example\", nonce=\"n2\", qop=\"auth\", stale=true\r\n"

/* One request within the call, challenged anew `times` times. */
static enum err challenged_within(struct talk *t, const char *method, unsigned times)
{
	char start[32];

	snprintf(start, sizeof(start), "%s sip:", method);
	talk_request(t, &t->pbx, method, "Contact: <sip:201@10.0.0.31>\r\n", TALK_ANSWER);
	if (strcmp(method, "INVITE") == 0)
		CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &carrier, start) && wire_has(&t->at_pbx, "nc=00000002"));
	for (unsigned i = 0; i < times; i++) {
		talk_answer(t, &carrier, &t->at_pbx, "407 Proxy Authentication Required",
		            "Proxy-Authenticate: " STALE, "");
		if (strcmp(method, "INVITE") == 0)
			CHECK(talk_hears(t, &carrier, "ACK "));
		if (i > 0)
			break;
		CHECK(talk_is_quiet(t, &t->pbx));
		CHECK(talk_hears(t, &carrier, start) && wire_has(&t->at_pbx, "nonce=\"n2\""));
		CHECK(wire_has(&t->at_pbx, "nc=00000001") &&
		      wire_has(&t->at_pbx, "c=IN IP4 198.51.100.1"));
		CHECK(wire_has(&t->at_pbx, "Content-Type: application/sdp\r\n"));
	}
	return ERR_NONE;
}

static enum err call_up(struct talk *t)
{
	TRY(challenged(t, "Proxy-Authenticate: " CHALLENGE("carrier.example")));
	CHECK(talk_hears(t, &carrier, "INVITE "));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &carrier, "ACK "));
	return ERR_NONE;
}

static enum err within_again(struct talk *t)
{
	TRY(call_up(t));
	TRY(challenged_within(t, "INVITE", 1));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &carrier, "ACK ") && wire_has(&t->at_pbx, "nonce=\"n2\""));
	return ERR_NONE;
}

TEST(trunk_reinvite, "a re-INVITE that is challenged anew goes out once more, as does its ACK")
{
	return talk_with_settings(quietly, within_again);
}

static enum err update_again(struct talk *t)
{
	TRY(call_up(t));
	TRY(challenged_within(t, "UPDATE", 1));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	return ERR_NONE;
}

TEST(trunk_update, "so does an UPDATE")
{
	return talk_with_settings(quietly, update_again);
}

static enum err within_refused(struct talk *t)
{
	TRY(call_up(t));
	TRY(challenged_within(t, "INVITE", 2));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 500 "));
	CHECK(talk_is_quiet(t, &carrier));
	return ERR_NONE;
}

TEST(trunk_reinvite_refused,
     "a login that is refused twice within a call is not tried a third time")
{
	return talk_with_settings(quietly, within_refused);
}
