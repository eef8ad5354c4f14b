/* SPDX-License-Identifier: Apache-2.0 */
/* RTP packets on a connection (RFC 4571 2): each behind its length, nothing between
 * them. A length of 0 is the null packet and means nothing. */
#ifndef RTP_FRAME_H
#define RTP_FRAME_H

#include "rtp/packet.h"

enum { RTP_FRAME_HEAD = 2, MAX_RTP_FRAME = RTP_FRAME_HEAD + MAX_RTP_PACKET };

/* Takes the first packet from the front of *bytes, which then begins behind it; empty for
 * the null packet. However the bytes were cut on their way, the packets are the same.
 * ERR_SHORT: more is needed; *bytes stays as it is, and is never longer than MAX_RTP_FRAME
 * then. ERR_LIMIT: a packet longer than MAX_RTP_PACKET is announced; where the next one
 * begins is not worth knowing. */
enum err rtp_frame_cut(struct view *bytes, struct view *ret) MUST_USE;

/* Writes the packet behind its length. ERR_LIMIT in the buffer where it is too long. */
void rtp_frame_write(struct buffer *b, struct view packet);

#endif
