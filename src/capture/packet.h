/* SPDX-License-Identifier: Apache-2.0 */
/* One packet of a capture, as it stood on its link. */
#ifndef CAPTURE_PACKET_H
#define CAPTURE_PACKET_H

#include "base/view.h"

/* Numbers of link types as capture files write them (tcpdump.org/linktypes). */
enum {
	LINKTYPE_NULL = 0, /* address family in the byte order of whoever captured */
	LINKTYPE_ETHERNET = 1,
	LINKTYPE_PPP = 9,
	LINKTYPE_RAW_BSD = 12, /* what DLT_RAW is on most systems */
	LINKTYPE_RAW_OPENBSD = 14,
	LINKTYPE_PPP_HDLC = 50,
	LINKTYPE_PPP_ETHER = 51, /* PPPoE session without Ethernet */
	LINKTYPE_RAW = 101,
	LINKTYPE_C_HDLC = 104,
	LINKTYPE_LOOP = 108,      /* address family in network order */
	LINKTYPE_LINUX_SLL = 113, /* Linux cooked */
	LINKTYPE_IPV4 = 228,
	LINKTYPE_IPV6 = 229,
	LINKTYPE_LINUX_SLL2 = 276,
};

/* The longest packet that is read; longer ones are skipped and counted. */
enum { MAX_CAPTURE_PACKET = 256 << 10 };

struct capture_packet {
	int64_t wall_us;       /* since 1970; never negative, never beyond the year 9999 */
	uint32_t link;         /* LINKTYPE_ number, also ones that are not named above */
	uint32_t original_len; /* on the wire; at least bytes.len */
	struct view bytes;     /* what was captured of it; a message in it is unfolded in place */
};

#endif
