/* SPDX-License-Identifier: Apache-2.0 */
/* Owner of what a walk remembers from packet to packet: the fragments. */
#include "capture/walk_priv.h"

#include <stdlib.h>

enum err capture_walk_new(const struct capture_walk_ports *ports, const struct hash_key *key,
                          struct capture_skipped *skipped, struct capture_walk **ret)
{
	struct capture_walk *w = calloc(1, sizeof(*w));
	enum err err;

	if (!w)
		return ERR_NO_MEMORY;
	err = capture_fragments_new(key, skipped, &w->fragments);
	if (err != ERR_NONE) {
		free(w);
		return err;
	}
	w->ports = *ports;
	w->skipped = skipped;
	w->plain.flow.local = w->plain.flow.remote = load_ipv4("\0\0\0\0");
	*ret = w;
	return ERR_NONE;
}

void capture_walk_free(struct capture_walk **w)
{
	if (!*w)
		return;
	capture_fragments_free(&(*w)->fragments);
	free(*w);
	*w = NULL;
}

enum { ETHERNET_HEADER = 14, IPV4_HEADER = 20, UDP_HEADER = 8, TYPE_IPV4 = 0x0800, UDP = 17 };

/* What nearly all packets are: a whole datagram in IPv4 without options in Ethernet. All else,
 * and whatever is odd about lengths, goes the long way, layer by layer, as this could. */
static bool take_plain(struct capture_walk *w, const struct capture_packet *p)
{
	const char *ip = p->bytes.at + ETHERNET_HEADER, *udp = ip + IPV4_HEADER;
	size_t total, len;

	if (p->link != LINKTYPE_ETHERNET ||
	    p->bytes.len < ETHERNET_HEADER + IPV4_HEADER + UDP_HEADER ||
	    load16(ip - 2) != TYPE_IPV4 || ip[0] != 0x45 || ip[9] != UDP ||
	    (load16(ip + 6) & 0x3fff) != 0 || !w->ports.datagram)
		return false;
	total = load16(ip + 2);
	len = load16(udp + 4);
	if (total > p->bytes.len - ETHERNET_HEADER || len < UDP_HEADER ||
	    len + IPV4_HEADER > total || capture_tunnel_has_port(load16(udp + 2)))
		return false;
	w->plain.wall_us = p->wall_us;
	memcpy(w->plain.flow.remote.bytes + 12, ip + 12, 4);
	memcpy(w->plain.flow.local.bytes + 12, ip + 16, 4);
	w->plain.flow.remote.port = load16(udp);
	w->plain.flow.local.port = load16(udp + 2);
	w->plain.payload = view_bytes(udp + UDP_HEADER, len - UDP_HEADER);
	w->ports.datagram(w->ports.context, &w->plain);
	return true;
}

void capture_walk_take(struct capture_walk *w, const struct capture_packet *p)
{
	struct layer l;

	w->wall_us = p->wall_us;
	capture_fragments_expire(w->fragments, p->wall_us);
	if (take_plain(w, p))
		return;
	l = (struct layer){ p->bytes.at, p->bytes.len, 0, 0 };
	if (p->original_len > p->bytes.len)
		l.missing = p->original_len - p->bytes.len;
	capture_link_frame(w, p->link, l);
}

void capture_walk_end(struct capture_walk *w) { capture_fragments_end(w->fragments); }
