/* SPDX-License-Identifier: Apache-2.0 */
/* The ways that there are between phones, their PBX, and other peers. */
#include "border/route.h"

#include "border/call_priv.h"
#include "border/home.h"
#include "border/identity.h"
#include "border/peers.h"
#include "border/spend.h"
#include "border/ways.h"

static enum err fail(struct route *ret, uint16_t status, enum refusal why)
{
	ret->refusal = status;
	ret->why = why;
	return ERR_NOT_FOUND;
}

/* The PBX where phones of one domain register has no business with those of another's. */
static bool is_of_other(const struct border *b, const struct border_peer *from,
                        const struct registration *r)
{
	return home_of_peer(b, from) != HOME_NONE && r->facts.peer != from - b->settings.peers;
}

static enum err to_phone(const struct border *b, const struct inbound *in,
                         const struct sip_uri *uri, struct route *ret)
{
	struct registration *r = registration_called(&b->registrations, uri->user);

	if (r && (r->facts.pbx || is_of_other(b, in->peer, r)))
		r = NULL;
	if (!r && uri->user.len == NAMES_HASH_LEN)
		return fail(ret, 480, REFUSAL_NOT_REGISTERED);
	if (!r)
		return fail(ret, 404, REFUSAL_NO_SUCH);
	ret->to = r->facts.flow;
	ret->registration = r;
	(void)VIEW_COPY(view_of(r->facts.contact), ret->uri);
	return ERR_NONE;
}

static enum err to_peer(const struct border *b, const struct border_peer *from,
                        const struct sip_uri *uri, uint16_t row, struct route *ret)
{
	struct buffer out = buffer_on(ret->uri, sizeof(ret->uri) - 1);
	char text[MAX_E164_DIGITS + 2];
	struct buffer number = BUFFER_ON(text);
	struct sip_uri written = *uri;
	struct target_way way;

	ret->peer = &b->settings.peers[row];
	if (dial_rewrites(ret->peer, &ret->number)) {
		dial_write(ret->peer, &ret->number, &number);
		written.user = buffer_view(&number);
	}
	way = (struct target_way){ ret->peer->address, ret->peer->transport };
	if (party_flow_between(b, from, ret->peer, &way, &ret->to) != ERR_NONE)
		return fail(ret, 503, REFUSAL_NO_WAY);
	identity_write_uri(b, &out, &written, &(struct identity_reader){ .peer = ret->peer });
	if (out.err != ERR_NONE)
		return fail(ret, 414, REFUSAL_NO_SUCH);
	ret->uri[out.len] = 0;
	return ERR_NONE;
}

enum err route_to_peer(const struct border *b, const struct border_peer *from, struct view dialled,
                       uint16_t row, struct route *ret)
{
	struct sip_uri uri = { .scheme = SIP_SCHEME_SIP, .user = dialled };

	*ret = (struct route){ 0 };
	if (row >= b->settings.peer_count || view_is_empty(dialled))
		return ERR_NOT_FOUND;
	dial_read(&b->settings, from, dialled, &ret->number);
	uri.host = sip_host_of(&b->settings.peers[row].address);
	return to_peer(b, from, &uri, row, ret);
}

static enum err to_target(const struct border *b, const struct border_peer *from,
                          const struct sip_uri *uri, unsigned at, struct route *ret)
{
	enum err err = to_peer(b, from, uri, ret->targets.peers[at], ret);

	if (err == ERR_NONE &&
	    party_flow_between(b, from, ret->peer, &ret->targets.ways[at], &ret->to) != ERR_NONE)
		return fail(ret, 503, REFUSAL_NO_WAY);
	return err;
}

/* RFC 5630 5.3: what is asked for by sips: is protected on each hop. */
static bool is_onward_by_tls(const struct border *b, const struct sip_uri *uri,
                             const struct route *route)
{
	return b->settings.needs_sips && uri->scheme == SIP_SCHEME_SIPS && !route->number.is_urgent;
}

/* Of several targets those that are reached by TLS stay. */
static void leave_out_clear(struct targets *t)
{
	uint8_t kept = 0;

	for (uint8_t i = 0; i < t->count; i++) {
		const struct flow to = { .transport = t->ways[i].transport };

		if (!flow_is_secure(&to))
			continue;
		t->peers[kept] = t->peers[i];
		t->routes[kept] = t->routes[i];
		t->ways[kept++] = t->ways[i];
	}
	t->count = kept;
}

static enum err to_first(const struct border *b, const struct border_peer *from,
                         const struct sip_uri *uri, struct route *ret)
{
	ways_expand(b, &ret->targets);
	if (is_onward_by_tls(b, uri, ret)) {
		leave_out_clear(&ret->targets);
		if (ret->targets.count == 0)
			return fail(ret, 480, REFUSAL_SIPS);
	}
	return to_target(b, from, uri, 0, ret);
}

/* The PBX where the account that calls is registered by this flow; another account's on
 * it, else the one of the caller's domain. */
static uint16_t registrar_row(const struct border *b, const struct inbound *in)
{
	const struct registration *r = registration_on_flow(&b->registrations, in->flow), *own;
	char text[REGISTRATION_ACCOUNT_SIZE];
	struct buffer account = BUFFER_ON(text);
	struct sip_name_addr from;
	uint16_t home;

	if (sip_parts_address(in->msg, SIP_HEADER_FROM, &from) != ERR_NONE ||
	    party_account(b, &from.uri, &account) != ERR_NONE)
		return r ? r->facts.peer : home_row(b, 0);
	own = registration_of(&b->registrations, buffer_view(&account), in->flow);
	if (own || r)
		return own ? own->facts.peer : r->facts.peer;
	home = home_of_host(b, &from.uri.host);
	return home_row(b, home == HOME_NONE ? 0 : home);
}

static enum err to_registrar(const struct border *b, const struct inbound *in,
                             const struct sip_uri *uri, struct route *ret)
{
	if (!b->settings.subscribers.is_on)
		return fail(ret, 404, REFUSAL_NO_SUCH);
	ret->targets.peers[0] = registrar_row(b, in);
	ret->targets.count = 1;
	return to_first(b, NULL, uri, ret);
}

static enum err by_routes(const struct border *b, const struct inbound *in,
                          const struct sip_uri *uri, struct route *ret)
{
	struct target_question q = {
		.dialled = uri->user,
		.meant = dial_meant(&ret->number),
		.host = uri->host.text,
		.from = (uint16_t)(in->peer - b->settings.peers),
		.face = party_is_face(b, &in->flow->local) ? &in->flow->local : NULL,
	};

	b->ports.random(b->ports.context, q.draws, sizeof(q.draws));
	target_find(&b->settings, &q, &ret->targets);
	if (ret->targets.count == 0)
		return fail(ret, 404, REFUSAL_NO_SUCH);
	return to_first(b, in->peer, uri, ret);
}

/* A carrier calls the Contact with which a PBX registered there: that is its route. */
static enum err to_pbx(const struct border *b, const struct registration *r, struct route *ret)
{
	ret->peer = &b->settings.peers[r->facts.pbx - 1];
	if (!party_may(ret->peer, MAY_RECEIVE) || party_flow_to(b, ret->peer, &ret->to) != ERR_NONE)
		return fail(ret, 503, REFUSAL_NO_WAY);
	(void)VIEW_COPY(view_of(r->facts.contact), ret->uri);
	return ERR_NONE;
}

static const struct registration *stay_of(const struct border *b, const struct inbound *in,
                                          const struct sip_uri *uri)
{
	const struct registration *r;

	if (!in->peer->stays_on_pbx || uri->user.len != NAMES_HASH_LEN ||
	    !party_may(in->peer, MAY_PLACE))
		return NULL;
	r = registration_by_token(&b->registrations, uri->user);
	return r && r->facts.pbx && r->facts.peer == in->peer - b->settings.peers ? r : NULL;
}

static enum err find(const struct border *b, const struct inbound *in, const struct sip_uri *uri,
                     struct route *ret)
{
	dial_read(&b->settings, in->peer, uri->user, &ret->number);
	if (!in->peer)
		return to_registrar(b, in, uri, ret);
	if (!party_may(in->peer, MAY_PLACE))
		return fail(ret, 403, REFUSAL_PEER_PLACE);
	if (stay_of(b, in, uri))
		return to_pbx(b, stay_of(b, in, uri), ret);
	/* Names of phones are given to who stands inside alone. */
	if (!party_is_outer(in->peer) && uri->user.len == NAMES_HASH_LEN)
		return to_phone(b, in, uri, ret);
	return by_routes(b, in, uri, ret);
}

enum err route_find(const struct border *b, const struct inbound *in, struct route *ret)
{
	struct sip_uri uri;
	enum err err;

	*ret = (struct route){ 0 };
	if (sip_uri_parse(in->msg->uri, &uri) != ERR_NONE)
		return fail(ret, 400, REFUSAL_NO_SUCH);
	if (uri.scheme == SIP_SCHEME_OTHER)
		return fail(ret, 416, REFUSAL_NO_SUCH);
	err = find(b, in, &uri, ret);
	ret->needs_tls = is_onward_by_tls(b, &uri, ret);
	if (err == ERR_NONE && ret->needs_tls && !flow_is_secure(&ret->to))
		return fail(ret, 480, REFUSAL_SIPS);
	return err;
}

/* ---- whether it may begin ---- */

/* Puts the target at `at` first; the order of the others stays. */
static void prefer(struct targets *t, unsigned at)
{
	uint16_t peer = t->peers[at], route = t->routes[at];
	struct target_way way = t->ways[at];

	for (; at > 0; at--) {
		t->peers[at] = t->peers[at - 1];
		t->routes[at] = t->routes[at - 1];
		t->ways[at] = t->ways[at - 1];
	}
	t->peers[0] = peer;
	t->routes[0] = route;
	t->ways[0] = way;
}

/* First among those that answer; if nobody does, among all: we may be wrong. */
static bool choose(struct border *b, struct route *route)
{
	struct targets *t = &route->targets;

	for (unsigned pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < t->count; i++) {
			if (peers_is_way_away(b, t->peers[i], &t->ways[i]) != (pass == 1) ||
			    (!route->number.is_urgent && !peers_may_begin(b, t->peers[i])))
				continue;
			prefer(t, i);
			return true;
		}
	}
	return t->count == 0;
}

static enum err refuse_full(struct route *route)
{
	(void)fail(route, 503, REFUSAL_PEER_LIMIT);
	return ERR_FULL;
}

static const struct border_peer *peer_at(const struct border *b, uint16_t row)
{
	return &b->settings.peers[row];
}

enum err route_admit(struct border *b, const struct inbound *in, struct route *route)
{
	uint16_t caller = in->peer ? (uint16_t)(in->peer - b->settings.peers) : PEER_GONE;
	struct target_way first = route->targets.ways[0];
	uint16_t first_peer = route->targets.peers[0];
	struct sip_uri uri;
	enum refusal why;

	/* A half of a call that has begun is no new one. */
	if (b->is_draining && !route->number.is_urgent && !call_has_begun(b, in->msg->call_id)) {
		(void)fail(route, 503, REFUSAL_DRAINING);
		return ERR_DENIED;
	}
	if (!route->number.is_urgent && !peers_may_begin(b, caller))
		return refuse_full(route);
	if (!choose(b, route))
		return refuse_full(route);
	if (route->targets.count > 0 &&
	    spend_check(b, (struct spend_way){ in->peer, peer_at(b, route->targets.peers[0]) },
	                &route->number, &why) != ERR_NONE) {
		(void)fail(route, 403, why);
		return ERR_DENIED;
	}
	if (route->targets.count == 0 || (route->targets.peers[0] == first_peer &&
	                                  addr_equal(&route->targets.ways[0].to, &first.to)))
		return ERR_NONE;
	if (sip_uri_parse(in->msg->uri, &uri) != ERR_NONE)
		return fail(route, 400, REFUSAL_NO_SUCH);
	return to_target(b, in->peer, &uri, 0, route);
}

void route_write_callee(const struct route *route, struct buffer *out)
{
	if (!route->registration) {
		buffer_text(out, route->uri);
		return;
	}
	buffer_text(out, "sip:");
	buffer_text(out, route->registration->facts.account);
}

void route_write_path(const struct route *route, struct buffer *out)
{
	if (route->registration)
		path_write(out, SIP_HEADER_ROUTE, route->registration->facts.path);
}

void route_refuse(struct border *b, const struct inbound *in, const struct route *route)
{
	char text[64];
	struct buffer lines = BUFFER_ON(text);

	if (route->why == REFUSAL_DRAINING)
		reply_retry_after(b, &lines);
	if (route->why == REFUSAL_PEER_LIMIT) {
		border_count(b, COUNT_limit_calls);
		reply_retry_after(b, &lines);
	}
	if (route->refusal == 403 || route->refusal == 404 || route->refusal == 480 ||
	    route->refusal == 503)
		reply_refusal(b, in, route->refusal, route->why, buffer_view(&lines));
	else
		reply_at_once(b, in, route->refusal, VIEW_EMPTY);
}
