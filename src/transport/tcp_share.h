/* SPDX-License-Identifier: Apache-2.0 */
/* What the workers of signal count of their connections together: how many there are, how many
 * of them strangers', and how many of each source. Each writes its own row and reads all. The row
 * of who died says what it had until its successor begins, whose connections are none. Between two
 * that look at once a cap may be passed by one.
 *
 * A source is a hash by a key of them all. It has a place in its line of a row; where a line is
 * full of other live sources, the others do not hear of one more. */
#ifndef TRANSPORT_TCP_SHARE_H
#define TRANSPORT_TCP_SHARE_H

#include "event/ask.h"

#include <stdatomic.h>

enum { TCP_SHARE_LINES = 4096, TCP_SHARE_EACH = 8 };

struct tcp_share_row {
	_Atomic uint32_t connections, strangers;
	/* 32 bits of the hash, strangers and known of 16 each; 0: free. */
	_Atomic uint64_t sources[TCP_SHARE_LINES][TCP_SHARE_EACH];
};

/* Zeroed by the parent at its start. */
struct tcp_share_memory {
	struct tcp_share_row rows[MAX_SIGNAL_WORKERS];
};

/* Which of its rows is whose; memory NULL: there is one worker, and others have nothing. */
struct tcp_share {
	struct tcp_share_memory *memory;
	unsigned owner, owners;
};

struct tcp_share_counts {
	uint32_t connections; /* of all sources; of one: 0 */
	uint32_t strangers, known;
};

/* Ours from now on: we have none yet. */
void tcp_share_begin(const struct tcp_share *s);
void tcp_share_tell(const struct tcp_share *s, uint32_t connections, uint32_t strangers);
void tcp_share_tell_source(const struct tcp_share *s, uint64_t hash, uint32_t strangers,
                           uint32_t known);
/* Of the other workers, now. */
struct tcp_share_counts tcp_share_others(const struct tcp_share *s);
struct tcp_share_counts tcp_share_others_of(const struct tcp_share *s, uint64_t hash);

#endif
