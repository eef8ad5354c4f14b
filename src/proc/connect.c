/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to peers: signal has no right to make one, and asks. Only an address
 * that the configuration names as a peer's, or that its name stands for now, carried by
 * TCP, is connected to, and only from a listener of the peer's side. */
#include "border/options.h"
#include "os/log.h"
#include "os/socket.h"
#include "os/socket_stream.h"
#include "proc/parent_priv.h"
#include "proc/resolved.h"

static bool is_at(const struct parent *p, const struct border_peer *peer, const struct addr *remote)
{
	if (peer->host[0])
		return resolved_holds(p, peer, remote, TRANSPORT_TCP);
	return border_peer_transport(peer) == TRANSPORT_TCP && addr_equal(&peer->address, remote);
}

static bool is_peer(const struct parent *p, const struct ask_connect *wanted)
{
	const struct child_facts *facts = &p->holdings.facts;
	size_t count;
	const struct border_peer *peers = conf_get(p->settings, &border_peer_block, &count);

	if (wanted->listener >= facts->listener_count ||
	    facts->listener_transports[wanted->listener] != TRANSPORT_TCP)
		return false;
	for (size_t i = 0; i < count; i++)
		if (peers[i].side == facts->listener_sides[wanted->listener] &&
		    is_at(p, &peers[i], &wanted->remote))
			return true;
	return false;
}

static enum err open_to(const struct parent *p, const struct ask_connect *wanted, int *ret_fd)
{
	char text[ADDR_TEXT_MAX];
	enum err err;

	if (!is_peer(p, wanted)) {
		log_write(LEVEL_WARNING, "connect refused", "%s is no peer over tcp",
		          addr_text(&wanted->remote, text));
		return ERR_DENIED;
	}
	err = socket_tcp_connect(&p->holdings.facts.listeners[wanted->listener], &wanted->remote,
	                         ret_fd);
	if (err != ERR_NONE)
		log_write(LEVEL_WARNING, "connect", "%s: %s", addr_text(&wanted->remote, text),
		          err_text(err));
	return err;
}

void connect_answer(struct parent *p, const struct ask *question)
{
	static struct ask row;
	struct ask_head head = question->head;
	int fd = -1;
	enum err err = head.size == sizeof(question->body.connect) ? ERR_NONE : ERR_SHORT;

	row.body.connect = question->body.connect;
	row.head = (struct ask_head){ .size = sizeof(row.body.connect), .is_last = 1 };
	if (err == ERR_NONE)
		err = open_to(p, &row.body.connect, &fd);
	if (err == ERR_NONE) {
		err = relay_give(p, (enum role)head.from, &head, &row, fd);
		socket_close(&fd);
		if (err == ERR_NONE)
			return;
	}
	row.head.result = (uint8_t)err;
	relay_answer(p, (enum role)head.from, &head, &row);
}
