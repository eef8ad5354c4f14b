/* SPDX-License-Identifier: Apache-2.0 */
/* TCP streams put together as their receiver sees them, from segments that may be
 * reordered, repeated, overlapping, cut differently or missing. The first copy of a
 * byte wins. What the capture lacks is waited for a little, then left out: the next
 * piece says so (is_after_gap). A stream may be met in its middle.
 *
 * Bounded in connections and in bytes: the quietest is forgotten first; one of whom
 * only a SYN was seen before any other, so that forged SYNs push out each other. */
#ifndef CAPTURE_TCP_H
#define CAPTURE_TCP_H

#include "base/hash.h"
#include "capture/skip.h"
#include "capture/walk.h"

enum {
	MAX_CAPTURE_CONNECTIONS = 1 << 20,
	MAX_CAPTURE_AHEAD = 256 << 10,      /* bytes of one direction behind a hole, in at most */
	MAX_CAPTURE_AHEAD_PIECES = 512,     /* so many pieces */
	MAX_CAPTURE_JUMP = 16 << 20,        /* further from what is expected: a new beginning */
	CAPTURE_HOLE_WAIT_US = 2000000,     /* then it is a gap */
	CAPTURE_HOLE_ACKED_WAIT_US = 50000, /* the same where the receiver has the bytes */
};

struct capture_connection {
	uint32_t number;    /* never 0; another for each connection, until 2^32 were seen */
	struct addr end[2]; /* side i is what end[i] sent */
	/* That end acknowledged exactly what the other had sent, and had no gap since. */
	bool is_proven[2];
	bool has_beginning; /* SYN seen: the stream begins where the connection began */
	void *state;        /* the reader's; NULL at first and after `end` */
	size_t state_size;  /* bytes that the reader holds: kept up to date by the reader */
};

struct capture_piece {
	int64_t wall_us;   /* of the segment that brought it */
	struct view bytes; /* never empty; live during the call */
	uint8_t side;
	bool is_after_gap; /* bytes are missing right before it */
};

struct capture_tcp_ports {
	void *context;
	/* The next bytes of a side. ERR_CLOSED: wants no more of this connection.
	 * ERR_NO_MEMORY is handed up. */
	enum err (*piece)(void *context, struct capture_connection *c,
	                  const struct capture_piece *p);
	/* Closed, reset or forgotten: the state is to be freed. Not called where it is NULL. */
	enum err (*end)(void *context, struct capture_connection *c);
};

struct capture_tcp_settings {
	struct hash_key key;
	uint32_t max_connections;
	size_t max_buffered; /* pieces and the readers' state_size together */
};

struct capture_tcp;

/* The counters must outlive it. ERR_NO_MEMORY; ERR_LIMIT where max_connections is 0 or
 * beyond MAX_CAPTURE_CONNECTIONS. */
enum err capture_tcp_new(const struct capture_tcp_settings *settings,
                         const struct capture_tcp_ports *ports, struct capture_skipped *skipped,
                         struct capture_tcp **ret) MUST_USE;
/* Frees without telling: capture_tcp_end first. States that are left are the caller's loss. */
void capture_tcp_free(struct capture_tcp **t);

/* ERR_NO_MEMORY: bytes were lost, all else goes on. */
enum err capture_tcp_take(struct capture_tcp *t, const struct capture_segment *s) MUST_USE;
/* Ends every connection; what waits behind holes comes out first. */
enum err capture_tcp_end(struct capture_tcp *t) MUST_USE;

uint64_t capture_tcp_connections(const struct capture_tcp *t); /* that were seen */

#endif
