/* SPDX-License-Identifier: Apache-2.0 */
/* Puts IPv4 and IPv6 datagrams together from their fragments (RFC 791 3.2, RFC 8200
 * 4.5). Holds at most MAX_FRAGMENTED datagrams; the oldest is forgotten first, and each
 * after FRAGMENT_WAIT_US of the packets' time. A datagram whose fragments overlap is
 * refused as a whole (RFC 5722): what a host makes of it depends on the host, so that
 * it is a way to show an observer something else. An exact repetition is ignored. */
#ifndef CAPTURE_FRAGMENT_H
#define CAPTURE_FRAGMENT_H

#include "base/addr.h"
#include "base/hash.h"
#include "capture/skip.h"

enum {
	MAX_FRAGMENTED = 256,
	MAX_FRAGMENTED_BYTES = 65535, /* of one datagram, without its IP header */
	MAX_FRAGMENT_RUNS = 32,       /* runs of bytes with holes between them */
	FRAGMENT_WAIT_US = 30000000,
};

struct capture_fragment {
	int64_t wall_us;
	struct addr from, to; /* port 0 */
	uint32_t id;
	uint32_t offset;  /* of its bytes in the datagram */
	uint8_t protocol; /* IPv4: tells datagrams apart. IPv6: the first fragment's counts */
	bool is_last;
	struct view bytes;
};

/* A datagram; its bytes live until it is given back. */
struct capture_whole {
	struct view bytes;
	uint8_t protocol;
	void *place;
};

struct capture_fragments;

/* All memory at once (16 MiB, of which the system gives what is used). ERR_NO_MEMORY. */
enum err capture_fragments_new(const struct hash_key *key, struct capture_skipped *skipped,
                               struct capture_fragments **ret) MUST_USE;
void capture_fragments_free(struct capture_fragments **f);

/* ERR_NONE: *ret is whole, and the caller's until given back; meanwhile others may be
 * taken, and none pushes it out. ERR_AGAIN: waits for more, or repeats what is there.
 * ERR_DENIED: the fragment, or the datagram with it, is refused and counted. */
enum err capture_fragments_take(struct capture_fragments *f, const struct capture_fragment *piece,
                                struct capture_whole *ret) MUST_USE;
void capture_fragments_give(struct capture_fragments *f, const struct capture_whole *whole);

/* Forgets what waited too long. */
void capture_fragments_expire(struct capture_fragments *f, int64_t wall_us);
/* Forgets and counts all that waits. */
void capture_fragments_end(struct capture_fragments *f);

#endif
