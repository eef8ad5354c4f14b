/* SPDX-License-Identifier: Apache-2.0 */
/* A session description (RFC 8866) as far as an audio or video call needs it:
 * parsed in place, strictly, without allocation. All views look into the text
 * that was parsed and live as long as it does.
 *
 * Everything that a stranger could make long has a ceiling; what breaks one is
 * refused by its name. What real devices do wrong without harm is noted in
 * `sloppy` and written clean by sdp_write (sdp/offer.h). */
#ifndef SDP_SESSION_H
#define SDP_SESSION_H

#include "sdp/media.h"

enum { MAX_SDP_BYTES = 16384, MAX_SDP_LINE = 1024 };

enum sdp_reason {
	SDP_FINE,
#define SDP_REASON(name, grade, text) SDP_##name,
#include "sdp/reason.def"
#undef SDP_REASON
	SDP_REASON_COUNT
};

enum sdp_grade { SDP_GRADE_HOSTILE, SDP_GRADE_FOREIGN, SDP_GRADE_SLOPPY };

struct sdp_origin {
	struct view session_id; /* digits as written, so that any length compares */
	struct view version;
	struct addr addr; /* family 0 where it is a name */
};

/* About 20 KiB: keep one a worker, not one a call. */
struct sdp_session {
	struct sdp_origin origin;
	struct sdp_level level; /* what stands before the first m= line */
	uint64_t sloppy;        /* bit SDP_... for each thing put right */
	uint16_t media_count, format_count, attribute_count;
	uint16_t line_count;
	struct sdp_media media[MAX_SDP_MEDIA];
	struct sdp_format formats[MAX_SDP_FORMATS];
	struct sdp_attribute attributes[MAX_SDP_ATTRIBUTES];
};

/* Fills *ret and returns SDP_FINE, or returns why not and leaves *ret in no
 * useful state (it is too large to be built aside). */
enum sdp_reason sdp_parse(struct view text, struct sdp_session *ret) MUST_USE;
/* The same by the careful readers alone, without the short way for usual lines: what the other is
 * held against. */
enum sdp_reason sdp_parse_plain(struct view text, struct sdp_session *ret) MUST_USE;

const char *sdp_reason_name(enum sdp_reason reason); /* "MEDIA_PORT"; static storage */
const char *sdp_reason_text(enum sdp_reason reason); /* for a person; static storage */
enum sdp_grade sdp_reason_grade(enum sdp_reason reason);

#endif
