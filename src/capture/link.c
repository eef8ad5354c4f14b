/* SPDX-License-Identifier: Apache-2.0 */
/* From the link to IP: Ethernet and its relatives, tags, MPLS, PPP. */
#include "capture/walk_priv.h"

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_TAG = 0x8100, /* IEEE 802.1Q */
	TYPE_IPV6 = 0x86dd,
	TYPE_MPLS = 0x8847,
	TYPE_MPLS_MULTICAST = 0x8848,
	TYPE_PPPOE = 0x8864,
	TYPE_SERVICE_TAG = 0x88a8, /* 802.1ad, and two from before it */
	TYPE_OLD_TAG = 0x9100,
	TYPE_OLDER_TAG = 0x9200,
	MAX_ETHERNET_LEN = 1500, /* up to here the type is a length: IEEE 802.3 with LLC */
};
enum {
	ETHERNET_HEADER = 14,
	TAG_HEADER = 4,
	MPLS_LABEL = 4,
	PPPOE_HEADER = 6,
	SNAP_HEADER = 8,
	LOOP_HEADER = 4,
	COOKED_HEADER = 16,
	COOKED_2_HEADER = 20,
	C_HDLC_HEADER = 4,
};
enum { PPP_IPV4 = 0x0021, PPP_IPV6 = 0x0057 };

/* IEEE 802.3: a length, then LLC; with SNAP it has an Ethernet type after all. */
static void take_llc(struct capture_walk *w, struct layer l)
{
	if (l.len < SNAP_HEADER || memcmp(l.at, "\xaa\xaa\x03\0\0\0", 6) != 0 ||
	    load16(l.at + 6) <= MAX_ETHERNET_LEN) {
		skip(w, CAPTURE_SKIP_NOT_IP);
		return;
	}
	capture_link_payload(
		w, load16(l.at + 6),
		(struct layer){ l.at + SNAP_HEADER, l.len - SNAP_HEADER, l.missing, l.depth });
}

/* RFC 3032 2.1: labels up to the bottom of the stack. What follows is not said, but IP
 * begins with its version, and a pseudowire's control word with none. */
static void take_mpls(struct capture_walk *w, struct layer l)
{
	bool is_bottom = false;

	while (!is_bottom && l.len > MPLS_LABEL) {
		is_bottom = l.at[2] & 1;
		layer_pass(&l, MPLS_LABEL);
	}
	if (!is_bottom)
		skip(w, CAPTURE_SKIP_SHORT);
	else if ((uint8_t)l.at[0] >> 4 == 4 || (uint8_t)l.at[0] >> 4 == 6)
		capture_ip_packet(w, l);
	else
		skip(w, CAPTURE_SKIP_NOT_IP);
}

static void take_pppoe(struct capture_walk *w, struct layer l)
{
	size_t len;

	if (l.len < PPPOE_HEADER) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	len = load16(l.at + 4);
	if (l.at[0] != 0x11 || l.at[1] != 0) { /* RFC 2516 4: session data */
		skip(w, CAPTURE_SKIP_NOT_IP);
		return;
	}
	layer_pass(&l, PPPOE_HEADER);
	if (layer_limit(&l, len))
		capture_link_ppp(w, l);
	else
		skip(w, CAPTURE_SKIP_SHORT);
}

void capture_link_ppp(struct capture_walk *w, struct layer l)
{
	uint16_t protocol;

	if (l.len >= 2 && l.at[0] == '\xff' && l.at[1] == '\x03') /* RFC 1662: address, control */
		layer_pass(&l, 2);
	if (l.len < 2) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	/* RFC 1661 2: the protocol's last byte is odd, its first even and left out if 0. */
	protocol = l.at[0] & 1 ? (uint8_t)l.at[0] : load16(l.at);
	layer_pass(&l, l.at[0] & 1 ? 1 : 2);
	if (protocol == PPP_IPV4 || protocol == PPP_IPV6)
		capture_ip_packet(w, l);
	else
		skip(w, CAPTURE_SKIP_NOT_IP);
}

static bool is_tag(uint16_t type)
{
	return type == TYPE_TAG || type == TYPE_SERVICE_TAG || type == TYPE_OLD_TAG ||
	       type == TYPE_OLDER_TAG;
}

void capture_link_payload(struct capture_walk *w, uint16_t ethertype, struct layer l)
{
	while (is_tag(ethertype)) {
		if (l.len < TAG_HEADER) {
			skip(w, CAPTURE_SKIP_SHORT);
			return;
		}
		ethertype = load16(l.at + 2);
		layer_pass(&l, TAG_HEADER);
	}
	if (ethertype == TYPE_IPV4 || ethertype == TYPE_IPV6)
		capture_ip_packet(w, l);
	else if (ethertype == TYPE_MPLS || ethertype == TYPE_MPLS_MULTICAST)
		take_mpls(w, l);
	else if (ethertype == TYPE_PPPOE)
		take_pppoe(w, l);
	else if (ethertype <= MAX_ETHERNET_LEN)
		take_llc(w, l);
	else
		skip(w, CAPTURE_SKIP_NOT_IP);
}

/* A header of fixed size with the Ethernet type at some place in it. */
static void take_typed(struct capture_walk *w, struct layer l, size_t type_at, size_t header)
{
	uint16_t type;

	if (l.len < header) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	type = load16(l.at + type_at);
	layer_pass(&l, header);
	capture_link_payload(w, type, l);
}

void capture_link_ethernet(struct capture_walk *w, struct layer l)
{
	take_typed(w, l, ETHERNET_HEADER - 2, ETHERNET_HEADER);
}

/* An address family: AF_INET is 2 everywhere, AF_INET6 whatever the system liked
 * (Linux 10, NetBSD 24, FreeBSD 28, macOS 30). The order of bytes is the host's for
 * NULL and the network's for LOOP: one of the two gives a small number. */
static void take_loop(struct capture_walk *w, struct layer l)
{
	uint32_t family;

	if (l.len < LOOP_HEADER) {
		skip(w, CAPTURE_SKIP_SHORT);
		return;
	}
	family = load32(l.at);
	if (family > 0xffff)
		family = __builtin_bswap32(family);
	layer_pass(&l, LOOP_HEADER);
	if (family == 2 || family == 10 || family == 24 || family == 28 || family == 30)
		capture_ip_packet(w, l);
	else
		skip(w, CAPTURE_SKIP_NOT_IP);
}

void capture_link_frame(struct capture_walk *w, uint32_t link, struct layer l)
{
	switch (link) {
	case LINKTYPE_ETHERNET:
		capture_link_ethernet(w, l);
		return;
	case LINKTYPE_RAW:
	case LINKTYPE_RAW_BSD:
	case LINKTYPE_RAW_OPENBSD:
	case LINKTYPE_IPV4:
	case LINKTYPE_IPV6:
		capture_ip_packet(w, l);
		return;
	case LINKTYPE_LINUX_SLL:
		take_typed(w, l, COOKED_HEADER - 2, COOKED_HEADER);
		return;
	case LINKTYPE_LINUX_SLL2:
		take_typed(w, l, 0, COOKED_2_HEADER);
		return;
	case LINKTYPE_NULL:
	case LINKTYPE_LOOP:
		take_loop(w, l);
		return;
	case LINKTYPE_PPP:
	case LINKTYPE_PPP_HDLC:
		capture_link_ppp(w, l);
		return;
	case LINKTYPE_PPP_ETHER:
		take_pppoe(w, l);
		return;
	case LINKTYPE_C_HDLC:
		take_typed(w, l, C_HDLC_HEADER - 2, C_HDLC_HEADER);
		return;
	default:
		skip(w, CAPTURE_SKIP_LINK);
	}
}
