/* SPDX-License-Identifier: Apache-2.0 */
/* A UDPTL packet (ITU-T T.38 9.1, aligned PER): a fax machine's data with copies
 * of earlier ones or parity against loss. Walked to its last byte before it goes
 * on, as it is; what is in the data is the fax machines' own affair. */
#ifndef RTP_UDPTL_H
#define RTP_UDPTL_H

#include "base/err.h"
#include "base/view.h"

enum { MAX_UDPTL_PACKET = 2048, MAX_UDPTL_ENTRIES = 64 };

struct udptl_packet {
	uint16_t sequence;
	uint8_t entry_count; /* copies of earlier packets, or parity entries */
	bool is_parity;
};

/* ERR_SHORT: a length points past the end. ERR_SYNTAX: bytes behind the end, a
 * fragmented length (16 KiB and more), a span of no byte. ERR_LIMIT: longer than
 * MAX_UDPTL_PACKET, or more entries than MAX_UDPTL_ENTRIES. */
enum err udptl_packet_parse(struct view datagram, struct udptl_packet *ret) MUST_USE;

#endif
