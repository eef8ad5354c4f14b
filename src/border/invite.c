/* SPDX-License-Identifier: Apache-2.0 */
/* INVITE on its way: the one that makes a call, and those within it. */
#include "border/asserted.h"
#include "border/attempt_priv.h"
#include "border/begun_priv.h"
#include "border/call_pending_priv.h"
#include "border/call_priv.h"
#include "border/call_refused_priv.h"
#include "border/challenge.h"
#include "border/common.h"
#include "border/extensions.h"
#include "border/identity.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/reference.h"
#include "border/reoffer_priv.h"
#include "border/route.h"
#include "border/session_priv.h"
#include "border/spend.h"
#include "border/stay.h"
#include "border/trunk.h"
#include "border/turn_priv.h"

#include <string.h>

enum { CREDENTIAL_LINES_MAX = MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 256) };

/* ---- who calls whom ---- */

static void write_account(const struct border *b, const struct sip_msg *msg, enum sip_header_id id,
                          char *ret, size_t size)
{
	struct buffer out = buffer_on(ret, size - 1);
	struct sip_name_addr address;

	if (sip_parts_address(msg, id, &address) == ERR_NONE &&
	    party_account(b, &address.uri, &out) == ERR_NONE)
		ret[out.len] = 0;
	else
		ret[0] = 0;
}

static void write_dialled(const struct inbound *in, const struct route *route,
                          struct call_facts *facts)
{
	struct sip_name_addr to;
	struct sip_uri uri;

	/* The PBX dials a phone by our token, a carrier a PBX: what was dialled then stands in
	 * To. */
	if (route->targets.count > 0 && sip_uri_parse(in->msg->uri, &uri) == ERR_NONE)
		(void)VIEW_COPY(uri.user, facts->dialled);
	else if (sip_parts_address(in->msg, SIP_HEADER_TO, &to) == ERR_NONE)
		(void)VIEW_COPY(to.uri.user, facts->dialled);
}

static enum err fill_caller(struct border *b, const struct inbound *in, const struct route *route,
                            struct call *call)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLER);
	const struct registration *r = registration_on_flow(&b->registrations, in->flow);
	char tag[UA_NAME_LEN + 1];

	leg->flow = *in->flow;
	/* A peer's connection may be gone by the time that something is to be said to it. */
	if (in->peer && in->flow->connection > 0)
		(void)!party_flow_back(b, in->peer, in->flow, &leg->flow);
	leg_join(call, LEG_CALLER, in->peer);
	if (r)
		leg->account_hash = fact_hash(b, view_of(r->facts.account));
	write_account(b, in->msg, SIP_HEADER_FROM, call->facts->from, sizeof(call->facts->from));
	write_account(b, in->msg, SIP_HEADER_TO, call->facts->to, sizeof(call->facts->to));
	write_dialled(in, route, call->facts);
	leg_write_name(b, leg, UA_NAME_TAG, tag);
	return ua_dialog_accept(in->msg, view_of(tag), party_is_sips(in->flow, in->msg->uri),
	                        &leg->dialog);
}

static enum err write_identity_uri(const struct border *b, const struct sip_msg *msg,
                                   enum sip_header_id id, const struct route *route,
                                   struct buffer *out)
{
	const struct identity_reader reader = { .peer = route->peer,
		                                .flow = &route->to,
		                                .is_from = id == SIP_HEADER_FROM };
	struct sip_name_addr address;
	enum err err = sip_parts_address(msg, id, &address);

	if (err == ERR_NONE)
		identity_write_uri(b, out, &address.uri, &reader);
	return err == ERR_NONE ? out->err : err;
}

static enum err fill_callee(struct border *b, const struct inbound *in, const struct route *route,
                            struct call *call)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	/* Of what buffers write into, here and below, no more is read than was written. */
	char from[UA_DIALOG_URI_MAX] __attribute__((uninitialized));
	char to[UA_DIALOG_URI_MAX] __attribute__((uninitialized));
	struct buffer from_uri = BUFFER_ON(from), to_uri = BUFFER_ON(to);
	struct ua_dialog_start start = { .target = view_of(route->uri), .cseq = 1 };
	enum err err = write_identity_uri(b, in->msg, SIP_HEADER_FROM, route, &from_uri);

	leg->flow = route->to;
	leg_join(call, LEG_CALLEE, route->peer);
	if (route->targets.count > 0)
		leg->media_srtp = secure_policy(b, route->peer,
		                                &b->settings.routes[route->targets.routes[0]]);
	reoffer_begin(call, route->registration);
	if (route->peer && !leg->is_outer) {
		call_name_leg(call, LEG_CALLEE, request_serial(b, in));
		start.cseq = request_first_cseq(in);
	}
	if (route->registration)
		leg->account_hash = fact_hash(b, view_of(route->registration->facts.account));
	if (err == ERR_NONE && route->peer && !dial_rewrites(route->peer, &route->number))
		err = write_identity_uri(b, in->msg, SIP_HEADER_TO, route, &to_uri);
	else
		route_write_callee(route, &to_uri);
	if (err != ERR_NONE)
		return err;
	start.local_uri = buffer_view(&from_uri);
	start.remote_uri = buffer_view(&to_uri);
	return to_uri.err != ERR_NONE ? to_uri.err : leg_begin(b, leg, start);
}

/* ---- writing it ---- */

static void write_identities(struct border *b, const struct inbound *in, const struct route *route,
                             const struct leg_facts *leg, struct buffer *out)
{
	const struct ua_dialog *d = &leg->dialog;
	const struct identity_reader reader = { .peer = route->peer, .flow = &route->to };
	const struct identity from = { SIP_HEADER_FROM, sip_msg_value(in->msg, SIP_HEADER_FROM),
		                       view_of(d->local_tag) };

	identity_write(b, out, &from, &reader);
	sip_build_name_addr(out, SIP_HEADER_TO, VIEW_EMPTY, view_of(d->remote_uri), VIEW_EMPTY);
	sip_build_header(out, SIP_HEADER_CALL_ID, view_of(d->call_id));
	sip_build_cseq(out, d->local_cseq, VIEW("INVITE"));
}

void invite_write_rest(struct border *b, const struct inbound *in, const struct leg_facts *to,
                       struct request *r, struct view body)
{
	const struct border_peer *peer = leg_peer(b, to);
	const struct identity_reader reader = { .peer = peer, .flow = &to->flow };
	char text[CREDENTIAL_LINES_MAX] __attribute__((uninitialized));
	struct buffer credentials = BUFFER_ON(text);

	leg_write_contact(b, to, &r->out);
	sip_build_header(&r->out, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	party_copy_headers(b, in->peer, peer, in->msg, &r->out);
	asserted_copy(b, &r->out, in->msg, in->peer, &reader);
	extensions_copy(&r->out, in->msg);
	if (peer && !to->is_outer) {
		(void)credentials_pass(b, in, CREDENTIALS_ANY, &credentials);
		buffer_put(&r->out,
		           credentials.err == ERR_NONE ? buffer_view(&credentials) : VIEW_EMPTY);
	} else if (peer && peer->stays_on_pbx) {
		stay_write_credentials(b, in->msg, peer, &r->out);
	}
	if (peer)
		request_source(r, peer, in->flow);
	if (!view_is_empty(body))
		sip_build_header(&r->out, SIP_HEADER_CONTENT_TYPE, VIEW("application/sdp"));
	sip_build_body(&r->out, body);
}

static enum err send_first(struct border *b, const struct inbound *in, const struct route *route,
                           struct turn *turn, struct view body)
{
	struct call *call = call_of_turn(b, turn);
	const struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	struct request r = request_forward(b, in, &route->to, view_of(route->uri));
	enum err err;

	route_write_path(route, &r.out);
	trunk_write_route(b, leg->peer, &r.out);
	write_identities(b, in, route, leg, &r.out);
	trunk_authorize(b, leg->peer, VIEW("INVITE"), view_of(route->uri), &r.out);
	session_ask(turn, in->msg, &r.out);
	reference_write_dialogs(b, &r.out, in->msg);
	invite_write_rest(b, in, leg, &r, body);
	turn->sent_cseq = leg->dialog.local_cseq;
	/* First, so that no phone rings of which a successor knows nothing. */
	if (r.out.err == ERR_NONE)
		call_pending_begin(call, turn, in, &r);
	/* Who has heard it does not ask again, whoever dies of it. */
	reply_status(b, turn->server, 100, VIEW_EMPTY, VIEW_EMPTY);
	err = request_send(b, &r, PURPOSE_CALL, turn_handle(b, turn), &turn->client);
	turn->has_client = err == ERR_NONE;
	if (err == ERR_NONE)
		attempt_keep(call, route, buffer_view(&r.out));
	else
		call_pending_drop(call);
	return err;
}

/* ---- refusing it ---- */

static void refuse_body(struct border *b, const struct inbound *in)
{
	char text[64];
	struct buffer lines = BUFFER_ON(text);

	sip_build_header(&lines, SIP_HEADER_ACCEPT, VIEW("application/sdp"));
	reply_at_once(b, in, 415, buffer_view(&lines));
}

void invite_refuse(struct border *b, struct call *call, struct turn *turn, uint16_t status)
{
	enum refusal why = b->calls->why;
	char text[160];
	struct buffer lines = BUFFER_ON(text);

	if (status == 503) {
		if (why != REFUSAL_PORTS)
			border_count(b, COUNT_limit_calls);
		reply_retry_after(b, &lines);
	}
	reply_warning(&lines, why);
	call_refuse(b, call, turn, status, buffer_view(&lines));
	turn_done(b, turn);
}

/* How a call ends before it began. */
struct failure {
	uint16_t status;
	const char *cause;
};

static const struct failure offer_refused = { 488, "offer refused" };
static const struct failure no_ports = { 503, "no media ports" };
static const struct failure no_transaction = { 503, "no transaction" };

/* One that does not come because of this border's own bounds: no word about its offer. */
static enum err without_room(struct border *b, enum err err)
{
	if (err != ERR_NONE)
		b->calls->why = REFUSAL_BUSY;
	return err;
}

static void fail_first(struct border *b, const struct inbound *in, struct turn *turn,
                       const struct failure *why)
{
	struct call *call = call_of_turn(b, turn);

	call->status = why->status;
	call_fact(b, in, call, OUTCOME_FAILED, why->status);
	invite_refuse(b, call, turn, why->status);
	call->invite = (struct pool_handle){ 0 };
	if (why->status == 488)
		call_blame_description(call);
	call_end(call, END_RINGFENCE, why->cause);
}

static void drop_unbegun(struct border *b, struct call *call)
{
	(void)b;
	call->is_silent = true;
	call_finish(call);
}

/* ---- the first one ---- */

/* The call with both legs, or NULL where it was refused. */
static struct call *begin(struct border *b, const struct inbound *in, const struct route *route)
{
	struct call *call = call_take(b, route->number.is_urgent);
	uint64_t other;
	enum err err;

	if (!call) {
		border_count(b, COUNT_limit_calls);
		reply_busy(b, in);
		return NULL;
	}
	other = call_number_by_call_id(b, in->msg->call_id);
	if (in->peer && other)
		call->facts->number = call->number = other;
	err = fill_caller(b, in, route, call);
	if (err == ERR_NONE)
		err = fill_callee(b, in, route, call);
	for (unsigned i = 0; i < CALL_LEGS; i++)
		leg_of(call, i)->needs_tls =
			route->needs_tls && flow_is_secure(&leg_of(call, i)->flow);
	if (err == ERR_NONE)
		spend_begin(call, (struct spend_way){ in->peer, route->peer }, &route->number);
	if (err != ERR_NONE) {
		reply_at_once(b, in, err == ERR_LIMIT ? 513 : 400, VIEW_EMPTY);
		drop_unbegun(b, call);
		return NULL;
	}
	if (leg_hold(call, LEG_CALLER) != ERR_NONE || leg_hold(call, LEG_CALLEE) != ERR_NONE) {
		border_count(b, COUNT_limit_calls);
		reply_busy(b, in);
		drop_unbegun(b, call);
		return NULL;
	}
	common_tell_number(b, leg_of(call, LEG_CALLEE)->serial, call->number);
	return call;
}

static void carry_first(struct border *b, const struct inbound *in, const struct route *route,
                        struct call *call, struct turn *turn)
{
	struct view body = VIEW_EMPTY;
	enum offer_verdict verdict = offer_take(call, LEG_CALLER, in->msg, &body);

	turn->offer = verdict == OFFER_ABSENT ? OFFER_IN_ANSWER : OFFER_IN_REQUEST;
	if (verdict == OFFER_REFUSED || verdict == OFFER_FULL)
		reply_status(b, turn->server, 100, VIEW_EMPTY, VIEW_EMPTY);
	if (verdict == OFFER_REFUSED)
		fail_first(b, in, turn, &offer_refused);
	else if (verdict == OFFER_FULL)
		fail_first(b, in, turn, &no_ports);
	else if (without_room(b, send_first(b, in, route, turn, body)) != ERR_NONE)
		fail_first(b, in, turn, &no_transaction);
	else
		border_count(b, COUNT_calls_started);
}

void calls_invite(struct border *b, struct inbound *in)
{
	struct route route;
	struct call *call;
	struct turn *turn;

	if (begun_holds(b, in->msg)) {
		border_count(b, COUNT_absorbed_retransmission);
		return;
	}
	if (offer_kind(in->msg) == OFFER_UNSUPPORTED) {
		refuse_body(b, in);
		return;
	}
	if (session_refuses(b, in))
		return;
	if (reference_is_lost(b, in->msg)) {
		reply_at_once(b, in, 481, VIEW_EMPTY);
		return;
	}
	if (route_find(b, in, &route) != ERR_NONE || route_admit(b, in, &route) != ERR_NONE) {
		route_refuse(b, in, &route);
		return;
	}
	call = begin(b, in, &route);
	if (!call)
		return;
	turn = turn_take(b, call, LEG_CALLER, in->msg);
	if (!turn) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
		drop_unbegun(b, call);
		return;
	}
	if (reply_open(b, in, PURPOSE_CALL, turn_handle(b, turn), &turn->server) != ERR_NONE) {
		turn_give(b, turn);
		drop_unbegun(b, call);
		return;
	}
	turn->has_server = turn->is_first = true;
	reliable_begin(call, turn, in->msg);
	call->invite = turn_handle(b, turn);
	carry_first(b, in, &route, call, turn);
}

/* ---- those within ---- */

static bool is_offer_settled(const struct call *call, const struct turn *invite)
{
	return call->facts->early.is_agreed ||
	       (invite->is_answered && invite->offer == OFFER_IN_REQUEST);
}

uint16_t offer_is_in_hand(struct border *b, const struct call *call, unsigned from)
{
	const struct turn *invite = turn_at(b, call->invite), *update = turn_at(b, call->update);

	if (invite && !invite->is_done && !is_offer_settled(call, invite))
		return invite->from == from ? 500 : 491;
	if (update)
		return update->from == from ? 500 : 491;
	return 0;
}

/* Datagrams change places, and PBXs pass them on by several workers. */
static bool overtakes_ack(struct border *b, const struct call *call, unsigned from,
                          const struct sip_msg *msg)
{
	const struct turn *turn = turn_at(b, call->invite);

	return turn && msg->method == SIP_METHOD_INVITE && turn->is_answered && !turn->is_ours &&
	       turn->from == from && msg->cseq.number > turn->came_cseq &&
	       is_offer_settled(call, turn);
}

/* RFC 3261 14.2 and 14.1: one at a time, and no offer while another waits (RFC 3311 5.2). */
static uint16_t glare(struct border *b, const struct call *call, unsigned from,
                      const struct sip_msg *msg)
{
	const struct turn *turn = turn_at(b, call->invite);

	if (msg->method == SIP_METHOD_INVITE && turn)
		return turn->from == from && !turn->is_answered ? 500 : 491;
	if (msg->method == SIP_METHOD_INVITE || offer_kind(msg) == OFFER_FITS)
		return offer_is_in_hand(b, call, from);
	return 0;
}

static enum err send_within(struct border *b, const struct inbound *in, struct call *call,
                            struct turn *turn, struct view body)
{
	struct leg_facts *to = leg_of(call, leg_other(turn->from));
	bool is_invite = turn->method == SIP_METHOD_INVITE;
	struct request r;
	enum err err = ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq);

	if (err != ERR_NONE)
		return err;
	r = leg_request(b, to, in->msg->method_text, turn->sent_cseq, in->msg);
	session_ask(turn, in->msg, &r.out);
	invite_write_rest(b, in, to, &r, body);
	if (is_invite && r.out.err == ERR_NONE) {
		/* Its offer is a fact of the call. */
		(void)call_save(call);
		call_pending_begin(call, turn, in, &r);
	}
	err = request_send(b, &r, is_invite ? PURPOSE_CALL : PURPOSE_CALL_REQUEST,
	                   turn_handle(b, turn), &turn->client);
	turn->has_client = err == ERR_NONE;
	return err;
}

static void carry_within(struct border *b, const struct inbound *in, struct call *call,
                         struct turn *turn)
{
	bool is_invite = turn->method == SIP_METHOD_INVITE;
	struct view body = VIEW_EMPTY;
	enum offer_verdict verdict = offer_take(call, turn->from, in->msg, &body);
	uint16_t refusal = 0;

	turn->offer = OFFER_IN_REQUEST;
	if (verdict == OFFER_ABSENT)
		turn->offer = is_invite ? OFFER_IN_ANSWER : OFFER_NONE;
	if (verdict == OFFER_REFUSED)
		refusal = 488;
	else if (verdict == OFFER_FULL ||
	         without_room(b, send_within(b, in, call, turn, body)) != ERR_NONE)
		refusal = 503;
	if (refusal) {
		offer_drop(call);
		invite_refuse(b, call, turn, refusal);
		return;
	}
	if (is_invite)
		call->invite = turn_handle(b, turn);
	else if (turn->offer == OFFER_IN_REQUEST)
		call->update = turn_handle(b, turn);
	/* Its Contact counts from here on; one that cannot be read leaves the old one. */
	if (ua_dialog_refresh(&leg_of(call, turn->from)->dialog, in->msg) != ERR_NONE)
		border_count(b, COUNT_refused_malformed);
	(void)call_save(call);
}

void invite_within(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	bool is_invite = in->msg->method == SIP_METHOD_INVITE;
	struct turn *turn;
	uint16_t refusal;

	if (offer_kind(in->msg) == OFFER_UNSUPPORTED) {
		refuse_body(b, in);
		return;
	}
	if (overtakes_ack(b, call, from, in->msg))
		ack_overtaken(b, in, call);
	refusal = glare(b, call, from, in->msg);
	if (refusal) {
		char text[64];
		struct buffer lines = BUFFER_ON(text);

		if (refusal == 500)
			reply_retry_after(b, &lines);
		reply_at_once(b, in, refusal, buffer_view(&lines));
		return;
	}
	if (session_refuses(b, in))
		return;
	turn = turn_take(b, call, from, in->msg);
	if (!turn) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
		return;
	}
	if (reply_open(b, in, is_invite ? PURPOSE_CALL : PURPOSE_CALL_REQUEST, turn_handle(b, turn),
	               &turn->server) != ERR_NONE) {
		turn_give(b, turn);
		return;
	}
	turn->has_server = true;
	if (is_invite)
		reliable_begin(call, turn, in->msg);
	if (is_invite)
		reply_status(b, turn->server, 100, VIEW_EMPTY, VIEW_EMPTY);
	carry_within(b, in, call, turn);
}

/* ---- CANCEL ---- */

static void cancel_turn(struct border *b, const struct inbound *in, struct turn *turn)
{
	struct call *call = call_of_turn(b, turn);
	char text[256];
	struct buffer reason = BUFFER_ON(text);

	if (!call || turn->is_cancelled || ua_server_is_final(b->ua, turn->server))
		return;
	sip_build_copy(&reason, in->msg, SIP_HEADER_REASON);
	call_refuse(b, call, turn, 487, VIEW_EMPTY);
	if (turn->is_first)
		call->status = 487;
	turn_cancel(b, turn, reason.err == ERR_NONE ? buffer_view(&reason) : VIEW_EMPTY);
}

void calls_cancel(struct border *b, struct inbound *in)
{
	struct ua_path path = path_of(in->flow);
	char tag[REPLY_TAG_SIZE];
	struct pool_handle none = { 0 }, server;
	struct ua_event event;
	struct turn *turn = NULL;
	struct call *call;

	if (ua_server_find_cancelled(b->ua, in->msg, &path, &event) != ERR_NONE) {
		if (in->standing == STANDING_STRANGER)
			border_count(b, COUNT_dropped_out_of_dialog);
		else
			reply_at_once(b, in, 481, VIEW_EMPTY);
		return;
	}
	if (event.user.purpose == PURPOSE_CALL)
		turn = turn_at(b, event.user.object);
	call = turn ? call_of_turn(b, turn) : NULL;
	reply_to_tag(b, in, tag);
	if (reply_open(b, in, PURPOSE_NONE, none, &server) != ERR_NONE)
		return;
	/* The same tag as in the answers to the INVITE (RFC 3261 9.2). */
	reply_status(b, server, 200,
	             call ? view_of(leg_of(call, turn->from)->dialog.local_tag) : view_of(tag),
	             VIEW_EMPTY);
	if (turn)
		cancel_turn(b, in, turn);
}
