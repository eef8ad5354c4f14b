/* SPDX-License-Identifier: Apache-2.0 */
/* Writes messages, line by line, into a buffer of the caller's. A value with
 * CR, LF or NUL in it puts ERR_SYNTAX into the buffer and nothing else is
 * written after it: whatever else fails, no stranger's text makes a line of
 * its own. The buffer's error is looked at once, after the body.
 *
 *     sip_build_request(&b, VIEW("BYE"), uri);
 *     sip_build_via(&b, &via);
 *     sip_build_header(&b, SIP_HEADER_CALL_ID, call_id);
 *     sip_build_cseq(&b, 2, VIEW("BYE"));
 *     sip_build_body(&b, VIEW_EMPTY);
 */
#ifndef SIP_BUILD_H
#define SIP_BUILD_H

#include "base/buffer.h"
#include "sip/auth.h"
#include "sip/msg.h"
#include "sip/name_addr.h"
#include "sip/via.h"

void sip_build_request(struct buffer *b, struct view method, struct view uri);
/* Empty phrase: the table's. */
void sip_build_status(struct buffer *b, unsigned status, struct view phrase);

/* "Name: value". An id of OTHER is our own mistake. */
void sip_build_header(struct buffer *b, enum sip_header_id id, struct view value);
/* The same for a name that we do not know; ERR_SYNTAX where it is no token. */
void sip_build_named(struct buffer *b, struct view name, struct view value);
void sip_build_number(struct buffer *b, enum sip_header_id id, uint64_t number);
void sip_build_via(struct buffer *b, const struct sip_via *v);
/* sip_name_addr_put as a header: From, To, Contact, Route, Refer-To ... */
void sip_build_name_addr(struct buffer *b, enum sip_header_id id, struct view display,
                         struct view uri, struct view tag);
void sip_build_cseq(struct buffer *b, uint32_t number, struct view method);
void sip_build_auth(struct buffer *b, enum sip_header_id id, const struct sip_digest *d);

/* Any other writer of this folder as a header: between these two calls put
 * the value with it. `finish` checks what was put and ends the line. */
size_t sip_build_begin(struct buffer *b, enum sip_header_id id);
void sip_build_finish(struct buffer *b, size_t begun);

/* Content-Length, the empty line and the body; the end of the message. With
 * a body, Content-Type has to be written before. */
void sip_build_body(struct buffer *b, struct view body);

/* All headers of that id of another message, each on its line, as they came. */
void sip_build_copy(struct buffer *b, const struct sip_msg *from, enum sip_header_id id);

#endif
