/* SPDX-License-Identifier: Apache-2.0 */
/* The watch's tables, and the hashes by which their rows are found: of texts and addresses
 * once a message, then joined by a multiplication for each key. All are under the watch's
 * key. */
#ifndef WATCH_STATE_PRIV_H
#define WATCH_STATE_PRIV_H

#include "sdp/session.h"
#include "sip/msg.h"
#include "watch/rows_priv.h"
#include "watch/watch.h"

enum { MAX_CUT_MESSAGE = 8192 }; /* a capture that cuts does so far earlier */

struct watch {
	struct watch_settings settings;
	struct watch_ports ports;
	struct hash_key key;
	uint64_t stream_key[4], secret[4];
	struct watch_counters counters;
	struct wheel wheel;
	struct now now;
	bool is_started; /* the wheel has a time */
	uint64_t advanced_us, calls_numbered, facts_said;
	uint64_t hosts_changed; /* how often somebody became a server, or seemed to */
	struct watch_table seen;
	struct pool *transactions; /* as many as rows of `seen`: there is always one left */
	struct watch_table hosts, known, notes;
	struct watch_table calls, places, streams, registrations;
	struct sip_msg msg;
	struct sdp_session sdp;
	char methods[SIP_METHOD_COUNT][sizeof((struct fact){ 0 }.method)]; /* as a fact has them */
	char cut[MAX_CUT_MESSAGE];
};

static inline uint64_t watch_hash(const struct watch *w, struct view text)
{
	return hash_quick(&w->key, text.at, text.len);
}
/* One such hash, and a word or another hash. */
static inline uint64_t watch_join(const struct watch *w, uint64_t hash, uint64_t word)
{
	return hash_fold(hash ^ w->secret[0], word ^ w->secret[1]);
}
static inline uint64_t watch_hash_host(const struct watch *w, const struct addr *a)
{
	uint64_t words[2];

	memcpy(words, a->bytes, sizeof(words));
	return hash_fold(hash_fold(words[0] ^ w->secret[2], words[1] ^ w->secret[3]), w->secret[0]);
}
static inline uint64_t watch_hash_place(const struct watch *w, uint64_t seed, const struct addr *a)
{
	return watch_join(w, watch_hash_host(w, a), seed + a->port);
}

/* Of a place among the hosts, of a flow among those that are known; and where the hash of the
 * host is at hand. Where server and client share a host, the port is all that tells them apart. */
static inline uint64_t watch_place_of(const struct watch *w, uint64_t host, const struct addr *a)
{
	return watch_join(w, host, (UINT64_C(1) << 32) + a->port);
}
static inline uint64_t watch_place_key(const struct watch *w, const struct addr *a)
{
	return watch_place_of(w, watch_hash_host(w, a), a);
}
static inline uint64_t watch_way_of(const struct watch *w, uint64_t host, const struct flow *flow)
{
	return watch_join(w, host, ((uint64_t)flow->transport << 32) + flow->remote.port);
}
static inline uint64_t watch_flow_key(const struct watch *w, const struct flow *flow)
{
	return watch_way_of(w, watch_hash_host(w, &flow->remote), flow);
}

#endif
