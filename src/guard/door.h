/* SPDX-License-Identifier: Apache-2.0 */
/* The door: what a datagram meets before it is parsed. In this order: a known
 * flow is exempt from its address's verdict (its own block has its port as
 * key), the verdict table, then size and first bytes. Reads the verdict table,
 * writes nothing but its own memory. */
#ifndef GUARD_DOOR_H
#define GUARD_DOOR_H

#include "base/now.h"
#include "event/counters.h"
#include "event/fact.h"
#include "event/verdict.h"
#include "guard/bound.h"

enum guard_door_answer {
	DOOR_PASS,      /* parse it */
	DOOR_CHALLENGE, /* blocked address where known flows live, new port: our own
				 * 401 to a REGISTER, all else is dropped */
	DOOR_DROP,      /* count `counter`, say nothing */
};

/* What the first bytes are. */
enum guard_bytes {
	BYTES_SIP,       /* may be SIP: the parser decides */
	BYTES_KEEPALIVE, /* CRLF, CRLF CRLF, zero bytes, empty */
	BYTES_STUN,
	BYTES_HTTP,
	BYTES_TLS,
	BYTES_GARBAGE,
	BYTES_TOO_LONG,
};

enum { MAX_DOOR_SOURCES = VERDICT_ROWS, MAX_DATAGRAM = 65535 };

struct guard_knock {
	const struct flow *flow;
	struct view bytes;
	enum fact_standing standing; /* KNOWN: this flow is; PEER: a peer's address on its side */
	bool host_has_known;         /* any known flow at this source: border's known_has_host() */
};

struct guard_welcome {
	enum guard_door_answer answer;
	enum guard_bytes bytes;
	enum counter counter; /* valid where answer is DROP */
	bool is_suspect;      /* challenge rather than pass, silence what matches */
	uint32_t block;       /* number of the block that dropped it, else 0 */
	uint32_t hits;        /* where not 0: emit FACT_BLOCKED_HITS with this count */
	bool is_non_sip;      /* emit FACT_NON_SIP (unproven on UDP) */
};

struct guard_door;

/* Takes all memory, for budgets of that many sources; borrows the table for its life.
 * ERR_LIMIT for 0, ERR_NO_MEMORY. */
enum err guard_door_new(const struct verdict_table *verdicts, uint32_t max_sources,
                        const struct hash_key *key, struct guard_door **ret) MUST_USE;
void guard_door_free(struct guard_door **d);

struct guard_welcome guard_door_meet(struct guard_door *d, const struct guard_knock *knock,
                                     const struct guard_rate *blocked_challenges, struct now now);

/* Whether that flow's last datagram was the last one here, at the same time, and a verdict dropped
 * it: then this one is dropped too, and counted among its hits, without another look. One source's
 * flood comes like that, a batch at a time. */
bool guard_door_again(struct guard_door *d, const struct flow *flow, uint64_t now_us);

/* Whether a verdict drops all of that flow: no byte of it needs to come. Of the knock only
 * flow and standing count. */
bool guard_door_blocks(const struct guard_door *d, const struct guard_knock *knock,
                       uint64_t now_us);

/* The first bytes alone. */
enum guard_bytes guard_bytes_of(struct view bytes);
const char *guard_bytes_name(enum guard_bytes bytes); /* "keepalive" ...; static storage */

#endif
