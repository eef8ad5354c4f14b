/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 with options, IPv6 with extension headers, and fragments of both. */
#include "capture/walk_priv.h"

enum { IPV4_HEADER = 20, IPV6_HEADER = 40, FRAGMENT_HEADER = 8 };
enum { EXTENSION_MIN = 8, MAX_EXTENSIONS = 16 };
enum {
	PROTOCOL_HOP_BY_HOP = 0,
	PROTOCOL_IPV4 = 4,
	PROTOCOL_TCP = 6,
	PROTOCOL_UDP = 17,
	PROTOCOL_IPV6 = 41,
	PROTOCOL_ROUTING = 43,
	PROTOCOL_FRAGMENT = 44,
	PROTOCOL_GRE = 47,
	PROTOCOL_AUTHENTICATION = 51,
	PROTOCOL_DESTINATION = 60,
	PROTOCOL_SCTP = 132,
};

static void take_protocol(struct capture_walk *w, struct ends *ends, uint8_t protocol,
                          struct layer l)
{
	switch (protocol) {
	case PROTOCOL_UDP:
		capture_transport_udp(w, ends, l);
		return;
	case PROTOCOL_TCP:
		capture_transport_tcp(w, ends, l);
		return;
	case PROTOCOL_SCTP:
		capture_transport_sctp(w, ends, l);
		return;
	case PROTOCOL_IPV4:
	case PROTOCOL_IPV6:
		capture_ip_packet(w, l);
		return;
	case PROTOCOL_GRE:
		capture_tunnel_gre(w, l);
		return;
	default:
		skip(w, CAPTURE_SKIP_PROTOCOL);
	}
}

static bool is_extension(bool is_ipv6, uint8_t protocol)
{
	if (protocol == PROTOCOL_AUTHENTICATION)
		return true;
	return is_ipv6 && (protocol == PROTOCOL_HOP_BY_HOP || protocol == PROTOCOL_ROUTING ||
	                   protocol == PROTOCOL_FRAGMENT || protocol == PROTOCOL_DESTINATION);
}

/* Moves behind an extension header of 8 bytes and more (RFC 8200 4), or one of
 * authentication (RFC 4302 2.2), whose length counts in another unit. */
static bool pass_extension(struct layer *l, uint8_t *protocol)
{
	size_t len = (uint8_t)l->at[1];

	if (*protocol == PROTOCOL_AUTHENTICATION)
		len = (len + 2) * 4;
	else if (*protocol == PROTOCOL_FRAGMENT)
		len = FRAGMENT_HEADER;
	else
		len = (len + 1) * 8;
	if (l->len < len)
		return false;
	*protocol = (uint8_t)l->at[0];
	layer_pass(l, len);
	return true;
}

static void take_fragment(struct capture_walk *w, struct ends *ends,
                          const struct capture_fragment *piece, struct layer l);

/* The fragment header of RFC 8200 4.5. */
static void take_fragment_header(struct capture_walk *w, struct ends *ends, struct layer l)
{
	uint16_t field = load16(l.at + 2);
	struct capture_fragment piece = {
		.id = load32(l.at + 4),
		.protocol = (uint8_t)l.at[0],
		.offset = field & 0xfff8,
		.is_last = !(field & 1),
	};

	layer_pass(&l, FRAGMENT_HEADER);
	take_fragment(w, ends, &piece, l);
}

/* Whether a fragment header splits nothing (RFC 6946). */
static bool is_atomic(const struct layer *l) { return (load16(l->at + 2) & 0xfff9) == 0; }

static void take_headers(struct capture_walk *w, struct ends *ends, uint8_t protocol,
                         struct layer l)
{
	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		if (!is_extension(ends->from.family == 6, protocol)) {
			take_protocol(w, ends, protocol, l);
			return;
		}
		if (l.len >= FRAGMENT_HEADER && protocol == PROTOCOL_FRAGMENT && !is_atomic(&l)) {
			take_fragment_header(w, ends, l);
			return;
		}
		if (l.len < EXTENSION_MIN || !pass_extension(&l, &protocol)) {
			skip(w, CAPTURE_SKIP_SHORT);
			return;
		}
	}
	skip(w, CAPTURE_SKIP_IP_HEADER);
}

static void take_fragment(struct capture_walk *w, struct ends *ends,
                          const struct capture_fragment *piece, struct layer l)
{
	struct capture_fragment whole_piece = *piece;
	struct capture_whole whole;

	if (l.missing > 0 || l.depth >= MAX_CAPTURE_DEPTH) {
		skip(w, l.missing > 0 ? CAPTURE_SKIP_FRAGMENT : CAPTURE_SKIP_DEPTH);
		return;
	}
	whole_piece.wall_us = w->wall_us;
	whole_piece.from = ends->from;
	whole_piece.to = ends->to;
	whole_piece.bytes = view_bytes(l.at, l.len);
	if (capture_fragments_take(w->fragments, &whole_piece, &whole) != ERR_NONE)
		return;
	take_headers(w, ends, whole.protocol,
	             (struct layer){ whole.bytes.at, whole.bytes.len, 0, l.depth + 1 });
	capture_fragments_give(w->fragments, &whole);
}

static void take_ipv4(struct capture_walk *w, struct layer l)
{
	size_t head = ((size_t)(uint8_t)l.at[0] & 15) * 4, total;
	uint16_t field;
	uint8_t protocol;
	struct ends ends;

	if (l.len < IPV4_HEADER || l.len < head) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	total = load16(l.at + 2);
	/* A card that cuts segments itself is handed more than 16 bits count, or no length. */
	if (head < IPV4_HEADER || (total != 0 && (total < head || !layer_limit(&l, total)))) {
		skip(w, CAPTURE_SKIP_IP_HEADER);
		return;
	}
	field = load16(l.at + 6);
	protocol = (uint8_t)l.at[9];
	ends.from = load_ipv4(l.at + 12);
	ends.to = load_ipv4(l.at + 16);
	if (field & 0x3fff) { /* more fragments, or not the first */
		struct capture_fragment piece = {
			.id = load16(l.at + 4),
			.protocol = protocol,
			.offset = (field & 0x1fffU) * 8,
			.is_last = !(field & 0x2000),
		};

		layer_pass(&l, head);
		take_fragment(w, &ends, &piece, l);
		return;
	}
	layer_pass(&l, head);
	take_headers(w, &ends, protocol, l);
}

static struct addr ipv6_addr(const char *at)
{
	struct addr a = { .family = 6 };

	memcpy(a.bytes, at, 16);
	return a;
}

static void take_ipv6(struct capture_walk *w, struct layer l)
{
	uint8_t protocol;
	size_t payload;
	struct ends ends;

	if (l.len < IPV6_HEADER) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	payload = load16(l.at + 4);
	protocol = (uint8_t)l.at[6];
	ends.from = ipv6_addr(l.at + 8);
	ends.to = ipv6_addr(l.at + 24);
	layer_pass(&l, IPV6_HEADER);
	if (payload != 0 && !layer_limit(&l, payload)) {
		skip(w, CAPTURE_SKIP_IP_HEADER);
		return;
	}
	take_headers(w, &ends, protocol, l);
}

void capture_ip_packet(struct capture_walk *w, struct layer l)
{
	if (l.depth >= MAX_CAPTURE_DEPTH) {
		skip(w, CAPTURE_SKIP_DEPTH);
		return;
	}
	l.depth++;
	if (l.len == 0)
		skip(w, CAPTURE_SKIP_SHORT);
	else if ((uint8_t)l.at[0] >> 4 == 4)
		take_ipv4(w, l);
	else if ((uint8_t)l.at[0] >> 4 == 6)
		take_ipv6(w, l);
	else
		skip(w, CAPTURE_SKIP_IP_HEADER);
}
