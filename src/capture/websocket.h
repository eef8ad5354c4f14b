/* SPDX-License-Identifier: Apache-2.0 */
/* One direction of a WebSocket (RFC 6455) with SIP in it (RFC 7118): frames are
 * unmasked, fragments put together, control frames passed over. Each data message
 * is one SIP message. */
#ifndef CAPTURE_WEBSOCKET_H
#define CAPTURE_WEBSOCKET_H

#include "capture/pile.h"

enum { MAX_CAPTURE_WEBSOCKET = 64 << 10 }; /* bytes of one message */

struct capture_websocket_sink {
	void *context;
	/* One data message; the bytes may be changed, and live during the call. */
	void (*message)(void *context, struct view bytes);
	/* A message too long or compressed was passed over. */
	void (*skipped)(void *context);
};

/* Zeroed is empty. */
struct capture_websocket {
	struct capture_pile pile; /* fragments of a message, unmasked, then frames as they came */
	size_t whole;             /* bytes of fragments in front */
	uint64_t pass;            /* bytes of a frame that are passed over */
	bool is_skipping;         /* until the message ends */
	bool is_broken;           /* looks for a frame that begins with a piece */
	bool has_fragment;        /* the first frame of a message was seen, not the last */
};

enum capture_upgrade {
	CAPTURE_UPGRADE_SHORT, /* more bytes are needed */
	CAPTURE_UPGRADE_NONE,  /* HTTP, or nothing of the sort */
	CAPTURE_UPGRADE_DONE,  /* a WebSocket follows */
};

/* Reads the handshake's request or response (RFC 6455 4.1, 4.2.2). With DONE, *ret is
 * its length, empty line included. */
enum capture_upgrade capture_websocket_upgrade(struct view bytes, size_t *ret);

/* Whether the bytes begin with a whole frame header of a data message whose text
 * begins as SIP: how a WebSocket is met in its middle. */
bool capture_websocket_starts(struct view bytes);

/* ERR_NO_MEMORY: what is in hand is lost. ERR_SYNTAX: no WebSocket. */
enum err capture_websocket_take(struct capture_websocket *w, struct view bytes,
                                const struct capture_websocket_sink *sink) MUST_USE;
/* Bytes are missing from here on. */
void capture_websocket_break(struct capture_websocket *w);
void capture_websocket_clear(struct capture_websocket *w);

#endif
