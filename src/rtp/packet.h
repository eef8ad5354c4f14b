/* SPDX-License-Identifier: Apache-2.0 */
/* An RTP packet (RFC 3550 5.1), header walked and every length proven before
 * anything is believed. Header extension and padding are understood and left
 * behind: a packet that leaves is version, marker, payload type, sequence,
 * time stamp, sources and payload. */
#ifndef RTP_PACKET_H
#define RTP_PACKET_H

#include "base/buffer.h"
#include "base/err.h"

enum { RTP_HEADER_SIZE = 12, MAX_RTP_SOURCES = 15, MAX_RTP_PACKET = 2048 };

struct rtp_packet {
	struct view payload; /* without padding; may be empty, but begins within the datagram */
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	uint8_t payload_type; /* 0..127 */
	uint8_t source_count; /* contributing sources */
	bool is_marked;
	uint32_t sources[MAX_RTP_SOURCES]; /* the first source_count mean something */
};

/* ERR_SHORT: a length points past the end. ERR_SYNTAX: not version 2, padding
 * longer than what is there, or payload type 72..76, which is RTCP on the
 * wrong port (RFC 3550 A.1). ERR_LIMIT: longer than MAX_RTP_PACKET. */
enum err rtp_packet_parse(struct view datagram, struct rtp_packet *ret) MUST_USE;

/* Writes the packet anew, every source masked by `ssrc_mask` (0: as it is). */
void rtp_packet_write(struct buffer *b, const struct rtp_packet *p, uint32_t ssrc_mask);

/* The same without copying the payload: the header is written in front of it
 * into the bytes that the parse walked, where it always fits. Returns the
 * datagram to send, a part of `datagram`. p must be a parse of `datagram`. */
struct view rtp_packet_write_in_place(char *datagram, const struct rtp_packet *p,
                                      uint32_t ssrc_mask);

#endif
