/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a phone over TLS whose audio is protected, or must be, or must not. */
#include "sdp/crypto.h"
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

#define HEAD                                                                                       \
	"v=0\r\no=phone 1 1 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\n"               \
	"t=0 0\r\n"
#define KEY          "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define OTHER        "BQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define CM80         "AES_CM_128_HMAC_SHA1_80 inline:"
#define CM32         "AES_CM_128_HMAC_SHA1_32 inline:"
#define SAVP         HEAD "m=audio 4000 RTP/SAVP 0\r\n"
#define AVP          HEAD "m=audio 4000 RTP/AVP 0\r\n"
#define SECURE_OFFER SAVP "a=crypto:3 " CM32 OTHER "\r\na=crypto:4 " CM80 KEY "\r\n"
#define EITHER_OFFER AVP "a=crypto:1 " CM80 KEY "\r\n"

static enum err over_tls(struct talk *t)
{
	t->phone.flow.transport = TRANSPORT_TLS;
	t->phone.flow.connection = 9;
	return talk_register(t);
}

/* Value of the a=crypto line with that tag in a message; empty tag: there is none. */
static struct sdp_crypto line_of(const struct wire_sent *sent, unsigned tag)
{
	struct sdp_crypto c = { 0 };
	char start[32];
	const char *at;

	snprintf(start, sizeof(start), "\r\na=crypto:%u ", tag);
	at = strstr(sent->text, start);
	if (at)
		(void)!sdp_crypto_parse(
			view_bytes(at + strlen("\r\na=crypto:"), strcspn(at + 2, "\r") - 9), &c);
	return c;
}

static bool has_crypto(const struct wire_sent *sent) { return wire_has(sent, "a=crypto:"); }

/* The last keys that media was given. */
static const struct order_keys *keys_of(const struct talk *t)
{
	static const struct order_keys none;

	return t->w->keys_count ? &t->w->keys[(t->w->keys_count - 1) % 64] : &none;
}

static bool keys_are(const struct order_key *k, const struct sdp_crypto *c)
{
	return k->suite == c->suite && memcmp(k->secret, c->secret, sizeof(k->secret)) == 0;
}

static struct sdp_crypto first_key(void)
{
	struct sdp_crypto c;

	(void)!sdp_crypto_parse(VIEW("4 " CM80 KEY), &c);
	return c;
}

static enum err talks(struct talk *t, const char *offer)
{
	talk_invite_from_phone(t, "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	CHECK(!has_crypto(&t->at_pbx) && wire_has(&t->at_pbx, " RTP/AVP 0\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

TALK_TEST(secure_offered, "gives a phone that offers SRTP keys of ours, and its PBX none")
{
	struct sdp_crypto theirs = first_key(), ours;

	TRY(over_tls(t));
	TRY(talks(t, SECURE_OFFER));
	CHECK(wire_has(&t->at_phone, " RTP/SAVP 0\r\n"));
	ours = line_of(&t->at_phone, 4);
	CHECK(ours.suite == SUITE_CM_128_80 && line_of(&t->at_phone, 3).suite == SUITE_NONE);
	CHECK(memcmp(ours.secret, theirs.secret, sizeof(ours.secret)) != 0);
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_SDES);
	CHECK(talk_order(t)->legs[1].protection == PROTECTION_NONE);
	CHECK(t->w->keys_count == 1 && keys_of(t)->leg == 0 && keys_of(t)->kind == ORDER_KEYS);
	CHECK(keys_of(t)->stream == talk_order(t)->stream &&
	      keys_of(t)->generation == talk_order(t)->generation);
	CHECK(keys_are(&keys_of(t)->in, &theirs) && keys_are(&keys_of(t)->out, &ours));
	return ERR_NONE;
}

TALK_TEST(secure_either, "protects RTP/AVP with keys, and answers as it was asked")
{
	TRY(over_tls(t));
	TRY(talks(t, EITHER_OFFER));
	CHECK(wire_has(&t->at_phone, " RTP/AVP 0\r\n"));
	CHECK(line_of(&t->at_phone, 1).suite == SUITE_CM_128_80);
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_SDES);
	return ERR_NONE;
}

TALK_TEST(secure_not_clear, "takes and gives no key over signalling in the clear")
{
	TRY(talks(t, EITHER_OFFER));
	CHECK(!has_crypto(&t->at_phone));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_NONE && t->w->keys_count == 0);
	return ERR_NONE;
}

static void require(struct border_settings *s) { s->subscribers.media_srtp = SRTP_REQUIRED; }
static void forbid(struct border_settings *s) { s->subscribers.media_srtp = SRTP_FORBIDDEN; }

static const struct {
	const char *name;
	void (*change)(struct border_settings *s);
	bool is_over_tls;
	const char *offer, *warning;
} refusals[] = {
	{ "SRTP over UDP", NULL, false, SECURE_OFFER, "\"14 " },
	{ "required, over UDP", require, false, SECURE_OFFER, "\"14 " },
	{ "required, not offered over UDP", require, false, AVP, "\"14 " },
	{ "required, not offered", require, true, AVP, "\"12 " },
	{ "required, a fax", require, true, HEAD "m=image 4000 udptl t38\r\n", "\"12 " },
	{ "required, the second stream is not protected", require, true,
	  SECURE_OFFER "m=video 4002 RTP/AVP 31\r\n", "\"12 " },
	{ "forbidden, nothing else offered", forbid, true, SECURE_OFFER, "\"13 " },
	{ "no key", NULL, true, SAVP, "\"15 " },
	{ "no suite that is known", NULL, true,
	  SAVP "a=crypto:1 F8_128_HMAC_SHA1_80 inline:" KEY "\r\n", "\"15 " },
	{ "an MKI", NULL, true, SAVP "a=crypto:1 " CM80 KEY "|2^20|1:4\r\n", "\"15 " },
	{ "not encrypted", NULL, true, SAVP "a=crypto:1 " CM80 KEY " UNENCRYPTED_SRTP\r\n",
	  "\"15 " },
};

/* The record's cause goes on with the words of the Warning that was sent. */
static bool is_recorded(const struct talk *t, const struct wire_sent *sent, const char *begin)
{
	const char *cause = talk_record(t)->cause;

	return strncmp(cause, begin, strlen(begin)) == 0 && wire_has(sent, cause + strlen(begin));
}

TEST(secure_refused, "refuses an offer that policy or keys forbid, each with its reason")
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct talk t;

		TRY(talk_new(&t, refusals[i].change));
		if (refusals[i].is_over_tls)
			TRY(over_tls(&t));
		talk_invite_from_phone(&t, "", refusals[i].offer);
		CHECK(talk_hears(&t, &t.phone, "SIP/2.0 100 "));
		CHECK_CASE(talk_hears(&t, &t.phone, "SIP/2.0 488 "), refusals[i].name);
		CHECK_CASE(wire_has(&t.at_phone, refusals[i].warning), refusals[i].name);
		CHECK_CASE(is_recorded(&t, &t.at_phone, "offer refused: "), refusals[i].name);
		CHECK_CASE(talk_is_quiet(&t, &t.pbx) && t.w->order_count == 0, refusals[i].name);
		talk_free(&t);
	}
	return ERR_NONE;
}

/* A call to the phone up to its answer. */
static enum err is_called(struct talk *t, const char *answer)
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	if (answer)
		talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", answer);
	return ERR_NONE;
}

TALK_TEST(secure_preferred, "offers keys to a phone over TLS, which takes one of them")
{
	struct sdp_crypto ours;

	TRY(over_tls(t));
	TRY(is_called(t, NULL));
	CHECK(wire_has(&t->at_phone, " RTP/AVP 0\r\n"));
	ours = line_of(&t->at_phone, 1);
	CHECK(ours.suite == SUITE_CM_128_80 && line_of(&t->at_phone, 2).suite == SUITE_GCM_128 &&
	      line_of(&t->at_phone, 3).suite == SUITE_GCM_256 &&
	      line_of(&t->at_phone, 4).suite == SUITE_CM_256_80);
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", AVP "a=crypto:1 " CM80 KEY "\r\n");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && !has_crypto(&t->at_pbx));
	CHECK(talk_order(t)->legs[1].protection == PROTECTION_SDES && keys_of(t)->leg == 1);
	CHECK(keys_are(&keys_of(t)->out, &ours));
	return ERR_NONE;
}

TALK_TEST(secure_not_taken, "goes on in the clear where SRTP is preferred and the phone has none")
{
	TRY(over_tls(t));
	TRY(is_called(t, AVP));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(talk_order(t)->legs[1].protection == PROTECTION_NONE && t->w->keys_count == 0);
	return ERR_NONE;
}

static const struct {
	const char *name;
	bool is_required;
	const char *answer, *warning;
} answers[] = {
	{ "none", true, SAVP, "\"12 " },
	{ "of another suite", true, SAVP "a=crypto:2 " CM80 KEY "\r\n", "\"15 " },
	{ "that was not offered", true, SAVP "a=crypto:9 " CM80 KEY "\r\n", "\"15 " },
	{ "two", true, SAVP "a=crypto:1 " CM80 KEY "\r\na=crypto:1 " CM80 OTHER "\r\n", "\"15 " },
	{ "in the clear", true, AVP, "\"12 " },
	{ "that was not offered, where it may be clear", false, AVP "a=crypto:9 " CM80 KEY "\r\n",
	  "\"15 " },
};

TEST(secure_answers, "ends a call whose answer has no key that was offered, and orders nothing")
{
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct talk t;

		TRY(talk_new(&t, answers[i].is_required ? require : NULL));
		TRY(over_tls(&t));
		TRY(is_called(&t, answers[i].answer));
		CHECK_CASE(wire_has(&t.at_phone,
		                    answers[i].is_required ? " RTP/SAVP 0\r\n" : " RTP/AVP 0\r\n"),
		           answers[i].name);
		CHECK_CASE(talk_hears(&t, &t.pbx, "SIP/2.0 488 "), answers[i].name);
		CHECK_CASE(wire_has(&t.at_pbx, answers[i].warning), answers[i].name);
		CHECK_CASE(talk_hears(&t, &t.phone, "ACK "), answers[i].name);
		CHECK_CASE(talk_hears(&t, &t.phone, "BYE "), answers[i].name);
		CHECK_CASE(t.w->order_count == 0 && t.w->keys_count == 0, answers[i].name);
		CHECK_CASE(is_recorded(&t, &t.at_pbx, "answer refused: "), answers[i].name);
		talk_free(&t);
	}
	return ERR_NONE;
}

TEST(secure_unable, "calls no phone over UDP where SRTP is required")
{
	struct talk t;

	TRY(talk_new(&t, require));
	talk_invite_from_pbx(&t, "", TALK_ANSWER);
	CHECK(talk_hears(&t, &t.pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(&t, &t.pbx, "SIP/2.0 488 ") && wire_has(&t.at_pbx, "\"14 "));
	CHECK(talk_is_quiet(&t, &t.phone));
	talk_free(&t);
	return ERR_NONE;
}

TEST(secure_forbidden, "offers no key where SRTP is forbidden, and takes none")
{
	struct talk t;

	TRY(talk_new(&t, forbid));
	TRY(over_tls(&t));
	TRY(is_called(&t, NULL));
	CHECK(!has_crypto(&t.at_phone));
	talk_answer(&t, &t.phone, &t.at_phone, "200 OK", "", EITHER_OFFER);
	CHECK(talk_hears(&t, &t.pbx, "SIP/2.0 200 "));
	CHECK(talk_order(&t)->legs[1].protection == PROTECTION_NONE);
	talk_free(&t);
	return ERR_NONE;
}

static enum err offers_again(struct talk *t, const char *body)
{
	talk_request(t, &t->phone, "INVITE", "", body);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

TALK_TEST(secure_again, "keeps keys that are offered again, and draws one for a new one")
{
	struct order_keys before;
	struct sdp_crypto ours;

	TRY(over_tls(t));
	TRY(talks(t, SECURE_OFFER));
	before = *keys_of(t);
	TRY(offers_again(t, SECURE_OFFER));
	CHECK(memcmp(&before, keys_of(t), sizeof(before)) == 0);
	TRY(offers_again(t, SAVP "a=crypto:1 " CM80 OTHER "\r\n"));
	CHECK(memcmp(&before.in, &keys_of(t)->in, sizeof(before.in)) != 0);
	CHECK(memcmp(&before.out, &keys_of(t)->out, sizeof(before.out)) != 0);
	ours = line_of(&t->at_phone, 1);
	CHECK(keys_are(&keys_of(t)->out, &ours));
	return ERR_NONE;
}

TALK_TEST(secure_back, "draws a key for an end that went in the clear meanwhile")
{
	struct order_keys before;

	TRY(over_tls(t));
	TRY(talks(t, SECURE_OFFER));
	before = *keys_of(t);
	TRY(offers_again(t, AVP));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_NONE);
	TRY(offers_again(t, SECURE_OFFER));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_SDES);
	CHECK(memcmp(&before.in, &keys_of(t)->in, sizeof(before.in)) == 0);
	CHECK(memcmp(&before.out, &keys_of(t)->out, sizeof(before.out)) != 0);
	return ERR_NONE;
}

#define PAIRS8 "00:01:02:03:04:05:06:07"
#define HANDSHAKE                                                                                  \
	SAVP "a=fingerprint:sha-256 " PAIRS8 ":" PAIRS8 ":" PAIRS8 ":" PAIRS8                      \
	     "\r\na=setup:actpass\r\n"

TALK_TEST(secure_after_handshake, "draws a key for an end that had one by a handshake meanwhile")
{
	const struct media_event started = { .kind = MEDIA_STARTED, .fingerprint = { 0xaa } };
	struct order_keys before;

	border_media_event(t->w->border, &started, t->w->now);
	TRY(over_tls(t));
	TRY(talks(t, SECURE_OFFER));
	before = *keys_of(t);
	TRY(offers_again(t, HANDSHAKE));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_DTLS);
	TRY(offers_again(t, SECURE_OFFER));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_SDES);
	CHECK(memcmp(&before.in, &keys_of(t)->in, sizeof(before.in)) == 0);
	CHECK(memcmp(&before.out, &keys_of(t)->out, sizeof(before.out)) != 0);
	return ERR_NONE;
}

#define SECOND "m=audio 4002 RTP/SAVP 0\r\na=crypto:1 " CM80 OTHER "\r\n"

static enum err offers_two(struct talk *t, const char *offer, const char *answer)
{
	talk_request(t, &t->phone, "INVITE", "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

TALK_TEST(secure_reopened, "draws a key for a stream that was closed and is wanted again at once")
{
	struct order_keys before;

	TRY(over_tls(t));
	TRY(talks(t, SECURE_OFFER));
	TRY(offers_two(t, SECURE_OFFER SECOND, TALK_ANSWER "m=audio 12002 RTP/AVP 0\r\n"));
	before = *keys_of(t);
	TRY(offers_two(t, SECURE_OFFER "m=audio 0 RTP/SAVP 0\r\n",
	               TALK_ANSWER "m=audio 0 RTP/AVP 0\r\n"));
	TRY(offers_two(t, SECURE_OFFER SECOND, TALK_ANSWER "m=audio 12002 RTP/AVP 0\r\n"));
	CHECK(keys_of(t)->stream == before.stream);
	CHECK(memcmp(&before.in, &keys_of(t)->in, sizeof(before.in)) == 0);
	CHECK(memcmp(&before.out, &keys_of(t)->out, sizeof(before.out)) != 0);
	return ERR_NONE;
}

static enum err asked_by_pbx(struct talk *t, const char *answer)
{
	talk_request(t, &t->pbx, "INVITE", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &t->phone, "ACK "));
	return ERR_NONE;
}

TALK_TEST(secure_back_answering, "draws it as well where the end goes by its answers")
{
	struct order_keys before;

	TRY(over_tls(t));
	TRY(talks(t, EITHER_OFFER));
	before = *keys_of(t);
	TRY(asked_by_pbx(t, AVP));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_NONE);
	TRY(asked_by_pbx(t, EITHER_OFFER));
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_SDES);
	CHECK(memcmp(&before.out, &keys_of(t)->out, sizeof(before.out)) != 0);
	return ERR_NONE;
}

TALK_TEST(secure_stays, "offers a phone that speaks SRTP nothing else when its PBX asks anew")
{
	struct order_keys before;

	TRY(over_tls(t));
	TRY(talks(t, SECURE_OFFER));
	before = *keys_of(t);
	talk_request(t, &t->pbx, "INVITE", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE ") && wire_has(&t->at_phone, " RTP/SAVP 0\r\n"));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", SAVP "a=crypto:1 " CM80 KEY "\r\n");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(memcmp(&before, keys_of(t), sizeof(before)) == 0);
	return ERR_NONE;
}

TALK_TEST(secure_late, "agrees on keys where the offer comes with the answer")
{
	struct sdp_crypto theirs = first_key(), ours;

	TRY(over_tls(t));
	talk_invite_from_pbx(t, "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", SECURE_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && !has_crypto(&t->at_pbx));
	talk_ack(t, &t->pbx, TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "ACK "));
	ours = line_of(&t->at_phone, 4);
	CHECK(keys_are(&keys_of(t)->in, &theirs) && keys_are(&keys_of(t)->out, &ours));
	return ERR_NONE;
}

TALK_TEST(secure_restart, "gives media its keys again when either was restarted")
{
	const struct media_event started = { .kind = MEDIA_STARTED };
	struct order_keys before;

	TRY(over_tls(t));
	TRY(talks(t, SECURE_OFFER));
	before = *keys_of(t);
	TRY(wire_restart(t->w));
	t->w->keys_count = t->w->order_count = 0;
	border_media_event(t->w->border, &started, t->w->now);
	CHECK(t->w->order_count == 1 && t->w->keys_count == 1);
	CHECK(memcmp(&before, keys_of(t), sizeof(before)) == 0);
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_SDES);
	return ERR_NONE;
}
