/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that are written as names: several addresses, which change, fail and rest; and who is
 * taken for the peer. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE, CARRIER, OTHER, PEERS };

static struct talk_end first, second, third;
static struct resolved_table table;

static void add_route(struct border_settings *s, uint16_t from, uint16_t to)
{
	s->routes[s->route_count++] =
		(struct border_route){ .from = from, .to = to, .priority = 1, .weight = 1 };
}

/* A carrier that is a name, and one whose address is written: 203.0.113.52. */
static void named(struct border_settings *s)
{
	struct border_peer *p = &s->peers[CARRIER];

	(void)VIEW_COPY(VIEW("carrier"), p->name);
	(void)VIEW_COPY(VIEW("sip.carrier.example"), p->host);
	p->kind = PEER_CARRIER;
	p->budget = s->peers[OFFICE].budget;
	p->answer_s = 5;
	s->peers[OTHER] = *p;
	p = &s->peers[OTHER];
	(void)VIEW_COPY(VIEW("other"), p->name);
	p->host[0] = 0;
	p->kind = PEER_CUSTOMER;
	p->address = wire_outside(52, 5060).remote;
	s->peer_count = PEERS;
	add_route(s, OFFICE, CARRIER);
	add_route(s, CARRIER, OFFICE);
	(void)VIEW_COPY(VIEW("+441512960000-0999"), s->routes[s->route_count - 1].number);
	first = (struct talk_end){ .flow = wire_outside(50, 5060) };
	second = (struct talk_end){ .flow = wire_outside(51, 5060) };
	third = (struct talk_end){ .flow = wire_outside(52, 5060) };
}

/* The name leads to those hosts from now on, in this order of priority. */
static void lead_to(struct talk *t, const unsigned *hosts, uint8_t count)
{
	struct resolved_row *row = &table.rows[0];

	memset(&table, 0, sizeof(table));
	table.count = 1;
	row->count = count;
	row->state = RESOLVED_GOOD;
	(void)VIEW_COPY(VIEW("carrier"), row->peer);
	(void)VIEW_COPY(VIEW("sip.carrier.example"), row->host);
	for (unsigned i = 0; i < count; i++)
		row->targets[i] =
			(struct resolved_target){ .to = wire_outside(hosts[i], 5060).remote,
			                          .priority = (uint16_t)i,
			                          .group = (uint8_t)i };
	border_resolve(t->w->border, &table, t->w->now);
}

#define LEAD_TO(t, ...)                                                                            \
	lead_to((t), (const unsigned[]){ __VA_ARGS__ },                                            \
	        sizeof((const unsigned[]){ __VA_ARGS__ }) / sizeof(unsigned))

static void dial(struct talk *t, const char *number)
{
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:%s@10.0.0.2:5060", number);
	talk_invite_from_pbx(t, "", TALK_ANSWER);
}

static enum err call_to(struct talk *t, struct talk_end *end)
{
	dial(t, "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, end, "INVITE sip:00353155512345@sip.carrier.example "));
	return ERR_NONE;
}

static enum err refuse(struct talk *t, struct talk_end *end)
{
	talk_answer(t, end, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, end, "ACK "));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 486 "));
	return ERR_NONE;
}

static void forget(struct talk *t, struct talk_end *end)
{
	while (talk_hears(t, end, ""))
		continue;
}

/* An INVITE of that end to a number that no route has. */
static void knock(struct talk *t, const struct talk_end *from)
{
	struct talk_end pbx = t->pbx;

	t->pbx = *from;
	dial(t, "123456");
	t->pbx = pbx;
}

static enum err wait_for_name(struct talk *t)
{
	dial(t, "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 503 "));
	LEAD_TO(t, 50);
	TRY(call_to(t, &first));
	CHECK(wire_has(&t->at_pbx, "To: <sip:00353155512345@sip.carrier.example>"));
	return ERR_NONE;
}

TEST(named_unknown,
     "a call to a name that is not known yet gets 503; once it is known it goes there")
{
	return talk_with_settings(named, wait_for_name);
}

static enum err fail_over(struct talk *t)
{
	LEAD_TO(t, 50, 51);
	TRY(call_to(t, &first));
	talk_answer(t, &first, &t->at_pbx, "503 Full", "", "");
	CHECK(talk_hears(t, &first, "ACK "));
	/* The same call, though the peer may have one alone. */
	CHECK(talk_hears(t, &second, "INVITE sip:00353155512345@sip.carrier.example "));
	CHECK(talk_is_quiet(t, &t->pbx));
	TRY(refuse(t, &second));
	return ERR_NONE;
}

static void one_call(struct border_settings *s)
{
	named(s);
	s->peers[CARRIER].max_calls = 1;
}

TEST(named_fail_over, "where one target says 503 the same call goes to the next, and counts once")
{
	return talk_with_settings(one_call, fail_over);
}

static enum err silence_rests(struct talk *t)
{
	LEAD_TO(t, 50, 51);
	TRY(call_to(t, &first));
	wire_advance(t->w, 5100 * MILLISECOND_US);
	forget(t, &first);
	CHECK(talk_hears(t, &second, "INVITE "));
	TRY(refuse(t, &second));
	forget(t, &first);
	TRY(call_to(t, &second));
	TRY(refuse(t, &second));
	wire_advance(t->w, 63 * (uint64_t)SECOND_US);
	forget(t, &first);
	forget(t, &t->pbx);
	TRY(call_to(t, &first));
	return ERR_NONE;
}

TEST(named_rests,
     "a target that was silent is asked last for half a minute after its transaction, then in its turn again")
{
	return talk_with_settings(named, silence_rests);
}

static enum err moves(struct talk *t)
{
	LEAD_TO(t, 50);
	TRY(call_to(t, &first));
	talk_answer(t, &first, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &first, "ACK "));
	LEAD_TO(t, 51);
	knock(t, &first);
	CHECK(talk_is_quiet(t, &first));
	knock(t, &second);
	CHECK(talk_hears(t, &second, "SIP/2.0 404 "));
	talk_request(t, &first, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &first, "SIP/2.0 200 "));
	talk_media_closes(t);
	TRY(call_to(t, &second));
	return ERR_NONE;
}

TEST(named_moves,
     "an address that the name has left is a stranger's at once, but for the call that it has")
{
	return talk_with_settings(named, moves);
}

static enum err not_another(struct talk *t)
{
	LEAD_TO(t, 52);
	/* The customer has no route at all: were it the carrier, the PBX would be called. */
	struct talk_end pbx = t->pbx;

	t->pbx = third;
	dial(t, "+441512960123");
	t->pbx = pbx;
	CHECK(talk_hears(t, &third, "SIP/2.0 404 "));
	CHECK(talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TEST(named_not_another,
     "a name that leads to another peer's written address does not make it that peer")
{
	return talk_with_settings(named, not_another);
}

static void narrowed(struct border_settings *s)
{
	named(s);
	(void)!addr_net_parse(VIEW("203.0.113.51"), &s->peers[CARRIER].from[0]);
	s->peers[CARRIER].from_count = 1;
}

static enum err is_narrow(struct talk *t)
{
	LEAD_TO(t, 50);
	knock(t, &first);
	CHECK(talk_is_quiet(t, &first));
	knock(t, &second);
	CHECK(talk_hears(t, &second, "SIP/2.0 404 "));
	TRY(call_to(t, &first));
	return ERR_NONE;
}

TEST(named_from, "where `from` is written the name says where calls go and not who may call")
{
	return talk_with_settings(narrowed, is_narrow);
}

static void checked(struct border_settings *s)
{
	named(s);
	s->peers[CARRIER].check_s = 30;
}

static enum err each_is_asked(struct talk *t)
{
	LEAD_TO(t, 50, 51);
	wire_advance(t->w, 100 * MILLISECOND_US);
	CHECK(talk_hears(t, &first, "OPTIONS sip:sip.carrier.example "));
	CHECK(talk_hears(t, &second, "OPTIONS sip:sip.carrier.example "));
	talk_answer(t, &second, &t->at_pbx, "200 OK", "", "");
	wire_advance(t->w, 33 * (uint64_t)SECOND_US);
	forget(t, &first);
	forget(t, &second);
	TRY(call_to(t, &second));
	TRY(refuse(t, &second));
	return ERR_NONE;
}

TEST(named_checked,
     "each address of a name is asked by OPTIONS, and the one that answers has the call")
{
	return talk_with_settings(checked, each_is_asked);
}

static enum err stays_over_apply(struct talk *t)
{
	static struct border_settings again;

	LEAD_TO(t, 50);
	again = *t->w->settings;
	TRY(border_apply(t->w->border, &again, t->w->now));
	TRY(call_to(t, &first));
	TRY(refuse(t, &first));
	/* Another host: what the old one led to is not its own. */
	(void)VIEW_COPY(VIEW("sip.elsewhere.example"), again.peers[CARRIER].host);
	TRY(border_apply(t->w->border, &again, t->w->now));
	dial(t, "00353155512346");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 503 "));
	knock(t, &first);
	CHECK(talk_is_quiet(t, &first));
	return ERR_NONE;
}

TEST(named_applied, "new settings keep where a name leads, and forget it with the name")
{
	return talk_with_settings(named, stays_over_apply);
}

static enum err fills(struct talk *t)
{
	unsigned hosts[MAX_RESOLVED_TARGETS];

	for (unsigned i = 0; i < MAX_RESOLVED_TARGETS; i++)
		hosts[i] = 60 + i;
	lead_to(t, hosts, MAX_RESOLVED_TARGETS);
	for (unsigned i = 0; i < MAX_RESOLVED_TARGETS; i++) {
		struct talk_end end = { .flow = wire_outside(60 + i, 5060) };

		if (i == 0)
			TRY(call_to(t, &end));
		else
			CHECK(talk_hears(t, &end, "INVITE "));
		talk_answer(t, &end, &t->at_pbx, "503 Full", "", "");
		CHECK(talk_hears(t, &end, "ACK "));
	}
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 500 "));
	return ERR_NONE;
}

TEST(named_full, "a name with as many addresses as there may be is tried to its last")
{
	return talk_with_settings(named, fills);
}
