/* SPDX-License-Identifier: Apache-2.0 */
/* The request that makes a connection a WebSocket for SIP (RFC 6455 4.2, RFC 7118 4.1), and what is
 * said to it. Read strictly: what one reader takes for an upgrade and another does not is how
 * requests are smuggled. Pure: knows bytes alone. */
#ifndef TRANSPORT_WS_UPGRADE_H
#define TRANSPORT_WS_UPGRADE_H

#include "base/buffer.h"

enum {
	WS_UPGRADE_MAX = 8192, /* bytes of a request: browsers send their cookies */
	MAX_WS_HEADERS = 64,
	MAX_WS_ORIGINS = 16,
	WS_ORIGIN_SIZE = 96,
	WS_REPLY_MAX = 320,
};

enum ws_answer {
	WS_MORE, /* bytes are missing */
	WS_YES,
#define WS_REFUSAL(name, status, words, counter, sort, proof) WS_##name,
#include "transport/ws_refusal.def"
#undef WS_REFUSAL
	WS_ANSWER_COUNT
};

/* From whose pages a browser may come: as it writes them in Origin, in small letters. `any`: all,
 * and who names none; `none`: who names none, which no browser does. */
struct ws_origins {
	char names[MAX_WS_ORIGINS][WS_ORIGIN_SIZE];
	uint8_t count;
};

struct ws_upgrade {
	struct view key;    /* in the request */
	struct view origin; /* likewise; empty: none was named */
};

/* Looks at what came so far. *seen: zeroed at the start of a connection, bytes that were looked at.
 * *ret is whole with WS_YES, and its origin with WS_ORIGIN. */
enum ws_answer ws_upgrade_read(struct view bytes, const struct ws_origins *origins, uint32_t *seen,
                               struct ws_upgrade *ret);

/* Whether the text is an origin as browsers write it (RFC 6454 6.2), `null`, `any` or `none`. */
bool ws_origin_is_sound(struct view text);

/* 101 with the key's answer, or the refusal; an empty buffer where nothing is said. Takes
 * WS_REPLY_MAX bytes. */
void ws_upgrade_reply(enum ws_answer answer, const struct ws_upgrade *upgrade, struct buffer *ret);

#endif
