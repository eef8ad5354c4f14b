/* SPDX-License-Identifier: Apache-2.0 */
/* Protection of audio that contradicts what carries signalling or audio. */
#include "proc/check_priv.h"

#include "border/options.h"
#include "transport/options.h"

struct checking {
	const struct conf_tree *tree;
	struct conf_report *report;
	const struct border_peer *peers;
	size_t peer_count;
};

static struct conf_check at(const struct checking *c, const struct conf_block *block, size_t row)
{
	return (struct conf_check){ c->tree, block, row, c->report };
}

/* `own` has the line that requires SRTP with that peer. */
static void check_required(const struct checking *c, const struct conf_check *own, size_t row)
{
	const struct border_peer *peer = &c->peers[row];
	struct conf_check other = at(c, &border_peer_block, row);

	if (border_peer_transport(peer) != TRANSPORT_TLS)
		conf_object_to(
			(struct conf_claim){ own, "media srtp" },
			(struct conf_claim){ &other, "address" },
			"SRTP is required, and its keys would pass in the clear",
			"write `address sips:HOST:PORT` and `signalling tls`, or `media srtp "
			"preferred`");
	if (peer->media_over == MEDIA_OVER_TCP)
		conf_object_to((struct conf_claim){ own, "media srtp" },
		               (struct conf_claim){ &other, "media over" },
		               "SRTP is required, and audio is carried by TCP in the clear",
		               "write `media over tls-tcp`, or leave `media srtp required` out");
}

static void check_peers(const struct checking *c)
{
	for (size_t i = 0; i < c->peer_count; i++) {
		struct conf_check own = at(c, &border_peer_block, i);

		if (c->peers[i].media_srtp == SRTP_REQUIRED)
			check_required(c, &own, i);
	}
}

static void check_routes(const struct checking *c)
{
	size_t count;
	const struct border_route *routes = conf_get(c->tree, &border_route_block, &count);

	for (size_t i = 0; i < count; i++) {
		struct conf_check own = at(c, &border_route_block, i);

		if (routes[i].media_srtp == SRTP_REQUIRED && routes[i].to < c->peer_count)
			check_required(c, &own, routes[i].to);
	}
}

static void check_phones(const struct checking *c)
{
	size_t count;
	const struct transport_side *sides = conf_get(c->tree, &transport_side_block, &count);
	const struct border_subscribers *s = conf_get(c->tree, &border_subscribers_block, NULL);
	struct conf_check own = at(c, &border_subscribers_block, 0);
	struct conf_check side = at(c, &transport_side_block, 0);

	if (!s || s->media_srtp != SRTP_REQUIRED || count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (sides[i].tls_count + sides[i].wss_count > 0)
			return;
	conf_object_to(
		(struct conf_claim){ &own, "media srtp" }, (struct conf_claim){ &side, NULL },
		"SRTP is required of phones, and none can come by TLS",
		"write `tls ADDRESS` and `certificate NAME` in the listen block of their side");
}

void check_srtp(const struct conf_tree *t, struct conf_report *report)
{
	struct checking c = { .tree = t, .report = report };

	c.peers = conf_get(t, &border_peer_block, &c.peer_count);
	check_peers(&c);
	check_routes(&c);
	check_phones(&c);
}
