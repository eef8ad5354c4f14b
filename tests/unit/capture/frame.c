/* SPDX-License-Identifier: Apache-2.0 */
/* The headers that a frame may have, and how they are chained. */
#include "unit/capture/frame.h"

enum { NONE = -1 };

/* What stands below a header names it by an Ethernet type, an IP protocol or both. */
struct header {
	const char *name;
	struct view bytes;
	int type_at, protocol_at; /* where the number of what follows goes */
	int len_at, len_less;     /* where the length goes, and what it leaves out */
	unsigned type, protocol;
};

#define ZEROS_12  "\0\0\0\0\0\0\0\0\0\0\0\0"
#define IPV4_REST "\0\0\0\0\x40\0\0\0\xc0\0\x02\x01\xc6\x33\x64\x02"
#define IPV6_ENDS "\x20\x01\x0d\xb8" ZEROS_12 "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
#define PORTS     "\x13\xc4\x13\xc6"

static const struct header headers[] = {
	{ "ethernet", VIEW(ZEROS_12 "\0\0"), 12, NONE, NONE, 0, 0x6558, 0 },
	{ "cooked", VIEW(ZEROS_12 "\0\0\0\0"), 14, NONE, NONE, 0, 0, 0 },
	{ "cooked2", VIEW(ZEROS_12 "\0\0\0\0\0\0\0\0"), 0, NONE, NONE, 0, 0, 0 },
	{ "hdlc", VIEW("\x0f\0\0\0"), 2, NONE, NONE, 0, 0, 0 },
	{ "family2", VIEW("\0\0\0\x02"), NONE, NONE, NONE, 0, 0, 0 },
	{ "family2-swapped", VIEW("\x02\0\0\0"), NONE, NONE, NONE, 0, 0, 0 },
	{ "family10", VIEW("\x0a\0\0\0"), NONE, NONE, NONE, 0, 0, 0 },
	{ "family30", VIEW("\x1e\0\0\0"), NONE, NONE, NONE, 0, 0, 0 },
	{ "family7", VIEW("\x07\0\0\0"), NONE, NONE, NONE, 0, 0, 0 },
	{ "tag", VIEW("\0\x05\0\0"), 2, NONE, NONE, 0, 0x8100, 0 },
	{ "service-tag", VIEW("\0\x06\0\0"), 2, NONE, NONE, 0, 0x88a8, 0 },
	{ "old-tag", VIEW("\0\x07\0\0"), 2, NONE, NONE, 0, 0x9100, 0 },
	{ "snap", VIEW("\xaa\xaa\x03\0\0\0\0\0"), 6, NONE, NONE, 0, 0x0100, 0 },
	{ "llc", VIEW("\x42\x42\x03\0\0\0\0\0"), 6, NONE, NONE, 0, 0x0026, 0 },
	{ "label", VIEW("\0\x01\0\x40"), NONE, NONE, NONE, 0, 0x8847, 0 },
	{ "bottom", VIEW("\0\x01\x01\x40"), NONE, NONE, NONE, 0, 0x8847, 0 },
	{ "control-word", VIEW("\0\0\0\0"), NONE, NONE, NONE, 0, 0, 0 },
	{ "pppoe", VIEW("\x11\0\0\x01\0\0"), NONE, NONE, 4, 6, 0x8864, 0 },
	{ "discovery", VIEW("\x11\x09\0\x01\0\0"), NONE, NONE, 4, 6, 0x8864, 0 },
	{ "ppp4", VIEW("\0\x21"), NONE, NONE, NONE, 0, 0, 0 },
	{ "ppp4-short", VIEW("\x21"), NONE, NONE, NONE, 0, 0, 0 },
	{ "ppp4-hdlc", VIEW("\xff\x03\0\x21"), NONE, NONE, NONE, 0, 0, 0 },
	{ "ppp6", VIEW("\0\x57"), NONE, NONE, NONE, 0, 0, 0 },
	{ "lcp", VIEW("\xc0\x21"), NONE, NONE, NONE, 0, 0, 0 },
	{ "ipv4", VIEW("\x45\0\0\0" IPV4_REST), NONE, 9, 2, 0, 0x0800, 4 },
	{ "ipv4-options", VIEW("\x46\0\0\0" IPV4_REST "\x01\x01\x01\0"), NONE, 9, 2, 0, 0x0800, 4 },
	{ "ipv4-no-length", VIEW("\x45\0\0\0" IPV4_REST), NONE, 9, NONE, 0, 0x0800, 4 },
	{ "ipv4-short-header", VIEW("\x44\0\0\0" IPV4_REST), NONE, 9, 2, 0, 0x0800, 4 },
	{ "ipv4-long", VIEW("\x45\0\0\0" IPV4_REST), NONE, 9, 2, -1, 0x0800, 4 },
	{ "ipv6", VIEW("\x60\0\0\0\0\0\0\x40" IPV6_ENDS), NONE, 6, 4, 40, 0x86dd, 41 },
	{ "ipv6-no-length", VIEW("\x60\0\0\0\0\0\0\x40" IPV6_ENDS), NONE, 6, NONE, 0, 0x86dd, 41 },
	{ "ipv5", VIEW("\x50\0\0\0" IPV4_REST), NONE, 9, 2, 0, 0x0800, 4 },
	{ "hop-by-hop", VIEW("\0\0\x01\x04\0\0\0\0"), NONE, 0, NONE, 0, 0, 0 },
	{ "routing", VIEW("\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NONE, 0, NONE, 0, 0, 43 },
	{ "destination", VIEW("\0\0\x01\x04\0\0\0\0"), NONE, 0, NONE, 0, 0, 60 },
	{ "authentication", VIEW("\0\x01\0\0\0\0\0\0\0\0\0\0"), NONE, 0, NONE, 0, 0, 51 },
	{ "atomic", VIEW("\0\0\0\0\0\0\0\x07"), NONE, 0, NONE, 0, 0, 44 },
	{ "long-extension", VIEW("\0\xff\0\0\0\0\0\0"), NONE, 0, NONE, 0, 0, 60 },
	{ "icmp", VIEW("\x08\0\0\0"), NONE, NONE, NONE, 0, 0, 1 },
	{ "gre", VIEW("\0\0\0\0"), 2, NONE, NONE, 0, 0, 47 },
	{ "gre-all", VIEW("\xb0\0\0\0" ZEROS_12), 2, NONE, NONE, 0, 0, 47 },
	{ "gre-sequence", VIEW("\x10\0\0\0\0\0\0\x09"), 2, NONE, NONE, 0, 0, 47 },
	{ "gre-routing", VIEW("\x40\0\0\0\0\0\0\0"), 2, NONE, NONE, 0, 0, 47 },
	{ "gre-version2", VIEW("\0\x02\0\0"), 2, NONE, NONE, 0, 0, 47 },
	{ "pptp", VIEW("\x30\x81\x88\x0b\0\0\0\0\0\0\0\x01\0\0\0\x02"), NONE, NONE, NONE, 0, 0,
	  47 },
	{ "erspan1", VIEW(""), NONE, NONE, NONE, 0, 0x88be, 0 },
	{ "erspan2", VIEW("\x10\0\0\0\0\0\0\0"), NONE, NONE, NONE, 0, 0x88be, 0 },
	{ "erspan2-cut", VIEW("\x10\0\x04\0\0\0\0\0"), NONE, NONE, NONE, 0, 0x88be, 0 },
	{ "erspan7", VIEW("\x70\0\0\0\0\0\0\0"), NONE, NONE, NONE, 0, 0x88be, 0 },
	{ "erspan3", VIEW("\x20\0\0\0\0\0\0\0\0\0\0\0"), NONE, NONE, NONE, 0, 0x22eb, 0 },
	{ "erspan3-more", VIEW("\x20\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\0"), NONE, NONE, NONE, 0,
	  0x22eb, 0 },
	{ "erspan3-ip", VIEW("\x20\0\0\0\0\0\0\0\0\0\x08\0"), NONE, NONE, NONE, 0, 0x22eb, 0 },
	{ "erspan3-odd", VIEW("\x20\0\0\0\0\0\0\0\0\0\x0c\0"), NONE, NONE, NONE, 0, 0x22eb, 0 },
	{ "vxlan", VIEW("\x13\xc4\x12\xb5\0\0\0\0\x08\0\0\0\0\0\x07\0"), NONE, NONE, 4, 0, 0, 17 },
	{ "udp", VIEW(PORTS "\0\0\0\0"), NONE, NONE, 4, 0, 0, 17 },
	{ "udp-empty", VIEW(PORTS "\0\x08\0\0"), NONE, NONE, NONE, 0, 0, 17 },
	{ "udp-short", VIEW(PORTS "\0\x07\0\0"), NONE, NONE, NONE, 0, 0, 17 },
	{ "udp-long", VIEW(PORTS "\0\0\0\0"), NONE, NONE, 4, -1, 0, 17 },
	{ "tcp", VIEW(PORTS "\0\0\0\x05\0\0\0\x06\x50\x18\x10\0\0\0\0\0"), NONE, NONE, NONE, 0, 0,
	  6 },
	{ "tcp-options", VIEW(PORTS "\0\0\0\x05\0\0\0\x06\x60\x02\x10\0\0\0\0\0\x02\x04\x05\xb4"),
	  NONE, NONE, NONE, 0, 0, 6 },
	{ "tcp-short", VIEW(PORTS "\0\0\0\x05\0\0\0\x06\x40\x02\x10\0\0\0\0\0"), NONE, NONE, NONE,
	  0, 0, 6 },
	{ "tcp-long", VIEW(PORTS "\0\0\0\x05\0\0\0\x06\xf0\x02\x10\0\0\0\0\0"), NONE, NONE, NONE, 0,
	  0, 6 },
	{ "sctp", VIEW(PORTS "\0\0\0\x09\0\0\0\0"), NONE, NONE, NONE, 0, 0, 132 },
	{ "heartbeat", VIEW("\x04\0\0\x05z\0\0\0"), NONE, NONE, NONE, 0, 0, 0 },
	{ "chunk", VIEW("\0\x07\0\0\0\0\0\x08\0\x03\0\x04\0\0\0\x05"), NONE, NONE, 2, 0, 0, 0 },
	{ "chunk-first", VIEW("\0\x02\0\x12\0\0\0\x08\0\x03\0\x04\0\0\0\x05xy\0\0"), NONE, NONE,
	  NONE, 0, 0, 0 },
	{ "chunk-empty", VIEW("\0\x07\0\x10\0\0\0\x08\0\x03\0\x04\0\0\0\x05"), NONE, NONE, NONE, 0,
	  0, 0 },
	{ "chunk-long", VIEW("\0\x07\0\0\0\0\0\x08\0\x03\0\x04\0\0\0\x05"), NONE, NONE, 2, -1, 0,
	  0 },
	{ "arp", VIEW("\0\x01\x08\0"), NONE, NONE, NONE, 0, 0x0806, 0 },
};

static const struct header *find(struct view name)
{
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
		if (view_equal(name, view_of(headers[i].name)))
			return &headers[i];
	return NULL;
}

static void put_u16(char *at, unsigned number)
{
	at[0] = (char)(number >> 8);
	at[1] = (char)number;
}

bool frame_build(struct frame *f, const char *words, struct view payload)
{
	struct view rest = view_of(words);
	const struct header *inner = NULL;

	f->start = sizeof(f->bytes) - payload.len;
	memcpy(f->bytes + f->start, payload.at, payload.len);
	while (rest.len > 0) {
		size_t from = rest.len;
		const struct header *h;
		char *at;

		while (from > 0 && rest.at[from - 1] != ' ')
			from--;
		h = find(view_after(rest, from));
		if (!h || h->bytes.len > f->start)
			return false;
		f->start -= h->bytes.len;
		at = f->bytes + f->start;
		memcpy(at, h->bytes.at, h->bytes.len);
		if (inner && h->type_at >= 0)
			put_u16(at + h->type_at, inner->type);
		if (inner && h->protocol_at >= 0)
			at[h->protocol_at] = (char)inner->protocol;
		if (h->len_at >= 0)
			put_u16(at + h->len_at,
			        (unsigned)((int)(sizeof(f->bytes) - f->start) - h->len_less));
		inner = h;
		rest = view_first(rest, from ? from - 1 : 0);
	}
	return true;
}
