/* SPDX-License-Identifier: Apache-2.0 */
/* Reliable ringing (RFC 3262) from end to end: an 18x that demands its PRACK is
 * repeated towards who asked until that PRACK comes, which then goes on to who
 * rings, numbered as each side knows it. What the ringing side repeats meanwhile
 * is left lying: it comes again. */
#include "border/call_priv.h"
#include "border/call_refused_priv.h"
#include "border/extensions.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/turn_priv.h"

#include "sip/number.h"
#include "sip/tokens.h"

void reliable_begin(struct call *call, struct turn *turn, const struct sip_msg *invite)
{
	call->facts->answer.len = 0;
	call->facts->early = (struct early){ .came_cseq = turn->came_cseq, .asked_by = turn->from };
	turn->takes_reliable = extensions_offers(invite, VIEW("100rel"));
}

enum reliable_kind reliable_meet(struct border *b, const struct sip_msg *msg,
                                 const struct turn *turn, struct call *call)
{
	struct early *e = &call->facts->early;
	uint32_t rseq;

	/* Who asked did not offer it: then it is no more than any other 18x. */
	if (!turn->takes_reliable || !sip_tokens_have(msg, SIP_HEADER_REQUIRE, VIEW("100rel")) ||
	    sip_number_of(msg, SIP_HEADER_RSEQ, UINT32_MAX, &rseq) != ERR_NONE || rseq == 0)
		return RELIABLE_NOT;
	if (e->is_again && rseq == e->came_rseq) {
		e->is_offered = e->is_agreed = false;
		return RELIABLE_NEXT;
	}
	/* 4: repeated, or ahead of one that is not here yet. */
	if (e->came_rseq && rseq != e->came_rseq + 1)
		return RELIABLE_LATER;
	if (!view_is_empty(ua_server_unpracked(b->ua, turn->server)))
		return RELIABLE_LATER;
	e->came_rseq = rseq;
	e->sent_cseq = turn->sent_cseq;
	e->is_again = false;
	return RELIABLE_NEXT;
}

void reliable_lines(struct border *b, struct call *call, struct buffer *lines)
{
	struct early *e = &call->facts->early;
	uint32_t draw;

	if (e->sent_rseq == 0) {
		b->ports.random(b->ports.context, &draw, sizeof(draw));
		e->sent_rseq = draw >> 2; /* 3: below 2^31, with room to rise */
	}
	e->sent_rseq += !e->is_again;
	e->is_again = false;
	e->is_awaiting = true;
	sip_build_header(lines, SIP_HEADER_REQUIRE, VIEW("100rel"));
	sip_build_number(lines, SIP_HEADER_RSEQ, e->sent_rseq);
}

/* ---- PRACK ---- */

static bool is_awaited(const struct call *call, unsigned from, const struct sip_msg *msg)
{
	const struct early *e = &call->facts->early;
	struct sip_rack rack;

	return e->is_awaiting && e->asked_by == from &&
	       sip_rack_parse(sip_msg_value(msg, SIP_HEADER_RACK), &rack) == ERR_NONE &&
	       rack.rseq == e->sent_rseq && rack.cseq.number == e->came_cseq &&
	       rack.cseq.method == SIP_METHOD_INVITE;
}

static void write_rack(const struct call *call, struct buffer *out)
{
	const struct early *e = &call->facts->early;
	const struct sip_rack rack = {
		.rseq = e->came_rseq,
		.cseq = { .number = e->sent_cseq,
		          .method = SIP_METHOD_INVITE,
		          .method_text = VIEW("INVITE") },
	};
	size_t begun = sip_build_begin(out, SIP_HEADER_RACK);

	sip_rack_write(out, &rack);
	sip_build_finish(out, begun);
}

/* RFC 3262 5: the answer to an offer that rang, or another offer once that is settled. */
static enum offer_verdict take_body(struct border *b, const struct inbound *in, struct call *call,
                                    struct turn *prack, struct view *ret)
{
	struct turn *invite = turn_at(b, call->invite);
	enum offer_verdict verdict;

	prack->offer = OFFER_NONE;
	if (call->facts->early.is_offered && invite) {
		verdict = offer_answer(call, prack->from, in->msg,
		                       ua_server_unpracked(b->ua, invite->server), ret);
		call->facts->early.is_agreed = verdict == OFFER_FITS;
		return verdict == OFFER_ABSENT ? OFFER_REFUSED : verdict;
	}
	verdict = offer_take(call, prack->from, in->msg, ret);
	if (verdict == OFFER_ABSENT)
		return OFFER_FITS;
	prack->offer = OFFER_IN_REQUEST;
	return verdict;
}

static enum err send_on(struct border *b, const struct inbound *in, struct call *call,
                        struct turn *turn, struct view body)
{
	struct leg_facts *to = leg_of(call, leg_other(turn->from));
	struct request r;
	enum err err = ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq);

	if (err != ERR_NONE)
		return err;
	r = leg_request(b, to, VIEW("PRACK"), turn->sent_cseq, in->msg);
	write_rack(call, &r.out);
	invite_write_rest(b, in, to, &r, body);
	err = request_send(b, &r, PURPOSE_CALL_REQUEST, turn_handle(b, turn), &turn->client);
	turn->has_client = err == ERR_NONE;
	return err;
}

static void carry(struct border *b, const struct inbound *in, struct call *call, struct turn *turn)
{
	struct view body = VIEW_EMPTY;
	enum offer_verdict verdict = take_body(b, in, call, turn, &body);
	struct turn *invite = turn_at(b, call->invite);

	if (verdict != OFFER_FITS) {
		reply_status(b, turn->server, verdict == OFFER_FULL ? 503 : 488, VIEW_EMPTY,
		             VIEW_EMPTY);
		turn_give(b, turn);
		return;
	}
	call->facts->early.is_awaiting = call->facts->early.is_offered = false;
	call->facts->early.is_again = false;
	if (invite)
		ua_server_pracked(b->ua, invite->server);
	if (turn->offer == OFFER_IN_REQUEST)
		call->update = turn_handle(b, turn);
	if (send_on(b, in, call, turn, body) == ERR_NONE) {
		(void)call_save(call);
		return;
	}
	reply_status(b, turn->server, 503, VIEW_EMPTY, VIEW_EMPTY);
	turn_give(b, turn);
}

void reliable_prack(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	enum offer_verdict kind = offer_kind(in->msg);
	bool is_offer = kind == OFFER_FITS && !call->facts->early.is_offered;
	struct turn *turn;

	if (!is_awaited(call, from, in->msg)) {
		reply_at_once(b, in, 481, VIEW_EMPTY);
		return;
	}
	if (kind == OFFER_UNSUPPORTED || (is_offer && offer_is_in_hand(b, call, from))) {
		reply_at_once(b, in, kind == OFFER_UNSUPPORTED ? 415 : 488, VIEW_EMPTY);
		return;
	}
	turn = turn_open(b, in, call, from);
	if (turn)
		carry(b, in, call, turn);
}

/* Who asked never acknowledged what rang (RFC 3262 3). */
void reliable_unpracked(struct border *b, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);

	if (!call || turn->is_cancelled || call->state == CALL_ENDING)
		return;
	call_refuse(b, call, turn, 504, VIEW_EMPTY);
	if (turn->is_first)
		call->status = 504;
	turn_cancel(b, turn, VIEW_EMPTY);
}
