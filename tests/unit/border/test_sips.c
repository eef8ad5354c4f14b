/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for by sips:, between a PBX, its phone and two carriers outside. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE, FIRST, SECOND, PEERS };

static struct talk_end first, second;

static void add_carrier(struct border_settings *s, unsigned peer)
{
	struct border_peer *p = &s->peers[peer];

	p->address = wire_outside(49 + peer, 5060).remote;
	p->kind = PEER_CARRIER;
	p->budget = s->peers[OFFICE].budget;
	p->answer_s = 5;
	snprintf(p->name, sizeof(p->name), "carrier%u", peer);
	s->routes[s->route_count++] = (struct border_route){
		.from = OFFICE, .to = (uint16_t)peer, .priority = (uint8_t)peer, .weight = 1
	};
}

static void protected_onward(struct border_settings *s)
{
	add_carrier(s, FIRST);
	add_carrier(s, SECOND);
	s->peer_count = PEERS;
	first = (struct talk_end){ .flow = wire_outside(50, 5060) };
	second = (struct talk_end){ .flow = wire_outside(51, 5060) };
	s->needs_sips = true;
	(void)VIEW_COPY(VIEW("112"), s->numbers.emergency[0]);
	s->numbers.emergency_count = 1;
}

/* At a listener of its own. */
static void second_by_tls(struct border_settings *s)
{
	unsigned row = s->listener_count++;

	protected_onward(s);
	s->listeners[row] = s->listeners[0];
	s->listeners[row].local = first.flow.local;
	s->listeners[row].local.port = 5061;
	s->listeners[row].side = (uint8_t)s->peers[SECOND].side;
	s->listeners[row].transport = s->peers[SECOND].transport = TRANSPORT_TLS;
	second.flow.transport = TRANSPORT_TLS;
	second.flow.local = s->listeners[row].local;
	second.flow.listener = (uint16_t)row;
}

static void dial(struct talk *t, const char *scheme, const char *user)
{
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "%s:%s@10.0.0.2:5060", scheme, user);
	talk_invite_from_pbx(t, "", TALK_ANSWER);
}

static enum err refuses_clear(struct talk *t)
{
	char token[64] = "";

	(void)sscanf(t->w->pbx_contact, "sip:%63[^@]", token);
	dial(t, "sips", "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 ") && wire_has(&t->at_pbx, " \"51 "));
	dial(t, "sips", token);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 ") && wire_has(&t->at_pbx, " \"51 "));
	CHECK(talk_is_quiet(t, &first) && talk_is_quiet(t, &t->phone));
	dial(t, "sips", "112");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &first, "INVITE "));
	dial(t, "sip", "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &first, "INVITE "));
	return ERR_NONE;
}

TEST(sips_clear, "what is asked for by sips: goes nowhere in the clear where that is required")
{
	return talk_with_settings(protected_onward, refuses_clear);
}

static enum err goes_by_tls(struct talk *t)
{
	dial(t, "sips", "00353155512345");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &second, "INVITE sips:00353155512345@"));
	CHECK(talk_is_quiet(t, &first));
	talk_answer(t, &second, &t->at_pbx, "503 Service Unavailable", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 500 ") && talk_is_quiet(t, &first));
	return ERR_NONE;
}

TEST(sips_tls, "but to the target that is reached by TLS, and to no other after it")
{
	return talk_with_settings(second_by_tls, goes_by_tls);
}
