/* SPDX-License-Identifier: Apache-2.0 */
/* SRTP and SRTCP (RFC 3711, 6188, 7714): one direction of one stream under one
 * master key. Protects and unprotects in place, allocates nothing a packet.
 *
 * Whatever is wrong with a packet, nothing changes: neither the state, nor the
 * packet's bytes. Only what was authenticated counts.
 *
 * The senders (SSRCs) of a key stand in marks, SRTP_MAX_SOURCES of them: how far
 * each has come. A mark is never given to another SSRC, or what was heard under
 * the first could be played again, and what we send would be encrypted twice
 * under one key stream. For the last few there is a window too; of the others
 * all up to their mark is too old. Marks may lie in memory that outlives us: a
 * new start under the same key and marks goes on where the last one was.
 *
 * The same window keeps a sender of ours from encrypting two packets under one
 * index, whatever the leg repeats that they come from. */
#ifndef RTP_SRTP_H
#define RTP_SRTP_H

#include "rtp/srtp_cipher.h"
#include "rtp/srtp_index.h"

enum { SRTP_MAX_SOURCES = 16, SRTP_RECENT_SOURCES = 4, SRTP_RTCP_WINDOW = 64 };
/* What protecting adds at most: word of the index and tag. */
enum { SRTP_MAX_TRAILER = 4 + SUITE_MAX_TAG };
/* Packets that a key may protect (RFC 3711 9.2). */
#define SRTP_MAX_PACKETS (UINT64_C(1) << 48)
enum { SRTCP_MAX_PACKETS = INT32_MAX };

struct srtp_mark { /* all zero: free */
	uint32_t ssrc;
	uint32_t rtcp; /* highest index of SRTCP + 1; 0: none yet */
	uint64_t rtp;  /* highest index of SRTP + 1; 0: none yet */
};

struct srtp_recent {
	uint64_t used;        /* when last, by the context's count; 0: free */
	uint64_t rtcp_window; /* bit i: the highest index - i */
	uint32_t ssrc;
	uint8_t mark;
};

/* In order of use: what a packet of the first sender touches lies in three lines of the cache. */
struct srtp {
	void *context; /* OpenSSL's, for SRTP; NULL: not started */
	struct srtp_mark *marks;
	uint64_t count; /* packets of both kinds that were right */
	struct srtp_recent recent[SRTP_RECENT_SOURCES];
	uint64_t max_packets;
	uint32_t max_rtcp_packets;
	uint16_t window;
	struct srtp_cipher rtp;
	struct srtp_window windows[SRTP_RECENT_SOURCES]; /* of each of the recent ones */
	struct srtp_engine *engine;
	struct srtp_cipher rtcp;
	uint8_t rtcp_key[SUITE_MAX_KEY];
};

struct srtp_setup {
	struct srtp_mark *marks; /* SRTP_MAX_SOURCES, of this key and direction alone; borrowed */
	uint16_t window;         /* 0: the usual one; else a multiple of 64 within the bounds */
	uint64_t max_packets;    /* 0: what the RFC allows; and for SRTCP too where less */
};

/* `s` is all zero or was started before. `secret` (master key and salt,
 * suite_secret_size bytes) stays the caller's to wipe. ERR_NO_MEMORY; ERR_UNSUPPORTED: no
 * suite, or no window of that size. After an error it is as after rtp_srtp_stop. */
enum err rtp_srtp_start(struct srtp *s, struct srtp_engine *e, unsigned suite,
                        const uint8_t *secret, const struct srtp_setup *setup) MUST_USE;
/* Wipes the keys; marks stay. Whatever is not started may be stopped. */
void rtp_srtp_stop(struct srtp *s);
static inline bool rtp_srtp_is_started(const struct srtp *s) { return s->context != NULL; }

/* A packet of *len bytes becomes one of *len bytes. Errors, all of which mean that it is to be
 * dropped: ERR_SHORT and ERR_SYNTAX (no RTP or RTCP header, no room for a tag), ERR_STALE (its
 * index was used, or is too old to tell), ERR_DENIED (not authentic; SRTCP that is not
 * encrypted), ERR_FULL (a new SSRC where all marks are taken), ERR_LIMIT (the key is used
 * up; protecting: less room than *len and the trailer). */
enum err rtp_srtp_protect(struct srtp *s, char *packet, size_t room, size_t *len) MUST_USE;
enum err rtp_srtp_unprotect(struct srtp *s, char *packet, size_t *len) MUST_USE;
enum err rtp_srtcp_protect(struct srtp *s, char *packet, size_t room, size_t *len) MUST_USE;
enum err rtp_srtcp_unprotect(struct srtp *s, char *packet, size_t *len) MUST_USE;

#endif
