/* SPDX-License-Identifier: Apache-2.0 */
/* Answers to INVITE on their way back, and the ACK on its way there. */
#include "border/asserted.h"
#include "border/attempt_priv.h"
#include "border/call_pending_priv.h"
#include "border/call_priv.h"
#include "border/call_refused_priv.h"
#include "border/challenge.h"
#include "border/command.h"
#include "border/extensions.h"
#include "border/fork_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/reoffer_priv.h"
#include "border/session_priv.h"
#include "border/spend.h"
#include "border/stay.h"
#include "border/turn_priv.h"
#include "event/tls_refusal.h"

#include <string.h>

static const struct pool_handle nothing;
/* A refusal by TLS is the end of the call that wanted the connection when it is that near. */
enum { CANCEL_PATIENCE_US = 40 * SECOND_US, UNTRUSTED_US = SECOND_US };

void answer_lines(struct call *call, unsigned asker, const struct sip_msg *msg,
                  struct buffer *lines)
{
	leg_write_contact(call->border, leg_of(call, asker), lines);
	sip_build_header(lines, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	leg_copy_headers(call, asker, msg, lines);
	extensions_copy(lines, msg);
}

static enum err reply(struct border *b, const struct turn *turn, const struct sip_msg *msg,
                      struct view body, bool is_reliable)
{
	struct call *call = call_of_turn(b, turn);
	struct leg_facts *to = leg_of(call, turn->from);
	struct buffer lines = BUFFER_ON(b->calls->lines);
	struct ua_reply r = {
		.status = msg->status,
		.to_tag = view_of(to->dialog.local_tag),
		.body = body,
		.content_type = VIEW("application/sdp"),
		.has_record_route = true,
		.awaits_prack = is_reliable,
	};
	enum err err;

	answer_lines(call, turn->from, msg, &lines);
	if (is_reliable)
		reliable_lines(b, call, &lines);
	session_answer(turn, msg, &lines);
	asserted_copy(b, &lines, msg, leg_peer(b, leg_of(call, leg_other(turn->from))),
	              &(struct identity_reader){ .peer = leg_peer(b, to), .flow = &to->flow });
	if (lines.err != ERR_NONE)
		return lines.err;
	r.headers = buffer_view(&lines);
	err = ua_server_reply(b->ua, turn->server, &r, b->now.us);
	if (err == ERR_NONE)
		border_count(b, COUNT_responses_forwarded);
	return err;
}

/* ---- 1xx ---- */

static struct view to_tag_of(const struct sip_msg *msg)
{
	struct sip_name_addr to;

	return sip_parts_address(msg, SIP_HEADER_TO, &to) == ERR_NONE ? to.tag : VIEW_EMPTY;
}

/* RFC 3262 5: the first reliable 18x to an INVITE without an offer has one. */
static struct view early_offer(struct call *call, const struct turn *turn,
                               const struct sip_msg *msg)
{
	struct view body = VIEW_EMPTY;

	if (offer_take(call, leg_other(turn->from), msg, &body) != OFFER_FITS)
		return VIEW_EMPTY;
	call->facts->early.is_offered = true;
	return body;
}

/* The first 18x with a description wins until the final answer. */
static struct view early_media(struct border *b, const struct sip_msg *msg, struct turn *turn,
                               bool is_reliable)
{
	struct call *call = call_of_turn(b, turn);
	struct view tag = to_tag_of(msg), body = VIEW_EMPTY;

	if (offer_kind(msg) != OFFER_FITS || call->facts->early.is_agreed ||
	    (!turn->is_first && !is_reliable))
		return VIEW_EMPTY;
	if (turn->offer == OFFER_IN_ANSWER)
		return is_reliable ? early_offer(call, turn, msg) : VIEW_EMPTY;
	if (turn->is_first && call->facts->early_tag[0] &&
	    !view_equal(view_of(call->facts->early_tag), tag)) {
		if (is_reliable && !fork_keep_answer(call, msg->body))
			border_count(b, COUNT_limit_calls);
		return VIEW_EMPTY;
	}
	if (offer_answer(call, leg_other(turn->from), msg, ua_client_request(b->ua, turn->client),
	                 &body) != OFFER_FITS)
		return VIEW_EMPTY;
	(void)VIEW_COPY(tag, call->facts->early_tag);
	call->facts->early.is_agreed = is_reliable;
	return body;
}

static void take_provisional(struct border *b, const struct inbound *in, struct turn *turn,
                             struct call *call)
{
	struct leg_facts *leg = leg_of(call, leg_other(turn->from));
	enum reliable_kind kind;
	struct view body;
	enum err err = ERR_NONE;

	if (turn->is_first && !turn->is_cancelled) {
		call_rings(call);
		call_pending_heard(call, turn);
	}
	if (turn->is_cancelled || in->msg->status == 100 || in->msg->status == 199)
		return;
	/* One fork too many rings unheard; it may answer all the same. */
	if (turn->is_first && !fork_speaks(call, to_tag_of(in->msg)))
		return;
	if (turn->is_first)
		err = ua_dialog_answer(&leg->dialog, in->msg);
	if (err != ERR_NONE)
		return;
	kind = reliable_meet(b, in->msg, turn, call);
	if (kind == RELIABLE_LATER)
		return;
	body = early_media(b, in->msg, turn, kind == RELIABLE_NEXT);
	if (reply(b, turn, in->msg, body, kind == RELIABLE_NEXT) != ERR_NONE)
		border_count(b, COUNT_limit_transactions);
	else if (kind == RELIABLE_NEXT)
		(void)call_save(call);
}

/* ---- 2xx ---- */

/* The dialog with whom it was that answered, which need not be who rang first. */
static enum err adopt(struct leg_facts *leg, const struct sip_msg *msg)
{
	enum err err = ua_dialog_answer(&leg->dialog, msg);

	if (err != ERR_DENIED)
		return err;
	leg->dialog.state = UA_DIALOG_NONE;
	leg->dialog.remote_tag[0] = 0;
	leg->dialog.routes[0] = 0;
	return ua_dialog_answer(&leg->dialog, msg);
}

static void end_fork(struct border *b, struct call *call, unsigned number, const struct turn *turn,
                     const struct sip_msg *msg)
{
	struct leg_facts *leg = leg_of(call, number);
	struct ua_dialog kept = leg->dialog;

	if (adopt(leg, msg) == ERR_NONE) {
		struct turn alone = *turn;

		/* Not this transaction's ACK: that is kept for the fork that won. */
		alone.client = nothing;
		leg_acknowledge(b, leg, &alone, VIEW_EMPTY, VIEW_EMPTY);
		leg_bye(call, number);
	}
	leg->dialog = kept;
}

/* Body of the last 18x that went out, for a 2xx that leaves it out. */
static struct view early_body(const struct border *b, const struct turn *turn, struct call *call,
                              const struct sip_msg *msg)
{
	struct view sent = ua_server_answered(b->ua, turn->server);

	if (!call->facts->early_tag[0] ||
	    !view_equal(view_of(call->facts->early_tag), to_tag_of(msg)))
		return VIEW_EMPTY;
	return offer_body(sent);
}

static enum offer_verdict take_description(struct border *b, const struct sip_msg *msg,
                                           struct turn *turn, struct call *call, struct view *ret)
{
	unsigned other = leg_other(turn->from);
	enum offer_verdict verdict;

	if (call->facts->early.is_agreed)
		return OFFER_FITS;
	if (turn->offer == OFFER_IN_ANSWER)
		return offer_take(call, other, msg, ret);
	verdict = offer_answer(call, other, msg, ua_client_request(b->ua, turn->client), ret);
	if (verdict == OFFER_ABSENT && !view_is_empty(fork_kept_answer(call)))
		return offer_answer_text(call, other, fork_kept_answer(call),
		                         ua_client_request(b->ua, turn->client), ret);
	if (verdict == OFFER_ABSENT) {
		*ret = early_body(b, turn, call, msg);
		verdict = view_is_empty(*ret) ? OFFER_REFUSED : OFFER_FITS;
	}
	return verdict;
}

static void say_answered(struct border *b, const struct inbound *in, struct call *call)
{
	call->state = CALL_UP;
	forks_forget(call);
	call->status = in->msg->status;
	call->facts->answered_wall_us = b->now.wall_us;
	attempt_drop(call);
	spend_answered(call);
	wheel_cancel(&b->wheel, &call->timer);
	border_count(b, COUNT_calls_answered);
	call_fact(b, in, call, OUTCOME_SUCCEEDED, in->msg->status);
}

/* The other end has taken the call, the asking one cannot have it. */
static void refuse_answered(struct border *b, struct call *call, struct turn *turn, uint16_t status,
                            const char *cause)
{
	struct leg_facts *other = leg_of(call, leg_other(turn->from));
	char text[128];
	struct buffer lines = BUFFER_ON(text);

	if (status == 488 || status == 503)
		reply_warning(&lines, b->calls->why);
	leg_acknowledge(b, other, turn, VIEW_EMPTY, VIEW_EMPTY);
	call_refuse(b, call, turn, status, buffer_view(&lines));
	leg_bye(call, leg_other(turn->from));
	if (!turn->is_first)
		leg_bye(call, turn->from);
	else
		call->status = status;
	turn_done(b, turn);
	call->invite = nothing;
	if (status == 488)
		call_blame_description(call);
	call_end(call, END_RINGFENCE, cause);
}

static void take_success(struct border *b, const struct inbound *in, struct turn *turn,
                         struct call *call)
{
	struct leg_facts *asker = leg_of(call, turn->from),
			 *other = leg_of(call, leg_other(turn->from));
	struct view body = VIEW_EMPTY;
	enum offer_verdict verdict;
	enum err err;

	/* Where there is no room for one fork more, it takes the place of another. */
	if (turn->is_first)
		(void)fork_speaks(call, to_tag_of(in->msg));
	err = turn->is_first ? adopt(other, in->msg) : ua_dialog_refresh(&other->dialog, in->msg);

	if (turn->is_cancelled) {
		if (err == ERR_NONE)
			leg_acknowledge(b, other, turn, VIEW_EMPTY, VIEW_EMPTY);
		if (turn->is_first) {
			leg_bye(call, leg_other(turn->from));
			turn_done(b, turn);
			call->invite = nothing;
			call_end(call, END_CALLER, "cancelled");
			return;
		}
		/* A re-INVITE that was taken up all the same: both ends no longer agree. */
		turn_done(b, turn);
		call->invite = nothing;
		call_hang_up(call, "re-INVITE cancelled too late");
		return;
	}
	if (err != ERR_NONE) {
		refuse_answered(b, call, turn, 502, "answer unreadable");
		return;
	}
	verdict = take_description(b, in->msg, turn, call, &body);
	if (verdict != OFFER_FITS) {
		if (verdict == OFFER_FULL)
			refuse_answered(b, call, turn, 503, "no media ports");
		else
			refuse_answered(b, call, turn, 488, "answer refused");
		return;
	}
	if (reply(b, turn, in->msg, body, false) != ERR_NONE) {
		refuse_answered(b, call, turn, 500, "answer not sent");
		return;
	}
	turn->is_answered = turn->is_heard = true;
	asker->dialog.state = UA_DIALOG_CONFIRMED;
	session_agree(call, turn, in->msg);
	if (turn->is_first) {
		say_answered(b, in, call);
		call_pending_answered(call, turn);
	} else {
		/* Both ends go by it before the ACK comes. */
		(void)call_save(call);
		call_pending_answered(call, turn);
	}
}

/* ---- refusals ---- */

/* A challenge of the inside goes to the account's own flow; one from outside ends
 * here, or the inside would hand its digest to a stranger. */
static uint16_t pass_challenge(struct border *b, const struct inbound *in, struct call *call,
                               unsigned asked_by, struct buffer *lines)
{
	const struct leg_facts *asker = leg_of(call, asked_by);
	const struct border_peer *asked = leg_peer(b, leg_of(call, leg_other(asked_by)));
	struct challenge c;

	/* There the PBX has an account of its own, and asked for it. */
	if (!asker->is_outer && asked && asked->stays_on_pbx && in->peer == asked)
		return stay_write_challenge(in->msg, lines) ? in->msg->status : 500;

	if (!asker->is_outer || leg_of(call, leg_other(asked_by))->is_outer) {
		fact_leak(b, in);
		reply_warning(lines, REFUSAL_CHALLENGE);
		return 500;
	}
	if (challenge_read(in->msg, &c) != ERR_NONE)
		return 500;
	challenge_write(b, &c, &asker->flow.remote, COOKIE_USER_ORDINARY, lines);
	return in->msg->status;
}

static bool serves_application(const struct border_peer *peer)
{
	return peer->kind == PEER_SPEECH_SERVER || peer->kind == PEER_BOARD;
}

/* A redirection goes to the PBX, which pays for what is called then, and is never followed
 * here; to anybody else where it points is the other side's affair. */
static uint16_t redirect(struct border *b, const struct sip_msg *msg, struct call *call,
                         unsigned asked_by, struct buffer *lines)
{
	const struct leg_facts *asker = leg_of(call, asked_by);
	const struct border_peer *peer = leg_peer(b, asker);
	const struct border_peer *answering = leg_peer(b, leg_of(call, leg_other(asked_by)));
	const struct identity_reader reader = { .peer = peer, .flow = &asker->flow };

	if (answering && serves_application(answering) && !party_may(answering, MAY_TRANSFER)) {
		reply_warning(lines, REFUSAL_REDIRECT);
		return 480;
	}
	if (!peer || party_is_outer(peer))
		return 480;
	asserted_copy_contacts(b, lines, msg, &reader);
	return msg->status;
}

uint16_t answer_refusal(struct border *b, const struct inbound *in, struct call *call,
                        unsigned asked_by, struct buffer *lines)
{
	const struct leg_facts *asker = leg_of(call, asked_by);
	uint16_t status = in->msg->status;

	if (status == 401 || status == 407)
		status = pass_challenge(b, in, call, asked_by, lines);
	else if (status < 400)
		status = redirect(b, in->msg, call, asked_by, lines);
	else if (status == 503 && asker->peer != CALL_PHONE)
		status = 500; /* 503 would fail the whole hop */
	else if (status == 430)
		status = 480; /* what is between a proxy and us (RFC 5626 11.5) */
	leg_copy_headers(call, asked_by, in->msg, lines);
	border_count(b, COUNT_responses_forwarded);
	return status;
}

static void take_refusal(struct border *b, const struct inbound *in, struct turn *turn,
                         struct call *call)
{
	struct buffer lines = BUFFER_ON(b->calls->lines);
	uint16_t status = in->msg->status;
	bool is_first = turn->is_first, was_cancelled = turn->is_cancelled;

	if (is_first && !was_cancelled && attempt_wants_next(status) && attempt_next(b, call, turn))
		return;
	if (is_first && !was_cancelled && (status == 401 || status == 407) &&
	    attempt_authorize(b, in, call, turn))
		return;
	if (is_first && !was_cancelled && reoffer_next(b, in->msg, call, turn))
		return;
	if (status == 430 && reoffer_flow_failed(b, call, turn))
		return;
	if (!is_first && leg_login_again(b, in, call, turn))
		return;
	if (!is_first && turn->offer == OFFER_IN_REQUEST)
		offer_drop(call);
	if (!was_cancelled) {
		status = answer_refusal(b, in, call, turn->from, &lines);
		session_answer(turn, in->msg, &lines);
		call_refuse(b, call, turn, status,
		            lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
	}
	turn_done(b, turn);
	call->invite = nothing;
	if (!is_first) {
		/* 481: the other end knows nothing of the call any more (RFC 3261 12.2.1.2). */
		if (in->msg->status == 481)
			call_hang_up(call, "other end lost the call");
		return;
	}
	if (was_cancelled) {
		call_fact(b, in, call, OUTCOME_FAILED, 487);
		call_end(call, END_CALLER, "cancelled");
		return;
	}
	call->status = status;
	/* A challenge is no call: the one that answers it will be. */
	call->is_silent = in->msg->status == 401 || in->msg->status == 407;
	if (!call->is_silent)
		call_fact(b, in, call, OUTCOME_FAILED, status);
	call_end(call, END_CALLEE, "refused");
}

void answer_invite(struct border *b, const struct inbound *in, struct turn *turn,
                   enum ua_answer answer)
{
	struct call *call = call_of_turn(b, turn);

	if (turn->is_ours) {
		command_answer_invite(b, in, turn, answer);
		return;
	}
	if (!call || call->state == CALL_ENDING) {
		if (answer == UA_ANSWER_FINAL)
			turn_done(b, turn);
		return;
	}
	if (answer == UA_ANSWER_FORKED)
		end_fork(b, call, leg_other(turn->from), turn, in->msg);
	else if (answer == UA_ANSWER_PROVISIONAL)
		take_provisional(b, in, turn, call);
	else if (in->msg->status < 300)
		take_success(b, in, turn, call);
	else
		take_refusal(b, in, turn, call);
}

void answer_abandoned(struct border *b, const struct inbound *in, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);
	struct leg_facts *leg;
	struct flow kept;

	if (!call || in->msg->status < 200 || in->msg->status >= 300)
		return;
	leg = leg_of(call, leg_other(turn->from));
	kept = leg->flow;
	leg->flow = *in->flow;
	end_fork(b, call, leg_other(turn->from), turn, in->msg);
	leg->flow = kept;
}

/* ---- silence ---- */

void answer_withdraw(struct border *b, struct turn *turn, struct view lines)
{
	struct call *call = call_of_turn(b, turn);

	call_refuse(b, call, turn, 480, lines);
	/* It may be answered in this moment: the call stays until CANCEL has its way. */
	call->status = 480;
	turn_cancel(b, turn, lines);
	call_patience(call, CANCEL_PATIENCE_US);
}

/* Whom TLS has just refused was not silent. `ret`: on this storage, or static. */
static const char *why_silent(const struct call *call, struct buffer *storage)
{
	const struct border *b = call->border;

	if (!addr_equal(&b->untrusted.remote, &call->facts->legs[LEG_CALLEE].flow.remote) ||
	    !flow_is_secure(&call->facts->legs[LEG_CALLEE].flow) ||
	    now_since(b->now.us, b->untrusted.us) > UNTRUSTED_US)
		return "no answer";
	buffer_text(storage, "TLS: ");
	buffer_text(storage, tls_refusal_word((enum tls_refusal)b->untrusted.why));
	buffer_char(storage, 0);
	return storage->err == ERR_NONE ? storage->at : "no answer";
}

/* No answer within the transaction's time, or nobody picks up. */
void answer_timeout(struct border *b, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);
	bool is_ringing = !view_is_empty(ua_client_request(b->ua, turn->client)),
	     was_cancelled = turn->is_cancelled;
	char text[128], word[sizeof(call->facts->ending.cause)];
	struct buffer lines = BUFFER_ON(text), cause = BUFFER_ON(word);
	uint16_t status;

	if (turn->is_ours) {
		command_timeout(b, turn);
		return;
	}
	if (!call || call->state == CALL_ENDING)
		return;
	if (turn->is_first && !was_cancelled && call->facts->early_tag[0] == 0 &&
	    leg_of(call, LEG_CALLEE)->dialog.state == UA_DIALOG_NONE && attempt_next(b, call, turn))
		return;
	status = leg_of(call, leg_other(turn->from))->peer == CALL_PHONE || is_ringing ? 480 : 504;
	reply_warning(&lines, status == 480 ? REFUSAL_NO_ANSWER : REFUSAL_SILENT);
	if (!was_cancelled)
		call_refuse(b, call, turn, status, buffer_view(&lines));
	if (is_ringing && !was_cancelled) {
		/* It may be answered in this moment: the call stays until CANCEL has its way. */
		call->status = status;
		turn_cancel(b, turn, VIEW_EMPTY);
		call_patience(call, CANCEL_PATIENCE_US);
		return;
	}
	call->invite = nothing;
	if (!turn->is_first && turn->offer == OFFER_IN_REQUEST)
		offer_drop(call);
	if (turn->is_first) {
		if (!was_cancelled)
			call->status = status;
		call_end(call, was_cancelled ? END_CALLER : END_RINGFENCE,
		         was_cancelled ? "cancelled" : why_silent(call, &cause));
	}
	turn_done(b, turn);
}
