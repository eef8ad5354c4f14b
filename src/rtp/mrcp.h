/* SPDX-License-Identifier: Apache-2.0 */
/* A message of MRCPv2 (RFC 6787 5), by which a board or PBX has a speech server listen and
 * speak: a start line with the length of it all, header fields, perhaps a body. Cut from its
 * connection by that length, read strictly, written anew; what resource, method or event is
 * not in rtp/mrcp.def does not pass. */
#ifndef RTP_MRCP_H
#define RTP_MRCP_H

#include "base/buffer.h"
#include "base/err.h"

enum {
	MAX_MRCP_MESSAGE = 65536,
	MAX_MRCP_HEAD = 8192, /* start line and header fields */
	MAX_MRCP_FIELDS = 64,
	MAX_MRCP_CHANNEL = 96, /* of a channel identifier */
};

enum mrcp_kind { MRCP_REQUEST, MRCP_RESPONSE, MRCP_EVENT };
enum mrcp_state { MRCP_COMPLETE, MRCP_IN_PROGRESS, MRCP_PENDING };

enum mrcp_resource {
#define MRCP_RESOURCE(name, word) MRCP_##name,
#include "rtp/mrcp.def"
#undef MRCP_RESOURCE
	MRCP_RESOURCE_COUNT
};

struct mrcp_message {        /* a borrow of the bytes that were parsed */
	struct view name;    /* of the method or event; empty in a response */
	struct view fields;  /* header fields with their line ends, as they came */
	struct view channel; /* value of Channel-Identifier */
	struct view body;
	uint32_t request_id;
	uint16_t status;  /* responses: 200 to 599 */
	uint8_t kind;     /* enum mrcp_kind */
	uint8_t state;    /* enum mrcp_state; not of a request */
	uint8_t resource; /* enum mrcp_resource, of the channel */
};

/* How long the message is that begins here, in bytes. ERR_SHORT: the start line does not
 * say yet. ERR_SYNTAX: no start line of MRCP/2.0. ERR_LIMIT: longer than MAX_MRCP_MESSAGE.
 * Where it fails otherwise than by ERR_SHORT the connection cannot be read on. */
enum err mrcp_message_length(struct view bytes, size_t *ret) MUST_USE;

/* `whole` is as long as its start line says. ERR_SYNTAX: malformed, without its channel, or a
 * body of another length than Content-Length; ERR_LIMIT; ERR_UNSUPPORTED: a resource that is
 * not known, or a method or event that it does not have. */
enum err mrcp_message_parse(struct view whole, struct mrcp_message *ret) MUST_USE;

/* Writes it anew: its own start line and length, the channel first, each field on one line
 * (RFC 6787 6.2), the rest in order. What is written parses again to the same. ERR_LIMIT in
 * the buffer. */
void mrcp_message_write(struct buffer *b, const struct mrcp_message *m);

/* "32AECB23433801@speechrecog" (RFC 6787 6.2.1). ERR_SYNTAX, ERR_LIMIT, ERR_UNSUPPORTED. */
enum err mrcp_channel_parse(struct view text, enum mrcp_resource *ret) MUST_USE;
/* ERR_UNSUPPORTED. */
enum err mrcp_resource_parse(struct view word, enum mrcp_resource *ret) MUST_USE;
const char *mrcp_resource_text(enum mrcp_resource r); /* static storage */

/* What a connection's two ends have said, so that an answer is one to a question. */
struct mrcp_talk {
	uint32_t first, last; /* numbers of the requests */
	bool is_begun;
};

/* Notes a message of the client's or the server's end. ERR_DENIED: not for that end to say
 * (RFC 6787 5), or about a request that nobody made. A request whose number does not rise
 * passes: the server answers it with 410. */
enum err mrcp_talk_note(struct mrcp_talk *t, const struct mrcp_message *m,
                        bool is_of_client) MUST_USE;

#endif
