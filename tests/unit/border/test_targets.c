/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that go from one target to the next: over TLS each is offered keys of its own. */
#include "sdp/crypto.h"
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE, FIRST, SECOND, PEERS };

#define SECURE                                                                                     \
	"v=0\r\no=- 8 2 IN IP4 203.0.113.51\r\ns=-\r\nc=IN IP4 203.0.113.51\r\nt=0 0\r\n"          \
	"m=audio 4000 RTP/SAVP 0\r\n"                                                              \
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e\r\n"

static struct talk_end first, second;

/* Two carriers outside. */
static void trunks(struct border_settings *s, uint8_t transport, uint8_t media_srtp)
{
	static const char *const names[] = { "office", "first", "second" };

	s->listeners[s->listener_count] = s->listeners[0];
	s->listeners[s->listener_count++].transport = transport;
	for (unsigned i = FIRST; i < PEERS; i++) {
		struct border_peer *p = &s->peers[i];

		p->address = wire_outside(49 + i, 5061).remote;
		p->transport = transport;
		p->media_srtp = media_srtp;
		p->kind = PEER_CARRIER;
		p->budget = s->peers[OFFICE].budget;
		(void)VIEW_COPY(view_of(names[i]), p->name);
		s->routes[s->route_count++] = (struct border_route){ .to = (uint16_t)i,
			                                             .priority = (uint8_t)i,
			                                             .weight = 1,
			                                             .media_srtp = MEDIA_AS_PEER };
	}
	s->peer_count = PEERS;
	first.flow = wire_outside(50, 5061);
	second.flow = wire_outside(51, 5061);
	first.flow.transport = second.flow.transport = transport;
	if (transport != TRANSPORT_UDP)
		first.flow.listener = second.flow.listener = (uint16_t)(s->listener_count - 1);
}

static void secured(struct border_settings *s) { trunks(s, TRANSPORT_TLS, SRTP_REQUIRED); }
static void plain(struct border_settings *s) { trunks(s, TRANSPORT_UDP, SRTP_PREFERRED); }

static struct sdp_crypto key_in(const struct wire_sent *sent)
{
	const char *at = strstr(sent->text, "a=crypto:1 ");
	struct sdp_crypto c = { 0 };

	if (at)
		(void)!sdp_crypto_parse(view_bytes(at + 9, strcspn(at + 9, "\r")), &c);
	return c;
}

static enum err goes_on(struct talk *t, struct wire_sent *ret_first)
{
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:00353155512345@10.0.0.2:5060");
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &first, "INVITE "));
	*ret_first = t->at_pbx;
	talk_answer(t, &first, &t->at_pbx, "503 Full", "", "");
	CHECK(talk_hears(t, &first, "ACK ") && talk_hears(t, &second, "INVITE "));
	return ERR_NONE;
}

static enum err answers(struct talk *t, const char *answer)
{
	talk_answer(t, &second, &t->at_pbx, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &second, "ACK "));
	return ERR_NONE;
}

static enum err own_keys(struct talk *t)
{
	struct sdp_crypto one, other;
	struct wire_sent before;

	TRY(goes_on(t, &before));
	CHECK(wire_has(&t->at_pbx, " RTP/SAVP 0\r\n") && talk_is_quiet(t, &t->pbx));
	one = key_in(&before);
	other = key_in(&t->at_pbx);
	CHECK(one.suite == SUITE_CM_128_80 && other.suite == SUITE_CM_128_80);
	CHECK(memcmp(one.secret, other.secret, sizeof(one.secret)) != 0);
	TRY(answers(t, SECURE));
	CHECK(t->w->keys_count == 1 && t->w->keys[0].leg == 1);
	CHECK(memcmp(t->w->keys[0].out.secret, other.secret, sizeof(other.secret)) == 0);
	return ERR_NONE;
}

TEST(targets_own_keys, "offers each target of a call keys of its own, and sends under those")
{
	return talk_with_settings(secured, own_keys);
}

static enum err survives(struct talk *t)
{
	struct wire_sent before;

	TRY(goes_on(t, &before));
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_is_quiet(t, &first));
	CHECK(talk_hears(t, &second, "INVITE "));
	TRY(answers(t, TALK_OFFER));
	CHECK(talk_order(t)->legs[1].protection == PROTECTION_NONE);
	return ERR_NONE;
}

TEST(targets_survive, "keeps a call that has gone to its second target though its worker dies")
{
	return talk_with_settings(plain, survives);
}

/* ---- another form ---- */

static void preferred(struct border_settings *s) { trunks(s, TRANSPORT_TLS, SRTP_PREFERRED); }
static void forbidden(struct border_settings *s) { trunks(s, TRANSPORT_TLS, SRTP_FORBIDDEN); }

/* One carrier alone: nothing of the INVITE is kept but in the checkpoint. */
static void alone(struct border_settings *s)
{
	preferred(s);
	s->route_count--;
}

static enum err is_called(struct talk *t)
{
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:00353155512345@10.0.0.2:5060");
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &first, "INVITE "));
	return ERR_NONE;
}

static bool is_either(const struct talk *t)
{
	return wire_has(&t->at_pbx, " RTP/AVP 0\r\n") && wire_has(&t->at_pbx, "a=crypto:");
}

static bool is_savp(const struct talk *t) { return wire_has(&t->at_pbx, " RTP/SAVP 0\r\n"); }

static bool is_clear(const struct talk *t)
{
	return wire_has(&t->at_pbx, " RTP/AVP 0\r\n") && !wire_has(&t->at_pbx, "a=crypto:");
}

static enum err refuses(struct talk *t, struct talk_end *who)
{
	talk_answer(t, who, &t->at_pbx, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, who, "ACK ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static enum err takes_savp(struct talk *t)
{
	struct sdp_crypto one, other;
	struct wire_sent before;

	TRY(is_called(t));
	CHECK(is_either(t) && wire_has(&t->at_pbx, "\r\nCSeq: 1 INVITE\r\n"));
	before = t->at_pbx;
	TRY(refuses(t, &first));
	CHECK(talk_hears(t, &first, "INVITE ") && is_savp(t));
	CHECK(wire_has(&t->at_pbx, "\r\nCSeq: 2 INVITE\r\n"));
	one = key_in(&before);
	other = key_in(&t->at_pbx);
	CHECK(memcmp(one.secret, other.secret, sizeof(one.secret)) != 0);
	talk_answer(t, &first, &t->at_pbx, "200 OK", "", SECURE);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &first, "ACK ") && t->w->keys_count == 1);
	return ERR_NONE;
}

TEST(targets_reoffered, "offers a peer over TLS that refuses the form of audio the next one")
{
	return talk_with_settings(preferred, takes_savp);
}

TEST(targets_reoffered_alone, "does so too where the call has one target and is kept nowhere else")
{
	return talk_with_settings(alone, takes_savp);
}

static enum err goes_clear(struct talk *t)
{
	TRY(is_called(t));
	CHECK(is_either(t));
	TRY(refuses(t, &first));
	CHECK(talk_hears(t, &first, "INVITE ") && is_savp(t));
	TRY(refuses(t, &first));
	CHECK(talk_hears(t, &first, "INVITE ") && is_clear(t));
	/* Who is asked next is offered the usual form first, and may refuse it too. */
	talk_answer(t, &first, &t->at_pbx, "503 Full", "", "");
	CHECK(talk_hears(t, &first, "ACK ") && talk_hears(t, &second, "INVITE ") && is_either(t));
	TRY(refuses(t, &second));
	CHECK(talk_hears(t, &second, "INVITE ") && is_savp(t));
	TRY(answers(t, SECURE));
	CHECK(t->w->keys_count == 1);
	return ERR_NONE;
}

TEST(targets_reoffered_each, "begins anew with the forms at each target, and ends in the clear")
{
	return talk_with_settings(preferred, goes_clear);
}

static enum err never_clear(struct talk *t)
{
	TRY(is_called(t));
	CHECK(is_savp(t));
	talk_answer(t, &first, &t->at_pbx, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, &first, "ACK ") && talk_is_quiet(t, &first));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 488 ") && t->w->order_count == 0);
	return ERR_NONE;
}

TEST(targets_required, "offers no peer the clear where SRTP is required, whatever it refuses")
{
	return talk_with_settings(secured, never_clear);
}

static enum err once(struct talk *t)
{
	TRY(is_called(t));
	CHECK(is_clear(t));
	talk_answer(t, &first, &t->at_pbx, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, &first, "ACK ") && talk_is_quiet(t, &first));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 488 "));
	return ERR_NONE;
}

TEST(targets_forbidden, "offers a peer no key where SRTP is forbidden, whatever it refuses")
{
	return talk_with_settings(forbidden, once);
}

TEST(targets_plain, "offers a peer without TLS nothing else: the configuration says what it takes")
{
	return talk_with_settings(plain, once);
}
