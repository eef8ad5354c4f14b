/* SPDX-License-Identifier: Apache-2.0 */
/* A stream of SIP cut into messages by Content-Length (RFC 3261 18.3), with the
 * keep-alives of RFC 5626 4.4.1 between them. Knows bytes alone: no socket, no
 * time. What cannot be SIP is known by its first line, so that it need not be
 * waited for. */
#ifndef TRANSPORT_STREAM_H
#define TRANSPORT_STREAM_H

#include "base/view.h"
#include <stdbool.h>
#include <stdint.h>

enum stream_step {
	STREAM_MORE,    /* bytes are missing */
	STREAM_BLANK,   /* line ends between messages: to be thrown away */
	STREAM_PING,    /* the same, and a keep-alive ended there: CRLF is the answer */
	STREAM_MESSAGE, /* one message, from its first letter to the end of its body */
	STREAM_BROKEN,  /* not SIP, or nobody can say where the next message begins: close */
};

/* Zeroed at the start of a connection. */
struct stream {
	uint32_t need;      /* bytes of the message that has begun; 0: not known yet */
	uint32_t seen;      /* of its bytes were looked at */
	uint8_t breaks;     /* bytes of CRLF CRLF so far */
	bool has_good_line; /* its first line was looked at and may be SIP's */
};

/* Looks at what came and was not used yet. *ret_used: how many bytes belong to the step; call
 * again with the rest until STREAM_MORE. */
enum stream_step stream_next(struct stream *s, struct view bytes, size_t *ret_used);
/* Bytes that the message in hand will have; 0 while that is not known. */
static inline size_t stream_need(const struct stream *s) { return s->need; }

#endif
