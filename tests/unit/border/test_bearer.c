/* SPDX-License-Identifier: Apache-2.0 */
/* What bears audio towards a PBX that has it over TCP, and what does not pass. */
#include "unit/border/talk.h"

#include <string.h>

#define PBX_SDP(line)                                                                              \
	"v=0\r\no=pbx 7 7 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n" line
#define PASSIVE PBX_SDP("m=audio 12000 TCP/RTP/AVP 0\r\na=setup:passive\r\na=connection:new\r\n")
#define KEPT                                                                                       \
	PBX_SDP("m=audio 12000 TCP/RTP/AVP 0\r\na=setup:passive\r\n"                               \
	        "a=connection:existing\r\n")
#define ACTIVE  PBX_SDP("m=audio 9 TCP/RTP/AVP 0\r\na=setup:active\r\na=connection:new\r\n")
#define CONTACT "Contact: <sip:200@192.168.1.10:5060>\r\n"

static void over_tcp(struct border_settings *s) { s->peers[0].media_over = MEDIA_OVER_TCP; }
static void over_tls(struct border_settings *s) { s->peers[0].media_over = MEDIA_OVER_TLS; }
static void with_channels(struct border_settings *s) { s->peers[0].channels = CHANNELS_TCP; }

static const struct order_connect *last_connect(const struct talk *t)
{
	return &t->w->connects[(t->w->connect_count + 15) % 16];
}

#define BEARER_TEST(slug, change, sentence)                                                        \
	static enum err run_##slug(struct talk *t);                                                \
	TEST(slug, sentence)                                                                       \
	{                                                                                          \
		return talk_with_settings(change, run_##slug);                                     \
	}                                                                                          \
	static enum err run_##slug(struct talk *t)

static enum err ask(struct talk *t)
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(wire_has(&t->at_pbx, " TCP/RTP/AVP 0 101\r\nb=RS:0\r\nb=RR:0\r\n"));
	CHECK(wire_has(&t->at_pbx, "a=setup:actpass\r\na=connection:new\r\n"));
	return ERR_NONE;
}

static enum err take(struct talk *t, const char *answer)
{
	TRY(ask(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(wire_has(&t->at_phone, " RTP/AVP 0\r\n") && !wire_has(&t->at_phone, "a=setup"));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	CHECK(talk_order(t)->legs[0].carrier == MEDIA_UDP);
	CHECK(talk_order(t)->legs[1].carrier == MEDIA_TCP);
	return ERR_NONE;
}

BEARER_TEST(bearer_passive, over_tcp,
            "a PBX that waits is connected to, its phone hears of datagrams alone")
{
	const struct order_connect *c = last_connect(t);

	TRY(take(t, PASSIVE));
	c = last_connect(t);
	CHECK(t->w->connect_count == 1 && c->leg == 1 && c->is_active && c->serial == 1);
	CHECK(talk_order(t)->legs[1].remote.port == 12000);
	return ERR_NONE;
}

BEARER_TEST(bearer_active, over_tcp, "a PBX that connects is waited for")
{
	TRY(take(t, ACTIVE));
	CHECK(t->w->connect_count == 1 && !last_connect(t)->is_active);
	return ERR_NONE;
}

BEARER_TEST(
	bearer_heard, over_tcp,
	"a port that may be connected to listens before its offer goes, and no longer than the call")
{
	TRY(ask(t));
	CHECK(t->w->hearing == 1 && t->w->order_count == 0);
	talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
	CHECK(t->w->hearing == 0);
	return ERR_NONE;
}

BEARER_TEST(bearer_early, over_tcp,
            "what rang and says the same when it is picked up keeps its connection")
{
	TRY(ask(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "183 Session Progress", "", PASSIVE);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 ") && last_connect(t)->serial == 1);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", PASSIVE);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && last_connect(t)->serial == 1);
	return ERR_NONE;
}

BEARER_TEST(bearer_again, over_tcp,
            "a connection is kept where both ends say so, and made anew where one does not")
{
	TRY(take(t, PASSIVE));
	talk_request(t, &t->phone, "INVITE", CONTACT, TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(wire_has(&t->at_pbx, "a=connection:existing\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", KEPT);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && last_connect(t)->serial == 1);
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	talk_request(t, &t->phone, "INVITE", CONTACT, TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", PASSIVE);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && last_connect(t)->serial == 2);
	return ERR_NONE;
}

BEARER_TEST(bearer_restored, over_tcp, "a connection is ordered again by who takes the call over")
{
	unsigned before;

	TRY(take(t, PASSIVE));
	before = t->w->connect_count;
	TRY(wire_restart(t->w));
	CHECK(t->w->connect_count == before + 1 && last_connect(t)->is_active);
	return ERR_NONE;
}

static enum err answered_wrong(struct talk *t, const char *answer)
{
	TRY(ask(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->pbx, "BYE "));
	CHECK(strcmp(talk_record(t)->cause,
	             "answer refused: media carried otherwise than is set") == 0);
	CHECK(t->w->connect_count == 0 && t->w->order_count == 0);
	return ERR_NONE;
}

BEARER_TEST(bearer_answer_udp, over_tcp,
            "an answer of datagrams where a connection was asked for ends the call")
{
	return answered_wrong(t, TALK_ANSWER);
}

BEARER_TEST(bearer_answer_undecided, over_tcp,
            "an answer that leaves open who connects ends the call")
{
	return answered_wrong(
		t,
		PBX_SDP("m=audio 12000 TCP/RTP/AVP 0\r\na=setup:actpass\r\na=connection:new\r\n"));
}

static enum err refused(struct talk *t, const char *offer, const char *code)
{
	talk_invite_from_pbx(t, "", offer);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "SIP/2.0 488 "));
	CHECK(wire_has(&t->at_pbx, code) && talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

BEARER_TEST(bearer_offer_udp, over_tcp,
            "a PBX that is to use TCP and does not is refused by a word of its own")
{
	return refused(t, TALK_ANSWER, "\"16 ");
}

BEARER_TEST(bearer_offer_held, over_tcp, "a connection that is not to be made is no stream")
{
	return refused(t, PBX_SDP("m=audio 9 TCP/RTP/AVP 0\r\na=setup:holdconn\r\n"), "\"16 ");
}

BEARER_TEST(bearer_offer_unnamed, over_tls, "TLS without a certificate that is named is refused")
{
	return refused(t, PBX_SDP("m=audio 9 TCP/TLS/RTP/AVP 0\r\na=setup:active\r\n"), "\"16 ");
}

BEARER_TEST(bearer_channel_to_phone, with_channels, "no channel of a speech server goes to a phone")
{
	return refused(t,
	               PBX_SDP("m=application 9 TCP/MRCPv2 1\r\na=setup:active\r\n"
	                       "a=resource:speechrecog\r\nm=audio 12000 RTP/AVP 0\r\n"),
	               "\"17 ");
}

TALK_TEST(bearer_left_out,
          "where nothing is set the line is refused, and the rest of the call is not")
{
	talk_invite_from_pbx(t, "",
	                     PBX_SDP("m=audio 12000 TCP/RTP/AVP 0\r\na=setup:active\r\n"
	                             "m=audio 12000 RTP/AVP 0\r\n"));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	CHECK(wire_has(&t->at_phone, "m=audio 0 TCP/RTP/AVP 0\r\n"));
	return ERR_NONE;
}
