/* SPDX-License-Identifier: Apache-2.0 */
/* Who is at the other end of a flow, and what it may see of us. */
#include "border/border_priv.h"
#include "border/home.h"
#include "border/options.h"

#include "border/ways.h"
#include "sip/uri.h"

static const struct border_listener *
listener_for(const struct border *b, const struct border_peer *peer, const struct target_way *way)
{
	const struct border_settings *s = &b->settings;

	for (unsigned i = 0; i < s->listener_count; i++) {
		const struct border_listener *l = &s->listeners[i];

		if (l->side != peer->side || l->transport != way->transport ||
		    l->local.family != way->to.family)
			continue;
		if (peer->appears_as.family == 0 || addr_equal(&peer->appears_as, &l->local))
			return l;
	}
	return NULL;
}

static struct flow flow_by(const struct border *b, const struct border_listener *l,
                           const struct border_peer *peer, const struct target_way *way)
{
	return (struct flow){
		.local = l->local,
		.remote = way->to,
		.listener = (uint16_t)(l - b->settings.listeners),
		.transport = way->transport,
		.side = (uint8_t)peer->side,
	};
}

enum err party_flow_by(const struct border *b, const struct border_peer *peer,
                       const struct target_way *way, struct flow *ret)
{
	const struct border_listener *l = listener_for(b, peer, way);

	if (!l)
		return ERR_NOT_FOUND;
	*ret = flow_by(b, l, peer, way);
	return ERR_NONE;
}

enum err party_flow_between(const struct border *b, const struct border_peer *from,
                            const struct border_peer *to, const struct target_way *way,
                            struct flow *ret)
{
	const struct border_settings *s = &b->settings;

	for (unsigned i = 0; from && from->appears_inside.family && i < s->listener_count; i++) {
		const struct border_listener *l = &s->listeners[i];

		if (l->side == to->side && l->transport == way->transport &&
		    addr_equal(&l->local, &from->appears_inside)) {
			*ret = flow_by(b, l, to, way);
			return ERR_NONE;
		}
	}
	return party_flow_by(b, to, way, ret);
}

bool party_is_face(const struct border *b, const struct addr *local)
{
	for (unsigned i = 0; i < b->settings.peer_count; i++) {
		if (addr_equal(&b->settings.peers[i].appears_inside, local))
			return true;
	}
	return false;
}

enum err party_flow_to(const struct border *b, const struct border_peer *peer, struct flow *ret)
{
	return party_flow_by(b, peer, &(struct target_way){ peer->address, peer->transport }, ret);
}

enum err party_flow_back(const struct border *b, const struct border_peer *peer,
                         const struct flow *from, struct flow *ret)
{
	const struct way *w = ways_at(b, (uint16_t)(peer - b->settings.peers), &from->remote, true);

	if (!w || w->to.transport != from->transport)
		return party_flow_to(b, peer, ret);
	return party_flow_by(b, peer, &(struct target_way){ w->to.to, w->to.transport }, ret);
}

static bool is_of_name(const struct border *b, const struct border_peer *peer,
                       const struct addr *remote, bool is_host_enough)
{
	return ways_at(b, (uint16_t)(peer - b->settings.peers), remote, is_host_enough) != NULL;
}

bool party_is_from(const struct border *b, const struct border_peer *peer,
                   const struct addr *remote)
{
	if (peer->from_count == 0)
		return peer->host[0] ? is_of_name(b, peer, remote, true)
		                     : addr_same_host(&peer->address, remote);
	for (unsigned i = 0; i < peer->from_count; i++) {
		if (addr_net_holds(&peer->from[i], remote))
			return true;
	}
	return false;
}

bool party_is_at(const struct border *b, const struct border_peer *peer, const struct addr *remote)
{
	return peer->host[0] ? is_of_name(b, peer, remote, false)
	                     : addr_equal(&peer->address, remote);
}

/* A flow without a number is one of ours to it. */
static bool has_shown(const struct border *b, const struct border_peer *peer,
                      const struct flow *flow)
{
	if (peer->signalling == SIGNALLING_CLEAR)
		return true;
	if (!flow_is_secure(flow))
		return false;
	return peer->signalling == SIGNALLING_TLS || flow->connection == 0 ||
	       (b->ports.shown &&
	        view_equal(view_of(b->ports.shown(b->ports.context, flow)), view_of(peer->name)));
}

/* Two peers on one host are told apart by the port. Whose address is written goes before whose
 * name leads there: no name server can make one peer another. */
static unsigned fit_of(const struct border *b, const struct border_peer *peer,
                       const struct addr *remote)
{
	if (!party_is_from(b, peer, remote))
		return 0;
	if (peer->host[0])
		return is_of_name(b, peer, remote, false) ? 2 : 1;
	return addr_equal(&peer->address, remote) ? 4 : 3;
}

const struct border_peer *party_peer_of(const struct border *b, const struct flow *flow)
{
	const struct border_peer *best = NULL;
	unsigned best_fit = 0;

	for (unsigned i = 0; i < b->settings.peer_count && best_fit < 4; i++) {
		const struct border_peer *peer = &b->settings.peers[i];
		unsigned fit = peer->side == flow->side ? fit_of(b, peer, &flow->remote) : 0;

		if (fit > best_fit && has_shown(b, peer, flow)) {
			best = peer;
			best_fit = fit;
		}
	}
	return best;
}

bool party_is_outer(const struct border_peer *peer)
{
	return peer->kind == PEER_CARRIER || peer->kind == PEER_CUSTOMER;
}

bool party_may(const struct border_peer *peer, enum peer_may right)
{
	return border_peer_may(peer, right);
}

const struct border_peer *party_decider(const struct border_peer *from,
                                        const struct border_peer *to)
{
	if (to && party_is_outer(to))
		return to;
	if (from && party_is_outer(from))
		return from;
	return to ? to : from;
}

static uint16_t row_of(const struct border *b, const struct border_peer *peer)
{
	return peer ? (uint16_t)(peer - b->settings.peers) : HEADERS_PHONE;
}

struct headers_ends party_ends(const struct border *b, const struct border_peer *from,
                               const struct border_peer *to)
{
	const struct border_peer *own = party_decider(from, to);

	return (struct headers_ends){
		.way = !to || party_is_outer(to) ? HEADERS_OUTWARD : HEADERS_INWARD,
		.from = row_of(b, from),
		.to = row_of(b, to),
		.own = own && own->headers ? &b->settings.headers[own->headers - 1] : NULL,
		.wall_us = b->now.wall_us,
	};
}

void party_copy_headers(struct border *b, const struct border_peer *from,
                        const struct border_peer *to, const struct sip_msg *msg, struct buffer *out)
{
	const struct headers_ends ends = party_ends(b, from, to);

	headers_copy(out, msg, &ends, b->removed);
}

static bool is_on_lan(const struct border_side *side, const struct addr *remote)
{
	for (unsigned i = 0; i < side->lan_count; i++) {
		if (addr_net_holds(&side->lan[i], remote))
			return true;
	}
	return false;
}

struct addr party_our_address(const struct border *b, const struct flow *flow)
{
	const struct border_side *side = &b->settings.sides[flow->side];
	struct addr ours = flow->local;

	if (side->advertise.family != flow->local.family || is_on_lan(side, &flow->remote))
		return ours;
	ours = side->advertise;
	if (ours.port == 0)
		ours.port = flow->local.port;
	return ours;
}

bool party_is_sips(const struct flow *flow, struct view uri)
{
	return flow_is_secure(flow) && view_starts_nocase(uri, VIEW("sips:"));
}

void party_write_transport(struct buffer *out, const struct flow *flow)
{
	if (flow->transport == TRANSPORT_WSS) {
		buffer_text(out, ";transport=ws"); /* RFC 7118 5.2 has one word for both */
	} else if (flow->transport != TRANSPORT_UDP) {
		buffer_text(out, ";transport=");
		buffer_text(out, flow_transport_word((enum transport_kind)flow->transport));
	}
}

static bool is_our_address(const struct border *b, const struct addr *host)
{
	const struct border_settings *s = &b->settings;

	for (unsigned i = 0; i < s->listener_count; i++) {
		if (addr_same_host(&s->listeners[i].local, host))
			return true;
	}
	for (unsigned i = 0; i < s->side_count; i++) {
		if (s->sides[i].advertise.family && addr_same_host(&s->sides[i].advertise, host))
			return true;
	}
	return false;
}

bool party_is_us(const struct border *b, const struct sip_host *host)
{
	struct view domain = view_of(b->settings.subscribers.domain);

	if (host->addr.family != 0)
		return is_our_address(b, &host->addr);
	return view_is_empty(domain) || home_of_host(b, host) != HOME_NONE;
}

uint64_t party_sender(const struct border *b, const struct border_peer *peer,
                      const struct flow *flow)
{
	struct addr source = addr_source(&flow->remote);

	if (peer && !party_is_face(b, &flow->local))
		return 0;
	if (peer)
		source = addr_source(&flow->local);
	return hash_quick(&b->ports.keys[KEY_TABLES], source.bytes, sizeof(source.bytes));
}

void party_write_domain(struct buffer *out, const struct border_peer *peer)
{
	if (peer->domain[0] || peer->host[0])
		buffer_text(out, peer->domain[0] ? peer->domain : peer->host);
	else
		addr_write_host(out, &peer->address);
}

static void write_lower(struct buffer *out, struct view text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.at[i];

		buffer_char(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
	}
}

enum err party_account(const struct border *b, const struct sip_uri *uri, struct buffer *out)
{
	const struct border_subscribers *subscribers = &b->settings.subscribers;
	uint16_t home;

	if (uri->scheme == SIP_SCHEME_OTHER)
		return ERR_UNSUPPORTED;
	buffer_put(out, uri->user);
	if (uri->scheme == SIP_SCHEME_TEL)
		return out->err;
	buffer_char(out, '@');
	home = home_of_host(b, &uri->host);
	if (home != HOME_NONE)
		write_lower(out, home_domain(b, home));
	else if (!party_is_us(b, &uri->host))
		write_lower(out, uri->host.text);
	else if (subscribers->domain[0])
		buffer_text(out, subscribers->domain);
	else
		party_write_domain(out, &b->settings.peers[subscribers->register_to]);
	return out->err;
}

bool party_has_host(const struct border *b, const struct border_peer *peer,
                    const struct sip_host *host)
{
	if (host->addr.family)
		return peer->host[0] ? is_of_name(b, peer, &host->addr, true)
		                     : addr_same_host(&peer->address, &host->addr);
	return (peer->domain[0] && view_equal_nocase(host->text, view_of(peer->domain))) ||
	       (peer->host[0] && view_equal_nocase(host->text, view_of(peer->host)));
}
