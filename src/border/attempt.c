/* SPDX-License-Identifier: Apache-2.0 */
/* The INVITE that went to one target, written anew for the next. */
#include "border/attempt_priv.h"
#include "border/call_pending_priv.h"

#include "border/extensions.h"
#include "border/fork_priv.h"
#include "border/identity.h"
#include "border/leg_priv.h"
#include "border/peers.h"
#include "border/reoffer_priv.h"
#include "border/session_priv.h"
#include "border/trunk.h"
#include "sip/build.h"

#include <string.h>

enum { MAX_LOGINS = 2 }; /* the second for a nonce that went stale */

struct attempt {
	struct targets targets;
	uint8_t next;
	uint8_t logins; /* at the target in hand */
	uint32_t cseq;
	size_t len;
	char text[ATTEMPT_TEXT_MAX];
};

enum err attempts_new(uint32_t calls, struct pool **ret)
{
	return pool_new(sizeof(struct attempt), calls < MAX_ATTEMPTS ? calls : MAX_ATTEMPTS, ret);
}

static struct attempt *attempt_of(const struct call *call)
{
	return pool_at(call->border->calls->attempts, call->attempt);
}

static void be_patient(struct call *call, const struct attempt *a)
{
	const struct border *b = call->border;
	const struct border_peer *peer = leg_peer(b, leg_of(call, LEG_CALLEE));

	if (peer && peer->answer_s && a->next < a->targets.count)
		call_patience(call, (uint64_t)peer->answer_s * SECOND_US);
}

void attempt_keep(struct call *call, const struct route *route, struct view request)
{
	struct calls *c = call->border->calls;
	struct attempt *a;

	if ((route->targets.count < 2 && !trunk_is(call->border, route->targets.peers[0])) ||
	    route->targets.count == 0 || request.len > sizeof(a->text))
		return;
	a = pool_take(c->attempts);
	if (!a)
		return;
	a->targets = route->targets;
	a->next = 1;
	a->cseq = leg_of(call, LEG_CALLEE)->dialog.local_cseq;
	a->logins = 0;
	a->len = request.len;
	memcpy(a->text, request.at, request.len);
	call->attempt = pool_handle_of(c->attempts, a);
	be_patient(call, a);
}

bool attempt_is_kept(const struct call *call) { return attempt_of(call) != NULL; }

void attempt_drop(struct call *call)
{
	struct attempt *a = attempt_of(call);

	if (a)
		pool_give(call->border->calls->attempts, a);
	call->attempt = (struct pool_handle){ 0 };
}

bool attempt_wants_next(uint16_t status) { return status == 408 || status == 503 || status == 504; }

/* It says what carries audio and channels, too. */
static bool is_borne_alike(const struct border_peer *a, const struct border_peer *b)
{
	return a && a->media_over == b->media_over && a->channels == b->channels;
}

static uint8_t policy_of_next(const struct border *b, const struct attempt *a)
{
	uint16_t row = a->targets.peers[a->next];

	return secure_policy(b, row < b->settings.peer_count ? &b->settings.peers[row] : NULL,
	                     &b->settings.routes[a->targets.routes[a->next] % MAX_ROUTES]);
}

/* The description that was written names a port of ours on one side, and has keys or none: the
 * next target must be reached from there too, and need the same. */
static bool is_reached_alike(const struct call *call, const struct leg_facts *leg, struct flow *ret,
                             const struct attempt *a)
{
	const struct border *b = call->border;
	struct addr before = party_our_address(b, &leg->flow), now;
	uint16_t row = a->targets.peers[a->next];

	if (row >= b->settings.peer_count ||
	    party_flow_between(b, leg_peer(b, &call->facts->legs[LEG_CALLER]),
	                       &b->settings.peers[row], &a->targets.ways[a->next], ret) != ERR_NONE)
		return false;
	now = party_our_address(b, ret);
	return ret->side == leg->flow.side && addr_same_host(&before, &now) &&
	       is_borne_alike(leg_peer(b, leg), &b->settings.peers[row]) &&
	       addr_same_host(&leg->flow.local, &ret->local) &&
	       secure_is_alike(call, policy_of_next(b, a), ret);
}

static enum err write_from(const struct border *b, const struct sip_msg *msg,
                           const struct identity_reader *reader, struct buffer *out)
{
	struct sip_name_addr address;
	enum err err = sip_parts_address(msg, SIP_HEADER_FROM, &address);

	if (err != ERR_NONE)
		return err;
	identity_write_uri(b, out, &address.uri, reader);
	return out->err;
}

/* The dialog begins anew under its old names: nothing of the one before may stay. */
static enum err begin_again(struct border *b, struct leg_facts *leg, uint32_t cseq,
                            const struct route *route)
{
	char from[UA_DIALOG_URI_MAX];
	struct buffer from_uri = BUFFER_ON(from);
	const struct identity_reader reader = {
		.peer = route->peer, .flow = &route->to, .was = leg_peer(b, leg), .is_from = true
	};
	struct ua_dialog_start start = { .target = view_of(route->uri), .cseq = cseq };
	enum err err = write_from(b, &b->calls->again, &reader, &from_uri);

	if (err != ERR_NONE)
		return err;
	start.local_uri = buffer_view(&from_uri);
	start.remote_uri = view_of(route->uri);
	return leg_begin(b, leg, start);
}

static void write_again(struct border *b, const struct sip_msg *old, const struct leg_facts *leg,
                        const struct route *route, struct request *r)
{
	const struct ua_dialog *d = &leg->dialog;
	const struct identity_reader reader = { .peer = route->peer,
		                                .flow = &route->to,
		                                .was = leg_peer(b, leg) };
	const struct identity from = { SIP_HEADER_FROM, sip_msg_value(old, SIP_HEADER_FROM),
		                       view_of(d->local_tag) };

	sip_build_copy(&r->out, old, SIP_HEADER_MAX_FORWARDS);
	sip_build_copy(&r->out, old, SIP_HEADER_MAX_BREADTH);
	identity_write(b, &r->out, &from, &reader);
	sip_build_name_addr(&r->out, SIP_HEADER_TO, VIEW_EMPTY, view_of(d->remote_uri), VIEW_EMPTY);
	sip_build_header(&r->out, SIP_HEADER_CALL_ID, view_of(d->call_id));
	sip_build_cseq(&r->out, d->local_cseq, VIEW("INVITE"));
}

static bool read_kept(struct calls *c, const struct attempt *a)
{
	memcpy(c->again_text, a->text, a->len);
	return sip_msg_parse(c->again_text, a->len, &sip_limits_default, &c->again) == ERR_NONE;
}

/* What was sent, with a description for the target that the leg now names: who was asked before
 * may have got keys, which are nothing to the next. */
static bool read_anew(struct call *call, enum reoffer_keys keys, struct view *ret)
{
	struct calls *c = call->border->calls;
	struct view body = reoffer_description(call, keys);

	if (!read_kept(c, attempt_of(call)))
		return false;
	*ret = view_is_empty(body) ? c->again.body : body;
	return true;
}

static enum err send_again(struct border *b, struct call *call, struct turn *turn,
                           const struct route *route, struct view body)
{
	struct calls *c = b->calls;
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	struct attempt *a = attempt_of(call);
	enum err err = begin_again(b, leg, a->cseq + 1, route);
	uint8_t policy = leg->media_srtp;
	bool was_kept = call->pending != 0;
	struct request r;

	if (err != ERR_NONE)
		return err;
	r = request_again(b, &c->again, &route->to, view_of(route->uri));
	trunk_write_route(b, (uint16_t)(route->peer - b->settings.peers), &r.out);
	write_again(b, &c->again, leg, route, &r);
	leg->flow = route->to;
	leg_join(call, LEG_CALLEE, route->peer);
	leg->media_srtp = policy;
	trunk_authorize(b, leg->peer, VIEW("INVITE"), view_of(route->uri), &r.out);
	leg_write_contact(b, leg, &r.out);
	sip_build_header(&r.out, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	party_copy_headers(b, leg_peer(b, leg_of(call, LEG_CALLER)), route->peer, &c->again,
	                   &r.out);
	extensions_copy(&r.out, &c->again);
	session_ask(turn, &c->again, &r.out);
	request_source(&r, route->peer, &leg_of(call, LEG_CALLER)->flow);
	sip_build_copy(&r.out, &c->again, SIP_HEADER_CONTENT_TYPE);
	sip_build_body(&r.out, body);
	turn->sent_cseq = a->cseq + 1;
	turn->is_heard = false;
	if (r.out.err == ERR_NONE)
		call_pending_again(call, turn, &r);
	/* The keys in what was sent first may be none of ours any more. */
	if (was_kept && call->pending == 0)
		a->len = 0;
	err = request_send(b, &r, PURPOSE_CALL, turn_handle(b, turn), &turn->client);
	if (err != ERR_NONE)
		return err;
	turn->has_client = true;
	a->cseq = turn->sent_cseq;
	return ERR_NONE;
}

static void leave_last(struct border *b, struct call *call, const struct turn *turn)
{
	/* Silent so far, it may still ring: then it is told. ERR_DENIED: it has answered. */
	enum err err = ua_client_cancel(b->ua, turn->client, VIEW_EMPTY, b->now.us);

	if (err == ERR_FULL)
		border_count(b, COUNT_limit_transactions);
	peers_missed(b, &leg_of(call, LEG_CALLEE)->flow);
	forks_forget(call);
	call->facts->early_tag[0] = 0;
	call->facts->early.came_rseq = 0;
}

/* What rang reliably has a say in the call: it is not taken from there. */
static bool is_begun(const struct call *call)
{
	const struct early *e = &call->facts->early;

	return e->is_awaiting || e->is_offered || e->is_agreed;
}

bool attempt_authorize(struct border *b, const struct inbound *in, struct call *call,
                       struct turn *turn)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	const struct border_peer *caller = leg_peer(b, leg_of(call, LEG_CALLER));
	struct attempt *a = attempt_of(call);
	struct route route;
	struct view body;

	if (!a || is_begun(call) || a->logins >= MAX_LOGINS || in->peer != leg_peer(b, leg) ||
	    !trunk_learn(b, leg->peer, in->msg) ||
	    route_to_peer(b, caller, view_of(call->facts->dialled), leg->peer, &route) !=
	            ERR_NONE ||
	    !read_anew(call, REOFFER_SAME_KEYS, &body))
		return false;
	a->logins++;
	/* Its nonce is of the one that gave it. */
	route.to = leg->flow;
	forks_forget(call);
	return send_again(b, call, turn, &route, body) == ERR_NONE;
}

bool attempt_reoffer(struct border *b, struct call *call, struct turn *turn, struct view body)
{
	struct leg_facts *leg = leg_of(call, LEG_CALLEE);
	struct attempt *a = attempt_of(call);
	struct route route;

	if (!a ||
	    route_to_peer(b, leg_peer(b, leg_of(call, LEG_CALLER)), view_of(call->facts->dialled),
	                  leg->peer, &route) != ERR_NONE ||
	    !read_kept(b->calls, a))
		return false;
	route.to = leg->flow;
	return send_again(b, call, turn, &route, body) == ERR_NONE;
}

bool attempt_next(struct border *b, struct call *call, struct turn *turn)
{
	struct attempt *a = attempt_of(call);
	struct route route;
	struct view body;
	struct flow to;

	while (a && !is_begun(call) && a->next < a->targets.count) {
		bool is_reached = is_reached_alike(call, leg_of(call, LEG_CALLEE), &to, a);
		uint8_t policy = policy_of_next(b, a);
		uint16_t row = a->targets.peers[a->next++];

		/* Another address of the same peer: there the call counts already. */
		if (!is_reached ||
		    (!call->facts->is_emergency && row != leg_of(call, LEG_CALLEE)->peer &&
		     !peers_may_begin(b, row)) ||
		    route_to_peer(b, leg_peer(b, leg_of(call, LEG_CALLER)),
		                  view_of(call->facts->dialled), row, &route) != ERR_NONE)
			continue;
		route.to = to;
		if (!read_kept(b->calls, a))
			break;
		a->logins = 0;
		leave_last(b, call, turn);
		leg_of(call, LEG_CALLEE)->flow = to;
		leg_of(call, LEG_CALLEE)->media_srtp = policy;
		reoffer_begin(call, NULL);
		if (!read_anew(call, REOFFER_NEW_KEYS, &body) ||
		    send_again(b, call, turn, &route, body) != ERR_NONE)
			continue;
		be_patient(call, a);
		return true;
	}
	attempt_drop(call);
	return false;
}
