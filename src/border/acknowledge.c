/* SPDX-License-Identifier: Apache-2.0 */
/* The ACK to a 2xx of ours: passed on, replaced by what came ahead of it, or missed. */
#include "border/call_pending_priv.h"
#include "border/challenge.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/stay.h"
#include "border/turn_priv.h"

static const struct pool_handle nothing;

/* `body`: the answer that the ACK carries, or empty. */
static void settle(struct border *b, const struct inbound *in, struct call *call, struct turn *turn,
                   struct view body)
{
	struct leg_facts *other = leg_of(call, leg_other(turn->from));
	/* Of what a buffer writes into no more is read than was written. */
	char text[MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 256)] __attribute__((uninitialized));
	struct buffer lines = BUFFER_ON(text);

	/* RFC 3261 13.2.2.4: the ACK bears the INVITE's credentials. */
	if (leg_peer(b, other) && !other->is_outer)
		(void)credentials_pass(b, in, CREDENTIALS_ANY, &lines);
	else if (leg_peer(b, other) && leg_peer(b, other)->stays_on_pbx)
		stay_write_credentials(b, in->msg, leg_peer(b, other), &lines);
	leg_acknowledge(b, other, turn, lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY,
	                body);
	turn_done(b, turn);
	call->invite = nothing;
	(void)call_save(call);
	call_pending_drop(call);
	call_wake(call); /* it may rest from now on */
}

void ack_take(struct border *b, const struct inbound *in, struct call *call, unsigned from)
{
	struct turn *turn = turn_at(b, call->invite);
	struct view body = VIEW_EMPTY;
	enum offer_verdict verdict = OFFER_FITS;

	if (!turn || !turn->is_answered || turn->from != from ||
	    turn->came_cseq != in->msg->cseq.number) {
		border_count(b, COUNT_absorbed_retransmission);
		return;
	}
	/* What was offered is gone with the acknowledgement. */
	if (turn->offer == OFFER_IN_ANSWER && !call->facts->early.is_agreed)
		verdict = offer_answer(call, from, in->msg, ua_server_answered(b->ua, turn->server),
		                       &body);
	ua_server_acknowledged(b->ua, turn->server);
	if (verdict != OFFER_FITS) {
		call_blame_description(call);
		call_hang_up(call, "answer refused");
		return;
	}
	settle(b, in, call, turn, body);
}

void ack_overtaken(struct border *b, const struct inbound *in, struct call *call)
{
	struct turn *turn = turn_at(b, call->invite);

	ua_server_acknowledged(b->ua, turn->server);
	settle(b, in, call, turn, VIEW_EMPTY);
}

/* RFC 3261 13.2.2.4: as often as the 2xx comes. What it bore besides is not known any more. */
bool calls_acknowledge_again(struct border *b, const struct inbound *in)
{
	const struct sip_msg *msg = in->msg;
	struct turn asked = { .sent_cseq = msg->cseq.number };
	struct sip_name_addr from;
	struct leg_facts *leg;
	struct call *call;
	unsigned number;

	if (msg->method != SIP_METHOD_INVITE || msg->status < 200 || msg->status >= 300 ||
	    sip_parts_address(msg, SIP_HEADER_FROM, &from) != ERR_NONE)
		return false;
	call = call_by_tag(b, from.tag, &number);
	if (!call || call->state != CALL_UP || turn_at(b, call->invite))
		return false;
	leg = leg_of(call, number);
	if (!flow_equal(&leg->flow, in->flow) && (!in->peer || in->peer != leg_peer(b, leg)))
		return false;
	if (!ua_dialog_matches(&leg->dialog, msg) || msg->cseq.number > leg->dialog.local_cseq)
		return false;
	leg_acknowledge(b, leg, &asked, VIEW_EMPTY, VIEW_EMPTY);
	return true;
}

void ack_missed(struct border *b, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);
	struct inbound in = { 0 };
	struct fact fact;

	if (!call || !turn->is_answered || call->state == CALL_ENDING)
		return;
	in.flow = &leg_of(call, turn->from)->flow;
	in.standing = leg_of(call, turn->from)->peer == CALL_PHONE ? STANDING_KNOWN : STANDING_PEER;
	fact = fact_of(b, &in, FACT_UNACKED);
	fact_account(&fact, view_of(call->facts->from));
	fact_emit(b, &fact);
	call_hang_up(call, "no ACK");
}
