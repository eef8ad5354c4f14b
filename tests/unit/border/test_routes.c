/* SPDX-License-Identifier: Apache-2.0 */
/* Calls between peers: where routes lead, what each side sees, and what happens
 * where a target is silent, busy or full. */
#include "unit/border/talk.h"

#include "border/dial.h"
#include "border/target.h"
#include "conf/schema.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE, FIRST, SECOND, PEERS };

static struct talk_end first, second;

static void add_route(struct border_settings *s, uint16_t from, uint16_t to, uint8_t priority)
{
	struct border_route *r = &s->routes[s->route_count++];

	r->from = from;
	r->to = to;
	r->priority = priority;
	r->weight = 1;
}

/* Two carriers outside, at 203.0.113.50 and .51; the PBX calls either, both call the PBX. */
static void trunks(struct border_settings *s)
{
	static const char *const names[] = { "office", "first", "second" };

	for (unsigned i = FIRST; i < PEERS; i++) {
		struct border_peer *p = &s->peers[i];

		p->address = wire_outside(49 + i, 5060).remote;
		p->kind = PEER_CARRIER;
		p->budget = s->peers[OFFICE].budget;
		p->answer_s = 5;
		(void)VIEW_COPY(view_of(names[i]), p->name);
		add_route(s, OFFICE, (uint16_t)i, (uint8_t)i);
		add_route(s, (uint16_t)i, OFFICE, 1);
	}
	s->peer_count = PEERS;
	first = (struct talk_end){ .flow = wire_outside(50, 5060) };
	second = (struct talk_end){ .flow = wire_outside(51, 5060) };
}

static void dial(struct talk *t, const char *number)
{
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:%s@10.0.0.2:5060", number);
	talk_invite_from_pbx(t, "X-Inner: 10.0.0.9\r\n", TALK_ANSWER);
}

static enum err call_out(struct talk *t)
{
	dial(t, "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &first, "INVITE sip:00353155512345@203.0.113.50 "));
	return ERR_NONE;
}

static enum err calls_out(struct talk *t)
{
	TRY(call_out(t));
	CHECK(!wire_has(&t->at_pbx, "10.0.0."));
	CHECK(wire_has(&t->at_pbx, "From: \"Back Office\" <sip:201@198.51.100.1>"));
	CHECK(wire_has(&t->at_pbx, "c=IN IP4 198.51.100.1"));
	talk_answer(t, &first, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(wire_has(&t->at_pbx, "c=IN IP4 10.0.0.2"));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &first, "ACK "));
	talk_request(t, &first, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &first, "SIP/2.0 200 "));
	talk_media_closes(t);
	CHECK(strcmp(talk_record(t)->caller.peer, "office") == 0);
	CHECK(strcmp(talk_record(t)->callee.peer, "first") == 0);
	return ERR_NONE;
}

TEST(routes_out, "carries a PBX's call to its carrier, who sees nothing of the inside")
{
	return talk_with_settings(trunks, calls_out);
}

static enum err invite_from(struct talk *t, struct talk_end *from, const char *number)
{
	struct talk_end pbx = t->pbx;

	t->pbx = *from;
	dial(t, number);
	*from = t->pbx;
	t->pbx = pbx;
	return ERR_NONE;
}

static enum err calls_in(struct talk *t)
{
	TRY(invite_from(t, &first, "+441512960123"));
	CHECK(talk_hears(t, &first, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE sip:+441512960123@10.0.0.20 "));
	talk_answer(t, &t->pbx, &t->at_pbx, "401 Unauthorized",
	            "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", opaque=\"o\"\r\n", "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	CHECK(talk_hears(t, &first, "SIP/2.0 401 "));
	return ERR_NONE;
}

TEST(routes_in, "carries a carrier's call to the PBX, and the PBX's challenge back")
{
	return talk_with_settings(trunks, calls_in);
}

/* second appears inside as 10.0.0.3, and is the PBX's latter choice. */
static void faces(struct border_settings *s)
{
	struct border_listener *face = &s->listeners[s->listener_count++];

	trunks(s);
	*face = s->listeners[1];
	face->local.bytes[15] = 3;
	s->peers[SECOND].appears_inside = face->local;
}

static enum err shows_face(struct talk *t)
{
	struct talk_end face = { .flow = t->pbx.flow };

	face.flow.local.bytes[15] = 3;
	face.flow.listener = 2;
	TRY(invite_from(t, &second, "+441512960123"));
	CHECK(talk_hears(t, &face, "INVITE sip:+441512960123@10.0.0.20 "));
	CHECK(wire_has(&t->at_pbx, "Via: SIP/2.0/UDP 10.0.0.3:5060"));
	CHECK(wire_has(&t->at_pbx, "@10.0.0.3:5060>"));
	TRY(invite_from(t, &first, "+441512960124"));
	CHECK(talk_hears(t, &first, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE sip:+441512960124@10.0.0.20 "));
	face.call_id[0] = 0;
	TRY(invite_from(t, &face, "00353155512345"));
	CHECK(talk_hears(t, &second, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &second, "INVITE sip:00353155512345@203.0.113.51 "));
	CHECK(talk_is_quiet(t, &first));
	return ERR_NONE;
}

TEST(routes_faces, "lets the PBX know a carrier by an address of its own, either way")
{
	return talk_with_settings(faces, shows_face);
}

static void rights(struct border_settings *s)
{
	trunks(s);
	s->peers[FIRST].may = MAY_PLACE;
	s->peers[SECOND].may = MAY_RECEIVE;
}

static enum err has_rights(struct talk *t)
{
	dial(t, "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &second, "INVITE "));
	CHECK(talk_is_quiet(t, &first));
	TRY(invite_from(t, &second, "+441512960123"));
	CHECK(talk_hears(t, &second, "SIP/2.0 403 "));
	TRY(invite_from(t, &first, "+441512960123"));
	CHECK(talk_hears(t, &first, "SIP/2.0 100 "));
	return ERR_NONE;
}

/* Who stands inside knows the names of phones, and may call none of them. */
static void serves(struct border_settings *s) { s->peers[0].kind = PEER_SPEECH_SERVER; }

static enum err serves_only(struct talk *t)
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 403 ") &&
	      wire_has(&t->at_pbx, "Warning: 399 ringfence \"45 ") && talk_is_quiet(t, &t->phone));
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "302 Moved Temporarily", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 480 ") &&
	      wire_has(&t->at_phone, "Warning: 399 ringfence \"47 ") &&
	      !wire_has(&t->at_phone, "Contact"));
	return ERR_NONE;
}

TEST(routes_servers, "takes calls to a speech server, and none from it, by INVITE or by 3xx")
{
	return talk_with_settings(serves, serves_only);
}

static void serves_and_calls(struct border_settings *s)
{
	serves(s);
	s->peers[0].may = MAY_PLACE | MAY_RECEIVE;
}

static enum err calls_too(struct talk *t)
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	return ERR_NONE;
}

TEST(routes_servers_may, "takes calls from a speech server that may place them")
{
	return talk_with_settings(serves_and_calls, calls_too);
}

TEST(routes_rights,
     "calls nobody who may not receive calls, and takes none of who may not place them")
{
	return talk_with_settings(rights, has_rights);
}

static enum err never_phones(struct talk *t)
{
	char token[256];

	snprintf(token, sizeof(token), "%.*s", (int)strcspn(t->w->pbx_contact + 4, "@"),
	         t->w->pbx_contact + 4);
	CHECK(strlen(token) == 32);
	TRY(invite_from(t, &first, token));
	CHECK(talk_hears(t, &first, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	CHECK(talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

TEST(routes_not_to_phones, "gives no carrier a phone by its token, but what a route says")
{
	return talk_with_settings(trunks, never_phones);
}

static enum err tries_next(struct talk *t)
{
	TRY(call_out(t));
	talk_answer(t, &first, &t->at_pbx, "503 Full", "", "");
	CHECK(talk_hears(t, &first, "ACK "));
	CHECK(talk_hears(t, &second, "INVITE sip:00353155512345@203.0.113.51 "));
	CHECK(wire_has(&t->at_pbx, "c=IN IP4 198.51.100.1"));
	CHECK(wire_has(&t->at_pbx, "To: <sip:00353155512345@203.0.113.51>"));
	CHECK(!wire_has(&t->at_pbx, "203.0.113.50"));
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_answer(t, &second, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &second, "ACK "));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(talk_hears(t, &second, "BYE "));
	return ERR_NONE;
}

TEST(routes_next_on_503,
     "asks the next carrier where the first says 503, and the caller never knows")
{
	return talk_with_settings(trunks, tries_next);
}

static enum err all_refuse(struct talk *t)
{
	TRY(call_out(t));
	talk_answer(t, &first, &t->at_pbx, "503 Full", "", "");
	CHECK(talk_hears(t, &first, "ACK "));
	CHECK(talk_hears(t, &second, "INVITE "));
	talk_answer(t, &second, &t->at_pbx, "503 Full", "", "");
	CHECK(talk_hears(t, &second, "ACK "));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 500 "));
	return ERR_NONE;
}

TEST(routes_none_left, "says so where no carrier is left, as a failed call and not a failed hop")
{
	return talk_with_settings(trunks, all_refuse);
}

static enum err busy_is_busy(struct talk *t)
{
	TRY(call_out(t));
	talk_answer(t, &first, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &first, "ACK "));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 486 "));
	CHECK(talk_is_quiet(t, &second));
	return ERR_NONE;
}

TEST(routes_not_on_busy, "does not ask the next carrier where who was called is busy")
{
	return talk_with_settings(trunks, busy_is_busy);
}

static void forget_repeats(struct talk *t, const struct talk_end *end)
{
	while (wire_take(t->w, &end->flow))
		;
}

/* The first one wakes up when the call is the second one's. */
static enum err silent_wakes(struct talk *t)
{
	struct wire_sent invite;

	TRY(call_out(t));
	invite = t->at_pbx;
	wire_advance(t->w, 5100 * MILLISECOND_US);
	forget_repeats(t, &first);
	CHECK(talk_hears(t, &second, "INVITE "));
	talk_answer(t, &second, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &second, "ACK "));
	talk_answer_as(t, &first, &invite, "200 OK", "late", TALK_OFFER);
	CHECK(talk_hears(t, &first, "ACK "));
	CHECK(talk_hears(t, &first, "BYE "));
	CHECK(talk_is_quiet(t, &second));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(talk_hears(t, &second, "BYE "));
	return ERR_NONE;
}

TEST(routes_next_on_silence,
     "asks the next carrier after 5 s of silence, and hangs up on the first if it wakes")
{
	return talk_with_settings(trunks, silent_wakes);
}

static enum err unreachable(struct talk *t)
{
	TRY(call_out(t));
	border_unreachable(t->w->border, &first.flow, t->w->now);
	CHECK(talk_hears(t, &second, "INVITE "));
	talk_cancel(t, &t->pbx);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 487 "));
	talk_answer(t, &second, &t->at_pbx, "100 Trying", "", "");
	return ERR_NONE;
}

TEST(routes_next_on_unreachable, "asks the next carrier at once where the first is unreachable")
{
	return talk_with_settings(trunks, unreachable);
}

static void one_call(struct border_settings *s)
{
	trunks(s);
	s->peers[FIRST].max_calls = s->peers[SECOND].max_calls = 1;
	(void)VIEW_COPY(VIEW("112"), s->numbers.emergency[0]);
	s->numbers.emergency_count = 1;
}

static enum err is_limited(struct talk *t)
{
	TRY(call_out(t));
	dial(t, "00353155512346");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &second, "INVITE "));
	dial(t, "00353155512347");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 503 "));
	CHECK(wire_has(&t->at_pbx, "Retry-After: "));
	CHECK(wire_has(&t->at_pbx, "\"21 "));
	dial(t, "112");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &first, "INVITE sip:112@"));
	return ERR_NONE;
}

TEST(routes_limited,
     "gives a peer as many calls as it may have, the next one more, then 503; 112 always goes")
{
	return talk_with_settings(one_call, is_limited);
}

static void two_a_second(struct border_settings *s)
{
	trunks(s);
	s->peers[OFFICE].max_new_calls = 2;
}

static enum err is_slowed(struct talk *t)
{
	for (unsigned i = 0; i < 2; i++) {
		dial(t, "00353155512346");
		CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	}
	dial(t, "00353155512347");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 503 "));
	wire_advance(t->w, SECOND_US);
	forget_repeats(t, &t->pbx);
	dial(t, "00353155512348");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	return ERR_NONE;
}

TEST(routes_slowed, "lets a peer begin as many calls in a second as it may")
{
	return talk_with_settings(two_a_second, is_slowed);
}

static void asked(struct border_settings *s)
{
	trunks(s);
	s->peers[FIRST].check_s = 30;
}

static enum err is_asked(struct talk *t)
{
	wire_advance(t->w, 100 * MILLISECOND_US);
	CHECK(talk_hears(t, &first, "OPTIONS sip:203.0.113.50 "));
	wire_advance(t->w, 33 * (uint64_t)SECOND_US);
	forget_repeats(t, &first);
	dial(t, "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &second, "INVITE "));
	CHECK(talk_is_quiet(t, &first));
	talk_answer(t, &second, &t->at_pbx, "486 Busy Here", "", "");
	wire_advance(t->w, 30 * (uint64_t)SECOND_US);
	CHECK(talk_hears(t, &first, "OPTIONS "));
	talk_answer(t, &first, &t->at_pbx, "405 Method Not Allowed", "", "");
	forget_repeats(t, &t->pbx);
	forget_repeats(t, &first);
	TRY(call_out(t));
	return ERR_NONE;
}

TEST(routes_asked, "goes round a carrier that leaves OPTIONS unanswered, until it answers")
{
	return talk_with_settings(asked, is_asked);
}

static struct border_settings changed;

static enum err rows_move(struct talk *t)
{
	TRY(call_out(t));
	talk_answer(t, &first, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &first, "ACK "));
	changed = *t->w->settings;
	changed.peers[FIRST] = t->w->settings->peers[SECOND];
	changed.peers[SECOND] = t->w->settings->peers[FIRST];
	TRY(border_apply(t->w->border, &changed, t->w->now));
	talk_request(t, &first, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TEST(routes_applied, "keeps a call with its carrier where the configuration gives it another row")
{
	return talk_with_settings(trunks, rows_move);
}

/* ---- which route ---- */

static const struct {
	const char *number, *prefix, *domain;
} table[] = {
	{ "", "", "" },
	{ "", "+353", "" },
	{ "", "+3531", "" },
	{ "+441512960000-0999", "", "" },
	{ "+441512960500", "", "" },
	{ "", "00", "" },
	{ "200-219", "", "" },
	{ "", "", "voice.example" },
};

static const struct {
	const char *dialled, *host;
	int row; /* of the table */
} questions[] = {
	{ "anything", "x.example", 0 },      { "+353215550000", "x.example", 1 },
	{ "+353155500000", "x.example", 2 }, { "00353155500000", "x.example", 2 },
	{ "+441512960999", "x.example", 3 }, { "+441512961000", "x.example", 0 },
	{ "01512960500", "x.example", 4 },   { "0061255500000", "x.example", 5 },
	{ "210", "x.example", 6 },           { "220", "x.example", 0 },
	{ "alice", "VOICE.example", 7 },     { "", "x.example", 0 },
};

TEST(routes_longest, "chooses the route with the longest number, as it was meant or dialled")
{
	enum { COUNT = sizeof(table) / sizeof(table[0]) };
	struct border_settings *s = &changed;

	memset(s, 0, sizeof(*s));
	(void)VIEW_COPY(VIEW("GB"), s->numbers.plan.country);
	for (unsigned i = 0; i < COUNT; i++) {
		struct border_route *r = &s->routes[s->route_count];

		add_route(s, 0, (uint16_t)(i + 1), 1);
		(void)VIEW_COPY(view_of(table[i].number), r->number);
		(void)VIEW_COPY(view_of(table[i].prefix), r->prefix);
		(void)VIEW_COPY(view_of(table[i].domain), r->domain);
	}
	for (unsigned i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
		struct target_question q = { .dialled = view_of(questions[i].dialled),
			                     .host = view_of(questions[i].host) };
		struct targets found;
		struct dialling d;

		dial_read(s, NULL, q.dialled, &d);
		q.meant = dial_meant(&d);
		target_find(s, &q, &found);
		CHECK_CASE(found.count == 1, questions[i].dialled);
		CHECK_CASE(found.routes[0] == questions[i].row, questions[i].dialled);
		q.from = 1;
		target_find(s, &q, &found);
		CHECK_CASE(found.count == 0, questions[i].dialled);
	}
	return ERR_NONE;
}

TEST(routes_kinds, "takes calls of any peer of a kind, the route that names the peer first")
{
	struct border_settings *s = &changed;
	struct target_question q = { .dialled = VIEW("1") };
	struct targets found;

	memset(s, 0, sizeof(*s));
	s->peer_count = 4;
	s->peers[1].kind = s->peers[2].kind = PEER_CUSTOMER;
	add_route(s, CONF_NO_ROW, 3, 1);
	s->routes[0].from_kind = PEER_CUSTOMER + 1;
	add_route(s, 2, 0, 1);
	target_find(s, &q, &found);
	CHECK(found.count == 0);
	q.from = 1;
	target_find(s, &q, &found);
	CHECK(found.count == 1 && found.peers[0] == 3);
	q.from = 2;
	target_find(s, &q, &found);
	CHECK(found.count == 1 && found.peers[0] == 0);
	return ERR_NONE;
}

TEST(routes_weights, "gives each target its share, the lower priority first, and no more than fit")
{
	struct border_settings *s = &changed;
	unsigned firsts[2] = { 0 };
	struct targets found;

	memset(s, 0, sizeof(*s));
	add_route(s, 0, 3, 2);
	add_route(s, 0, 1, 1);
	add_route(s, 0, 2, 1);
	s->routes[1].weight = 3;
	for (uint32_t draw = 0; draw < 400; draw++) {
		struct target_question q = { .dialled = VIEW("1"), .draws = { draw, draw } };

		target_find(s, &q, &found);
		CHECK(found.count == 3 && found.peers[2] == 3);
		firsts[found.peers[0] - 1]++;
	}
	CHECK(firsts[0] == 300 && firsts[1] == 100);
	for (uint16_t i = 0; i < 20; i++)
		add_route(s, 0, (uint16_t)(10 + i), 9);
	target_find(s, &(struct target_question){ .dialled = VIEW("1") }, &found);
	CHECK(found.count == MAX_TARGETS);
	return ERR_NONE;
}

TEST(routes_patterns, "takes numbers and ranges, and nothing else")
{
	static const struct {
		const char *text;
		bool is_fine;
	} cases[] = {
		{ "+441512960000-0999", true },
		{ "200-219", true },
		{ "*21#", true },
		{ "+441512960000", true },
		{ "219-200", false },
		{ "20-2000", false },
		{ "", false },
		{ "+", false },
		{ "200-", false },
		{ "-200", false },
		{ "2x0", false },
		{ "200-2-3", false },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(target_is_pattern(view_of(cases[i].text)) == cases[i].is_fine,
		           cases[i].text);
	return ERR_NONE;
}
