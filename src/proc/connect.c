/* SPDX-License-Identifier: Apache-2.0 */
/* Connections to peers: signal and media have no right to make one, and ask. Signal's go to an
 * address that the configuration names as a peer's, or that its name stands for now, carried by
 * TCP or TLS, and only from a listener of the peer's side. Media's go to a host of a peer whose
 * media is over TCP, from a stream's port of its side, and to no port below 1024. */
#include "border/options.h"
#include "os/log.h"
#include "os/socket.h"
#include "os/socket_stream.h"
#include "proc/parent_priv.h"
#include "proc/resolved.h"

static bool is_at(const struct parent *p, const struct border_peer *peer, const struct addr *remote,
                  uint8_t transport)
{
	if (peer->host[0])
		return resolved_holds(p, peer, remote, transport);
	return border_peer_transport(peer) == transport && addr_equal(&peer->address, remote);
}

static bool is_peer(const struct parent *p, const struct ask_connect *wanted)
{
	const struct child_facts *facts = &p->holdings.facts;
	uint8_t transport;
	size_t count;
	const struct border_peer *peers = conf_get(p->settings, &border_peer_block, &count);

	if (wanted->listener >= facts->listener_count)
		return false;
	transport = facts->listener_transports[wanted->listener];
	if (transport != TRANSPORT_TCP && transport != TRANSPORT_TLS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (peers[i].side == facts->listener_sides[wanted->listener] &&
		    is_at(p, &peers[i], &wanted->remote, transport))
			return true;
	return false;
}

static enum err open_to(const struct parent *p, const struct ask_connect *wanted, int *ret_fd)
{
	char text[ADDR_TEXT_MAX];
	enum err err;

	if (!is_peer(p, wanted)) {
		log_write(LEVEL_WARNING, "connect refused", "%s is no peer over tcp or tls",
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

/* ---- media's ---- */

enum { LEAST_STREAM_PORT = 1024 };

static bool is_media_host(const struct parent *p, const struct border_peer *peer,
                          const struct addr *host)
{
	if (peer->media_over == MEDIA_OVER_UDP && peer->channels == CHANNELS_NONE)
		return false;
	for (unsigned i = 0; i < peer->media_count; i++)
		if (addr_net_holds(&peer->media_from[i], host))
			return true;
	for (unsigned i = 0; i < peer->from_count; i++)
		if (addr_net_holds(&peer->from[i], host))
			return true;
	return peer->host[0] ? resolved_holds_host(p, peer, host)
	                     : addr_same_host(&peer->address, host);
}

/* Side and address of a row of the port table. */
static enum err find_row(const struct parent *p, uint32_t row, struct port_pair *ret)
{
	struct shared_map map;
	const struct port_table *table;
	enum err err = shared_map(p->holdings.port_table, SHARED_READ, sizeof(*table), &map);

	if (err != ERR_NONE)
		return err;
	table = map.at;
	err = row < table->count && row < p->holdings.pair_count &&
	                      table->pairs[row].kind == PORT_STREAM
	            ? ERR_NONE
	            : ERR_DENIED;
	if (err == ERR_NONE)
		*ret = table->pairs[row];
	shared_unmap(&map);
	return err;
}

static enum err open_stream(const struct parent *p, const struct ask_connect *wanted, int *ret_fd)
{
	char text[ADDR_TEXT_MAX];
	struct port_pair row;
	size_t count;
	const struct border_peer *peers = conf_get(p->settings, &border_peer_block, &count);
	enum err err = find_row(p, wanted->listener, &row);

	if (err != ERR_NONE)
		return err;
	for (size_t i = 0; i < count && wanted->remote.port >= LEAST_STREAM_PORT; i++)
		if (peers[i].side == row.side && is_media_host(p, &peers[i], &wanted->remote))
			return socket_tcp_connect(&row.local, &wanted->remote, ret_fd);
	log_write(LEVEL_WARNING, "stream refused", "%s is no host of a peer with media over tcp",
	          addr_text(&wanted->remote, text));
	return ERR_DENIED;
}

static void answer(struct parent *p, const struct ask *question,
                   enum err (*open)(const struct parent *p, const struct ask_connect *wanted,
                                    int *ret_fd))
{
	static struct ask row;
	struct ask_head head = question->head;
	int fd = -1;
	enum err err = head.size == sizeof(question->body.connect) ? ERR_NONE : ERR_SHORT;

	row.body.connect = question->body.connect;
	row.head = (struct ask_head){ .size = sizeof(row.body.connect), .is_last = 1 };
	if (err == ERR_NONE)
		err = open(p, &row.body.connect, &fd);
	if (err == ERR_NONE) {
		err = relay_give(p, (enum role)head.from, &head, &row, fd);
		socket_close(&fd);
		if (err == ERR_NONE)
			return;
	}
	row.head.result = (uint8_t)err;
	relay_answer(p, (enum role)head.from, &head, &row);
}

void connect_answer(struct parent *p, const struct ask *question) { answer(p, question, open_to); }

void connect_stream_answer(struct parent *p, const struct ask *question)
{
	answer(p, question, open_stream);
}
