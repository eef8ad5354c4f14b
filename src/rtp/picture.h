/* SPDX-License-Identifier: Apache-2.0 */
/* What asks the sender of video for a whole picture, in feedback of RTCP: Picture Loss Indication
 * (RFC 4585 6.3.1) and Full Intra Request (RFC 5104 4.3.1). Of feedback nothing else goes on: what
 * it says of the path is true of one leg alone. */
#ifndef RTP_PICTURE_H
#define RTP_PICTURE_H

#include "rtp/rtcp.h"

enum { RTCP_PICTURE_FEEDBACK = 206, MAX_RTCP_PICTURES = 4 };
enum { RTCP_PICTURE_SIZE = 20 }; /* what each takes at most when it is written */

struct rtcp_picture {
	uint32_t about;   /* SSRC of the video */
	bool is_full;     /* FIR */
	uint8_t sequence; /* of the FIR; the same again is a repetition */
};

/* Of a datagram that rtcp_parse took. Those beyond the ceiling, malformed or of another sender than
 * the compound's are left out. */
size_t rtcp_pictures_read(struct view datagram, const struct rtcp_compound *c,
                          struct rtcp_picture ret[MAX_RTCP_PICTURES]);
/* Behind rtcp_write of that compound, one packet each. */
void rtcp_pictures_write(struct buffer *b, const struct rtcp_picture *pictures, size_t count,
                         uint32_t sender, const struct rtcp_rewrite *how);

#endif
