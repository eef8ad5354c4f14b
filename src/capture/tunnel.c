/* SPDX-License-Identifier: Apache-2.0 */
/* Packets in packets: GRE (RFC 2784, RFC 2890), PPTP's variant of it (RFC 2637), the
 * mirrors ERSPAN I to III, VXLAN (RFC 7348). IP in IP needs no header of its own. */
#include "capture/walk_priv.h"

enum {
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACKNOWLEDGMENT = 0x0080,
	GRE_VERSION = 0x0007,
	GRE_HEADER = 4,
};
enum { TYPE_ETHERNET = 0x6558, TYPE_PPP = 0x880b, TYPE_ERSPAN = 0x88be, TYPE_ERSPAN_3 = 0x22eb };
enum { ERSPAN_2_HEADER = 8, ERSPAN_3_HEADER = 12, ERSPAN_SUBHEADER = 8, ERSPAN_TRUNCATED = 0x0400 };
enum { VXLAN_HEADER = 8, VXLAN_PORT = 4789, VXLAN_LINUX_PORT = 8472 };
enum { MAX_PACKET_LEN = 65535 };

static void refuse(struct capture_walk *w, const struct layer *l)
{
	skip(w, l->missing > 0 ? CAPTURE_SKIP_SHORT : CAPTURE_SKIP_TUNNEL);
}

/* What a switch cut off before it mirrored is missing like what a snapshot cut off. */
static void note_truncation(struct layer *l)
{
	if (load16(l->at + 2) & ERSPAN_TRUNCATED)
		l->missing = MAX_PACKET_LEN;
}

/* Type I has no header, type II one of 8 bytes; only II numbers its packets. */
static void take_erspan(struct capture_walk *w, struct layer l, bool is_numbered)
{
	if (is_numbered) {
		if (l.len < ERSPAN_2_HEADER || (uint8_t)l.at[0] >> 4 != 1) {
			refuse(w, &l);
			return;
		}
		note_truncation(&l);
		layer_pass(&l, ERSPAN_2_HEADER);
	}
	capture_link_ethernet(w, l);
}

static void take_erspan_3(struct capture_walk *w, struct layer l)
{
	enum { HAS_SUBHEADER = 1, FRAME_ETHERNET = 0, FRAME_IP = 2 };
	unsigned last, frame;
	size_t head;

	if (l.len < ERSPAN_3_HEADER || (uint8_t)l.at[0] >> 4 != 2) {
		refuse(w, &l);
		return;
	}
	last = load16(l.at + 10);
	frame = last >> 10 & 31;
	head = ERSPAN_3_HEADER + (last & HAS_SUBHEADER ? ERSPAN_SUBHEADER : 0);
	if (l.len < head || (frame != FRAME_ETHERNET && frame != FRAME_IP)) {
		refuse(w, &l);
		return;
	}
	note_truncation(&l);
	layer_pass(&l, head);
	if (frame == FRAME_IP)
		capture_ip_packet(w, l);
	else
		capture_link_ethernet(w, l);
}

static void take_inner(struct capture_walk *w, uint16_t type, uint16_t flags, struct layer l)
{
	switch (type) {
	case TYPE_ETHERNET:
		capture_link_ethernet(w, l);
		return;
	case TYPE_ERSPAN:
		take_erspan(w, l, flags & GRE_SEQUENCE);
		return;
	case TYPE_ERSPAN_3:
		take_erspan_3(w, l);
		return;
	case TYPE_PPP:
		capture_link_ppp(w, l);
		return;
	default:
		capture_link_payload(w, type, l);
	}
}

void capture_tunnel_gre(struct capture_walk *w, struct layer l)
{
	uint16_t flags, type;
	size_t head = GRE_HEADER;
	bool is_pptp;

	if (l.len < GRE_HEADER) {
		refuse(w, &l);
		return;
	}
	flags = load16(l.at);
	type = load16(l.at + 2);
	is_pptp = (flags & GRE_VERSION) == 1 && type == TYPE_PPP && flags & GRE_KEY;
	head += flags & GRE_CHECKSUM ? 4 : 0;
	head += flags & GRE_KEY ? 4 : 0;
	head += flags & GRE_SEQUENCE ? 4 : 0;
	head += is_pptp && flags & GRE_ACKNOWLEDGMENT ? 4 : 0;
	if (l.len < head || flags & GRE_ROUTING || (flags & GRE_VERSION && !is_pptp)) {
		refuse(w, &l);
		return;
	}
	layer_pass(&l, head);
	take_inner(w, type, flags, l);
}

bool capture_tunnel_has_port(uint16_t port)
{
	return port == VXLAN_PORT || port == VXLAN_LINUX_PORT;
}

/* The port alone proves nothing; the header is one flag and zeros besides the number. */
bool capture_tunnel_is_vxlan(const struct layer *l, uint16_t port)
{
	return capture_tunnel_has_port(port) && l->len > VXLAN_HEADER &&
	       memcmp(l->at, "\x08\0\0\0", 4) == 0 && l->at[7] == 0;
}

void capture_tunnel_vxlan(struct capture_walk *w, struct layer l)
{
	layer_pass(&l, VXLAN_HEADER);
	capture_link_ethernet(w, l);
}
