/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers: what is asked by one side is understood on the other, by its own names. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

static void tag_of(const char *header, char ret[64])
{
	const char *at = strstr(header, ";tag=");

	snprintf(ret, 64, "%.*s", at ? (int)strcspn(at + 5, ";\r\n") : 0, at ? at + 5 : "");
}

/* Text after `name` in a message, up to the line's end. */
static void line_of(const struct wire_sent *sent, const char *name, char ret[256])
{
	const char *at = strstr(sent->text, name);

	snprintf(ret, 256, "%.*s", at ? (int)strcspn(at + strlen(name), "\r\n") : 0,
	         at ? at + strlen(name) : "");
}

TALK_TEST(transfer_blind, "a phone transfers its call at the PBX and hears how it went")
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "REFER",
	             "Contact: <sip:200@192.168.1.10:5060>\r\n"
	             "Refer-To: <sip:203@sip.example?X-Evil=1>\r\n"
	             "Referred-By: \"Front\" <sip:200@sip.example>\r\n",
	             "");
	CHECK(talk_hears(t, &t->pbx, "REFER sip:201@10.0.0.31:5060 "));
	CHECK(wire_has(&t->at_pbx, "\r\nRefer-To: <sip:203@10.0.0.20>\r\n"));
	CHECK(wire_has(&t->at_pbx, "\r\nReferred-By: \"Front\" <sip:200@10.0.0.20>\r\n"));
	CHECK(!wire_has(&t->at_pbx, "192.168") && !wire_has(&t->at_pbx, "Evil"));
	talk_answer(t, &t->pbx, &t->at_pbx, "202 Accepted", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 202 ") && !wire_has(&t->at_phone, "10.0.0."));
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: refer;id=2\r\nSubscription-State: active;expires=60\r\n"
	             "Content-Type: message/sipfrag;version=2.0\r\n",
	             "SIP/2.0 200 Fine at 10.0.0.20\r\nContact: <sip:203@10.0.0.33>\r\n");
	CHECK(talk_hears(t, &t->phone, "NOTIFY ") &&
	      wire_has(&t->at_phone, "\r\nEvent: refer;id=2\r\n"));
	CHECK(wire_has(&t->at_phone, "\r\n\r\nSIP/2.0 200 OK\r\n") &&
	      wire_has(&t->at_phone, "Subscription-State: active;expires=60\r\n"));
	CHECK(!wire_has(&t->at_phone, "10.0.0."));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TALK_TEST(transfer_id, "the number that names a transfer is each side's own")
{
	TRY(talk_call(t));
	t->phone.cseq += 40;
	talk_request(t, &t->phone, "REFER", "Refer-To: <sip:203@sip.example>\r\n", "");
	CHECK(talk_hears(t, &t->pbx, "REFER ") && wire_has(&t->at_pbx, "CSeq: 2 REFER\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "202 Accepted", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 202 "));
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: refer;id=2\r\nSubscription-State: terminated;reason=noresource\r\n",
	             "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY ") &&
	      wire_has(&t->at_phone, "\r\nEvent: refer;id=42\r\n"));
	talk_request(t, &t->pbx, "NOTIFY", "Event: refer;id=77\r\nSubscription-State: active\r\n",
	             "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY ") &&
	      wire_has(&t->at_phone, "\r\nEvent: refer\r\n"));
	return ERR_NONE;
}

/* Refer-To of a phone that names its dialog in `call`. */
static void write_attended(const struct talk_end *call, const char *from_tag, char ret[512])
{
	char ours[64], theirs[64], call_id[160];
	size_t at = strcspn(call->call_id, "@");

	tag_of(call->ours, ours);
	tag_of(call->theirs, theirs);
	snprintf(call_id, sizeof(call_id), "%.*s%s%s", (int)at, call->call_id,
	         call->call_id[at] ? "%40" : "", call->call_id[at] ? call->call_id + at + 1 : "");
	snprintf(
		ret, 512,
		"Refer-To: <sip:203@sip.example?Replaces=%s%%3Bto-tag%%3D%s%%3Bfrom-tag%%3D%s>\r\n",
		call_id, theirs, from_tag ? from_tag : ours);
}

TALK_TEST(transfer_attended, "the call that shall be replaced is named as the PBX knows it")
{
	char lines[512], wanted[512], call_id[256], from[256], tag[64];
	struct talk_end first;

	TRY(talk_call(t));
	first = t->phone;
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	line_of(&t->at_pbx, "\r\nCall-ID: ", call_id);
	line_of(&t->at_pbx, "\r\nFrom: ", from);
	tag_of(from, tag);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	write_attended(&t->phone, NULL, lines);
	talk_request(t, &first, "REFER", lines, "");
	CHECK(talk_hears(t, &t->pbx, "REFER "));
	snprintf(
		wanted, sizeof(wanted),
		"Refer-To: <sip:203@10.0.0.20?Replaces=%s%%3Bto-tag%%3Dinner%%3Bfrom-tag%%3D%s>\r\n",
		call_id, tag);
	CHECK(wire_has(&t->at_pbx, wanted) && !wire_has(&t->at_pbx, "phone-call"));
	/* One tag wrong: no dialog of ours. */
	write_attended(&t->phone, "guess", lines);
	talk_request(t, &first, "REFER", lines, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 403 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(transfer_replaces, "an INVITE that replaces a call names it as the other side knows it")
{
	char lines[512], wanted[512], ours[64], theirs[64];
	char call_id[256], from[256];
	struct talk_end before;

	/* The PBX called the phone: who is transferred to it names that call. */
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	line_of(&t->at_phone, "\r\nCall-ID: ", call_id);
	line_of(&t->at_phone, "\r\nFrom: ", from);
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &t->phone, "ACK "));
	before = t->pbx;
	tag_of(before.theirs, theirs);
	tag_of(before.ours, ours);
	snprintf(lines, sizeof(lines),
	         "Require: replaces\r\nReplaces: %s;to-tag=%s;from-tag=%s;early-only\r\n",
	         before.call_id, theirs, ours);
	talk_invite_from_pbx(t, lines, TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	tag_of(from, ours);
	snprintf(wanted, sizeof(wanted), "\r\nReplaces: %s;to-tag=desk;from-tag=%s;early-only\r\n",
	         call_id, ours);
	CHECK(wire_has(&t->at_phone, wanted) &&
	      wire_has(&t->at_phone, "\r\nRequire: replaces\r\n"));
	talk_invite_from_phone(t, "Replaces: other@host;to-tag=1;from-tag=2\r\n", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(transfer_by_pbx, "the PBX may refer a phone, and shows nothing of itself in it")
{
	TRY(talk_call(t));
	talk_request(t, &t->pbx, "REFER", "Refer-To: <sip:205@10.0.0.20:5060;line=1>\r\n", "");
	CHECK(talk_hears(t, &t->phone, "REFER sip:200@192.168.1.10:5060 "));
	CHECK(wire_has(&t->at_phone, "\r\nRefer-To: <sip:205@sip.example>\r\n") &&
	      !wire_has(&t->at_phone, "10.0.0."));
	return ERR_NONE;
}

static const struct refused_case {
	const char *name, *method, *lines, *body, *answer;
} refused[] = {
	{ "no target", "REFER", "", "", "SIP/2.0 400 " },
	{ "unreadable target", "REFER", "Refer-To: <<>\r\n", "", "SIP/2.0 400 " },
	{ "other scheme", "REFER", "Refer-To: <http://example.com>\r\n", "", "SIP/2.0 400 " },
	{ "hangs up another", "REFER", "Refer-To: <sip:203@sip.example;method=BYE>\r\n", "",
	  "SIP/2.0 403 " },
	{ "told unasked", "NOTIFY", "Event: refer\r\nSubscription-State: active\r\n", "",
	  "SIP/2.0 481 " },
	{ "other event", "NOTIFY", "Event: dialog\r\nSubscription-State: active\r\n", "",
	  "SIP/2.0 489 " },
	{ "no event", "NOTIFY", "", "", "SIP/2.0 489 " },
};

TALK_TEST(transfer_refused, "what is no transfer is refused by name, and goes nowhere")
{
	TRY(talk_call(t));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused_case *c = &refused[i];

		talk_request(t, &t->phone, c->method, c->lines, c->body);
		CHECK_CASE(talk_hears(t, &t->phone, c->answer), c->name);
		CHECK_CASE(talk_is_quiet(t, &t->pbx), c->name);
	}
	return ERR_NONE;
}

static void foreign(struct border_settings *s) { s->peers[0].kind = PEER_SPEECH_SERVER; }

static enum err not_allowed(struct talk *t)
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "REFER", "Refer-To: <sip:203@sip.example>\r\n", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 403 ") &&
	      wire_has(&t->at_phone, "Warning: 399 ringfence \"44 "));
	talk_request(t, &t->pbx, "REFER", "Refer-To: <sip:203@10.0.0.20>\r\n", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 403 ") &&
	      wire_has(&t->at_pbx, "Warning: 399 ringfence \"46 "));
	return ERR_NONE;
}

TEST(transfer_not_allowed, "who is no PBX cannot transfer, nor be asked to")
{
	return talk_with_settings(foreign, not_allowed);
}

TALK_TEST(transfer_linphone, "linphone's word for what is over passes, and is mended")
{
	TRY(talk_call(t));
	talk_request(t, &t->pbx, "REFER", "Refer-To: <sip:205@10.0.0.20>\r\n", "");
	CHECK(talk_hears(t, &t->phone, "REFER "));
	talk_answer(t, &t->phone, &t->at_phone, "202 Accepted", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 202 "));
	talk_request(t, &t->phone, "NOTIFY",
	             "Event: refer\r\nSubscription-State: terminated;reason=reason=noresource\r\n"
	             "Content-Type: message/sipfrag\r\n",
	             "SIP/2.0 200 Ok\r\n");
	CHECK(talk_hears(t, &t->pbx, "NOTIFY ") &&
	      wire_has(&t->at_pbx, "\r\nSubscription-State: terminated;reason=noresource\r\n"));
	return ERR_NONE;
}

TALK_TEST(transfer_many, "of many transfers in one call the last ones keep their numbers")
{
	TRY(talk_call(t));
	for (unsigned i = 0; i < 6; i++) {
		talk_request(t, &t->phone, "REFER", "Refer-To: <sip:203@sip.example>\r\n", "");
		CHECK(talk_hears(t, &t->pbx, "REFER "));
		talk_answer(t, &t->pbx, &t->at_pbx, "202 Accepted", "", "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 202 "));
	}
	talk_request(t, &t->pbx, "NOTIFY", "Event: refer;id=7\r\nSubscription-State: active\r\n",
	             "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY ") && wire_has(&t->at_phone, "refer;id=7\r\n"));
	talk_request(t, &t->pbx, "NOTIFY", "Event: refer;id=2\r\nSubscription-State: active\r\n",
	             "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY ") && wire_has(&t->at_phone, "Event: refer\r\n"));
	return ERR_NONE;
}
