/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a packet from the names of its headers, outermost first: "ethernet tag ipv4
 * udp". Each header is put before what is there already and told its length and type. */
#ifndef UNIT_CAPTURE_FRAME_H
#define UNIT_CAPTURE_FRAME_H

#include "base/view.h"

struct frame {
	char bytes[512];
	size_t start; /* the packet is bytes[start..] */
};

/* False where a word is not known. The payload stands at the end. IPv4 runs from
 * 192.0.2.1 to 198.51.100.2, IPv6 from 2001:db8::1 to 2001:db8::2, ports 5060 to 5062. */
bool frame_build(struct frame *f, const char *headers, struct view payload);

static inline struct view frame_view(const struct frame *f)
{
	return view_bytes(f->bytes + f->start, sizeof(f->bytes) - f->start);
}

#endif
