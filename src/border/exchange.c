/* SPDX-License-Identifier: Apache-2.0 */
/* Requests without a dialog, one to one. */
#include "border/exchange.h"

#include "border/body.h"
#include "border/challenge.h"
#include "border/extensions.h"
#include "border/headers.h"
#include "border/identity.h"
#include "border/route.h"
#include "border/subscription.h"
#include "sip/build.h"
#include "sip/event.h"
#include "sip/number.h"

enum { LINES_MAX = 4096, CREDENTIAL_LINES_MAX = MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 256) };

struct exchange {
	struct pool_handle server, client;
	struct flow from;
	bool is_inward; /* the request goes to a peer */
	char to_tag[REPLY_TAG_SIZE];
};

enum err exchanges_new(uint32_t transactions, struct pool **ret)
{
	uint32_t count = transactions < MAX_EXCHANGES ? transactions : MAX_EXCHANGES;

	return pool_new(sizeof(struct exchange), count, ret);
}

static void write_expires(const struct sip_msg *msg, struct buffer *out)
{
	uint32_t expires_s;

	if (sip_seconds_of(msg, SIP_HEADER_EXPIRES, &expires_s) == ERR_NONE)
		sip_build_number(out, SIP_HEADER_EXPIRES, expires_s);
}

static void write_identities(struct border *b, const struct inbound *in, const struct route *route,
                             struct request *r)
{
	char tag_text[UA_NAME_LEN], call_id_text[UA_NAME_LEN];
	struct buffer tag = BUFFER_ON(tag_text), call_id = BUFFER_ON(call_id_text);
	struct identity from = { SIP_HEADER_FROM, sip_msg_value(in->msg, SIP_HEADER_FROM),
		                 VIEW_EMPTY };
	struct identity to = { SIP_HEADER_TO, sip_msg_value(in->msg, SIP_HEADER_TO), VIEW_EMPTY };
	struct identity_reader reader = { .peer = route->peer, .flow = &route->to };
	uint64_t serial = r->serial;
	char callee_text[ROUTE_URI_SIZE];
	struct buffer callee = BUFFER_ON(callee_text);

	if (route->peer && !party_is_outer(route->peer))
		serial = request_serial(b, in);
	ua_name_write(&tag, &b->namer, UA_NAME_TAG, serial);
	ua_name_write(&call_id, &b->namer, UA_NAME_CALL_ID, serial);
	from.tag = buffer_view(&tag);
	identity_write(b, &r->out, &from, &reader);
	/* The PBX writes our token into To: the phone reads its own name instead. */
	if (route->peer) {
		identity_write(b, &r->out, &to, &reader);
	} else {
		route_write_callee(route, &callee);
		sip_build_name_addr(&r->out, SIP_HEADER_TO, VIEW_EMPTY, buffer_view(&callee),
		                    VIEW_EMPTY);
	}
	sip_build_header(&r->out, SIP_HEADER_CALL_ID, buffer_view(&call_id));
	sip_build_cseq(&r->out, in->msg->cseq.number, in->msg->method_text);
}

/* What is published or told lives for a while, and has a name (RFC 3903 4.1). */
static void write_event(const struct sip_msg *msg, struct buffer *out)
{
	struct sip_event event;
	size_t begun;

	if (msg->method != SIP_METHOD_PUBLISH && msg->method != SIP_METHOD_NOTIFY)
		return;
	if (sip_event_parse(sip_msg_value(msg, SIP_HEADER_EVENT), &event) == ERR_NONE) {
		begun = sip_build_begin(out, SIP_HEADER_EVENT);
		sip_event_write(out, &event);
		sip_build_finish(out, begun);
	}
	write_expires(msg, out);
}

static enum err forward(struct border *b, const struct inbound *in, const struct route *route,
                        struct exchange *e)
{
	char text[CREDENTIAL_LINES_MAX];
	struct buffer credentials = BUFFER_ON(text);
	struct request r = request_forward(b, in, &route->to, view_of(route->uri));

	struct identity_reader reader = { .peer = route->peer, .flow = &route->to };
	char body_text[BODY_MAX];
	struct buffer space = BUFFER_ON(body_text);
	struct body body;
	enum err err = body_write(b, in->msg, &reader, &space, &body);

	if (err != ERR_NONE)
		return err;
	route_write_path(route, &r.out);
	write_identities(b, in, route, &r);
	party_copy_headers(b, in->peer, route->peer, in->msg, &r.out);
	extensions_copy(&r.out, in->msg);
	write_event(in->msg, &r.out);
	if (e->is_inward) {
		(void)credentials_pass(b, in, CREDENTIALS_ANY, &credentials);
		buffer_put(&r.out,
		           credentials.err == ERR_NONE ? buffer_view(&credentials) : VIEW_EMPTY);
	}
	if (route->peer)
		request_source(&r, route->peer, in->flow);
	if (!view_is_empty(body.text))
		sip_build_header(&r.out, SIP_HEADER_CONTENT_TYPE, body.type);
	sip_build_body(&r.out, body.text);
	return request_send(b, &r, PURPOSE_EXCHANGE, pool_handle_of(b->exchanges, e), &e->client);
}

/* OPTIONS that means us: what we can do (RFC 3261 11.2). */
static void answer_ourselves(struct border *b, const struct inbound *in)
{
	char text[256];
	struct buffer lines = BUFFER_ON(text);

	sip_build_header(&lines, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	sip_build_header(&lines, SIP_HEADER_ACCEPT, VIEW("application/sdp"));
	if (b->is_draining)
		reply_retry_after(b, &lines);
	reply_at_once(b, in, b->is_draining ? 503 : 200, buffer_view(&lines));
}

static bool is_for_us(const struct border *b, const struct inbound *in)
{
	struct sip_uri uri;

	return in->peer && in->msg->method == SIP_METHOD_OPTIONS &&
	       sip_uri_parse(in->msg->uri, &uri) == ERR_NONE && view_is_empty(uri.user) &&
	       party_is_us(b, &uri.host);
}

bool exchange_carries(enum sip_method method)
{
	return method == SIP_METHOD_OPTIONS || method == SIP_METHOD_MESSAGE ||
	       method == SIP_METHOD_INFO || method == SIP_METHOD_NOTIFY ||
	       method == SIP_METHOD_PUBLISH;
}

static uint16_t refusal_of(enum err err)
{
	if (err == ERR_UNSUPPORTED)
		return 415;
	return err == ERR_SYNTAX || err == ERR_LIMIT ? 400 : 503;
}

/* RFC 3261 21.4.13: a body that does not pass is answered by those that would. */
static void refuse(struct border *b, const struct inbound *in, const struct exchange *e,
                   uint16_t status)
{
	char text[256];
	struct buffer lines = BUFFER_ON(text);

	if (status == 415)
		body_write_accept(&lines, (enum sip_method)in->msg->method);
	reply_status(b, e->server, status, view_of(e->to_tag), buffer_view(&lines));
}

/* Whether it is refused by what it is about: 489 for events that do not pass, and a NOTIFY that
 * nobody asked for is told to phones alone. */
static bool is_refused(struct border *b, const struct inbound *in)
{
	bool has_event =
		in->msg->method == SIP_METHOD_NOTIFY || in->msg->method == SIP_METHOD_PUBLISH;
	char text[128];
	struct buffer lines = BUFFER_ON(text);

	if (in->peer && party_is_outer(in->peer) && in->msg->method != SIP_METHOD_OPTIONS) {
		reply_at_once(b, in, 403, VIEW_EMPTY);
		return true;
	}
	if (has_event && !subscription_event_passes(in->msg)) {
		subscription_write_events(&lines);
		reply_at_once(b, in, 489, buffer_view(&lines));
		return true;
	}
	if (in->msg->method == SIP_METHOD_NOTIFY && !in->peer) {
		reply_at_once(b, in, 481, VIEW_EMPTY);
		return true;
	}
	return false;
}

void exchange_request(struct border *b, const struct inbound *in)
{
	enum err err;
	struct exchange *e;
	struct route route;

	if (is_for_us(b, in)) {
		answer_ourselves(b, in);
		return;
	}
	if (is_refused(b, in))
		return;
	if (route_find(b, in, &route) != ERR_NONE) {
		route_refuse(b, in, &route);
		return;
	}
	e = pool_take(b->exchanges);
	if (!e) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
		return;
	}
	e->from = *in->flow;
	e->is_inward = route.peer && !party_is_outer(route.peer);
	reply_to_tag(b, in, e->to_tag);
	if (reply_open(b, in, PURPOSE_EXCHANGE, pool_handle_of(b->exchanges, e), &e->server) !=
	    ERR_NONE) {
		pool_give(b->exchanges, e);
		return;
	}
	err = forward(b, in, &route, e);
	if (err != ERR_NONE) {
		refuse(b, in, e, refusal_of(err));
		pool_give(b->exchanges, e);
	}
}

/* A challenge that goes to the account's own flow, or the end of one from outside. */
static uint16_t pass_challenge(struct border *b, const struct inbound *in, const struct exchange *e,
                               struct buffer *lines)
{
	struct challenge c;

	if (!e->is_inward) {
		fact_leak(b, in);
		return 500;
	}
	if (challenge_read(in->msg, &c) == ERR_NONE)
		challenge_write(b, &c, &e->from.remote, COOKIE_USER_ORDINARY, lines);
	return in->msg->status;
}

void exchange_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                     enum ua_answer answer)
{
	struct exchange *e = pool_at(b->exchanges, event->user.object);
	uint16_t status = in->msg->status;
	char text[LINES_MAX];
	struct buffer lines = BUFFER_ON(text);

	if (!e || answer != UA_ANSWER_FINAL)
		return;
	if (status == 401 || status == 407)
		status = pass_challenge(b, in, e, &lines);
	party_copy_headers(b, in->peer, party_peer_of(b, &e->from), in->msg, &lines);
	extensions_copy(&lines, in->msg);
	if (in->msg->cseq.method == SIP_METHOD_PUBLISH)
		write_expires(in->msg, &lines);
	if (sip_msg_header(in->msg, SIP_HEADER_ALLOW))
		sip_build_header(&lines, SIP_HEADER_ALLOW, VIEW(BORDER_ALLOW));
	border_count(b, COUNT_responses_forwarded);
	reply_status(b, e->server, status, view_of(e->to_tag),
	             lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
	pool_give(b->exchanges, e);
}

/* RFC 4320 4.1: no answer from there, none from here. */
void exchange_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct exchange *e = pool_at(b->exchanges, event->user.object);

	if (!e || notice == UA_ENDED)
		return;
	ua_server_drop(b->ua, e->server);
	pool_give(b->exchanges, e);
}
