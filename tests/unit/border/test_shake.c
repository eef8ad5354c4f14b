/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a browser over WebSocket, whose audio shakes hands, with a PBX that knows RTP alone. */
#include "sdp/handshake.h"
#include "unit/border/talk.h"

#include <string.h>

#define PAIRS8  "00:01:02:03:04:05:06:07"
#define PAIRS32 PAIRS8 ":" PAIRS8 ":" PAIRS8 ":" PAIRS8
#define PRINT   "a=fingerprint:sha-256 " PAIRS32 "\r\n"
#define OTHER   "a=fingerprint:sha-256 FF:01:02:03:04:05:06:07:" PAIRS8 ":" PAIRS8 ":" PAIRS8 "\r\n"
#define ICE     "a=ice-ufrag:4DpZ\r\na=ice-pwd:Tm6g/kfGcwIXK8TSSyuNSS90\r\n"
#define HEAD    "v=0\r\no=- 81 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
#define LINE    "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
#define REST    "a=mid:0\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:0 PCMU/8000\r\n"
#define BROWSER HEAD LINE ICE PRINT "a=setup:actpass\r\n" REST
#define RESTART                                                                                    \
	HEAD LINE "a=ice-ufrag:5DpZ\r\na=ice-pwd:Tm6g/kfGcwIXK8TSSyuNSS91\r\n" PRINT               \
		  "a=setup:actpass\r\n" REST
#define REPLACED HEAD LINE ICE OTHER "a=setup:actpass\r\n" REST
#define ACTIVE   HEAD LINE ICE PRINT "a=setup:active\r\n" REST
#define PASSIVE  HEAD LINE ICE PRINT "a=setup:passive\r\n" REST
/* A phone without ICE, as some write DTLS-SRTP. */
#define PHONE                                                                                      \
	"v=0\r\no=- 81 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"         \
	"m=audio 4000 RTP/SAVP 0\r\n" PRINT "a=setup:actpass\r\n"

static const struct media_event started = { .kind = MEDIA_STARTED, .fingerprint = { 0xaa, 0xbb } };

static void media_says(struct talk *t, const struct media_event *event)
{
	border_media_event(t->w->border, event, t->w->now);
}

static enum err over_websocket(struct talk *t)
{
	t->phone.flow.transport = TRANSPORT_WS;
	t->phone.flow.connection = 9;
	media_says(t, &started);
	return talk_register(t);
}

static const struct order_shake *shake_of(const struct talk *t)
{
	static const struct order_shake none;

	return t->w->shake_count ? &t->w->shakes[(t->w->shake_count - 1) % 16] : &none;
}

/* What a message's description says; the name of ICE that stands there. */
static const char *ufrag_in(const struct wire_sent *sent)
{
	const char *at = strstr(sent->text, "\r\na=ice-ufrag:");

	return at ? at + strlen("\r\na=ice-ufrag:") : "";
}

static enum err talks(struct talk *t, const char *offer)
{
	talk_invite_from_phone(t, "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	CHECK(wire_has(&t->at_pbx, " RTP/AVP 0\r\n") && !wire_has(&t->at_pbx, "a=ice-"));
	CHECK(!wire_has(&t->at_pbx, "fingerprint") && !wire_has(&t->at_pbx, "setup"));
	CHECK(wire_has(&t->at_pbx, "a=sendrecv\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

TALK_TEST(shake_offered, "answers a browser by our certificate and path, and its PBX in the clear")
{
	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	CHECK(wire_has(&t->at_phone, " UDP/TLS/RTP/SAVPF 0\r\n"));
	CHECK(wire_has(&t->at_phone, "a=fingerprint:sha-256 AA:BB:00"));
	CHECK(wire_has(&t->at_phone, "a=setup:passive\r\n") &&
	      wire_has(&t->at_phone, "a=mid:0\r\n"));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0\r\n") &&
	      wire_has(&t->at_phone, "a=rtcp-mux\r\n"));
	CHECK(wire_has(&t->at_phone, "a=ice-lite\r\n") &&
	      wire_has(&t->at_phone, "a=candidate:1 1 UDP "));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_DTLS &&
	      talk_order(t)->legs[0].is_mux);
	CHECK(talk_order(t)->legs[0].is_sending && talk_order(t)->legs[0].is_receiving);
	CHECK(talk_order(t)->legs[1].protection == PROTECTION_NONE);
	CHECK(shake_of(t)->leg == 0 && shake_of(t)->has_ice && !shake_of(t)->is_active);
	CHECK(shake_of(t)->hash == MEDIA_SHA256 && shake_of(t)->fingerprint[9] == 1);
	CHECK(shake_of(t)->stream == talk_order(t)->stream && shake_of(t)->tuple.family == 0);
	CHECK(strncmp(ufrag_in(&t->at_phone), shake_of(t)->ufrag, ORDER_UFRAG_SIZE) == 0);
	CHECK(t->w->keys_count == 0);
	return ERR_NONE;
}

TALK_TEST(shake_roles, "waits for who begins and begins with who waits")
{
	TRY(over_websocket(t));
	TRY(talks(t, ACTIVE));
	CHECK(wire_has(&t->at_phone, "a=setup:passive\r\n") && !shake_of(t)->is_active);
	return ERR_NONE;
}

TALK_TEST(shake_roles_passive, "begins with who waits")
{
	TRY(over_websocket(t));
	TRY(talks(t, PASSIVE));
	CHECK(wire_has(&t->at_phone, "a=setup:active\r\n") && shake_of(t)->is_active);
	return ERR_NONE;
}

TALK_TEST(shake_phone, "shakes hands with a phone that names a certificate and knows no ICE")
{
	media_says(t, &started);
	TRY(talk_register(t));
	TRY(talks(t, PHONE));
	CHECK(wire_has(&t->at_phone, " RTP/SAVP 0\r\n") && !wire_has(&t->at_phone, "a=ice-"));
	CHECK(wire_has(&t->at_phone, "a=setup:passive\r\n") && !wire_has(&t->at_phone, "rtcp-mux"));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_DTLS &&
	      !talk_order(t)->legs[0].is_mux);
	CHECK(!shake_of(t)->has_ice);
	return ERR_NONE;
}

static enum err reinvited(struct talk *t, const char *offer)
{
	talk_request(t, &t->phone, "INVITE", "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

static void agree_on(struct talk *t, uint8_t association)
{
	struct media_event event = { .kind = MEDIA_AGREED,
		                     .owner = talk_order(t)->owner,
		                     .generation = talk_order(t)->generation,
		                     .stream = talk_order(t)->stream };

	event.agreed.in = (struct order_key){ .suite = SUITE_GCM_128, .secret = { 1 } };
	event.agreed.out = (struct order_key){ .suite = SUITE_GCM_128, .secret = { 2 } };
	event.agreed.tuple = t->phone.flow.remote;
	event.agreed.association = association;
	media_says(t, &event);
}

static void agree(struct talk *t) { agree_on(t, shake_of(t)->association); }

static enum err ends_silent(struct talk *t, const char *cause)
{
	struct media_event event = { .kind = MEDIA_SILENT,
		                     .generation = talk_order(t)->generation,
		                     .stream = talk_order(t)->stream };

	media_says(t, &event);
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	talk_media_closes(t);
	CHECK(strcmp(talk_record(t)->cause, cause) == 0);
	return ERR_NONE;
}

TALK_TEST(shake_never, "records that a call ended for want of keys where no handshake gave any")
{
	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	return ends_silent(t, "DTLS: no keys agreed");
}

TALK_TEST(shake_silent, "records no media where the handshake had given them")
{
	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	agree(t);
	return ends_silent(t, "no media");
}

TALK_TEST(shake_again, "orders the keys of a handshake again where media begins anew")
{
	uint32_t before;

	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	agree(t);
	CHECK(t->w->keys_count == 0);
	before = t->w->shake_count;
	media_says(t, &started);
	CHECK(t->w->shake_count == before + 1 && t->w->keys_count == 1);
	CHECK(addr_equal(&shake_of(t)->tuple, &t->phone.flow.remote));
	CHECK(t->w->keys[0].in.secret[0] == 1 && t->w->keys[0].out.secret[0] == 2);
	CHECK(t->w->keys[0].leg == 0 && t->w->keys[0].stream == shake_of(t)->stream);
	return ERR_NONE;
}

TALK_TEST(shake_survives, "a successor of who was told the keys of a handshake has them at once")
{
	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	agree(t);
	TRY(wire_restart(t->w));
	CHECK(t->w->keys_count == 1 && t->w->keys[0].in.secret[0] == 1);
	CHECK(addr_equal(&shake_of(t)->tuple, &t->phone.flow.remote));
	return ERR_NONE;
}

TALK_TEST(shake_restart, "names a new path for who names one, and keeps the certificate's keys")
{
	char before[ORDER_UFRAG_SIZE];

	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	agree(t);
	memcpy(before, shake_of(t)->ufrag, sizeof(before));
	TRY(reinvited(t, BROWSER));
	CHECK(memcmp(before, shake_of(t)->ufrag, sizeof(before)) == 0);
	TRY(reinvited(t, RESTART));
	CHECK(memcmp(before, shake_of(t)->ufrag, sizeof(before)) != 0);
	CHECK(strncmp(ufrag_in(&t->at_phone), shake_of(t)->ufrag, ORDER_UFRAG_SIZE) == 0);
	CHECK(shake_of(t)->tuple.family != 0);
	TRY(reinvited(t, REPLACED)); /* another end */
	CHECK(shake_of(t)->tuple.family == 0 && shake_of(t)->fingerprint[0] == 0xff);
	return ERR_NONE;
}

TALK_TEST(shake_early, "keeps the keys of a handshake that was done while it rang")
{
	TRY(over_websocket(t));
	talk_invite_from_phone(t, "", BROWSER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "183 Session Progress", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 183 "));
	agree(t);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(addr_equal(&shake_of(t)->tuple, &t->phone.flow.remote));
	t->w->keys_count = 0;
	TRY(wire_restart(t->w));
	CHECK(t->w->keys_count == 1 && t->w->keys[0].in.secret[0] == 1);
	CHECK(addr_equal(&shake_of(t)->tuple, &t->phone.flow.remote));
	return ERR_NONE;
}

static const struct media_event another = { .kind = MEDIA_STARTED, .fingerprint = { 0xcc } };

TALK_TEST(shake_our_certificate, "shakes hands anew with who is told another certificate of ours")
{
	uint8_t before;

	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	agree(t);
	before = shake_of(t)->association;
	media_says(t, &another);
	CHECK(shake_of(t)->association == before && shake_of(t)->tuple.family != 0);
	t->w->keys_count = 0;
	TRY(reinvited(t, BROWSER));
	CHECK(wire_has(&t->at_phone, "a=fingerprint:sha-256 CC:00"));
	CHECK(shake_of(t)->association != before && shake_of(t)->tuple.family == 0);
	CHECK(t->w->keys_count == 0);
	before = shake_of(t)->association;
	agree(t);
	TRY(reinvited(t, BROWSER));
	CHECK(shake_of(t)->association == before && shake_of(t)->tuple.family != 0);
	return ERR_NONE;
}

#define PHONE_MOVED                                                                                \
	"v=0\r\no=- 81 3 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"         \
	"m=audio 4002 RTP/SAVP 0\r\n" PRINT "a=setup:actpass\r\n"

TALK_TEST(shake_moved, "shakes hands anew with who knows no ICE and is elsewhere")
{
	media_says(t, &started);
	TRY(talk_register(t));
	TRY(talks(t, PHONE));
	agree(t);
	TRY(reinvited(t, PHONE));
	CHECK(shake_of(t)->tuple.family != 0);
	TRY(reinvited(t, PHONE_MOVED));
	CHECK(shake_of(t)->tuple.family == 0);
	return ERR_NONE;
}

static enum err asked_by_pbx(struct talk *t, const char *print)
{
	talk_request(t, &t->pbx, "INVITE", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	CHECK(wire_has(&t->at_phone, print));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", ACTIVE);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &t->phone, "ACK "));
	return ERR_NONE;
}

TALK_TEST(shake_our_certificate_offered, "does so as well where it is told by an offer of ours")
{
	uint8_t before;

	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	agree(t);
	before = shake_of(t)->association;
	TRY(asked_by_pbx(t, "a=fingerprint:sha-256 AA:BB"));
	CHECK(shake_of(t)->association == before && shake_of(t)->tuple.family != 0);
	media_says(t, &another);
	TRY(asked_by_pbx(t, "a=fingerprint:sha-256 CC:00"));
	CHECK(shake_of(t)->association != before && shake_of(t)->tuple.family == 0);
	return ERR_NONE;
}

TALK_TEST(shake_late_word, "takes no keys of an association that is over")
{
	uint8_t before;

	TRY(over_websocket(t));
	TRY(talks(t, BROWSER));
	before = shake_of(t)->association;
	TRY(reinvited(t, REPLACED));
	agree_on(t, before);
	TRY(reinvited(t, REPLACED));
	CHECK(shake_of(t)->tuple.family == 0 && t->w->keys_count == 0);
	agree(t);
	TRY(reinvited(t, REPLACED));
	CHECK(shake_of(t)->tuple.family != 0);
	return ERR_NONE;
}

TALK_TEST(shake_other_role, "keeps no keys where the other end begins from now on")
{
	TRY(over_websocket(t));
	TRY(talks(t, PASSIVE));
	agree(t);
	TRY(reinvited(t, PASSIVE));
	CHECK(shake_of(t)->is_active && shake_of(t)->tuple.family != 0);
	TRY(reinvited(t, ACTIVE));
	CHECK(!shake_of(t)->is_active && shake_of(t)->tuple.family == 0);
	return ERR_NONE;
}

TALK_TEST(shake_called, "offers a handshake to a browser that is called, and takes its answer")
{
	TRY(over_websocket(t));
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	CHECK(wire_has(&t->at_phone, " UDP/TLS/RTP/SAVPF 0"));
	CHECK(wire_has(&t->at_phone, "a=setup:actpass\r\n") &&
	      wire_has(&t->at_phone, "a=mid:0\r\n"));
	CHECK(wire_has(&t->at_phone, "a=ice-lite\r\n") &&
	      wire_has(&t->at_phone, "a=group:BUNDLE 0\r\n"));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", ACTIVE);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(wire_has(&t->at_pbx, " RTP/AVP 0\r\n") && !wire_has(&t->at_pbx, "fingerprint"));
	CHECK(talk_order(t)->legs[1].protection == PROTECTION_DTLS &&
	      talk_order(t)->legs[1].is_mux);
	CHECK(shake_of(t)->leg == 1 && !shake_of(t)->is_active && shake_of(t)->has_ice);
	CHECK(strncmp(ufrag_in(&t->at_phone), shake_of(t)->ufrag, ORDER_UFRAG_SIZE) == 0);
	return ERR_NONE;
}

static void forbid(struct border_settings *s) { s->subscribers.media_srtp = SRTP_FORBIDDEN; }

static const struct {
	const char *name;
	void (*change)(struct border_settings *s);
	const char *offer, *warning;
} refusals[] = {
	{ "no certificate", NULL, HEAD LINE ICE "a=setup:actpass\r\n" REST, "\"18 " },
	{ "two certificates", NULL, HEAD LINE ICE PRINT OTHER "a=setup:actpass\r\n" REST, "\"18 " },
	{ "nobody begins", NULL, HEAD LINE ICE PRINT "a=setup:holdconn\r\n" REST, "\"18 " },
	{ "forbidden", forbid, BROWSER, "\"13 " },
};

TEST(shake_refused,
     "refuses handshakes that nobody can be known by, that nobody begins, or that may not be")
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct talk t;

		TRY(talk_new(&t, refusals[i].change));
		TRY(over_websocket(&t));
		talk_invite_from_phone(&t, "", refusals[i].offer);
		CHECK(talk_hears(&t, &t.phone, "SIP/2.0 100 "));
		CHECK_CASE(talk_hears(&t, &t.phone, "SIP/2.0 488 "), refusals[i].name);
		CHECK_CASE(wire_has(&t.at_phone, refusals[i].warning), refusals[i].name);
		CHECK_CASE(talk_is_quiet(&t, &t.pbx) && t.w->order_count == 0, refusals[i].name);
		talk_free(&t);
	}
	return ERR_NONE;
}

TALK_TEST(shake_away, "refuses handshakes as long as media has told no certificate")
{
	t->phone.flow.transport = TRANSPORT_WS;
	t->phone.flow.connection = 9;
	TRY(talk_register(t));
	talk_invite_from_phone(t, "", BROWSER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	CHECK(wire_has(&t->at_phone, "\"19 ") && t->w->order_count == 0);
	return ERR_NONE;
}
