/* SPDX-License-Identifier: Apache-2.0 */
/* SUBSCRIBE and NOTIFY between two dialogs. */
#include "border/subscription_priv.h"

#include "border/body.h"
#include "border/challenge.h"
#include "border/extensions.h"
#include "border/ingress.h"
#include "border/peers.h"
#include "border/route.h"
#include "sip/number.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	struct view name, type; /* and what is told of it where nothing else is asked for */
} events[] = {
	{ { "dialog", 6 }, { "application/dialog-info+xml", 27 } },
	{ { "message-summary", 15 }, { "application/simple-message-summary", 34 } },
	{ { "presence", 8 }, { "application/pidf+xml", 20 } },
};
enum { EVENTS = sizeof(events) / sizeof(events[0]) };

enum err subscriptions_new(struct border *b, struct subscriptions **ret)
{
	uint64_t wanted = (uint64_t)SUBSCRIPTIONS_PER_REGISTRATION *
	                  b->settings.subscribers.max_registrations;
	uint32_t count = wanted < MAX_SUBSCRIPTIONS ? (uint32_t)wanted : MAX_SUBSCRIPTIONS;
	struct subscriptions *s = calloc(1, sizeof(*s));
	enum err err;

	if (!s)
		return ERR_NO_MEMORY;
	err = pool_new(sizeof(struct subscription), count + 1, &s->table);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct passage), b->settings.max_transactions, &s->passages);
	if (err == ERR_NONE)
		err = map_init(&s->by_serial, CALL_LEGS * ((size_t)count + 1),
		               &b->ports.keys[KEY_TABLES]);
	if (err == ERR_NONE)
		err = map_init(&s->by_flow, (size_t)count + 1, &b->ports.keys[KEY_TABLES]);
	if (err != ERR_NONE) {
		subscriptions_free(&s);
		return err;
	}
	*ret = s;
	return ERR_NONE;
}

void subscriptions_free(struct subscriptions **subscriptions)
{
	struct subscriptions *s = *subscriptions;

	if (!s)
		return;
	map_clear(&s->by_flow);
	map_clear(&s->by_serial);
	pool_free(&s->table);
	pool_free(&s->passages);
	free(s);
	*subscriptions = NULL;
}

/* ---- the table ---- */

static bool has_serial(const struct map_node *node, const void *wanted)
{
	return HOLDER(node, struct subscription_name, by_serial)->serial ==
	     *(const uint64_t *)wanted;
}

static struct map_node *node_of(const struct border *b, uint64_t serial)
{
	const struct map *m = &b->subscriptions->by_serial;

	return map_find(m, map_hash(m, &serial, sizeof(serial)), has_serial, &serial);
}

struct subscription *subscription_by_tag(const struct border *b, struct view tag, unsigned *ret_leg)
{
	struct subscription_name *found;
	struct map_node *node;
	struct ua_name name;

	if (ua_name_read(tag, &b->namer, UA_NAME_TAG, &name) != ERR_NONE)
		return NULL;
	node = node_of(b, name.serial);
	if (!node)
		return NULL;
	found = HOLDER(node, struct subscription_name, by_serial);
	*ret_leg = found->number;
	return HOLDER(found - found->number, struct subscription, names);
}

void subscription_end(struct subscription *s)
{
	struct border *b = s->border;

	wheel_cancel(&b->wheel, &s->expiry);
	map_remove(&b->subscriptions->by_flow, &s->by_flow);
	for (unsigned i = 0; i < CALL_LEGS; i++)
		map_remove(&b->subscriptions->by_serial, &s->names[i].by_serial);
	pool_give(b->subscriptions->table, s);
}

static uint64_t hash_of_flow(const struct map *m, const struct flow *flow)
{
	return map_hash(m, &flow->remote, sizeof(flow->remote));
}

void subscription_move(struct subscription *s, unsigned leg, const struct flow *flow)
{
	struct map *m = &s->border->subscriptions->by_flow;

	s->legs[leg].flow = *flow;
	if (leg != SUBSCRIBER)
		return;
	map_remove(m, &s->by_flow);
	map_insert(m, &s->by_flow, hash_of_flow(m, flow));
}

struct tally {
	const struct flow *flow;
	unsigned *count;
};

static bool is_one_too_many(const struct map_node *node, const void *wanted)
{
	const struct subscription *s = HOLDER(node, const struct subscription, by_flow);
	const struct tally *tally = wanted;

	*tally->count += flow_equal(&s->legs[SUBSCRIBER].flow, tally->flow);
	return *tally->count == MAX_SUBSCRIPTIONS_OF_FLOW;
}

static bool has_many(const struct border *b, const struct flow *flow)
{
	const struct map *m = &b->subscriptions->by_flow;
	unsigned count = 0;
	struct tally tally = { flow, &count };

	return map_find(m, hash_of_flow(m, flow), is_one_too_many, &tally) != NULL;
}

void subscriptions_apply(struct border *b)
{
	struct subscription *s;
	uint32_t place = 0;

	while ((s = pool_next(b->subscriptions->table, &place))) {
		bool is_gone = false;

		for (unsigned i = 0; i < CALL_LEGS; i++) {
			s->legs[i].peer = peers_row_now(b, &b->before, s->legs[i].peer);
			is_gone = is_gone || s->legs[i].peer == PEER_GONE;
		}
		if (is_gone)
			subscription_end(s);
	}
}

static void expired(struct timer *t, uint64_t now_us)
{
	(void)now_us;
	subscription_end(HOLDER(t, struct subscription, expiry));
}

void subscription_lives_for(struct subscription *s, uint32_t seconds)
{
	uint32_t bounded = seconds < EXPIRES_MAX_S ? seconds : EXPIRES_MAX_S;

	wheel_set(&s->border->wheel, &s->expiry,
	          s->border->now.us + (uint64_t)(bounded + GRACE_S) * SECOND_US);
}

static void enter_name(struct subscription *s, unsigned number)
{
	struct map *m = &s->border->subscriptions->by_serial;
	struct subscription_name *name = &s->names[number];

	name->number = (uint8_t)number;
	name->serial = s->legs[number].serial;
	map_insert(m, &name->by_serial, map_hash(m, &name->serial, sizeof(name->serial)));
}

static struct subscription *take(struct border *b)
{
	struct subscription *s = pool_take(b->subscriptions->table);

	if (!s)
		return NULL;
	s->border = b;
	timer_init(&s->expiry, expired);
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		leg_name(b, &s->legs[i]);
		enter_name(s, i);
	}
	return s;
}

/* Towards a PBX it bears the names of the one that was challenged. */
static void name_again(struct subscription *s, const struct inbound *in, const struct route *route)
{
	struct border *b = s->border;
	uint64_t serial = request_serial(b, in);

	if (!route->peer || party_is_outer(route->peer) || node_of(b, serial))
		return;
	map_remove(&b->subscriptions->by_serial, &s->names[NOTIFIER].by_serial);
	s->legs[NOTIFIER].serial = serial;
	enter_name(s, NOTIFIER);
}

/* ---- events ---- */

bool subscription_event_of(const struct sip_msg *msg, struct sip_event *ret)
{
	if (sip_event_parse(sip_msg_value(msg, SIP_HEADER_EVENT), ret) != ERR_NONE)
		return false;
	for (unsigned i = 0; i < EVENTS; i++) {
		if (view_equal_nocase(ret->package, events[i].name))
			return true;
	}
	return false;
}

bool subscription_event_passes(const struct sip_msg *msg)
{
	struct sip_event event;

	return subscription_event_of(msg, &event) ||
	       (msg->method == SIP_METHOD_NOTIFY &&
	        view_equal_nocase(sip_msg_value(msg, SIP_HEADER_EVENT), VIEW("check-sync")));
}

void subscription_write_events(struct buffer *out)
{
	size_t begun = sip_build_begin(out, SIP_HEADER_ALLOW_EVENTS);

	for (unsigned i = 0; i < EVENTS; i++) {
		buffer_text(out, i ? ", " : "");
		buffer_put(out, events[i].name);
	}
	sip_build_finish(out, begun);
}

void subscription_refuse_event(struct border *b, const struct inbound *in)
{
	char text[128];
	struct buffer lines = BUFFER_ON(text);

	subscription_write_events(&lines);
	reply_at_once(b, in, 489, buffer_view(&lines));
}

void subscription_refuse_body(struct border *b, const struct inbound *in)
{
	char text[256];
	struct buffer lines = BUFFER_ON(text);

	body_write_accept(&lines, (enum sip_method)in->msg->method);
	reply_at_once(b, in, 415, buffer_view(&lines));
}

/* ---- a request goes on ---- */

/* RFC 6665 3.1.3: a SUBSCRIBE without Accept means the type of the event. It is written, since
 * chan_sip answers 489 where it is not. */
static void write_default_type(const struct subscription *s, const struct sip_msg *msg,
                               struct buffer *out)
{
	struct view name = view_of(s->event);

	name.len = view_find(name, ';', 0);
	for (unsigned i = 0; i < EVENTS; i++) {
		if (view_equal_nocase(name, events[i].name) &&
		    view_is_empty(sip_msg_value(msg, SIP_HEADER_ACCEPT)))
			sip_build_header(out, SIP_HEADER_ACCEPT, events[i].type);
	}
}

static void write_rest(struct border *b, const struct inbound *in, struct subscription *s,
                       struct passage *p, struct request *r)
{
	struct leg_facts *to = &s->legs[leg_other(p->from)];
	const struct identity_reader reader = { .peer = leg_peer(b, to), .flow = &to->flow };
	char text[MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 256)], body_text[BODY_MAX];
	struct buffer lines = BUFFER_ON(text), space = BUFFER_ON(body_text);
	struct body body;
	enum err err = body_write(b, in->msg, &reader, &space, &body);

	buffer_fail(&r->out, err);
	leg_write_contact(b, to, &r->out);
	sip_build_header(&r->out, SIP_HEADER_EVENT, view_of(s->event));
	if (p->method == SIP_METHOD_SUBSCRIBE) {
		sip_build_number(&r->out, SIP_HEADER_EXPIRES, p->expires_s);
		write_default_type(s, in->msg, &r->out);
	}
	party_copy_headers(b, in->peer, reader.peer, in->msg, &r->out);
	extensions_copy(&r->out, in->msg);
	if (reader.peer) {
		(void)credentials_pass(b, in, CREDENTIALS_ANY, &lines);
		buffer_put(&r->out, lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
	}
	if (err == ERR_NONE && !view_is_empty(body.text))
		sip_build_header(&r->out, SIP_HEADER_CONTENT_TYPE, body.type);
	sip_build_body(&r->out, err == ERR_NONE ? body.text : VIEW_EMPTY);
}

static enum err send(struct border *b, struct passage *p, struct request *r)
{
	return request_send(b, r, PURPOSE_SUBSCRIPTION,
	                    pool_handle_of(b->subscriptions->passages, p), &p->client);
}

static enum err send_first(struct border *b, const struct inbound *in, const struct route *route,
                           struct subscription *s, struct passage *p)
{
	const struct ua_dialog *d = &s->legs[NOTIFIER].dialog;
	const struct identity_reader reader = { .peer = route->peer, .flow = &route->to };
	const struct identity from = { SIP_HEADER_FROM, sip_msg_value(in->msg, SIP_HEADER_FROM),
		                       view_of(d->local_tag) };
	struct request r = request_forward(b, in, &route->to, view_of(route->uri));

	route_write_path(route, &r.out);
	identity_write(b, &r.out, &from, &reader);
	sip_build_name_addr(&r.out, SIP_HEADER_TO, VIEW_EMPTY, view_of(d->remote_uri), VIEW_EMPTY);
	sip_build_header(&r.out, SIP_HEADER_CALL_ID, view_of(d->call_id));
	sip_build_cseq(&r.out, d->local_cseq, in->msg->method_text);
	write_rest(b, in, s, p, &r);
	return r.out.err != ERR_NONE ? r.out.err : send(b, p, &r);
}

enum err subscription_send_within(struct border *b, const struct inbound *in,
                                  struct subscription *s, struct passage *p)
{
	struct leg_facts *to = &s->legs[leg_other(p->from)];
	struct request r;
	uint32_t cseq;
	enum err err = ua_dialog_next_cseq(&to->dialog, &cseq);

	if (err != ERR_NONE)
		return err;
	r = leg_request(b, to, in->msg->method_text, cseq, in->msg);
	write_rest(b, in, s, p, &r);
	return r.out.err != ERR_NONE ? r.out.err : send(b, p, &r);
}

struct passage *subscription_open(struct border *b, struct inbound *in, struct subscription *s,
                                  unsigned from)
{
	struct subscriptions *all = b->subscriptions;
	struct passage *p = pool_take(all->passages);

	if (!p) {
		border_count(b, COUNT_limit_transactions);
		reply_busy(b, in);
		return NULL;
	}
	p->subscription = pool_handle_of(all->table, s);
	p->from = (uint8_t)from;
	p->method = in->msg->method;
	if (sip_seconds_of(in->msg, SIP_HEADER_EXPIRES, &p->expires_s) != ERR_NONE)
		p->expires_s = EXPIRES_DEFAULT_S;
	if (p->expires_s > EXPIRES_MAX_S)
		p->expires_s = EXPIRES_MAX_S;
	if (reply_open(b, in, PURPOSE_SUBSCRIPTION, pool_handle_of(all->passages, p), &p->server) !=
	    ERR_NONE) {
		pool_give(all->passages, p);
		return NULL;
	}
	return p;
}

void subscription_close_refused(struct border *b, struct passage *p, const struct subscription *s,
                                enum err err)
{
	uint16_t status = err == ERR_FULL ? 503 : err == ERR_SYNTAX || err == ERR_LIMIT ? 400 : 415;
	char text[256];
	struct buffer lines = BUFFER_ON(text);

	if (status == 415)
		body_write_accept(&lines, (enum sip_method)p->method);
	reply_status(b, p->server, status, view_of(s->legs[p->from].dialog.local_tag),
	             buffer_view(&lines));
	pool_give(b->subscriptions->passages, p);
}

/* ---- the first SUBSCRIBE ---- */

static enum err write_uri(const struct border *b, const struct sip_msg *msg, enum sip_header_id id,
                          const struct route *route, struct buffer *out)
{
	const struct identity_reader reader = { .peer = route->peer, .flow = &route->to };
	struct sip_name_addr address;
	enum err err = sip_parts_address(msg, id, &address);

	if (err == ERR_NONE)
		identity_write_uri(b, out, &address.uri, &reader);
	return err == ERR_NONE ? out->err : err;
}

static uint16_t row_of(const struct border *b, const struct border_peer *peer)
{
	return peer ? (uint16_t)(peer - b->settings.peers) : CALL_PHONE;
}

static enum err fill_subscriber(struct border *b, const struct inbound *in, struct leg_facts *leg)
{
	const struct registration *r = registration_on_flow(&b->registrations, in->flow);
	char tag[UA_NAME_LEN + 1];

	leg->peer = row_of(b, in->peer);
	if (r)
		leg->account_hash = fact_hash(b, view_of(r->facts.account));
	leg_write_name(b, leg, UA_NAME_TAG, tag);
	return ua_dialog_accept(in->msg, view_of(tag), party_is_sips(in->flow, in->msg->uri),
	                        &leg->dialog);
}

static enum err fill_notifier(struct border *b, const struct inbound *in, const struct route *route,
                              struct leg_facts *leg)
{
	char from[UA_DIALOG_URI_MAX], to[UA_DIALOG_URI_MAX];
	struct buffer from_uri = BUFFER_ON(from), to_uri = BUFFER_ON(to);
	struct ua_dialog_start start = { .target = view_of(route->uri),
		                         .cseq = request_first_cseq(in) };
	enum err err = write_uri(b, in->msg, SIP_HEADER_FROM, route, &from_uri);

	leg->flow = route->to;
	leg->peer = row_of(b, route->peer);
	if (route->registration)
		leg->account_hash = fact_hash(b, view_of(route->registration->facts.account));
	if (err == ERR_NONE && route->peer)
		err = write_uri(b, in->msg, SIP_HEADER_TO, route, &to_uri);
	else
		route_write_callee(route, &to_uri);
	if (err != ERR_NONE)
		return err;
	start.local_uri = buffer_view(&from_uri);
	start.remote_uri = buffer_view(&to_uri);
	return to_uri.err != ERR_NONE ? to_uri.err : leg_begin(b, leg, start);
}

static struct subscription *make(struct border *b, const struct inbound *in,
                                 const struct route *route, const struct sip_event *event)
{
	struct subscription *s = !in->peer && has_many(b, in->flow) ? NULL : take(b);
	struct buffer text;
	enum err err;

	if (!s) {
		border_count(b, COUNT_limit_calls);
		reply_busy(b, in);
		return NULL;
	}
	name_again(s, in, route);
	text = buffer_on(s->event, sizeof(s->event) - 1);
	sip_event_write(&text, event);
	err = text.err;
	if (err == ERR_NONE)
		subscription_move(s, SUBSCRIBER, in->flow);
	if (err == ERR_NONE)
		err = fill_subscriber(b, in, &s->legs[SUBSCRIBER]);
	if (err == ERR_NONE)
		err = fill_notifier(b, in, route, &s->legs[NOTIFIER]);
	if (err == ERR_NONE)
		return s;
	subscription_end(s);
	reply_at_once(b, in, err == ERR_LIMIT ? 513 : 400, VIEW_EMPTY);
	return NULL;
}

void subscription_begin(struct border *b, struct inbound *in)
{
	struct subscription *s;
	struct sip_event event;
	struct route route;
	struct passage *p;
	enum err err;

	if (!subscription_event_of(in->msg, &event)) {
		subscription_refuse_event(b, in);
		return;
	}
	if (!view_is_empty(in->msg->body)) {
		subscription_refuse_body(b, in);
		return;
	}
	if (in->peer && party_is_outer(in->peer)) {
		reply_at_once(b, in, 403, VIEW_EMPTY);
		return;
	}
	if (route_find(b, in, &route) != ERR_NONE) {
		route_refuse(b, in, &route);
		return;
	}
	s = make(b, in, &route, &event);
	if (!s)
		return;
	p = subscription_open(b, in, s, SUBSCRIBER);
	if (!p) {
		subscription_end(s);
		return;
	}
	p->is_first = true;
	subscription_lives_for(s, p->expires_s);
	err = send_first(b, in, &route, s, p);
	if (err == ERR_NONE)
		return;
	subscription_close_refused(b, p, s, err);
	subscription_end(s);
}
