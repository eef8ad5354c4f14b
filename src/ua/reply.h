/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: what a response repeats of its request (RFC 3261 8.2.6.2), kept as
 * a head, and the response built from it. Serves server transactions and
 * stateless answers alike. */
#ifndef UA_REPLY_H
#define UA_REPLY_H

#include "base/addr.h"
#include "base/buffer.h"

struct sip_msg;

/* The head's bytes lie in storage of its owner. */
struct ua_reply_head {
	/* Via..., From, To, Call-ID, CSeq, Timestamp, Record-Route...; CRLF after each. */
	struct view text;
	uint16_t to_end;    /* where the tag goes into To */
	uint16_t routes_at; /* where Record-Route begins */
	bool has_tag;       /* the request's To has one: an in-dialog request */
};

struct ua_reply {
	uint16_t status;
	struct view reason;       /* empty: sip_status_phrase */
	struct view to_tag;       /* added where the request's To has none and status > 100 */
	struct view headers;      /* whole lines with CRLF, written as they are */
	struct view content_type; /* empty where there is no body */
	struct view body;
	bool has_record_route; /* repeat Record-Route: 2xx and 18x that make a dialog */
	bool awaits_prack;     /* 1xx to INVITE: repeated until ua_server_pracked (RFC 3262 3) */
};

/* Writes the head of `request` into b. The top Via gets received, and rport
 * where it asks for it (RFC 3581 4), unless source is NULL. ERR_LIMIT; the
 * error of a header that cannot be read. */
enum err ua_reply_head(const struct sip_msg *request, const struct addr *source, struct buffer *b,
                       struct ua_reply_head *ret) MUST_USE;

/* Writes the whole response, Content-Length included. ERR_LIMIT. */
enum err ua_reply_write(struct buffer *b, const struct ua_reply_head *head,
                        const struct ua_reply *reply) MUST_USE;

#endif
