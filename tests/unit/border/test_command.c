/* SPDX-License-Identifier: Apache-2.0 */
/* Commands about calls that stand: what their ends hear, and who may give them. */
#include "unit/border/talk.h"

#include "border/command.h"
#include <stdio.h>
#include <string.h>

static uint64_t number_of(struct talk *t);

static void keep_number(void *context, const struct ask *row)
{
	if (!row->head.is_last && row->body.record.head.kind == RECORD_CALL)
		*(uint64_t *)context = row->body.record.call.call;
}

static uint64_t number_of(struct talk *t)
{
	const struct ask question = { .head = { .kind = ASK_LIVE_CALLS } };
	uint64_t number = 0;

	border_answer(t->w->border, &question, t->w->now, keep_number, &number);
	return number;
}

static struct command command_of(struct talk *t, enum command_verb verb, enum command_side side)
{
	return (struct command){ .call = number_of(t),
		                 .verb = (uint8_t)verb,
		                 .side = (uint8_t)side,
		                 .actor = "uid 7 (operate)",
		                 .reason = "asked for" };
}

/* The outcome that was told to the trail after the answer. */
static const char *told(const struct talk *t)
{
	for (unsigned i = 0; i < t->w->record_count && i < 16; i++)
		if (t->w->records[i].head.kind == RECORD_AUDIT &&
		    strcmp(t->w->records[i].audit.verb, "calls transfer") == 0)
			return t->w->records[i].audit.result;
	return "nothing";
}

static void give(struct talk *t, const struct command *c)
{
	static struct ask question;

	question.head = (struct ask_head){ .kind = ASK_COMMAND, .id = 9, .size = sizeof(*c) };
	question.body.command = *c;
	border_answer(t->w->border, &question, t->w->now, NULL, NULL);
}

/* Whether so many were answered, the last one so. */
static bool is_answered(const struct talk *t, unsigned count, enum command_refusal why)
{
	const struct ask *last = &t->w->answers[(t->w->answer_count + 15) % 16];

	if (t->w->answer_count == count && last->head.id == 9 && last->head.is_last &&
	    last->body.commanded.refusal == why &&
	    last->head.result == (uint8_t)command_refusal_err(why))
		return true;
	fprintf(stderr, "%u answers, the last: %s\n", t->w->answer_count,
	        command_refusal_word((enum command_refusal)last->body.commanded.refusal));
	return false;
}

TALK_TEST(command_end, "a call that is ended by command hears BYE on both sides, and why")
{
	struct command c;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_END, COMMAND_SIDE_ANY);
	give(t, &c);
	CHECK(is_answered(t, 1, COMMAND_DONE));
	CHECK(talk_hears(t, &t->phone, "BYE ") &&
	      wire_has(&t->at_phone, "\r\nReason: Q.850;cause=31;text=\"ended by command\"\r\n"));
	CHECK(talk_hears(t, &t->pbx, "BYE ") && wire_has(&t->at_pbx, "\r\nReason: Q.850;cause=31"));
	talk_media_closes(t);
	CHECK(talk_records(t) == 1 && talk_record(t)->ended_by == END_RINGFENCE);
	CHECK(strcmp(talk_record(t)->cause, "ended by command") == 0);
	give(t, &c);
	CHECK(is_answered(t, 2, COMMAND_NO_CALL));
	return ERR_NONE;
}

TALK_TEST(command_end_ringing, "a call that rings is withdrawn: 480 to who calls, CANCEL on")
{
	struct command c;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "180 Ringing", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 180 "));
	c = command_of(t, COMMAND_HOLD, COMMAND_SIDE_ANY);
	give(t, &c);
	CHECK(is_answered(t, 1, COMMAND_STATE));
	c.verb = COMMAND_END;
	give(t, &c);
	CHECK(is_answered(t, 2, COMMAND_DONE));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 480 ") && wire_has(&t->at_phone, "\r\nReason: "));
	CHECK(wire_take(t->w, &t->pbx.flow) != NULL);
	talk_answer(t, &t->pbx, &t->at_pbx, "487 Request Terminated", "", "");
	talk_media_closes(t);
	CHECK(talk_records(t) == 1 && talk_record(t)->status == 480 &&
	      strcmp(talk_record(t)->cause, "ended by command") == 0);
	return ERR_NONE;
}

TALK_TEST(command_end_crossing, "a ringing call that is taken while it is withdrawn is hung up")
{
	struct command c;

	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	c = command_of(t, COMMAND_END, COMMAND_SIDE_ANY);
	give(t, &c);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->pbx, "BYE "));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 480 ") && talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

/* The phone is held: up to the answer of our ACK. */
static enum err hold(struct talk *t, bool is_silent)
{
	struct command c;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_HOLD, COMMAND_SIDE_CALLER);
	c.is_silent = is_silent;
	give(t, &c);
	CHECK(t->w->answer_count == 0 && !talk_order(t)->legs[0].is_sending);
	CHECK(talk_order(t)->legs[0].is_receiving == !is_silent && talk_order(t)->is_held);
	CHECK(talk_hears(t, &t->phone, "INVITE sip:200@192.168.1.10:5060 ") &&
	      wire_has(&t->at_phone, "Content-Length: 0\r\n"));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "",
	            "v=0\r\no=phone 1 2 IN IP4 192.168.1.10\r\ns=-\r\nc=IN IP4 192.168.1.10\r\n"
	            "t=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\n"
	            "a=rtpmap:101 telephone-event/8000\r\n");
	CHECK(is_answered(t, 1, COMMAND_DONE));
	CHECK(talk_hears(t, &t->phone, "ACK ") && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

TALK_TEST(command_hold, "an end that is held hears so, in what was agreed, and is not heard")
{
	struct command c;

	TRY(hold(t, false));
	CHECK(wire_has(&t->at_phone, "a=sendonly\r\n") && wire_has(&t->at_phone, " RTP/AVP 0\r\n"));
	CHECK(wire_has(&t->at_phone, "IN IP4 198.51.100.1\r\n"));
	c = command_of(t, COMMAND_HOLD, COMMAND_SIDE_CALLER);
	give(t, &c);
	CHECK(is_answered(t, 2, COMMAND_HELD));
	c.verb = COMMAND_UNHOLD;
	give(t, &c);
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(is_answered(t, 3, COMMAND_DONE) && talk_hears(t, &t->phone, "ACK "));
	CHECK(wire_has(&t->at_phone, "a=sendrecv\r\n"));
	CHECK(talk_order(t)->legs[0].is_sending && !talk_order(t)->is_held);
	return ERR_NONE;
}

TALK_TEST(command_hold_silent, "an end that is held in silence hears nothing either")
{
	TRY(hold(t, true));
	CHECK(wire_has(&t->at_phone, "a=inactive\r\n"));
	CHECK(!talk_order(t)->legs[0].is_receiving && !talk_order(t)->legs[0].is_sending);
	return ERR_NONE;
}

TALK_TEST(command_hold_stays, "what the other end says meanwhile does not take a held end back")
{
	TRY(hold(t, false));
	talk_request(t, &t->pbx, "INVITE", "Contact: <sip:201@10.0.0.31:5060>\r\n", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	CHECK(wire_has(&t->at_phone, "a=sendonly\r\n"));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(!talk_order(t)->legs[0].is_sending && talk_order(t)->legs[1].is_sending);
	return ERR_NONE;
}

TALK_TEST(command_hold_refused, "an end that refuses to be held is heard again")
{
	struct command c;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_HOLD, COMMAND_SIDE_CALLER);
	give(t, &c);
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	/* One change at a time. */
	c.side = COMMAND_SIDE_CALLEE;
	give(t, &c);
	CHECK(is_answered(t, 1, COMMAND_BUSY));
	talk_answer(t, &t->phone, &t->at_phone, "488 Not Acceptable Here", "", "");
	CHECK(is_answered(t, 2, COMMAND_FAR_END) && t->w->answers[1].body.commanded.status == 488);
	CHECK(talk_order(t)->legs[0].is_sending && talk_hears(t, &t->phone, "ACK "));
	CHECK(talk_listed(t) == 1);
	return ERR_NONE;
}

TALK_TEST(command_hold_unanswered, "an end that says nothing is not held, and may say it late")
{
	struct command c;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_HOLD, COMMAND_SIDE_CALLER);
	give(t, &c);
	CHECK(talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "100 Trying", "", "");
	wire_advance(t->w, 5 * SECOND_US);
	CHECK(is_answered(t, 1, COMMAND_SILENT) && talk_order(t)->legs[0].is_sending);
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(t->w->answer_count == 1 && talk_listed(t) == 1);
	return ERR_NONE;
}

static enum err transfer(struct talk *t, enum command_side side, struct talk_end *referred,
                         const char *refer_to)
{
	struct wire_sent *at = referred == &t->phone ? &t->at_phone : &t->at_pbx;
	struct command c;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_TRANSFER, side);
	(void)VIEW_COPY(VIEW("+441512960001"), c.target);
	give(t, &c);
	CHECK(talk_hears(t, referred, "REFER ") && wire_has(at, refer_to));
	talk_answer(t, referred, at, "202 Accepted", "", "");
	CHECK(is_answered(t, 1, COMMAND_DONE));
	talk_request(t, referred, "NOTIFY",
	             "Event: refer\r\nSubscription-State: active;expires=60\r\n"
	             "Content-Type: message/sipfrag\r\n",
	             "SIP/2.0 100 Trying\r\n");
	CHECK(talk_hears(t, referred, "SIP/2.0 200 ") && talk_listed(t) == 1);
	return ERR_NONE;
}

TALK_TEST(command_transfer_phone, "a phone is told to call, and the call ends when it has")
{
	TRY(transfer(t, COMMAND_SIDE_CALLER, &t->phone,
	             "\r\nRefer-To: <sip:+441512960001@sip.example>\r\n"));
	CHECK(talk_is_quiet(t, &t->pbx));
	talk_request(t, &t->phone, "NOTIFY",
	             "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n"
	             "Content-Type: message/sipfrag\r\n",
	             "SIP/2.0 200 OK\r\n");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_hears(t, &t->phone, "BYE ") &&
	      wire_has(&t->at_phone, "text=\"transferred\""));
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	CHECK(strcmp(told(t), "done 200") == 0);
	return ERR_NONE;
}

TALK_TEST(command_transfer_pbx, "a PBX is told to call; where that fails the call goes on")
{
	TRY(transfer(t, COMMAND_SIDE_CALLEE, &t->pbx,
	             "\r\nRefer-To: <sip:+441512960001@10.0.0.20>\r\n"));
	talk_request(t, &t->pbx, "NOTIFY",
	             "Event: refer\r\nSubscription-State: terminated;reason=noresource\r\n"
	             "Content-Type: message/sipfrag\r\n",
	             "SIP/2.0 486 Busy Here\r\n");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && talk_is_quiet(t, &t->phone));
	CHECK(talk_listed(t) == 1 && strcmp(told(t), "other end refused 486") == 0);
	return ERR_NONE;
}

TALK_TEST(command_transfer_form, "who is called in a transfer is a number or a user, never a host")
{
	static const char *const wrong[] = { "",      "201@evil.example", "sip:201", "20 1",
		                             "201;x", "201\r\nX: y" };
	struct command c;

	TRY(talk_call(t));
	for (unsigned i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		c = command_of(t, COMMAND_TRANSFER, COMMAND_SIDE_CALLER);
		(void)VIEW_COPY(view_of(wrong[i]), c.target);
		give(t, &c);
		CHECK(is_answered(t, i + 1, COMMAND_FORM));
	}
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	return ERR_NONE;
}

/* ---- digits ---- */

static enum err call_with_events(struct talk *t)
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "",
	            "v=0\r\no=pbx 7 7 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"
	            "m=audio 12000 RTP/AVP 0 96\r\na=rtpmap:96 telephone-event/8000\r\n");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

static void press(struct talk *t, enum command_side side, const char *digits)
{
	struct command c = command_of(t, COMMAND_DTMF, side);

	(void)VIEW_COPY(view_of(digits), c.digits);
	give(t, &c);
}

TALK_TEST(command_dtmf_events, "digits go as events, by each end's own payload type")
{
	struct media_event pressed = { .kind = MEDIA_PRESSED, .reason = 1 };

	TRY(call_with_events(t));
	CHECK(talk_order(t)->legs[0].event_type == 101 && talk_order(t)->legs[1].event_type == 96);
	press(t, COMMAND_SIDE_CALLEE, "15#");
	CHECK(is_answered(t, 1, COMMAND_DONE) && t->w->digits_count == 1);
	CHECK(t->w->digits.kind == ORDER_DIGITS && t->w->digits.leg == 1 && !t->w->digits.is_sound);
	CHECK(strcmp(t->w->digits.digits, "15#") == 0 &&
	      t->w->digits.stream == talk_order(t)->stream);
	pressed.generation = t->w->digits.generation;
	pressed.stream = t->w->digits.stream;
	border_media_event(t->w->border, &pressed, t->w->now);
	CHECK(t->w->answer_count == 1 && talk_listed(t) == 1);
	CHECK(talk_is_quiet(t, &t->phone) && talk_is_quiet(t, &t->pbx));
	press(t, COMMAND_SIDE_CALLEE, "15 ");
	CHECK(is_answered(t, 2, COMMAND_FORM));
	press(t, COMMAND_SIDE_CALLEE, "");
	CHECK(is_answered(t, 3, COMMAND_FORM) && t->w->digits_count == 1);
	return ERR_NONE;
}

TALK_TEST(command_dtmf_info, "digits go by INFO, one after the other, where no events were agreed")
{
	TRY(talk_call(t));
	press(t, COMMAND_SIDE_CALLEE, "7*");
	CHECK(talk_hears(t, &t->pbx, "INFO ") &&
	      wire_has(&t->at_pbx, "\r\nContent-Type: application/dtmf-relay\r\n") &&
	      wire_has(&t->at_pbx, "Signal=7\r\nDuration=100\r\n"));
	CHECK(talk_is_quiet(t, &t->pbx) && t->w->answer_count == 0);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(is_answered(t, 1, COMMAND_DONE) && talk_hears(t, &t->pbx, "INFO ") &&
	      wire_has(&t->at_pbx, "Signal=*\r\n"));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(t->w->answer_count == 1 && t->w->digits_count == 0);
	return ERR_NONE;
}

TALK_TEST(command_dtmf_sound, "digits go as sound where INFO is refused")
{
	TRY(talk_call(t));
	press(t, COMMAND_SIDE_CALLEE, "7");
	CHECK(talk_hears(t, &t->pbx, "INFO "));
	talk_answer(t, &t->pbx, &t->at_pbx, "415 Unsupported Media Type", "", "");
	CHECK(is_answered(t, 1, COMMAND_DONE) && t->w->digits_count == 1);
	CHECK(t->w->digits.is_sound && strcmp(t->w->digits.digits, "7") == 0);
	wire_advance(t->w, 21 * SECOND_US);
	CHECK(talk_listed(t) == 1);
	return ERR_NONE;
}

/* ---- keys of boards ---- */

static void with_board(struct border_settings *s)
{
	s->peers[0].kind = PEER_BOARD;
	s->peers[0].may = MAY_PLACE | MAY_RECEIVE;
}

static enum err board_sounds(struct talk *t)
{
	struct media_event heard = { .kind = MEDIA_HEARD, .heard = { .leg = 1, .digit = '4' } };

	TRY(talk_call(t));
	CHECK(talk_order(t)->hears_keys == 1 << 1 && talk_order(t)->legs[0].event_type == 101);
	heard.generation = talk_order(t)->generation;
	heard.stream = talk_order(t)->stream;
	border_media_event(t->w->border, &heard, t->w->now);
	CHECK(t->w->digits_count == 1 && t->w->digits.leg == 0 &&
	      strcmp(t->w->digits.digits, "4") == 0);
	/* What it says by INFO is an event there too. */
	talk_request(t, &t->pbx, "INFO", "Content-Type: application/dtmf-relay\r\n",
	             "Signal= #\r\nDuration=160\r\n");
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && talk_is_quiet(t, &t->phone));
	CHECK(t->w->digits_count == 2 && strcmp(t->w->digits.digits, "#") == 0);
	heard.heard.digit = 'x';
	border_media_event(t->w->border, &heard, t->w->now);
	heard.heard = (struct media_heard){ .leg = 2, .digit = '1' };
	border_media_event(t->w->border, &heard, t->w->now);
	CHECK(t->w->digits_count == 2 && talk_listed(t) == 1);
	return ERR_NONE;
}

TEST(keys_of_board, "keys that a board sounds, or says by INFO, are events to who takes events")
{
	return talk_with_settings(with_board, board_sounds);
}

static enum err board_hears_info(struct talk *t)
{
	struct media_event heard = { .kind = MEDIA_HEARD, .heard = { .leg = 1, .digit = '4' } };

	talk_invite_from_phone(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	heard.generation = talk_order(t)->generation;
	heard.stream = talk_order(t)->stream;
	border_media_event(t->w->border, &heard, t->w->now);
	CHECK(talk_hears(t, &t->phone, "INFO ") && wire_has(&t->at_phone, "Signal=4\r\n"));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
	talk_request(t, &t->phone, "INFO", "Content-Type: application/dtmf-relay\r\n",
	             "Signal=5\r\nDuration=160\r\n");
	CHECK(talk_hears(t, &t->pbx, "INFO ") && t->w->digits_count == 0);
	return ERR_NONE;
}

TEST(keys_by_info, "keys that a board sounds go by INFO where no events were agreed")
{
	return talk_with_settings(with_board, board_hears_info);
}

TALK_TEST(keys_of_others, "nobody listens for keys where no board is, and INFO goes on as it is")
{
	TRY(talk_call(t));
	CHECK(talk_order(t)->hears_keys == 0);
	talk_request(t, &t->pbx, "INFO", "Content-Type: application/dtmf-relay\r\n",
	             "Signal=5\r\nDuration=160\r\n");
	CHECK(talk_hears(t, &t->phone, "INFO ") && t->w->digits_count == 0);
	return ERR_NONE;
}

/* ---- servers ---- */

/* The inside is a speech server; server 0 is its, server 1 somebody else's. */
static void with_servers(struct border_settings *s)
{
	s->controls[0] = (struct border_control){ .name = "speech", .peer = 0, .may = 0xf };
	s->controls[1] = (struct border_control){ .name = "other", .peer = 7, .may = 0xf };
	s->controls[2] =
		(struct border_control){ .name = "weak", .peer = 0, .may = 1 << COMMAND_END };
	s->control_count = 3;
}

static struct command by_server(struct talk *t, const char *name, enum command_verb verb,
                                uint64_t counter)
{
	struct command c = command_of(t, verb, COMMAND_SIDE_ANY);

	(void)VIEW_COPY(view_of(name), c.server);
	command_token(t->w->border, c.call, view_of(name), c.token);
	c.counter = counter;
	return c;
}

static enum err refuse_each(struct talk *t)
{
	struct command c;

	TRY(talk_call(t));
	c = by_server(t, "nobody", COMMAND_HOLD, 5);
	give(t, &c);
	CHECK(is_answered(t, 1, COMMAND_SERVER));
	c = by_server(t, "other", COMMAND_HOLD, 5);
	give(t, &c);
	CHECK(is_answered(t, 2, COMMAND_NOT_YOURS));
	c = by_server(t, "weak", COMMAND_HOLD, 5);
	give(t, &c);
	CHECK(is_answered(t, 3, COMMAND_RIGHT));
	c = by_server(t, "speech", COMMAND_HOLD, 5);
	command_token(t->w->border, c.call, VIEW("other"), c.token);
	give(t, &c);
	CHECK(is_answered(t, 4, COMMAND_TOKEN));
	c = by_server(t, "speech", COMMAND_HOLD, 5);
	command_token(t->w->border, c.call + 1, VIEW("speech"), c.token);
	give(t, &c);
	CHECK(is_answered(t, 5, COMMAND_TOKEN) && talk_is_quiet(t, &t->phone));
	/* The same, written right. It means who the server talks to. */
	c = by_server(t, "speech", COMMAND_HOLD, 5);
	give(t, &c);
	CHECK(talk_hears(t, &t->phone, "INVITE ") && t->w->answer_count == 5);
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(is_answered(t, 6, COMMAND_DONE) && talk_hears(t, &t->phone, "ACK "));
	c.verb = COMMAND_UNHOLD;
	give(t, &c);
	CHECK(is_answered(t, 7, COMMAND_REPLAY));
	c.counter = 4;
	give(t, &c);
	CHECK(is_answered(t, 8, COMMAND_REPLAY));
	c = by_server(t, "weak", COMMAND_END, 1);
	give(t, &c);
	CHECK(is_answered(t, 9, COMMAND_DONE) && talk_hears(t, &t->phone, "BYE "));
	return ERR_NONE;
}

TEST(command_servers, "a server commands its own calls, each time anew, and no others")
{
	return talk_with_settings(with_servers, refuse_each);
}

static enum err restart_between(struct talk *t)
{
	struct command c;

	TRY(talk_call(t));
	c = by_server(t, "speech", COMMAND_END, 9);
	TRY(wire_restart(t->w));
	give(t, &c);
	CHECK(is_answered(t, 1, COMMAND_TOKEN));
	return ERR_NONE;
}

TEST(command_tokens_die, "a token is nothing to another worker, so nothing is said twice")
{
	return talk_with_settings(with_servers, restart_between);
}

TALK_TEST(command_malformed, "a command that is not whole is refused")
{
	static struct ask question;
	struct command c;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_VERB_COUNT, COMMAND_SIDE_ANY);
	give(t, &c);
	CHECK(is_answered(t, 1, COMMAND_FORM));
	c = command_of(t, COMMAND_END, 3);
	give(t, &c);
	CHECK(is_answered(t, 2, COMMAND_FORM));
	c = command_of(t, COMMAND_END, COMMAND_SIDE_ANY);
	memset(c.token, 'a', sizeof(c.token));
	give(t, &c);
	CHECK(is_answered(t, 3, COMMAND_FORM));
	question.head = (struct ask_head){ .kind = ASK_COMMAND, .id = 9, .size = 8 };
	border_answer(t->w->border, &question, t->w->now, NULL, NULL);
	CHECK(is_answered(t, 4, COMMAND_FORM) && talk_listed(t) == 1);
	return ERR_NONE;
}

static void with_room(struct border_settings *s) { s->max_transactions = 2048; }

static enum err give_many(struct talk *t)
{
	struct command c;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_TRANSFER, COMMAND_SIDE_CALLER);
	(void)VIEW_COPY(VIEW("203"), c.target);
	for (unsigned i = 0; i < MAX_COMMANDS; i++)
		give(t, &c);
	CHECK(t->w->answer_count == 0);
	give(t, &c);
	CHECK(is_answered(t, 1, COMMAND_FULL));
	wire_advance(t->w, 5 * SECOND_US);
	CHECK(t->w->answer_count == 1 + MAX_COMMANDS);
	return ERR_NONE;
}

TEST(command_many, "so many commands are under way and no more")
{
	return talk_with_settings(with_room, give_many);
}

static enum err end_though_full(struct talk *t)
{
	struct command c;
	bool is_done = false;

	TRY(talk_call(t));
	c = command_of(t, COMMAND_TRANSFER, COMMAND_SIDE_CALLER);
	(void)VIEW_COPY(VIEW("203"), c.target);
	for (unsigned i = 0; i < MAX_COMMANDS; i++)
		give(t, &c);
	c.verb = COMMAND_END;
	give(t, &c);
	for (unsigned i = 0; i < 16; i++)
		is_done = is_done || (t->w->answers[i].head.is_last &&
		                      t->w->answers[i].body.commanded.refusal == COMMAND_DONE);
	CHECK(is_done && talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TEST(command_end_always, "a call can be ended however many commands are under way")
{
	return talk_with_settings(with_room, end_though_full);
}
