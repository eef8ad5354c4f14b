/* SPDX-License-Identifier: Apache-2.0 */
/* SCTP messages put together from data chunks (RFC 9260 3.3.1, 6.9): in the order of
 * their transmission numbers, each once, fragments joined. What the capture lacks is
 * waited for a little; then the message that it was part of is left out.
 *
 * Bounded in directions of associations and in what each holds; the quietest is
 * forgotten first. */
#ifndef CAPTURE_SCTP_H
#define CAPTURE_SCTP_H

#include "base/hash.h"
#include "capture/skip.h"
#include "capture/walk.h"

enum {
	MAX_CAPTURE_SCTP_MESSAGE = 64 << 10,
	MAX_CAPTURE_SCTP_AHEAD = 64,     /* chunks behind a hole */
	MAX_CAPTURE_SCTP_JUMP = 1 << 16, /* further from what is expected: a new beginning */
	CAPTURE_SCTP_WAIT_US = 2000000,
};

struct capture_sctp_message {
	int64_t wall_us; /* of its last fragment */
	struct addr from, to;
	uint32_t connection; /* the same for both directions; never 0 */
	uint32_t ppid;
	uint16_t stream;
	bool is_cut;
	struct view bytes; /* live during the call */
};

struct capture_sctp_ports {
	void *context;
	void (*message)(void *context, const struct capture_sctp_message *m);
};

struct capture_sctp_settings {
	struct hash_key key;
	uint32_t max_directions;
	size_t max_buffered;
};

struct capture_sctp;

/* The counters must outlive it. ERR_NO_MEMORY, ERR_LIMIT (no directions). */
enum err capture_sctp_new(const struct capture_sctp_settings *settings,
                          const struct capture_sctp_ports *ports, struct capture_skipped *skipped,
                          struct capture_sctp **ret) MUST_USE;
void capture_sctp_free(struct capture_sctp **t);

/* ERR_NO_MEMORY: the chunk is lost. */
enum err capture_sctp_take(struct capture_sctp *t, const struct capture_chunk *c) MUST_USE;
/* What waits behind holes comes out; all is forgotten. */
enum err capture_sctp_end(struct capture_sctp *t) MUST_USE;

#endif
