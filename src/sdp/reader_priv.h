/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the parser share: the session being filled and the level
 * that the current line belongs to. */
#ifndef SDP_READER_PRIV_H
#define SDP_READER_PRIV_H

#include "sdp/session.h"

enum { MAX_SDP_TOKEN = 64 };

struct sdp_reader {
	struct sdp_session *session;
	struct sdp_media *media; /* NULL before the first m= line */
	struct sdp_level *level; /* of the session or of media */
	uint8_t rank;            /* of the last session line, for their order */
	bool has_version, has_origin, has_subject, has_time;
};

static inline void sdp_note(struct sdp_reader *r, enum sdp_reason sloppy)
{
	r->session->sloppy |= UINT64_C(1) << sloppy;
}

/* Takes the next field of a line whose fields are parted by blanks; notes
 * doubled blanks. Empty at the end. */
struct view sdp_field(struct sdp_reader *r, struct view *line);
/* The token (RFC 8866 9) with which it begins; 0: none, or more than MAX_SDP_TOKEN bytes. */
size_t sdp_token_len(struct view v);
/* The whole is one. */
bool sdp_is_token(struct view v);
/* network type, address type, address; nothing behind them. Port 0. */
enum sdp_reason sdp_read_address(struct sdp_reader *r, struct view line, enum sdp_reason broken,
                                 struct addr *ret);

bool sdp_protocol_is_rtp(enum sdp_protocol p);
enum sdp_reason sdp_read_media(struct sdp_reader *r, struct view value);
enum sdp_reason sdp_read_attribute(struct sdp_reader *r, struct view value);
/* Derives what both levels say together, after the last line. */
enum sdp_reason sdp_finish_media(struct sdp_reader *r, struct sdp_media *m);

#endif
