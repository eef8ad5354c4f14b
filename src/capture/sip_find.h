/* SPDX-License-Identifier: Apache-2.0 */
/* Recognises SIP by its first line, whatever the port, and names what else is
 * seen on a SIP port. Looks at bytes alone; costs a few nanoseconds where the
 * first byte cannot begin a message, which is nearly all media. */
#ifndef CAPTURE_SIP_FIND_H
#define CAPTURE_SIP_FIND_H

#include "base/err.h"
#include "base/view.h"

/* What a unit of bytes is. All but CAPTURE_SIP are not SIP. */
enum capture_kind {
	CAPTURE_SIP,  /* a SIP message, perhaps a broken one */
	CAPTURE_HTTP, /* from here on: not SIP, seen on a SIP port */
	CAPTURE_TLS,
	CAPTURE_SSDP,
	CAPTURE_RTSP,
	CAPTURE_KEEPALIVE, /* a word that some phones send to hold a NAT binding */
	CAPTURE_NOISE,
	CAPTURE_KIND_COUNT
};

/* "sip", "http" ...; static storage. */
const char *capture_kind_name(enum capture_kind kind);

/* Longest start line that is looked at. */
enum { MAX_CAPTURE_START_LINE = 4096 };

/* Whether the bytes begin with a SIP start line (no empty lines before it):
 * `TOKEN SP uri SP SIP/2.0`, `TOKEN SP sip:` (also sips: and tel:) whatever
 * follows, or `SIP/2.0 `. Letter case and the version's digits are not held
 * against it: broken messages are what an observer wants to see.
 * ERR_SHORT: not yet, but more bytes could make it one. ERR_SYNTAX: no. */
enum err capture_sip_starts(struct view bytes) MUST_USE;

/* Offset of the first line from `from` on that capture_sip_starts accepts or,
 * at the end, may come to accept; bytes.len where there is none. `from` itself
 * counts as the beginning of a line. */
size_t capture_sip_find(struct view bytes, size_t from);

/* Without the empty lines before a start line. */
struct view capture_sip_skip_lines(struct view bytes);

/* CR, LF, NUL and SP alone, or nothing: RFC 5626 keep-alives and their like. */
bool capture_is_blank(struct view bytes);

/* What belongs to media on whatever port: RTP and RTCP by the first byte (RFC 7983),
 * STUN by its cookie or, before RFC 5389, by its length. */
static inline bool capture_is_stream_like(struct view bytes)
{
	const uint8_t *at = (const uint8_t *)bytes.at;

	if (bytes.len < 8)
		return false;
	if ((at[0] & 0xc0) == 0x80 || memcmp(at + 4, "\x21\x12\xa4\x42", 4) == 0)
		return true;
	return at[0] <= 1 && bytes.len >= 20 && (size_t)(at[2] << 8 | at[3]) == bytes.len - 20;
}

/* What stands in a unit that came to a SIP port. CAPTURE_SIP also for bytes
 * without a start line that have SIP's headers. */
enum capture_kind capture_kind_of(struct view bytes);

#endif
