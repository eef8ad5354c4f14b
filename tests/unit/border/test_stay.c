/* SPDX-License-Identifier: Apache-2.0 */
/* A PBX that logs in with its carrier by itself: REGISTER and challenge pass, and
 * the carrier's calls find it. */
#include "unit/border/talk.h"

#include "border/stay.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE, CARRIER = TALK_CARRIER };

static struct talk_end carrier;

static void stays(struct border_settings *s)
{
	struct border_peer *p = talk_add_carrier(s, &carrier);

	p->stays_on_pbx = 1;
	(void)VIEW_COPY(VIEW("carrier.example"), p->domain);
	s->routes[0] = (struct border_route){ .from = OFFICE, .to = CARRIER, .priority = 1 };
	s->route_count = 1;
}

static unsigned number;

#define LOGIN                                                                                      \
	"Authorization: Digest username=\"4420\", realm=\"carrier.example\", nonce=\"n1\", "       \
	"uri=\"sip:%s\", response=\"" WIRE_RIGHT "\", algorithm=MD5\r\n"

/* The PBX says REGISTER with these lines. */
static void says(struct talk *t, const char *host, const char *lines)
{
	char text[2048];

	number++;
	snprintf(text, sizeof(text),
	         "REGISTER sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20:5060;branch=z9hG4bKs%u\r\n"
	         "Max-Forwards: 70\r\nFrom: <sip:4420@%s>;tag=p\r\nTo: <sip:4420@%s>\r\n"
	         "Call-ID: pbx-login@10.0.0.20\r\nCSeq: %u REGISTER\r\nUser-Agent: Secret-PBX\r\n%s"
	         "Content-Length: 0\r\n\r\n",
	         host, number, host, host, number, lines);
	wire_receive(t->w, &t->pbx.flow, text);
}

/* The next REGISTER that the carrier hears. */
static bool hears_register(struct talk *t)
{
	return talk_hears(t, &carrier, "REGISTER sip:carrier.example ");
}

static void contact_of(const struct talk *t, char ret[256])
{
	const char *at = strstr(t->at_pbx.text, "\r\nContact: <");

	at = at ? at + strlen("\r\nContact: <") : "";
	snprintf(ret, 256, "%.*s", (int)strcspn(at, ">"), at);
}

#define CONTACT "Contact: <sip:4420@10.0.0.20:5060>\r\nExpires: 300\r\n"

/* Up to the 200; the Contact that the carrier has is in `contact`. */
static enum err logs_in(struct talk *t, char contact[256])
{
	char lines[512], granted[512];

	says(t, "carrier.example", CONTACT);
	CHECK(hears_register(t));
	CHECK(wire_has(&t->at_pbx, "To: <sip:4420@carrier.example>\r\n"));
	CHECK(wire_has(&t->at_pbx, "@198.51.100.1:5060>;expires=300\r\n"));
	CHECK(!wire_has(&t->at_pbx, "10.0.0.") && !wire_has(&t->at_pbx, "Secret"));
	talk_answer(t, &carrier, &t->at_pbx, "401 Unauthorized",
	            "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n1\", "
	            "opaque=\"theirs\", qop=\"auth,auth-int\"\r\n",
	            "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 401 "));
	CHECK(wire_has(&t->at_pbx, "nonce=\"n1\", opaque=\"theirs\", qop=\"auth,auth-int\""));
	snprintf(lines, sizeof(lines), CONTACT LOGIN, "carrier.example");
	says(t, "carrier.example", lines);
	CHECK(hears_register(t));
	CHECK(wire_has(&t->at_pbx, "username=\"4420\"") && wire_has(&t->at_pbx, WIRE_RIGHT));
	contact_of(t, contact);
	snprintf(granted, sizeof(granted), "Contact: <%s>;expires=120\r\n", contact);
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", granted, "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(wire_has(&t->at_pbx, "Contact: <sip:4420@10.0.0.20:5060>;expires=120\r\n"));
	CHECK(!wire_has(&t->at_pbx, "198.51.100"));
	return ERR_NONE;
}

static enum err relayed(struct talk *t)
{
	char contact[256];

	TRY(logs_in(t, contact));
	CHECK(wire_count_facts(t->w, FACT_DIGEST_LEAK) == 0);
	return ERR_NONE;
}

TEST(stay_relayed,
     "a PBX's REGISTER and its carrier's challenge pass, and show nothing of the inside")
{
	return talk_with_settings(stays, relayed);
}

static enum err leaves_paths(struct talk *t)
{
	says(t, "carrier.example", CONTACT "Supported: path\r\nPath: <sip:proxy@10.0.0.9;lr>\r\n");
	CHECK(hears_register(t) && !wire_has(&t->at_pbx, "Path"));
	CHECK(!wire_has(&t->at_pbx, "path") && !wire_has(&t->at_pbx, "10.0.0.9"));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK",
	            "Path: <sip:sbc.carrier.example;lr>\r\n"
	            "Service-Route: <sip:core.carrier.example;lr>\r\n",
	            "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && !wire_has(&t->at_pbx, ";lr>"));
	says(t, "carrier.example", CONTACT "Require: path\r\nPath: <sip:proxy@10.0.0.9;lr>\r\n");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 420 ") && talk_is_quiet(t, &carrier));
	CHECK(wire_has(&t->at_pbx, "\r\nUnsupported: path\r\n"));
	return ERR_NONE;
}

TEST(stay_path, "the path to a PBX stays here, and one that it needs is refused")
{
	return talk_with_settings(stays, leaves_paths);
}

static void calls_in(struct talk *t, const struct flow *from, const char *uri)
{
	char text[2048];

	number++;
	snprintf(text, sizeof(text),
	         "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.50:5060;branch=z9hG4bKi%u\r\n"
	         "Max-Forwards: 70\r\nFrom: <sip:+35315551234@carrier.example>;tag=c%u\r\n"
	         "To: <sip:+441512960000@carrier.example>\r\nCall-ID: in%u@carrier.example\r\n"
	         "CSeq: 1 INVITE\r\nContact: <sip:203.0.113.50:5060>\r\n"
	         "Content-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
	         uri, number, number, number, strlen(TALK_OFFER), TALK_OFFER);
	wire_receive(t->w, from, text);
}

static enum err called(struct talk *t)
{
	char contact[256];

	TRY(logs_in(t, contact));
	TRY(wire_restart(t->w));
	wire_advance(t->w, 50 * SECOND_US);
	while (wire_take(t->w, &t->pbx.flow) || wire_take(t->w, &carrier.flow))
		;
	calls_in(t, &carrier.flow, contact);
	CHECK(talk_hears(t, &carrier, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE sip:4420@10.0.0.20:5060 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &carrier, "SIP/2.0 200 "));
	CHECK(!wire_has(&t->at_pbx, "10.0.0."));
	return ERR_NONE;
}

TEST(stay_called,
     "the carrier's call to that Contact reaches the PBX, also after a new worker began")
{
	return talk_with_settings(stays, called);
}

static enum err over(struct talk *t)
{
	char contact[256];

	TRY(logs_in(t, contact));
	wire_advance(t->w, 160 * (uint64_t)SECOND_US);
	while (wire_take(t->w, &t->pbx.flow) || wire_take(t->w, &carrier.flow))
		;
	calls_in(t, &carrier.flow, contact);
	CHECK(talk_hears(t, &carrier, "SIP/2.0 404 ") && talk_is_quiet(t, &t->pbx));
	/* The phone's own expired; the carrier's is nobody's login here. */
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 1);
	return ERR_NONE;
}

TEST(stay_over, "what the carrier granted ends with its time")
{
	return talk_with_settings(stays, over);
}

static enum err not_by_others(struct talk *t)
{
	struct flow stranger = wire_outside(77, 5060);
	char contact[256];

	TRY(logs_in(t, contact));
	calls_in(t, &stranger, contact);
	CHECK(talk_is_quiet(t, &t->pbx));
	/* Nor by a phone, for whom it is a number of its PBX. */
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s", contact);
	talk_invite_from_pbx(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 ") && talk_is_quiet(t, &carrier));
	return ERR_NONE;
}

TEST(stay_others, "nobody else reaches the PBX by the Contact that its carrier has")
{
	return talk_with_settings(stays, not_by_others);
}

static enum err ends(struct talk *t)
{
	char contact[256], wanted[300];

	TRY(logs_in(t, contact));
	says(t, "carrier.example", "Contact: *\r\nExpires: 0\r\n");
	CHECK(hears_register(t));
	snprintf(wanted, sizeof(wanted), "Contact: <%s>;expires=0\r\n", contact);
	CHECK(wire_has(&t->at_pbx, wanted) && !wire_has(&t->at_pbx, "Contact: *"));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	calls_in(t, &carrier.flow, contact);
	CHECK(talk_hears(t, &carrier, "SIP/2.0 404 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TEST(stay_ends, "Contact * ends what the PBX has there, by our names")
{
	return talk_with_settings(stays, ends);
}

static enum err digest_shows(struct talk *t)
{
	char lines[512];

	snprintf(lines, sizeof(lines), CONTACT LOGIN, "10.0.0.2:5060");
	says(t, "carrier.example", lines);
	CHECK(hears_register(t));
	CHECK(!wire_has(&t->at_pbx, "Authorization") && !wire_has(&t->at_pbx, "10.0.0."));
	return ERR_NONE;
}

TEST(stay_digest_uri, "credentials that name the inside do not leave it")
{
	return talk_with_settings(stays, digest_shows);
}

static void closed(struct border_settings *s)
{
	stays(s);
	s->route_count = 0;
}

static enum err not_routed(struct talk *t)
{
	says(t, "carrier.example", CONTACT);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 403 ") && talk_is_quiet(t, &carrier));
	return ERR_NONE;
}

TEST(stay_routed, "a PBX without a route to that carrier does not register there")
{
	return talk_with_settings(closed, not_routed);
}

static enum err answers(struct talk *t)
{
	static const struct {
		const char *came, *line, *told;
	} cases[] = {
		{ "423 Interval Too Brief", "Min-Expires: 900\r\n", "SIP/2.0 423 " },
		{ "403 Forbidden", "", "SIP/2.0 403 " },
		{ "503 Service Unavailable", "", "SIP/2.0 500 " },
		{ "302 Moved", "Contact: <sip:203.0.113.9>\r\n", "SIP/2.0 500 " },
		{ "401 Unauthorized", "WWW-Authenticate: Basic realm=\"x\"\r\n", "SIP/2.0 500 " },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		says(t, "carrier.example", CONTACT);
		CHECK_CASE(hears_register(t), cases[i].came);
		talk_answer(t, &carrier, &t->at_pbx, cases[i].came, cases[i].line, "");
		CHECK_CASE(talk_hears(t, &t->pbx, cases[i].told), cases[i].came);
		CHECK_CASE(!wire_has(&t->at_pbx, "203.0.113.9"), cases[i].came);
	}
	CHECK(wire_has(&t->at_pbx, "CSeq: "));
	return ERR_NONE;
}

TEST(stay_refused, "what the carrier refuses is told, and 503 fails no hop")
{
	return talk_with_settings(stays, answers);
}

static enum err call_out(struct talk *t)
{
	char contact[256], lines[512];

	TRY(logs_in(t, contact));
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:00353155512345@10.0.0.2:5060");
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &carrier, "INVITE sip:00353155512345@carrier.example "));
	talk_answer(t, &carrier, &t->at_pbx, "401 Unauthorized",
	            "WWW-Authenticate: Digest realm=\"carrier.example\", nonce=\"n1\"\r\n", "");
	CHECK(talk_hears(t, &carrier, "ACK "));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 401 ") && wire_has(&t->at_pbx, "nonce=\"n1\""));
	CHECK(wire_count_facts(t->w, FACT_DIGEST_LEAK) == 0);
	snprintf(lines, sizeof(lines), LOGIN, "00353155512345@carrier.example");
	talk_invite_from_pbx(t, lines, TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &carrier, "INVITE ") && wire_has(&t->at_pbx, WIRE_RIGHT));
	return ERR_NONE;
}

TEST(stay_calls_out, "the PBX answers its carrier's challenge of a call by itself")
{
	return talk_with_settings(stays, call_out);
}

static enum err fill(struct talk *t)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < MAX_STAYS + 8; i++) {
		says(t, "carrier.example", CONTACT);
		taken += hears_register(t);
		(void)wire_take(t->w, &t->pbx.flow);
	}
	CHECK(taken > 0 && taken <= MAX_STAYS);
	/* What the carrier does not answer is given back. */
	wire_advance(t->w, 40 * (uint64_t)SECOND_US);
	while (wire_take(t->w, &t->pbx.flow) || wire_take(t->w, &carrier.flow))
		;
	says(t, "carrier.example", CONTACT);
	CHECK(hears_register(t));
	return ERR_NONE;
}

TEST(stay_full, "REGISTERs on their way are bounded, and their places come back")
{
	return talk_with_settings(stays, fill);
}
