/* SPDX-License-Identifier: Apache-2.0 */
/* Requests within a call, other than INVITE and ACK: BYE, and those that go
 * on one to one. */
#include "border/call_priv.h"
#include "border/call_refused_priv.h"
#include "border/challenge.h"
#include "border/command.h"
#include "border/extensions.h"
#include "border/fork_priv.h"
#include "border/ingress.h"
#include "border/keys.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/session_priv.h"
#include "border/stay.h"
#include "border/trunk.h"
#include "border/turn_priv.h"
#include "sip/content_type.h"

static const struct pool_handle nothing;
enum { BYE_REPEATED_US = 32 * SECOND_US }; /* timer F (RFC 3261 17.1.2.2) */

/* ---- bodies ---- */

/* Text of few bytes that says nothing of hosts: keys pressed, words typed. */
static bool is_plain_text(struct view body)
{
	for (size_t i = 0; i < body.len; i++) {
		unsigned char c = (unsigned char)body.at[i];

		if ((c < 0x20 && c != '\r' && c != '\n' && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

static const struct body_row {
	enum sip_method method;
	struct view type, subtype;
	size_t max;
} bodies[] = {
	{ SIP_METHOD_INFO, { "application", 11 }, { "dtmf-relay", 10 }, 128 },
	{ SIP_METHOD_INFO, { "application", 11 }, { "dtmf", 4 }, 32 },
	{ SIP_METHOD_MESSAGE, { "text", 4 }, { "plain", 5 }, 4096 },
};

static bool may_pass_body(const struct sip_msg *msg, struct sip_content_type *ret)
{
	if (sip_msg_header(msg, SIP_HEADER_CONTENT_ENCODING) ||
	    sip_content_type_parse(sip_msg_value(msg, SIP_HEADER_CONTENT_TYPE), ret) != ERR_NONE)
		return false;
	for (unsigned i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		const struct body_row *row = &bodies[i];

		if (row->method == (enum sip_method)msg->method && msg->body.len <= row->max &&
		    sip_content_type_is(ret, row->type, row->subtype))
			return is_plain_text(msg->body);
	}
	return false;
}

/* ---- one to one ---- */

static enum err send_on(struct border *b, const struct inbound *in, struct call *call,
                        struct turn *turn)
{
	struct leg_facts *to = leg_of(call, leg_other(turn->from));
	/* Of what a buffer writes into no more is read than was written. */
	char text[MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 256)] __attribute__((uninitialized));
	struct buffer credentials = BUFFER_ON(text);
	struct sip_content_type type;
	struct request r;
	enum err err = ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq);

	if (err != ERR_NONE)
		return err;
	r = leg_request(b, to, in->msg->method_text, turn->sent_cseq, in->msg);
	party_copy_headers(b, in->peer, leg_peer(b, to), in->msg, &r.out);
	extensions_copy(&r.out, in->msg);
	if (leg_peer(b, to) && !to->is_outer) {
		(void)credentials_pass(b, in, CREDENTIALS_ANY, &credentials);
		buffer_put(&r.out,
		           credentials.err == ERR_NONE ? buffer_view(&credentials) : VIEW_EMPTY);
	} else if (leg_peer(b, to) && leg_peer(b, to)->stays_on_pbx) {
		stay_write_credentials(b, in->msg, leg_peer(b, to), &r.out);
	}
	if (!view_is_empty(in->msg->body) && may_pass_body(in->msg, &type)) {
		size_t begun = sip_build_begin(&r.out, SIP_HEADER_CONTENT_TYPE);

		type.params = VIEW_EMPTY;
		sip_content_type_write(&r.out, &type);
		sip_build_finish(&r.out, begun);
		sip_build_body(&r.out, in->msg->body);
	} else {
		sip_build_body(&r.out, VIEW_EMPTY);
	}
	err = request_send(b, &r, PURPOSE_CALL_REQUEST, turn_handle(b, turn), &turn->client);
	turn->has_client = err == ERR_NONE;
	return err;
}

struct turn *turn_open(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	struct turn *turn = turn_take(b, call, from, in->msg);

	if (!turn) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
		return NULL;
	}
	if (reply_open(b, in, PURPOSE_CALL_REQUEST, turn_handle(b, turn), &turn->server) !=
	    ERR_NONE) {
		turn_give(b, turn);
		return NULL;
	}
	turn->has_server = true;
	return turn;
}

static void carry(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	struct sip_content_type type;
	struct turn *turn;

	if (!view_is_empty(in->msg->body) && !may_pass_body(in->msg, &type)) {
		char text[96];
		struct buffer lines = BUFFER_ON(text);

		sip_build_header(&lines, SIP_HEADER_ACCEPT,
		                 VIEW("application/sdp, application/dtmf-relay"));
		reply_at_once(b, in, 415, buffer_view(&lines));
		return;
	}
	if (keys_take_info(b, in, call, from))
		return;
	turn = turn_open(b, in, call, from);
	if (!turn)
		return;
	if (send_on(b, in, call, turn) != ERR_NONE) {
		reply_status(b, turn->server, 503, VIEW_EMPTY, VIEW_EMPTY);
		turn_give(b, turn);
		return;
	}
	(void)call_save(call);
}

/* ---- BYE ---- */

static void bye_done(struct call *call, unsigned from)
{
	call->bye = nothing;
	leg_of(call, LEG_CALLER)->dialog.state = UA_DIALOG_ENDED;
	leg_of(call, LEG_CALLEE)->dialog.state = UA_DIALOG_ENDED;
	call_end(call, from == LEG_CALLER ? END_CALLER : END_CALLEE, "normal");
}

/* The other leg still has an unacknowledged 2xx: it must hear ACK before BYE. */
static void acknowledge_first(struct border *b, struct call *call)
{
	struct turn *turn = turn_at(b, call->invite);

	if (!turn || !turn->is_answered)
		return;
	ua_server_acknowledged(b->ua, turn->server);
	leg_acknowledge(b, leg_of(call, leg_other(turn->from)), turn, VIEW_EMPTY, VIEW_EMPTY);
	turn_done(b, turn);
	call->invite = nothing;
}

static void bye(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	struct turn *turn;

	if (call->state != CALL_UP || turn_at(b, call->bye)) {
		/* Both hung up at once, or the caller gave up while it rang. */
		reply_at_once(b, in, 200, VIEW_EMPTY);
		turn = turn_at(b, call->invite);
		if (call->state == CALL_SETUP && turn && !turn->is_cancelled) {
			call_refuse(b, call, turn, 487, VIEW_EMPTY);
			call->status = 487;
			turn_cancel(b, turn, VIEW_EMPTY);
		}
		return;
	}
	acknowledge_first(b, call);
	turn = turn_open(b, in, call, from);
	if (!turn)
		return;
	call->bye = turn_handle(b, turn);
	if (send_on(b, in, call, turn) == ERR_NONE) {
		call_awaits_bye(call);
		return;
	}
	reply_status(b, turn->server, 200, VIEW_EMPTY, VIEW_EMPTY);
	turn_give(b, turn);
	bye_done(call, from);
}

/* The other end is slow or gone; whoever hung up need not wait for it. */
void within_bye_unanswered(struct call *call)
{
	struct border *b = call->border;
	struct turn *turn = turn_at(b, call->bye);

	if (!turn)
		return;
	reply_status(b, turn->server, 200, VIEW_EMPTY, VIEW_EMPTY);
	bye_done(call, turn->from);
}

void within_bye_over(struct call *call)
{
	struct border *b = call->border;
	struct turn *turn = turn_at(b, call->bye);

	call->bye = nothing;
	if (turn)
		reply_status(b, turn->server, 200, VIEW_EMPTY, VIEW_EMPTY);
}

/* Whether a trunk's challenge was taken that we can answer. */
static bool is_trunks(struct border *b, const struct inbound *in, struct call *call, unsigned leg)
{
	const struct leg_facts *asked = leg_of(call, leg);

	return in->peer && in->peer == leg_peer(b, asked) && trunk_learn(b, asked->peer, in->msg);
}

static void answer_bye(struct border *b, const struct inbound *in, struct turn *turn,
                       struct call *call)
{
	struct buffer lines = BUFFER_ON(b->calls->lines);
	uint16_t status = in->msg->status;
	unsigned from = turn->from;

	if (call && (status == 401 || status == 407) && is_trunks(b, in, call, leg_other(from))) {
		/* It is ours to answer; who hung up need not wait for it. */
		leg_bye(call, leg_other(from));
	} else if (call && (status == 401 || status == 407)) {
		status = answer_refusal(b, in, call, from, &lines);
		if (status == 401 || status == 407) {
			/* It comes again with credentials; the call goes on until then. */
			wheel_cancel(&b->wheel, &call->timer);
			call->bye = nothing;
			reply_status(b, turn->server, status, VIEW_EMPTY,
			             lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
			turn_give(b, turn);
			(void)call_save(call);
			return;
		}
	}
	/* Whatever the other end says to it: the call is over. */
	reply_status(b, turn->server, 200, VIEW_EMPTY, VIEW_EMPTY);
	turn_give(b, turn);
	if (call)
		bye_done(call, from);
}

bool within_bye_outlives(const struct border *b, const struct inbound *in)
{
	struct sip_name_addr to;
	struct ua_name name;
	unsigned leg;

	return in->msg->method == SIP_METHOD_BYE && in->standing != STANDING_STRANGER &&
	       now_since(b->now.us, b->since_us) < BYE_REPEATED_US &&
	       sip_parts_address(in->msg, SIP_HEADER_TO, &to) == ERR_NONE &&
	       ua_name_read(to.tag, &b->namer, UA_NAME_TAG, &name) == ERR_NONE &&
	       !call_by_serial(b, name.serial, &leg);
}

/* ---- answers ---- */

static void answer_update(struct border *b, const struct inbound *in, struct turn *turn,
                          struct call *call)
{
	struct leg_facts *other = leg_of(call, leg_other(turn->from));
	struct buffer lines = BUFFER_ON(b->calls->lines);
	struct ua_reply r = { .status = in->msg->status, .content_type = VIEW("application/sdp") };
	/* A PRACK moves nobody (RFC 3262 6). */
	bool is_fine = turn->method != SIP_METHOD_UPDATE ||
	               ua_dialog_refresh(&other->dialog, in->msg) == ERR_NONE;
	enum err err;

	if (is_fine && turn->offer == OFFER_IN_REQUEST)
		is_fine =
			offer_answer(call, leg_other(turn->from), in->msg,
		                     ua_client_request(b->ua, turn->client), &r.body) == OFFER_FITS;
	if (!is_fine) {
		reply_status(b, turn->server, 488, VIEW_EMPTY, VIEW_EMPTY);
		turn_give(b, turn);
		call_blame_description(call);
		call_hang_up(call, "answer refused");
		return;
	}
	answer_lines(call, turn->from, in->msg, &lines);
	session_answer(turn, in->msg, &lines);
	r.headers = lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY;
	err = ua_server_reply(b->ua, turn->server, &r, b->now.us);
	border_count(b, err == ERR_NONE ? COUNT_responses_forwarded : COUNT_limit_transactions);
	if (turn->method == SIP_METHOD_UPDATE && call->state == CALL_UP)
		session_agree(call, turn, in->msg);
	turn_give(b, turn);
	(void)call_save(call);
}

static void within_lines(struct call *call, unsigned asker, const struct sip_msg *msg,
                         struct buffer *lines)
{
	leg_copy_headers(call, asker, msg, lines);
	extensions_copy(lines, msg);
}

void within_answer(struct border *b, const struct inbound *in, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);
	struct buffer lines = BUFFER_ON(b->calls->lines);
	uint16_t status = in->msg->status;

	if (turn->is_ours) {
		command_answer(b, in, turn);
		return;
	}
	if (call && call->state == CALL_ENDING)
		call = NULL;
	if (call)
		fork_heard(call, leg_other(turn->from), in->msg);
	if (turn->method == SIP_METHOD_BYE) {
		answer_bye(b, in, turn, call);
		return;
	}
	if (!call) {
		reply_status(b, turn->server, 481, VIEW_EMPTY, VIEW_EMPTY);
		turn_give(b, turn);
		return;
	}
	if (leg_login_again(b, in, call, turn))
		return;
	if (status < 300 &&
	    (turn->method == SIP_METHOD_UPDATE || turn->offer == OFFER_IN_REQUEST)) {
		answer_update(b, in, turn, call);
		return;
	}
	session_answer(turn, in->msg, &lines);
	if (status >= 300 && turn->offer == OFFER_IN_REQUEST)
		offer_drop(call);
	if (status >= 300)
		status = answer_refusal(b, in, call, turn->from, &lines);
	else if (turn->method == SIP_METHOD_REFER)
		answer_lines(call, turn->from, in->msg, &lines);
	else
		within_lines(call, turn->from, in->msg, &lines);
	reply_status(b, turn->server, status, VIEW_EMPTY,
	             lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
	turn_give(b, turn);
	if (in->msg->status == 481)
		call_hang_up(call, "other end lost the call");
}

/* RFC 4320 4.1: no answer from there, none from here. */
void within_timeout(struct border *b, struct turn *turn)
{
	struct call *call;

	if (turn->is_ours) {
		command_timeout(b, turn);
		return;
	}
	call = call_of_turn(b, turn);
	if (call && turn->offer == OFFER_IN_REQUEST)
		offer_drop(call);
	/* Sooner than its patience only where the way there failed. */
	if (call && turn_at(b, call->bye) == turn)
		within_bye_unanswered(call);
	else
		ua_server_drop(b->ua, turn->server);
	turn_give(b, turn);
}

/* ---- by method ---- */

static void refuse_early(struct border *b, const struct inbound *in)
{
	char text[64];
	struct buffer lines = BUFFER_ON(text);

	reply_retry_after(b, &lines);
	reply_at_once(b, in, 500, buffer_view(&lines));
}

static void refuse_method(struct border *b, const struct inbound *in)
{
	char text[160];
	struct buffer lines = BUFFER_ON(text);

	sip_build_header(&lines, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	reply_refusal(b, in, 405, REFUSAL_METHOD, buffer_view(&lines));
}

/* What may be said before the call is answered, once both ends have a dialog (RFC 3261 12.2). */
static bool is_early(struct call *call, unsigned from, enum sip_method method)
{
	return method != SIP_METHOD_INVITE &&
	       leg_of(call, leg_other(from))->dialog.state != UA_DIALOG_NONE;
}

typedef void (*handler)(struct border *b, struct inbound *in, struct call *call, unsigned from);
static const handler handlers[SIP_METHOD_COUNT] = {
	[SIP_METHOD_INVITE] = invite_within,
	[SIP_METHOD_UPDATE] = invite_within,
	[SIP_METHOD_PRACK] = reliable_prack,
	[SIP_METHOD_REFER] = transfer_refer,
	[SIP_METHOD_NOTIFY] = transfer_notify,
	[SIP_METHOD_BYE] = bye,
	[SIP_METHOD_INFO] = carry,
	[SIP_METHOD_OPTIONS] = carry,
	[SIP_METHOD_MESSAGE] = carry,
};

/* A worker that died may have kept the number and lost the rest; 12.2.2 refuses lower ones. */
static bool is_bye_again(struct call *call, unsigned from, const struct sip_msg *msg)
{
	const struct ua_dialog *d = &leg_of(call, from)->dialog;

	return msg->method == SIP_METHOD_BYE && call->is_restored && d->has_remote_cseq &&
	       msg->cseq.number == d->remote_cseq;
}

void within_request(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	enum sip_method method = (enum sip_method)in->msg->method;

	if (ingress_refuses(b, in))
		return;
	if (call->state == CALL_ENDING && method != SIP_METHOD_BYE) {
		reply_at_once(b, in, 481, VIEW_EMPTY);
		return;
	}
	if (!handlers[method]) {
		refuse_method(b, in);
		return;
	}
	if (!is_bye_again(call, from, in->msg) &&
	    ua_dialog_request(&leg_of(call, from)->dialog, in->msg) != ERR_NONE) {
		reply_at_once(b, in, 500, VIEW_EMPTY);
		return;
	}
	if (call->state == CALL_SETUP && method != SIP_METHOD_BYE && !is_early(call, from, method))
		refuse_early(b, in);
	else
		handlers[method](b, in, call, from);
}
