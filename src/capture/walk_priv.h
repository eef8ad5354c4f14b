/* SPDX-License-Identifier: Apache-2.0 */
/* What the headers of a packet share on the way down. Each function takes what is left
 * of the packet, looks at one header and hands the rest on, or counts why not. */
#ifndef CAPTURE_WALK_PRIV_H
#define CAPTURE_WALK_PRIV_H

#include "capture/fragment.h"
#include "capture/load_priv.h"
#include "capture/walk.h"

struct capture_walk {
	struct capture_walk_ports ports;
	struct capture_skipped *skipped;
	struct capture_fragments *fragments;
	int64_t wall_us; /* of the packet under way */
	/* What nearly all packets are, by UDP and IPv4: only what differs is written anew. */
	struct capture_datagram plain;
};

/* The rest of a packet from some header on. */
struct layer {
	const char *at;
	size_t len;
	size_t missing; /* that followed on the wire and were not captured */
	uint32_t depth; /* IP headers above */
};

struct ends {
	struct addr from, to;
};

static inline void skip(struct capture_walk *w, enum capture_skip why)
{
	w->skipped->counts[why]++;
}

/* Moves behind a header that is there. */
static inline void layer_pass(struct layer *l, size_t len)
{
	l->at += len;
	l->len -= len;
}

/* A header says that there are `len` bytes from here: leaves the padding behind them.
 * False where there never were that many. */
static inline bool layer_limit(struct layer *l, size_t len)
{
	if (len > l->len + l->missing)
		return false;
	l->missing = len > l->len ? len - l->len : 0;
	l->len = len < l->len ? len : l->len;
	return true;
}

static inline struct addr load_ipv4(const char *at)
{
	struct addr a = { .bytes = { [10] = 0xff, [11] = 0xff }, .family = 4 };

	memcpy(a.bytes + 12, at, 4);
	return a;
}

/* link.c */
void capture_link_frame(struct capture_walk *w, uint32_t link, struct layer l);
void capture_link_ethernet(struct capture_walk *w, struct layer l);
void capture_link_payload(struct capture_walk *w, uint16_t ethertype, struct layer l);
void capture_link_ppp(struct capture_walk *w, struct layer l);
/* ip.c: version 4 or 6 by the first byte */
void capture_ip_packet(struct capture_walk *w, struct layer l);
/* tunnel.c */
void capture_tunnel_gre(struct capture_walk *w, struct layer l);
bool capture_tunnel_has_port(uint16_t port);
bool capture_tunnel_is_vxlan(const struct layer *l, uint16_t port);
void capture_tunnel_vxlan(struct capture_walk *w, struct layer l);
/* transport.c: ports of `ends` are still 0 */
void capture_transport_udp(struct capture_walk *w, struct ends *ends, struct layer l);
void capture_transport_tcp(struct capture_walk *w, struct ends *ends, struct layer l);
void capture_transport_sctp(struct capture_walk *w, struct ends *ends, struct layer l);

#endif
