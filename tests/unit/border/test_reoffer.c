/* SPDX-License-Identifier: Apache-2.0 */
/* Phones that take their audio in one form alone are offered it in that form, after those that they
 * refuse, and at once when they have shown it. */
#include "border/form.h"
#include "border/settings.h"
#include "sdp/crypto.h"
#include "unit/border/talk.h"

#include <string.h>

#define KEY     "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define CRYPTO  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" KEY "\r\n"
#define HEAD    "v=0\r\no=- 8 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\nt=0 0\r\n"
#define AVP     HEAD "m=audio 4000 RTP/AVP 0\r\n"
#define SAVP    HEAD "m=audio 4000 RTP/SAVP 0\r\n" CRYPTO
#define PAIRS8  "00:01:02:03:04:05:06:07"
#define PRINT   "a=fingerprint:sha-256 " PAIRS8 ":" PAIRS8 ":" PAIRS8 ":" PAIRS8 "\r\n"
#define SHAKING HEAD "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n" PRINT "a=rtcp-mux\r\na=setup:"
#define OLDER   HEAD "m=audio 4000 RTP/SAVP 0\r\n" PRINT "a=rtcp-mux\r\na=setup:"
#define OLD     OLDER "actpass\r\n"

static const struct media_event started = { .kind = MEDIA_STARTED, .fingerprint = { 0xaa, 0xbb } };

/* ---- which form, alone ---- */

static const struct {
	struct form_case given;
	enum offer_form shown, wanted[FORM_COUNT];
} orders[] = {
	{ { SRTP_PREFERRED, true, true },
	  FORM_UNKNOWN,
	  { FORM_EITHER, FORM_DTLS, FORM_SAVP, FORM_CLEAR } },
	{ { SRTP_PREFERRED, true, false }, FORM_UNKNOWN, { FORM_EITHER, FORM_SAVP, FORM_CLEAR } },
	{ { SRTP_PREFERRED, true, true },
	  FORM_DTLS,
	  { FORM_DTLS, FORM_EITHER, FORM_SAVP, FORM_CLEAR } },
	{ { SRTP_PREFERRED, true, true },
	  FORM_CLEAR,
	  { FORM_CLEAR, FORM_EITHER, FORM_DTLS, FORM_SAVP } },
	{ { SRTP_PREFERRED, true, false }, FORM_DTLS, { FORM_EITHER, FORM_SAVP, FORM_CLEAR } },
	{ { SRTP_PREFERRED, false, true }, FORM_UNKNOWN, { FORM_CLEAR, FORM_DTLS } },
	{ { SRTP_PREFERRED, false, true }, FORM_SAVP, { FORM_CLEAR, FORM_DTLS } },
	{ { SRTP_PREFERRED, false, true }, FORM_DTLS, { FORM_DTLS, FORM_CLEAR } },
	{ { SRTP_REQUIRED, true, true }, FORM_UNKNOWN, { FORM_SAVP, FORM_DTLS } },
	{ { SRTP_REQUIRED, true, true }, FORM_CLEAR, { FORM_SAVP, FORM_DTLS } },
	{ { SRTP_REQUIRED, true, true }, FORM_DTLS, { FORM_DTLS, FORM_SAVP } },
	{ { SRTP_REQUIRED, false, true }, FORM_UNKNOWN, { FORM_UNKNOWN } },
	{ { SRTP_REQUIRED, false, true }, FORM_DTLS, { FORM_DTLS } },
	{ { SRTP_FORBIDDEN, true, true }, FORM_DTLS, { FORM_CLEAR } },
	{ { SRTP_FORBIDDEN, false, true }, FORM_UNKNOWN, { FORM_CLEAR } },
};

TEST(form_order, "tries each form that may be once, what was shown first, the clear last")
{
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const struct form_case *c = &orders[i].given;
		enum offer_form form = form_first(c, orders[i].shown);
		unsigned tried = 0;

		for (unsigned k = 0; k < FORM_COUNT; k++) {
			CHECK(form == orders[i].wanted[k]);
			if (form == FORM_UNKNOWN)
				break;
			CHECK(form_may_be(c, form));
			tried |= 1u << form;
			form = form_next(c, tried);
		}
	}
	return ERR_NONE;
}

/* ---- in calls ---- */

static void media_starts(struct talk *t) { border_media_event(t->w->border, &started, t->w->now); }

static enum err over_tls(struct talk *t)
{
	media_starts(t);
	t->phone.flow.transport = TRANSPORT_TLS;
	t->phone.flow.connection = 9;
	return talk_register(t);
}

static enum offer_form form_in(const struct wire_sent *sent)
{
	if (wire_has(sent, " RTP/AVP 0\r\n") && !wire_has(sent, "a=fingerprint:"))
		return wire_has(sent, "a=crypto:") ? FORM_EITHER : FORM_CLEAR;
	if (wire_has(sent, " RTP/SAVP 0\r\n") && wire_has(sent, "a=crypto:") &&
	    !wire_has(sent, "a=fingerprint:"))
		return FORM_SAVP;
	if (wire_has(sent, "/SAVP 0\r\n") && wire_has(sent, "a=fingerprint:") &&
	    wire_has(sent, "a=setup:actpass\r\n") && !wire_has(sent, "a=crypto:"))
		return FORM_DTLS;
	return FORM_UNKNOWN;
}

static enum err is_called(struct talk *t, enum offer_form form)
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE ") && form_in(&t->at_phone) == form);
	return ERR_NONE;
}

/* The phone refuses; it hears its ACK, and who calls nothing. */
static enum err refuses(struct talk *t, const char *status)
{
	talk_answer(t, &t->phone, &t->at_phone, status, "", "");
	CHECK(talk_hears(t, &t->phone, "ACK ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static enum err refuses_for(struct talk *t, const char *status, enum offer_form next)
{
	TRY(refuses(t, status));
	CHECK(talk_hears(t, &t->phone, "INVITE ") && form_in(&t->at_phone) == next);
	return ERR_NONE;
}

static enum err takes(struct talk *t, const char *answer)
{
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && form_in(&t->at_pbx) == FORM_CLEAR);
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &t->phone, "ACK "));
	talk_request(t, &t->pbx, "BYE", "", "");
	CHECK(talk_hears(t, &t->phone, "BYE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_media_closes(t);
	return ERR_NONE;
}

static enum err gives_up(struct talk *t, const char *status)
{
	char heard[32] = "SIP/2.0 ";

	talk_answer(t, &t->phone, &t->at_phone, status, "", "");
	strncat(heard, status, 4);
	CHECK(talk_hears(t, &t->phone, "ACK ") && talk_is_quiet(t, &t->phone));
	CHECK(talk_hears(t, &t->pbx, heard) && talk_is_quiet(t, &t->pbx));
	talk_ack(t, &t->pbx, "");
	return ERR_NONE;
}

static bool has_branch_of(const struct wire_sent *sent, const struct wire_sent *other)
{
	const char *a = strstr(sent->text, ";branch="), *b = strstr(other->text, ";branch=");

	return strncmp(a, b, strcspn(a, "\r") + 1) == 0;
}

/* The worker dies; who takes up sends again what nobody answered. */
static enum err dies(struct talk *t)
{
	TRY(wire_restart(t->w));
	media_starts(t);
	return ERR_NONE;
}

static uint64_t offered_again(const struct talk *t)
{
	return counters_get(&t->w->counters, COUNT_calls_offered_again);
}

TALK_TEST(reoffer_all,
          "offers a phone that refuses each form once, and tells who calls of the last")
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_EITHER));
	CHECK(wire_has(&t->at_phone, "\r\nCSeq: 1 INVITE\r\n"));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_DTLS));
	CHECK(wire_has(&t->at_phone, "\r\nCSeq: 2 INVITE\r\n"));
	CHECK(wire_has(&t->at_phone, " UDP/TLS/RTP/SAVP 0\r\n"));
	CHECK(!wire_has(&t->at_phone, "a=ice-") && !wire_has(&t->at_phone, "a=mid:"));
	TRY(refuses_for(t, "606 Not Acceptable", FORM_SAVP));
	TRY(refuses_for(t, "415 Unsupported Media Type", FORM_CLEAR));
	TRY(gives_up(t, "488 Not Acceptable Here"));
	CHECK(offered_again(t) == 3 && talk_records(t) == 1 && talk_record(t)->status == 488);
	return ERR_NONE;
}

TALK_TEST(reoffer_same_call, "goes on with the same call, under another branch and other keys")
{
	struct wire_sent first;
	const char *lines[] = { "\r\nCall-ID: ", "\r\nFrom: ",         "\r\nTo: ",
		                "\r\nContact: ", "\r\nMax-Forwards: ", "\r\nAllow: " };

	TRY(over_tls(t));
	TRY(is_called(t, FORM_EITHER));
	first = t->at_phone;
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_DTLS));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_SAVP));
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const char *was = strstr(first.text, lines[i]),
			   *is = strstr(t->at_phone.text, lines[i]);

		CHECK_CASE(was && is && strncmp(was, is, strcspn(was + 2, "\r") + 2) == 0,
		           lines[i]);
	}
	CHECK(!has_branch_of(&first, &t->at_phone));
	CHECK(strncmp(strstr(first.text, "inline:"), strstr(t->at_phone.text, "inline:"), 40) != 0);
	TRY(takes(t, SAVP));
	CHECK(t->w->keys_count == 1);
	return ERR_NONE;
}

TALK_TEST(reoffer_learnt, "offers at once what a phone took, though it registers anew")
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_EITHER));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_DTLS));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_SAVP));
	TRY(takes(t, SAVP));
	TRY(is_called(t, FORM_SAVP));
	TRY(takes(t, SAVP));
	TRY(talk_register(t));
	TRY(is_called(t, FORM_SAVP));
	/* It has changed its mind. */
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_EITHER));
	TRY(takes(t, AVP CRYPTO));
	TRY(is_called(t, FORM_EITHER));
	TRY(takes(t, AVP));
	CHECK(offered_again(t) == 3);
	return ERR_NONE;
}

TALK_TEST(reoffer_shaken, "shakes hands with a phone on TLS that takes nothing else")
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_EITHER));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_DTLS));
	TRY(takes(t, SHAKING "active\r\n"));
	CHECK(t->w->shake_count == 1 && t->w->shakes[0].leg == 1 && !t->w->shakes[0].is_active);
	CHECK(!t->w->shakes[0].has_ice && t->w->keys_count == 0);
	TRY(is_called(t, FORM_DTLS));
	return ERR_NONE;
}

static enum err calls(struct talk *t, const char *offer)
{
	talk_invite_from_phone(t, "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 486 "));
	talk_ack(t, &t->phone, "");
	return ERR_NONE;
}

TALK_TEST(reoffer_by_offer, "offers what a phone offered itself, as it writes it")
{
	static const struct {
		const char *offer;
		enum offer_form form;
		const char *line;
	} shown[] = {
		{ SAVP, FORM_SAVP, " RTP/SAVP 0\r\n" },
		{ SHAKING "actpass\r\n", FORM_DTLS, " UDP/TLS/RTP/SAVP 0\r\n" },
		{ OLD, FORM_DTLS, "audio 20000 RTP/SAVP 0\r\n" },
		{ AVP CRYPTO, FORM_EITHER, " RTP/AVP 0\r\n" },
		{ OLD, FORM_DTLS, " RTP/SAVP 0\r\n" },
		{ AVP, FORM_EITHER, " RTP/AVP 0\r\n" },
	};

	TRY(over_tls(t));
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		TRY(calls(t, shown[i].offer));
		TRY(is_called(t, shown[i].form));
		if (i != 2)
			CHECK_CASE(wire_has(&t->at_phone, shown[i].line), shown[i].offer);
		else
			CHECK(!wire_has(&t->at_phone, "UDP/TLS"));
		TRY(gives_up(t, "486 Busy Here"));
	}
	CHECK(offered_again(t) == 0);
	return ERR_NONE;
}

static void require(struct border_settings *s) { s->subscribers.media_srtp = SRTP_REQUIRED; }
static void forbid(struct border_settings *s) { s->subscribers.media_srtp = SRTP_FORBIDDEN; }

static enum err required(struct talk *t)
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_SAVP));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_DTLS));
	TRY(gives_up(t, "488 Not Acceptable Here"));
	CHECK(t->w->order_count == 0);
	return ERR_NONE;
}

TEST(reoffer_required, "goes to no phone in the clear where SRTP is required, whatever it refuses")
{
	return talk_with_settings(require, required);
}

static enum err misfits(struct talk *t)
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_SAVP));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", OLD);
	CHECK(talk_hears(t, &t->phone, "ACK ") && talk_hears(t, &t->phone, "BYE "));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 488 ") && t->w->order_count == 0);
	TRY(is_called(t, FORM_DTLS));
	CHECK(!wire_has(&t->at_phone, "UDP/TLS"));
	TRY(takes(t, OLDER "active\r\n"));
	CHECK(t->w->shake_count == 1);
	return ERR_NONE;
}

TEST(reoffer_misfit,
     "learns from an answer that does not fit the offer, which ends that call alone")
{
	return talk_with_settings(require, misfits);
}

static enum err forbidden(struct talk *t)
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_CLEAR));
	TRY(gives_up(t, "488 Not Acceptable Here"));
	return ERR_NONE;
}

TEST(reoffer_forbidden, "offers no key where SRTP is forbidden, whatever is refused")
{
	return talk_with_settings(forbid, forbidden);
}

TALK_TEST(reoffer_other, "takes other refusals for what they are")
{
	static const char *const statuses[] = { "486 Busy Here", "603 Decline", "480 Gone",
		                                "500 Broken", "404 Nobody" };

	TRY(over_tls(t));
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		TRY(is_called(t, FORM_EITHER));
		TRY(gives_up(t, statuses[i]));
	}
	CHECK(offered_again(t) == 0);
	return ERR_NONE;
}

TALK_TEST(reoffer_rung, "offers nothing else to a phone that rang and then refused")
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_EITHER));
	talk_answer(t, &t->phone, &t->at_phone, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 180 "));
	TRY(gives_up(t, "488 Not Acceptable Here"));
	return ERR_NONE;
}

TALK_TEST(reoffer_cancelled, "offers nothing else once who called has left")
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_EITHER));
	talk_answer(t, &t->phone, &t->at_phone, "100 Trying", "", "");
	talk_cancel(t, &t->pbx);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && talk_hears(t, &t->pbx, "SIP/2.0 487 "));
	talk_answer(t, &t->phone, &t->at_phone, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, &t->phone, "CANCEL ") && talk_hears(t, &t->phone, "ACK "));
	CHECK(talk_is_quiet(t, &t->phone) && border_calls(t->w->border) == 0);
	return ERR_NONE;
}

TALK_TEST(reoffer_cancelled_later,
          "cancels the INVITE that a phone has in hand, not the one that it refused")
{
	TRY(over_tls(t));
	TRY(is_called(t, FORM_EITHER));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_DTLS));
	talk_answer(t, &t->phone, &t->at_phone, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 180 "));
	talk_cancel(t, &t->pbx);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && talk_hears(t, &t->pbx, "SIP/2.0 487 "));
	CHECK(talk_hears(t, &t->phone, "CANCEL "));
	CHECK(wire_has(&t->at_phone, "\r\nCSeq: 2 CANCEL\r\n"));
	return ERR_NONE;
}

TALK_TEST(reoffer_no_offer, "has nothing else to offer where the call brought no offer")
{
	TRY(over_tls(t));
	talk_invite_from_pbx(t, "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	TRY(gives_up(t, "488 Not Acceptable Here"));
	return ERR_NONE;
}

/* Over UDP: a connection would die with its worker. */
TALK_TEST(reoffer_survives, "goes on to offer after its worker died, with the INVITE that is out")
{
	struct wire_sent sent;

	media_starts(t);
	TRY(is_called(t, FORM_CLEAR));
	sent = t->at_phone;
	TRY(dies(t));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE ") && has_branch_of(&sent, &t->at_phone));
	TRY(refuses_for(t, "488 Not Acceptable Here", FORM_DTLS));
	sent = t->at_phone;
	TRY(dies(t));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 "));
	CHECK(talk_hears(t, &t->phone, "INVITE ") && has_branch_of(&sent, &t->at_phone));
	CHECK(form_in(&t->at_phone) == FORM_DTLS);
	TRY(takes(t, SHAKING "active\r\n"));
	TRY(dies(t));
	TRY(is_called(t, FORM_DTLS));
	return ERR_NONE;
}
