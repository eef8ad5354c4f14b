/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of one WebSocket, server's end (RFC 6455 5): what comes is unmasked and checked, what
 * goes is framed, both by wslay, which has no idea of sockets. No extension, so no compression.
 * A message comes in parts, as its bytes do; however they are cut, the parts of a
 * message are the same when put together. */
#ifndef TRANSPORT_WS_H
#define TRANSPORT_WS_H

#include "base/buffer.h"

enum {
	WS_MESSAGE_MAX = 65535, /* bytes, of all fragments */
	MAX_WS_FRAGMENTS = 64,  /* of one message */
	WS_CONTROL_MAX = 125,
	WS_HEAD_MAX = 14, /* bytes that framing adds */
};

enum ws_kind {
	WS_PART, /* of a message */
	WS_PING, /* with what is to be sent back */
	WS_PONG,
	WS_CLOSE, /* the other end leaves */
	WS_BROKEN,
};

/* Why a WebSocket ends (RFC 6455 7.4.1). */
enum ws_code {
	WS_CODE_NORMAL = 1000,
	WS_CODE_AWAY = 1001, /* of ours: not wanted any longer */
	WS_CODE_PROTOCOL = 1002,
	WS_CODE_NONE = 1005, /* never sent: none came */
	WS_CODE_TEXT = 1007, /* text that is no UTF-8 */
	WS_CODE_POLICY = 1008,
	WS_CODE_TOO_BIG = 1009,
};

enum ws_frame { WS_FRAME_TEXT = 1, WS_FRAME_BINARY = 2, WS_FRAME_CLOSE = 8, WS_FRAME_PONG = 10 };

struct ws_piece {
	enum ws_kind kind;
	struct view bytes; /* PART, PING; until the next call */
	uint16_t code;     /* CLOSE: that came; BROKEN: to close with */
	bool is_text;      /* PART */
	bool is_last;      /* PART: the message is whole with it */
};

struct ws;

/* ERR_NO_MEMORY. */
enum err ws_new(struct ws **ret) MUST_USE;
void ws_free(struct ws **w);

/* The bytes are borrowed until ws_next says false. */
void ws_feed(struct ws *w, struct view bytes);
/* False: all that was fed is used. After CLOSE and BROKEN all that comes is passed over. */
bool ws_next(struct ws *w, struct ws_piece *ret);
/* Whether a frame or a message has begun and is not whole. */
bool ws_is_midway(const struct ws *w);

/* One whole frame, unmasked as a server's are. */
void ws_write(struct ws *w, enum ws_frame kind, struct view payload, struct buffer *ret);
/* A close frame with that code; WS_CODE_NONE: with none. */
void ws_write_close(struct ws *w, uint16_t code, struct buffer *ret);

#endif
