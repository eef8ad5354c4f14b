/* SPDX-License-Identifier: Apache-2.0 */
/* Contradictions between blocks of different modules: each of them may be
 * right alone. Both places are named. */
#include "proc/schema.h"

#include "border/options.h"
#include "event/resolved.h"
#include "guard/options.h"
#include "media/options.h"
#include "proc/check_priv.h"
#include "transport/options.h"

/* All rows of the blocks that meet here. */
struct checking {
	const struct conf_tree *tree;
	struct conf_report *report;
	const struct transport_side *sides;
	const struct border_peer *peers;
	size_t side_count, peer_count;
};

static struct conf_check at(const struct checking *c, const struct conf_block *block, size_t row)
{
	return (struct conf_check){ c->tree, block, row, c->report };
}

static bool shows_itself(const struct checking *c, const struct border_peer *peer)
{
	return check_is_mutual(c->tree, (size_t)(peer - c->peers));
}

static bool overlap(const struct addr_net *a, const struct addr_net *b)
{
	return addr_net_holds(a, &b->base) || addr_net_holds(b, &a->base);
}

static struct addr_net alone(const struct addr *a)
{
	struct addr_net net = { .base = *a, .prefix = 128 };

	net.base.port = 0;
	return net;
}

/* The networks that a peer may come from; its own address where it names none. */
static size_t sources_of(const struct border_peer *peer, struct addr_net ret[MAX_PEER_NETS])
{
	if (peer->from_count == 0) {
		ret[0] = alone(&peer->address);
		/* Where a name leads is not known here: whose address is written goes before. */
		return peer->host[0] ? 0 : 1;
	}
	memcpy(ret, peer->from, peer->from_count * sizeof(*ret));
	return peer->from_count;
}

static bool are_confusable(const struct checking *c, const struct border_peer *a,
                           const struct border_peer *b)
{
	struct addr_net from_a[MAX_PEER_NETS], from_b[MAX_PEER_NETS];
	size_t count_a = sources_of(a, from_a), count_b = sources_of(b, from_b);

	if (a->side != b->side)
		return false;
	if (addr_equal(&a->address, &b->address) &&
	    view_equal_nocase(view_of(a->host), view_of(b->host)))
		return true;
	/* Each shows by TLS who it is. */
	if (shows_itself(c, a) && shows_itself(c, b))
		return false;
	/* On one host they are told apart by their ports. */
	if (a->from_count == 0 && b->from_count == 0)
		return false;
	for (size_t i = 0; i < count_a; i++)
		for (size_t j = 0; j < count_b; j++)
			if (overlap(&from_a[i], &from_b[j]))
				return true;
	return false;
}

static void check_peers_apart(const struct checking *c)
{
	for (size_t i = 0; i < c->peer_count; i++) {
		for (size_t j = 0; j < i; j++) {
			struct conf_check later = at(c, &border_peer_block, i);
			struct conf_check earlier = at(c, &border_peer_block, j);
			const char *option = c->peers[i].from_count > 0 ? "from" : "address";
			const char *other = c->peers[j].from_count > 0 ? "from" : "address";

			if (are_confusable(c, &c->peers[i], &c->peers[j]))
				conf_object_to(
					(struct conf_claim){ &later, option },
					(struct conf_claim){ &earlier, other },
					"comes from where another peer of its side comes from",
					"name networks that do not overlap, or other sides");
		}
	}
}

/* Where a side listens over one transport. */
struct endpoints {
	const char *word;
	const struct addr *at;
	size_t count;
};

static struct endpoints endpoints_of(const struct transport_side *side, unsigned transport)
{
	struct transport_ends ends = transport_side_ends(side, transport);

	return (struct endpoints){ flow_transport_word(transport), ends.at, ends.count };
}

/* A listening address that is a port alone stands for an address not known here. */
static bool is_listener(const struct endpoints *e, const struct addr *wanted)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct addr *own = &e->at[i];

		if (own->family == 0 ? own->port == wanted->port : addr_equal(own, wanted))
			return true;
	}
	return false;
}

static bool has_family(const struct endpoints *e, uint8_t family)
{
	for (size_t i = 0; i < e->count; i++)
		if (e->at[i].family == family || e->at[i].family == 0)
			return true;
	return false;
}

static bool is_known_listener(const struct endpoints *e, const struct addr *wanted)
{
	for (size_t i = 0; i < e->count; i++)
		if (addr_equal(&e->at[i], wanted))
			return true;
	return false;
}

/* A word that stands there, so that its place can be named. */
static const char *side_word(const struct endpoints *e)
{
	return e->count > 0 ? e->word : view_equal(view_of(e->word), VIEW("udp")) ? "tcp" : "udp";
}

/* An address inside by which the PBX tells one peer from the others. */
static void check_face(const struct checking *c, size_t row)
{
	const struct border_peer *peer = &c->peers[row];
	struct conf_check own = at(c, &border_peer_block, row);
	bool is_heard = false;

	for (size_t i = 0; i < c->side_count; i++) {
		for (unsigned t = 0; t < TRANSPORT_COUNT && i != peer->side; t++) {
			struct endpoints e = endpoints_of(&c->sides[i], t);

			is_heard = is_heard || is_listener(&e, &peer->appears_inside);
		}
	}
	if (!is_heard)
		conf_object(&own, "appears-inside-as", NULL,
		            "we do not listen there on another side",
		            "add it to `udp` or `tcp` of the side where the PBX is");
	for (size_t i = 0; i < row; i++) {
		struct conf_check earlier = at(c, &border_peer_block, i);

		if (addr_equal(&c->peers[i].appears_inside, &peer->appears_inside))
			conf_object_to((struct conf_claim){ &own, "appears-inside-as" },
			               (struct conf_claim){ &earlier, "appears-inside-as" },
			               "the PBX could not tell two peers apart",
			               "give each an address or a port of its own");
	}
}

static bool can_be_reached(const struct checking *c, const struct border_peer *peer)
{
	const struct transport_side *side = &c->sides[peer->side];
	struct endpoints ways = endpoints_of(side, border_peer_transport(peer));

	/* A name may lead to any family, and over what DNS says. */
	if (peer->host[0])
		return ways.count > 0 ||
		       (peer->transport_word == PEER_TRANSPORT_ANY && side->tcp_count > 0);
	return has_family(&ways, peer->address.family);
}

static void check_peer_sides(const struct checking *c)
{
	for (size_t i = 0; i < c->peer_count; i++) {
		const struct border_peer *peer = &c->peers[i];
		struct endpoints ways =
			endpoints_of(&c->sides[peer->side], border_peer_transport(peer));
		struct conf_check own = at(c, &border_peer_block, i);
		struct conf_check of_side = at(c, &transport_side_block, peer->side);

		if (peer->appears_inside.family != 0)
			check_face(c, i);
		if (!can_be_reached(c, peer))
			conf_object_to((struct conf_claim){ &own, "address" },
			               (struct conf_claim){ &of_side, side_word(&ways) },
			               "its side has no socket of that family and transport",
			               border_peer_transport(peer) == TRANSPORT_TLS
			                       ? "add `tls ADDRESS` and `certificate NAME` to the "
			                         "side"
			                       : "add an address of it to `udp` or `tcp` of the "
			                         "side");
		if (peer->appears_as.family != 0 && !is_listener(&ways, &peer->appears_as))
			conf_object_to(
				(struct conf_claim){ &own, "appears-as" },
				(struct conf_claim){ &of_side, side_word(&ways) },
				"we do not listen there on the peer's side",
				"add it to `udp` or `tcp` of the side, or name one that stands there");
		for (size_t j = 0; j < c->side_count; j++) {
			struct conf_check ours = at(c, &transport_side_block, j);

			ways = endpoints_of(&c->sides[j], border_peer_transport(peer));
			if (is_known_listener(&ways, &peer->address))
				conf_object_to((struct conf_claim){ &own, "address" },
				               (struct conf_claim){ &ours, ways.word },
				               "that is our own socket, requests would come back",
				               "write the peer's address, or another port");
		}
	}
}

/* Whether the two transports would have one socket. */
static bool share_socket(const struct checking *c, const size_t sides[2],
                         const unsigned transports[2])
{
	const struct transport_side *a = &c->sides[sides[0]], *b = &c->sides[sides[1]];
	struct endpoints own = endpoints_of(a, transports[0]);
	struct endpoints others = endpoints_of(b, transports[1]);

	if ((transports[0] == TRANSPORT_UDP) != (transports[1] == TRANSPORT_UDP))
		return false;
	for (size_t i = 0; i < own.count; i++) {
		if (own.at[i].family != 0 && is_known_listener(&others, &own.at[i]))
			return true;
		/* The same port of the same interface. */
		if (own.at[i].family == 0 && is_known_listener(&others, &own.at[i]) &&
		    view_equal(view_of(a->interface), view_of(b->interface)))
			return true;
	}
	return false;
}

static void check_two_sides(const struct checking *c, size_t i, size_t j)
{
	struct conf_check later = at(c, &transport_side_block, i);
	struct conf_check earlier = at(c, &transport_side_block, j);
	const char *what = i == j ? "two transports listen at one address and port"
	                          : "another side listens at the same address and port";

	for (unsigned t = 0; t < TRANSPORT_COUNT; t++)
		for (unsigned u = 0; u < (i == j ? t : TRANSPORT_COUNT); u++)
			if (share_socket(c, (size_t[]){ i, j }, (unsigned[]){ t, u }))
				conf_object_to(
					(struct conf_claim){ &later, flow_transport_word(t) },
					(struct conf_claim){ &earlier, flow_transport_word(u) },
					what,
					i == j ? "give each a port of its own"
					       : "give each side an address or a port of its own");
}

static void check_sides(const struct checking *c)
{
	for (size_t i = 0; i < c->side_count; i++)
		for (size_t j = 0; j <= i; j++)
			check_two_sides(c, i, j);
}

static void check_subscribers(const struct checking *c)
{
	const struct border_subscribers *s = conf_get(c->tree, &border_subscribers_block, NULL);
	struct conf_check own = at(c, &border_subscribers_block, 0);
	struct conf_check peer = at(c, &border_peer_block, s->register_to);

	if (s->register_to != CONF_NO_ROW && c->peers[s->register_to].kind != PEER_PBX)
		conf_object_to((struct conf_claim){ &own, "register-to" },
		               (struct conf_claim){ &peer, "kind" },
		               "phones register to a peer that is no pbx",
		               "write `kind pbx` there, or name a peer that is one");
}

static void check_two_registrars(const struct checking *c, size_t i, size_t j)
{
	const struct border_registrar *all = conf_get(c->tree, &border_registrar_block, NULL);
	struct conf_check later = at(c, &border_registrar_block, i);
	struct conf_check earlier = at(c, &border_registrar_block, j);

	if (view_equal_nocase(view_of(all[i].domain), view_of(all[j].domain)))
		conf_object_to((struct conf_claim){ &later, "domain" },
		               (struct conf_claim){ &earlier, "domain" },
		               "two registrars have one domain", "name each domain once");
}

/* A peer's `domain` stands for all that call us by a name: two domains behind it are one. */
static void check_registrar(const struct checking *c, size_t i)
{
	const struct border_subscribers *s = conf_get(c->tree, &border_subscribers_block, NULL);
	const struct border_registrar *row = conf_get(c->tree, &border_registrar_block, NULL);
	struct conf_check own = at(c, &border_registrar_block, i);
	struct conf_check first = at(c, &border_subscribers_block, 0);
	struct conf_check peer = at(c, &border_peer_block, row[i].peer);
	bool is_shared = row[i].peer == s->register_to;

	for (size_t j = 0; j < i; j++)
		is_shared = is_shared || row[i].peer == row[j].peer;
	if (c->peers[row[i].peer].kind != PEER_PBX)
		conf_object_to((struct conf_claim){ &own, "register-to" },
		               (struct conf_claim){ &peer, "kind" },
		               "phones register to a peer that is no pbx",
		               "write `kind pbx` there, or name a peer that is one");
	if (s->register_to == CONF_NO_ROW || !s->domain[0])
		conf_object(&own, "domain", NULL, "the other phones have no domain or no PBX",
		            "write `register-to` and `domain` in `subscribers` too");
	else if (view_equal_nocase(view_of(row[i].domain), view_of(s->domain)))
		conf_object_to((struct conf_claim){ &own, "domain" },
		               (struct conf_claim){ &first, "domain" },
		               "that domain is the first registrar's", "name each domain once");
	if (is_shared && c->peers[row[i].peer].domain[0])
		conf_object_to((struct conf_claim){ &own, "register-to" },
		               (struct conf_claim){ &peer, "domain" },
		               "several domains register there, and it would be told one alone",
		               "leave out the peer's `domain`: it is told what phones write");
}

static void check_registrars(const struct checking *c)
{
	size_t count;

	(void)conf_get(c->tree, &border_registrar_block, &count);
	for (size_t i = 0; i < count; i++) {
		check_registrar(c, i);
		for (size_t j = 0; j < i; j++)
			check_two_registrars(c, i, j);
	}
}

static bool have_one_match(const struct border_route *a, const struct border_route *b)
{
	return a && b && a->from == b->from && a->from_kind == b->from_kind &&
	       view_equal(view_of(a->number), view_of(b->number)) &&
	       view_equal(view_of(a->prefix), view_of(b->prefix)) &&
	       view_equal_nocase(view_of(a->domain), view_of(b->domain));
}

static void check_credentials(const struct checking *c)
{
	size_t count;
	const struct border_credentials *all = conf_get(c->tree, &border_credentials_block, &count);

	for (size_t i = 0; i < count; i++) {
		struct conf_check later = at(c, &border_credentials_block, i);

		for (size_t j = 0; j < i; j++) {
			struct conf_check earlier = at(c, &border_credentials_block, j);

			if (all[i].peer == all[j].peer)
				conf_object_to((struct conf_claim){ &later, "user" },
				               (struct conf_claim){ &earlier, "user" },
				               "one peer has two logins",
				               "leave one out, or write another peer");
		}
	}
}

/* Which carrier a PBX's REGISTER is for is said by its domain alone. */
static void check_stays(const struct checking *c)
{
	size_t count;
	const struct border_credentials *all = conf_get(c->tree, &border_credentials_block, &count);

	for (size_t i = 0; i < c->peer_count; i++) {
		struct conf_check own = at(c, &border_peer_block, i);

		if (!c->peers[i].stays_on_pbx)
			continue;
		if (!c->peers[i].domain[0] || c->peers[i].kind != PEER_CARRIER)
			conf_object(&own, "stay-on-pbx", NULL,
			            "the PBX's REGISTER names its carrier by a domain",
			            "write `kind carrier` and the carrier's `domain`");
		for (size_t j = 0; j < count; j++) {
			struct conf_check login = at(c, &border_credentials_block, j);

			if (all[j].peer == i)
				conf_object_to((struct conf_claim){ &own, "stay-on-pbx" },
				               (struct conf_claim){ &login, "user" },
				               "both the PBX and we would log in there",
				               "leave one of them out");
		}
	}
}

static bool may(const struct border_peer *peer, enum peer_may right)
{
	return border_peer_may(peer, right);
}

static void check_rights(const struct checking *c, size_t row, const struct border_route *route)
{
	struct conf_check own = at(c, &border_route_block, row);
	struct conf_check to = at(c, &border_peer_block, route->to);

	if (!may(&c->peers[route->to], MAY_RECEIVE))
		conf_object_to((struct conf_claim){ &own, "to" }, (struct conf_claim){ &to, "may" },
		               "that peer may receive no calls",
		               "write `may receive-calls` there, or leave the route out");
	if (!route->from_kind && !may(&c->peers[route->from], MAY_PLACE)) {
		struct conf_check from = at(c, &border_peer_block, route->from);

		conf_object_to((struct conf_claim){ &own, "from" },
		               (struct conf_claim){ &from, "may" }, "that peer may place no calls",
		               "write `may place-calls` there, or leave the route out");
	}
}

static void check_routes(const struct checking *c)
{
	size_t count;
	const struct border_route *routes = conf_get(c->tree, &border_route_block, &count);

	for (size_t i = 0; i < count; i++) {
		int from = routes[i].from_kind ? routes[i].from_kind - 1
		                               : c->peers[routes[i].from].kind;
		const struct border_peer *to = &c->peers[routes[i].to];
		struct conf_check own = at(c, &border_route_block, i);

		check_rights(c, i, &routes[i]);
		if (from == PEER_CARRIER && to->kind == PEER_CARRIER && !routes[i].is_transit)
			conf_object(&own, "from", "to",
			            "calls of one carrier would be placed at another's cost",
			            "write `transit` if that is meant");
		for (size_t j = 0; j < i; j++) {
			struct conf_check earlier = at(c, &border_route_block, j);

			if (have_one_match(&routes[i], &routes[j]) &&
			    to->side != c->peers[routes[j].to].side)
				conf_object_to((struct conf_claim){ &own, "to" },
				               (struct conf_claim){ &earlier, "to" },
				               "two peers of different sides stand for each other",
				               "name peers of one side where all else is alike");
		}
	}
}

static void check_media_ports(const struct checking *c)
{
	const struct media_options *media = conf_get(c->tree, &media_block, NULL);
	struct conf_check own = at(c, &media_block, 0);

	for (size_t i = 0; i < c->side_count; i++) {
		for (size_t j = 0; j < c->sides[i].udp_count; j++) {
			struct conf_check side = at(c, &transport_side_block, i);
			uint16_t port = c->sides[i].udp[j].port;

			if (port < media->ports[0] || port > media->ports[1])
				continue;
			conf_object_to((struct conf_claim){ &side, "udp" },
			               (struct conf_claim){ &own, "ports" },
			               "the port lies among the ports for audio",
			               "choose another port, or another range in media");
			break;
		}
	}
}

static void check_never_block(const struct checking *c)
{
	const struct guard_never_options *never = conf_get(c->tree, &guard_never_block, NULL);
	const struct guard_mode_options *mode = conf_get(c->tree, &guard_mode_block, NULL);
	struct conf_check own = at(c, &guard_never_block, 0), of_mode = at(c, &guard_mode_block, 0);

	for (size_t i = 0; i < never->count; i++) {
		const struct addr_net *net = &never->nets[i].net;

		/* An IPv4 prefix counts from 96. */
		if (net->prefix != (net->base.family == 4 ? 96 : 0) || mode->mode == 0)
			continue;
		conf_object_to((struct conf_claim){ &own, CONF_BARE },
		               (struct conf_claim){ &of_mode, CONF_BARE },
		               "mode is block, but every address is on the list",
		               "name the networks that you trust, or write `mode observe`");
	}
}

/* A peer that could be blocked would take all its calls with it. */
static void check_never_room(const struct checking *c)
{
	const struct guard_never_options *never = conf_get(c->tree, &guard_never_block, NULL);
	const struct guard_mode_options *mode = conf_get(c->tree, &guard_mode_block, NULL);
	struct conf_check of_mode = at(c, &guard_mode_block, 0);
	size_t count = never->count;

	for (size_t i = 0; i < c->peer_count && mode->mode != 0; i++) {
		struct conf_check own = at(c, &border_peer_block, i);

		count += (c->peers[i].host[0] ? MAX_RESOLVED_TARGETS : 1) +
		         (size_t)c->peers[i].from_count;
		if (count <= MAX_NEVER_BLOCK)
			continue;
		conf_object_to(
			(struct conf_claim){ &own, NULL },
			(struct conf_claim){ &of_mode, CONF_BARE },
			"mode is block, but the never-block list has no room for all of this "
			"peer's networks beside the 512 before them, and it could be blocked",
			"write fewer, wider networks, or write `mode observe`");
		return;
	}
}

void proc_check(const struct conf_tree *tree, bool is_watching, struct conf_report *report)
{
	struct checking c = { .tree = tree, .report = report };

	c.sides = conf_get(tree, &transport_side_block, &c.side_count);
	c.peers = conf_get(tree, &border_peer_block, &c.peer_count);
	if (c.side_count == 0 && !is_watching)
		conf_report_add(report, (struct conf_place){ 0 },
		                VIEW("nothing listens; write listen NAME { udp ADDRESS:PORT }"));
	check_sides(&c);
	check_peer_sides(&c);
	check_peers_apart(&c);
	check_subscribers(&c);
	check_registrars(&c);
	check_credentials(&c);
	check_stays(&c);
	check_routes(&c);
	check_media_ports(&c);
	check_never_block(&c);
	check_never_room(&c);
	check_trust(tree, report);
	check_acme(tree, report);
	check_control(tree, report);
	check_media(tree, report);
	check_ipsec(tree, report);
	check_srtp(tree, report);
}
