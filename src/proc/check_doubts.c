/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed and can hardly be meant. */
#include "proc/schema.h"

#include "border/options.h"
#include "transport/tls_options.h"
#include "web/control_options.h"

/* INVITE, the ACK to its 2xx and BYE: what a call takes of its caller's budget at least. */
enum { CALL_REQUESTS = 3 };
/* The shortest prefixes that anybody was given, or has for a network of his own. */
enum { WIDEST_IPV4 = 8, WIDEST_IPV6 = 16 };

static void doubt_budget(const struct border_peer *peer, struct conf_check *own)
{
	uint64_t called = (uint64_t)peer->max_new_calls * CALL_REQUESTS * peer->budget.window_ms;

	if (called > (uint64_t)peer->budget.count * 1000)
		conf_object(own, "at-most new calls per second", "requests",
		            "its requests are used up before that many calls have begun, at three "
		            "a call, and what is beyond is dropped unheard",
		            "write `requests` of at least four times as many a second, or a lower "
		            "`at-most`");
}

/* Whether that much of the internet can hardly be one's own. */
static bool is_wide(const struct addr_net *net)
{
	return net->base.family == 4 ? net->prefix < 96 + WIDEST_IPV4 : net->prefix < WIDEST_IPV6;
}

static bool is_any_wide(const struct addr_net *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_wide(&list[i]))
			return true;
	return false;
}

static bool is_mutual(const struct conf_tree *tree, size_t peer)
{
	size_t count;
	const struct transport_signalling *rows =
		conf_get(tree, &transport_signalling_block, &count);

	for (size_t i = 0; i < count; i++)
		if (rows[i].peer == peer && rows[i].mode == SIGNALLING_MUTUAL)
			return true;
	return false;
}

/* With mutual TLS its address is not what it is known by. */
static void doubt_trust(const struct border_peer *peer, struct conf_check *own)
{
	if (!is_mutual(own->tree, own->row) && is_any_wide(peer->from, peer->from_count))
		conf_object(own, "from", NULL,
		            "whoever writes from that much of the internet counts as this peer: "
		            "its calls go where the peer's may, and it is never blocked",
		            "name the networks that are the peer's, or have it show a certificate: "
		            "`signalling mutual-tls`");
}

static void doubt_server(const struct web_control_server *server, struct conf_check *own)
{
	if (is_any_wide(server->from, server->from_count))
		conf_object(own, "from", NULL,
		            "that much of the internet may knock there, and its certificate alone "
		            "is asked for",
		            "name the networks of that server");
}

void proc_doubt(const struct conf_tree *tree, struct conf_report *report)
{
	size_t count, server_count;
	const struct border_peer *peers = conf_get(tree, &border_peer_block, &count);
	const struct web_control_server *servers = conf_get(tree, &web_server_block, &server_count);

	for (size_t i = 0; i < count; i++) {
		struct conf_check own = { tree, &border_peer_block, i, report };

		doubt_budget(&peers[i], &own);
		doubt_trust(&peers[i], &own);
	}
	for (size_t i = 0; i < server_count; i++) {
		struct conf_check own = { tree, &web_server_block, i, report };

		doubt_server(&servers[i], &own);
	}
}
