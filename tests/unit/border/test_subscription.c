/* SPDX-License-Identifier: Apache-2.0 */
/* Subscriptions, what is told in them, and what is told or published without. */
#include "unit/border/talk.h"

#include "border/subscription.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WATCH "Event: dialog\r\nExpires: 600\r\nContact: <sip:200@192.168.1.10:5060>\r\n"

static unsigned number;

/* A request without a dialog: from the phone, or from the PBX to the phone's Contact. */
static void ask(struct talk *t, struct talk_end *from, const char *method, const char *lines,
                const char *body)
{
	bool is_phone = from == &t->phone;
	char text[WIRE_TEXT_MAX];

	from->cseq = 1;
	snprintf(from->call_id, sizeof(from->call_id), "ask-%u@192.168.1.10", ++number);
	snprintf(from->ours, sizeof(from->ours), "<sip:%s>;tag=ask%u",
	         is_phone ? "200@sip.example" : "201@10.0.0.20", number);
	snprintf(from->theirs, sizeof(from->theirs), "<sip:201@sip.example>");
	snprintf(text, sizeof(text),
	         "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKask%u;rport\r\n"
	         "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: 1 %s\r\n%s"
	         "Content-Length: %zu\r\n\r\n%s",
	         method, is_phone ? "sip:201@sip.example" : t->w->pbx_contact, number, from->ours,
	         from->theirs, from->call_id, method, lines, strlen(body), body);
	wire_receive(t->w, &from->flow, text);
}

static void line_of(const struct wire_sent *sent, const char *name, char *ret, size_t size)
{
	const char *at = strstr(sent->text, name);

	snprintf(ret, size, "%.*s", at ? (int)strcspn(at + strlen(name), "\r\n") : 0,
	         at ? at + strlen(name) : "");
}

/* What an end must know of the dialog that a SUBSCRIBE made. */
static void learn(struct talk_end *end, const struct wire_sent *sent, bool is_request)
{
	char contact[256];

	line_of(sent, "\r\nCall-ID: ", end->call_id, sizeof(end->call_id));
	line_of(sent, is_request ? "\r\nFrom: " : "\r\nTo: ", end->theirs, sizeof(end->theirs));
	line_of(sent, "\r\nContact: <", contact, sizeof(contact));
	snprintf(end->target, sizeof(end->target), "%.*s", (int)strcspn(contact, ">"), contact);
	if (!is_request)
		return;
	line_of(sent, "\r\nTo: ", contact, sizeof(contact));
	snprintf(end->ours, sizeof(end->ours), "%.200s;tag=inner", contact);
	end->cseq = 1;
}

/* The same once more, with the next CSeq, as after a challenge. */
static void ask_again(struct talk *t, const char *method, const char *lines, const char *body)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "%s sip:201@sip.example SIP/2.0\r\n"
	         "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKask%u;rport\r\n"
	         "Max-Forwards: 70\r\nFrom: %s\r\nTo: <sip:201@sip.example>\r\nCall-ID: %s\r\n"
	         "CSeq: %u %s\r\n%sContent-Length: %zu\r\n\r\n%s",
	         method, ++number, t->phone.ours, t->phone.call_id, ++t->phone.cseq, method, lines,
	         strlen(body), body);
	wire_receive(t->w, &t->phone.flow, text);
}

static enum err subscribe(struct talk *t, const char *granted)
{
	ask(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(talk_hears(t, &t->pbx, "SUBSCRIBE sip:201@10.0.0.20 "));
	learn(&t->pbx, &t->at_pbx, true);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", granted, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	learn(&t->phone, &t->at_phone, false);
	return ERR_NONE;
}

TALK_TEST(subscribe_whole, "a subscription is a dialog on each side, refreshed, told, and ended")
{
	TRY(subscribe(t, "Expires: 300\r\n"));
	CHECK(wire_has(&t->at_pbx, "\r\nEvent: dialog\r\n") &&
	      wire_has(&t->at_pbx, "\r\nExpires: 600\r\n") && !wire_has(&t->at_pbx, "192.168"));
	CHECK(wire_has(&t->at_phone, "\r\nExpires: 300\r\n") && !wire_has(&t->at_phone, "10.0.0."));
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: dialog\r\nSubscription-State: active;expires=299\r\n", "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY sip:200@192.168.1.10:5060 ") &&
	      wire_has(&t->at_phone, "Subscription-State: active;expires=299\r\n"));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_request(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(talk_hears(t, &t->pbx, "SUBSCRIBE sip:201@10.0.0.31:5060 ") &&
	      wire_has(&t->at_pbx, "CSeq: 2 SUBSCRIBE\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "Expires: 300\r\n", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: dialog\r\nSubscription-State: terminated;reason=timeout\r\n", "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_request(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

static const struct types_case {
	const char *name, *lines, *inside;
} types[] = {
	{ "presence", "Event: presence\r\n", "\r\nAccept: application/pidf+xml\r\n" },
	{ "dialog", "Event: dialog\r\n", "\r\nAccept: application/dialog-info+xml\r\n" },
	{ "messages", "Event: message-summary\r\n",
	  "\r\nAccept: application/simple-message-summary\r\n" },
	{ "its own", "Event: presence\r\nAccept: application/pidf+xml, application/xpidf+xml\r\n",
	  "\r\nAccept: application/pidf+xml, application/xpidf+xml\r\n" },
};

TALK_TEST(subscribe_types,
          "who does not say which types he reads reads those of the event by default")
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct types_case *c = &types[i];
		char lines[160];
		const char *at;

		snprintf(lines, sizeof(lines), "%sContact: <sip:200@192.168.1.10:5060>\r\n",
		         c->lines);
		ask(t, &t->phone, "SUBSCRIBE", lines, "");
		CHECK_CASE(talk_hears(t, &t->pbx, "SUBSCRIBE "), c->name);
		at = strstr(t->at_pbx.text, c->inside);
		CHECK_CASE(at && !strstr(at + 2, "\r\nAccept:"), c->name);
	}
	return ERR_NONE;
}

TALK_TEST(subscribe_early_notify, "a NOTIFY may come before the 200, and passes")
{
	struct wire_sent request;

	ask(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(talk_hears(t, &t->pbx, "SUBSCRIBE "));
	request = t->at_pbx;
	learn(&t->pbx, &request, true);
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: dialog\r\nSubscription-State: active\r\n"
	             "Contact: <sip:201@10.0.0.31>\r\n",
	             "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_answer(t, &t->pbx, &request, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	return ERR_NONE;
}

TALK_TEST(subscribe_expires, "a subscription that nobody refreshes is forgotten")
{
	TRY(subscribe(t, "Expires: 20\r\n"));
	wire_advance(t->w, 45 * SECOND_US);
	TRY(talk_register(t)); /* flows over UDP stay known for a minute */
	wire_advance(t->w, 8 * SECOND_US);
	talk_request(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 481 ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(subscribe_challenged, "the PBX's challenge goes to the phone with our cookie")
{
	ask(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(talk_hears(t, &t->pbx, "SUBSCRIBE "));
	talk_answer(
		t, &t->pbx, &t->at_pbx, "401 Unauthorized",
		"WWW-Authenticate: Digest realm=\"sip.example\", nonce=\"abc\", opaque=\"own\"\r\n",
		"");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 401 ") && wire_has(&t->at_phone, "-own\""));
	return ERR_NONE;
}

static const struct refused_case {
	const char *name, *method, *lines, *body, *answer;
	bool is_of_pbx;
} refused[] = {
	{ "unknown event", "SUBSCRIBE", "Event: conference\r\nContact: <sip:a@192.0.2.1>\r\n", "",
	  "SIP/2.0 489 ", false },
	{ "no event", "SUBSCRIBE", "Contact: <sip:a@192.0.2.1>\r\n", "", "SIP/2.0 489 ", false },
	{ "filter", "SUBSCRIBE", WATCH "Content-Type: application/simple-filter+xml\r\n", "<a/>",
	  "SIP/2.0 415 ", false },
	{ "no Contact", "SUBSCRIBE", "Event: dialog\r\n", "", "SIP/2.0 400 ", false },
	{ "told by a phone", "NOTIFY", "Event: message-summary\r\n", "", "SIP/2.0 481 ", false },
	{ "told of something else", "NOTIFY", "Event: refer\r\n", "", "SIP/2.0 489 ", true },
	{ "publishes something else", "PUBLISH", "Event: refer\r\n", "", "SIP/2.0 489 ", false },
	{ "publishes a picture", "PUBLISH", "Event: presence\r\nContent-Type: image/png\r\n", "x",
	  "SIP/2.0 415 ", false },
	{ "names an entity", "PUBLISH", "Event: presence\r\nContent-Type: application/pidf+xml\r\n",
	  "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b SYSTEM \"file:///c\">]><a>&b;</a>",
	  "SIP/2.0 400 ", false },
	{ "control bytes", "MESSAGE", "Content-Type: text/plain\r\n", "a\x01z", "SIP/2.0 415 ",
	  false },
	{ "asks with a body", "OPTIONS", "Content-Type: multipart/mixed; boundary=b\r\n", "--b\r\n",
	  "SIP/2.0 415 ", false },
	{ "no such method", "FROBNICATE", "", "", "SIP/2.0 405 ", false },
};

TALK_TEST(subscribe_refused, "what does not pass is refused by name")
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused_case *c = &refused[i];
		struct talk_end *from = c->is_of_pbx ? &t->pbx : &t->phone;

		ask(t, from, c->method, c->lines, c->body);
		CHECK_CASE(talk_hears(t, from, c->answer), c->name);
		/* RFC 3261 21.4.13: what would be taken; nothing, where nothing would. */
		CHECK_CASE(strncmp(c->answer, "SIP/2.0 415 ", 12) != 0 ||
		                   wire_has(&t->at_phone, "\r\nAccept:"),
		           c->name);
		CHECK_CASE(talk_is_quiet(t, c->is_of_pbx ? &t->phone : &t->pbx), c->name);
	}
	return ERR_NONE;
}

TALK_TEST(subscribe_stranger, "a stranger hears nothing, whatever he asks for")
{
	static const char *const methods[] = { "SUBSCRIBE", "PUBLISH", "NOTIFY", "MESSAGE",
		                               "REFER" };
	struct talk_end stranger = { .flow = wire_outside(66, 6000) };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		ask(t, &stranger, methods[i], WATCH, "");
		CHECK_CASE(talk_is_quiet(t, &stranger) && talk_is_quiet(t, &t->pbx), methods[i]);
	}
	return ERR_NONE;
}

TALK_TEST(subscribe_stolen, "a subscription's tags from elsewhere do nothing")
{
	struct talk_end thief;

	TRY(subscribe(t, ""));
	thief = t->phone;
	thief.flow = wire_outside(66, 6000);
	talk_request(t, &thief, "SUBSCRIBE", WATCH, "");
	CHECK(talk_is_quiet(t, &thief) && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

/* ---- bodies ---- */

TALK_TEST(told_dialogs, "states of dialogs are told with the names that the watcher knows")
{
	char body[2048], wanted[256], call_id[160], tag[64];
	struct talk_end phone, pbx;

	/* The PBX called the phone: that call is told to the phone, as it knows it. */
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	line_of(&t->at_phone, "\r\nCall-ID: ", call_id, sizeof(call_id));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &t->phone, "ACK "));
	pbx = t->pbx;
	phone = t->phone;
	TRY(subscribe(t, ""));
	snprintf(tag, sizeof(tag), "%.60s", strstr(pbx.theirs, ";tag=") + 5);
	snprintf(body, sizeof(body),
	         "<?xml version=\"1.0\"?>\r\n<dialog-info entity=\"sip:201@10.0.0.20:5060\">"
	         "<dialog id=\"1\" call-id=\"%s\" local-tag=\"%s\" remote-tag=\"%s\">"
	         "<state>confirmed</state><remote><identity display=\"10.0.0.20: 1.2\">"
	         "sip:203@10.0.0.33;line=1</identity></remote></dialog>"
	         "<dialog id=\"2\" call-id=\"other@10.0.0.20\"/></dialog-info>",
	         pbx.call_id, tag, strstr(pbx.ours, ";tag=") + 5);
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: dialog\r\nSubscription-State: active\r\n"
	             "Content-Type: application/dialog-info+xml\r\n",
	             body);
	CHECK(talk_hears(t, &t->phone, "NOTIFY "));
	CHECK(!wire_has(&t->at_phone, "10.0.0.") && !wire_has(&t->at_phone, "pbx-call"));
	CHECK(wire_has(&t->at_phone, "entity=\"sip:201@sip.example\"") &&
	      wire_has(&t->at_phone, ">sip:203@sip.example<") &&
	      wire_has(&t->at_phone, "call-id=\"other@sip.example\""));
	CHECK(wire_has(&t->at_phone, "display=\"sip.example: 1.2\""));
	snprintf(wanted, sizeof(wanted), "call-id=\"%s\" local-tag=\"desk\"", call_id);
	CHECK(wire_has(&t->at_phone, wanted));
	(void)phone;
	return ERR_NONE;
}

TALK_TEST(told_messages, "waiting messages are told, subscribed to or not, without inner hosts")
{
	ask(t, &t->pbx, "NOTIFY",
	    "Event: message-summary\r\nSubscription-State: terminated\r\n"
	    "Content-Type: application/simple-message-summary\r\n",
	    "Messages-Waiting: yes\r\nMessage-Account: sip:*97@10.0.0.20\r\n"
	    "Voice-Message: 2/8 (0/2)\r\n");
	CHECK(talk_hears(t, &t->phone, "NOTIFY sip:200@192.168.1.10:5060;line=7 "));
	CHECK(wire_has(&t->at_phone, "\r\nEvent: message-summary\r\n") &&
	      wire_has(&t->at_phone, "Message-Account: sip:*97@sip.example\r\n") &&
	      wire_has(&t->at_phone, "Voice-Message: 2/8 (0/2)\r\n"));
	CHECK(!wire_has(&t->at_phone, "10.0.0."));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	return ERR_NONE;
}

TALK_TEST(published, "presence is published under the PBX's names, and its tag comes back")
{
	ask(t, &t->phone, "PUBLISH",
	    "Event: presence\r\nExpires: 3600\r\nSIP-If-Match: before\r\n"
	    "Content-Type: application/pidf+xml\r\n",
	    "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
	    "entity=\"sip:200@sip.example\"><tuple id=\"a\"><contact>sip:200@192.168.1.10</contact>"
	    "</tuple></presence>");
	CHECK(talk_hears(t, &t->pbx, "PUBLISH "));
	CHECK(wire_has(&t->at_pbx, "entity=\"sip:200@10.0.0.20\"") &&
	      wire_has(&t->at_pbx, "xmlns=\"urn:ietf:params:xml:ns:pidf\"") &&
	      wire_has(&t->at_pbx, "\r\nSIP-If-Match: before\r\n") &&
	      wire_has(&t->at_pbx, "\r\nExpires: 3600\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "SIP-ETag: now\r\nExpires: 1800\r\n", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") &&
	      wire_has(&t->at_phone, "\r\nSIP-ETag: now\r\n") &&
	      wire_has(&t->at_phone, "\r\nExpires: 1800\r\n"));
	return ERR_NONE;
}

TALK_TEST(message_alone, "a message without a call passes in both directions")
{
	ask(t, &t->phone, "MESSAGE", "Content-Type: text/plain;charset=utf-8\r\n", "hello");
	CHECK(talk_hears(t, &t->pbx, "MESSAGE sip:201@10.0.0.20 ") &&
	      wire_has(&t->at_pbx, "Content-Type: text/plain\r\n") &&
	      wire_has(&t->at_pbx, "\r\n\r\nhello"));
	talk_answer(t, &t->pbx, &t->at_pbx, "202 Accepted", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 202 "));
	ask(t, &t->pbx, "MESSAGE", "Content-Type: text/plain\r\n", "and back");
	CHECK(talk_hears(t, &t->phone, "MESSAGE ") && wire_has(&t->at_phone, "\r\n\r\nand back"));
	ask(t, &t->phone, "INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n");
	CHECK(talk_hears(t, &t->pbx, "INFO ") && wire_has(&t->at_pbx, "Signal=5\r\n"));
	return ERR_NONE;
}

/* ---- the table ---- */

static void few(struct border_settings *s) { s->subscribers.max_registrations = 2; }

static enum err fill(struct talk *t)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < 8; i++) {
		ask(t, &t->phone, "SUBSCRIBE", WATCH, "");
		if (!wire_has(wire_take(t->w, &t->pbx.flow), "SUBSCRIBE ")) {
			CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 "));
			break;
		}
		taken++;
	}
	CHECK(taken == 5);
	return ERR_NONE;
}

TEST(subscribe_full, "a full table of subscriptions says 503")
{
	return talk_with_settings(few, fill);
}

TALK_TEST(subscribe_challenged_again,
          "what comes again with credentials bears the same names inside and a higher CSeq")
{
	static const struct {
		const char *method, *lines, *body;
	} rows[] = { { "SUBSCRIBE", WATCH, "" },
		     { "MESSAGE", "Content-Type: text/plain\r\n", "hello" } };
	char names[2][2][256];
	unsigned long cseqs[2];

	for (unsigned row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		for (unsigned i = 0; i < 2; i++) {
			if (i == 0)
				ask(t, &t->phone, rows[row].method, rows[row].lines,
				    rows[row].body);
			else
				ask_again(t, rows[row].method, rows[row].lines, rows[row].body);
			CHECK(talk_hears(t, &t->pbx, rows[row].method));
			line_of(&t->at_pbx, "Call-ID: ", names[i][0], sizeof(names[i][0]));
			line_of(&t->at_pbx, "From: ", names[i][1], sizeof(names[i][1]));
			cseqs[i] = strtoul(strstr(t->at_pbx.text, "CSeq: ") + 6, NULL, 10);
			talk_answer(t, &t->pbx, &t->at_pbx, "401 Unauthorized",
			            "WWW-Authenticate: Digest realm=\"sip.example\", "
			            "nonce=\"abc\"\r\n",
			            "");
			CHECK(talk_hears(t, &t->phone, "SIP/2.0 401 "));
		}
		CHECK(strcmp(names[0][0], names[1][0]) == 0);
		CHECK(strcmp(names[0][1], names[1][1]) == 0);
		CHECK(*names[0][0] && cseqs[1] > cseqs[0]);
	}
	return ERR_NONE;
}

static void roomy(struct border_settings *s)
{
	s->subscribers.max_registrations = 256;
	s->max_transactions = 1024;
	s->door.known_flow = (struct guard_rate){ 100000, 1000 };
}

/* As many as one flow may have, and one more; others of its account find room. */
static enum err fill_flow(struct talk *t)
{
	struct talk_end here = t->phone;

	for (unsigned i = 0; i < MAX_SUBSCRIPTIONS_OF_FLOW; i++) {
		TRY(subscribe(t, "Expires: 300\r\n"));
		t->phone = here;
		wire_advance(t->w, 200 * MILLISECOND_US);
		if (i % 100 == 99)
			TRY(talk_register(t));
	}
	ask(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 503 ") && wire_has(&t->at_phone, "Retry-After"));
	t->phone.flow.remote.port++;
	TRY(talk_register(t));
	TRY(subscribe(t, "Expires: 300\r\n"));
	return ERR_NONE;
}

TEST(subscribe_flow_full, "one phone's subscriptions are bounded, and leave room for others")
{
	return talk_with_settings(roomy, fill_flow);
}

static enum err rows_move(struct talk *t)
{
	struct border_settings *s = t->w->settings;

	TRY(subscribe(t, "Expires: 300\r\n"));
	s->peers[1] = s->peers[0];
	(void)VIEW_COPY(VIEW("new"), s->peers[0].name);
	s->peers[0].address.bytes[15] = 40;
	s->peer_count = 2;
	s->subscribers.register_to = 1;
	CHECK(border_apply(t->w->border, s, t->w->now) == ERR_NONE);
	/* From another port of the PBX, as it may: known by its row. */
	t->pbx.flow.remote.port = 5099;
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: dialog\r\nSubscription-State: active;expires=299\r\n", "");
	CHECK(talk_hears(t, &t->phone, "NOTIFY sip:200@192.168.1.10:5060 "));
	/* The PBX is gone from the configuration. */
	(void)VIEW_COPY(VIEW("another"), s->peers[1].name);
	CHECK(border_apply(t->w->border, s, t->w->now) == ERR_NONE);
	talk_request(t, &t->phone, "SUBSCRIBE", WATCH, "");
	CHECK(!talk_hears(t, &t->pbx, "SUBSCRIBE "));
	return ERR_NONE;
}

TALK_TEST(subscribe_apply,
          "a subscription goes with its peer's name when rows move, and ends with it")
{
	return rows_move(t);
}
