/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the parser share: the session being filled and the level
 * that the current line belongs to. */
#ifndef SDP_READER_PRIV_H
#define SDP_READER_PRIV_H

#include "sdp/session.h"

enum { MAX_SDP_TOKEN = 64 };

/* RFC 8866 5: order within the session level. */
enum sdp_rank {
	SDP_RANK_NONE,
	SDP_RANK_VERSION,
	SDP_RANK_ORIGIN,
	SDP_RANK_SUBJECT,
	SDP_RANK_INFORMATION,
	SDP_RANK_URI,
	SDP_RANK_EMAIL,
	SDP_RANK_PHONE,
	SDP_RANK_CONNECTION,
	SDP_RANK_BANDWIDTH,
	SDP_RANK_TIME,
	SDP_RANK_REPEAT,
	SDP_RANK_ZONE,
	SDP_RANK_KEY,
	SDP_RANK_ATTRIBUTE,
	SDP_RANK_MEDIA,
};

struct sdp_reader {
	struct sdp_session *session;
	struct sdp_media *media; /* NULL before the first m= line */
	struct sdp_level *level; /* of the session or of media */
	enum sdp_rank rank;      /* of the last session line, for their order */
	bool has_version, has_origin, has_subject, has_time;
	/* What the formats of the current m= line mean, if it is one of RTP: a bit for each payload
	 * type that is listed, and where its first row lies. */
	uint64_t listed[2];
	uint8_t places[MAX_SDP_PAYLOAD_TYPE + 1];
	/* The last address that was read the short way; empty: none. */
	struct view host;
	struct addr host_addr;
};

static inline void sdp_note(struct sdp_reader *r, enum sdp_reason sloppy)
{
	r->session->sloppy |= UINT64_C(1) << sloppy;
}

/* False where the current m= line lists it already. */
static inline bool sdp_list_format(struct sdp_reader *r, unsigned payload_type, unsigned place)
{
	uint64_t *word = &r->listed[payload_type / 64 % 2];
	uint64_t bit = UINT64_C(1) << payload_type % 64;

	if (*word & bit)
		return false;
	*word |= bit;
	r->places[payload_type] = (uint8_t)place;
	return true;
}

/* The format of the current m= line with that payload type; NULL where none is. */
static inline struct sdp_format *sdp_format_of(struct sdp_reader *r, unsigned payload_type)
{
	return r->listed[payload_type / 64 % 2] >> payload_type % 64 & 1
	             ? &r->session->formats[r->places[payload_type]]
	             : NULL;
}

/* An attribute of the current level whose name is so long; there must be room. A borrow. */
static inline struct sdp_attribute *sdp_remember(struct sdp_reader *r, struct view text,
                                                 size_t name)
{
	struct sdp_attribute *a = &r->session->attributes[r->session->attribute_count++];

	a->name = (struct view){ text.at, name };
	a->value = view_after(text, name + 1);
	a->has_value = name != text.len;
	a->is_field = false;
	r->level->attribute_count++;
	return a;
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
/* The row of the next m= line, blank, for which there must be room: it counts, and what follows
 * belongs to it, once it is entered. */
struct sdp_media *sdp_begin_media(struct sdp_reader *r);
void sdp_enter_media(struct sdp_reader *r, struct sdp_media *m);
enum sdp_reason sdp_read_media(struct sdp_reader *r, struct view value);
enum sdp_reason sdp_read_attribute(struct sdp_reader *r, struct view value);

/* usual.c: reads lines from `at` on, of a text that ends at `end`, as long as they are fine and
 * simple, as the careful readers would. Returns where the first begins for which they are to be
 * asked, of which nothing is kept yet. */
const char *sdp_usual_lines(struct sdp_reader *r, const char *at, const char *end);

/* Derives what both levels say together, after the last line. */
enum sdp_reason sdp_finish_media(struct sdp_reader *r, struct sdp_media *m);

#endif
