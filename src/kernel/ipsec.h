/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's IPsec covers (RFC 4301): its policies and states as it dumped
 * them, and whether packets between two ends would be encrypted both ways. Pure:
 * bytes of netlink (NETLINK_XFRM) go in, a judgement comes out.
 *
 * A sender is told nothing where a policy has no state: the packets of a socket
 * vanish and sendto reports success. So whoever relies on IPsec has to ask.
 *
 * Where it is not sure, it says no: policies that count for marked packets or one interface
 * alone protect nothing here, and they do take protection away. */
#ifndef KERNEL_IPSEC_H
#define KERNEL_IPSEC_H

#include "base/addr.h"
#include "base/buffer.h"
#include "base/err.h"

enum { MAX_IPSEC_POLICIES = 4096, MAX_IPSEC_STATES = 8192 };

enum ipsec_cover {
	IPSEC_COVERED,
	IPSEC_UNKNOWN,       /* nothing was dumped yet, or more than the ceilings above */
	IPSEC_NO_POLICY_OUT, /* what we send would leave as it is */
	IPSEC_NO_POLICY_IN,  /* what comes unprotected would be taken */
	IPSEC_NO_STATE_OUT,  /* what we send would vanish: keys were not agreed, or are gone */
	IPSEC_NO_STATE_IN,
	IPSEC_COVER_COUNT
};
const char *kernel_ipsec_cover_text(enum ipsec_cover c); /* for a person; static storage */

struct kernel_ipsec;

enum err kernel_ipsec_new(struct kernel_ipsec **ret) MUST_USE; /* ERR_NO_MEMORY */
void kernel_ipsec_free(struct kernel_ipsec **i);

/* The two questions of a dump: all policies, then all states; the answers of each are read
 * until the end before the other is asked. */
enum ipsec_table { IPSEC_POLICIES, IPSEC_STATES };
void kernel_ipsec_ask(struct buffer *out, enum ipsec_table table);

/* A dump begins: what was known goes. */
void kernel_ipsec_begin(struct kernel_ipsec *i);
/* One datagram of the kernel's. *ret_is_last: the table's end was in it. ERR_SYNTAX; ERR_STALE: it
 * changed meanwhile, ask anew; ERR_DENIED, ERR_UNSUPPORTED, ERR_IO as the kernel says. */
enum err kernel_ipsec_read(struct kernel_ipsec *i, struct view datagram,
                           bool *ret_is_last) MUST_USE;
/* Both tables were read to their ends. */
void kernel_ipsec_finish(struct kernel_ipsec *i);

/* UDP between these two, addresses with their ports, either way. */
enum ipsec_cover kernel_ipsec_covers(const struct kernel_ipsec *i, const struct addr *local,
                                     const struct addr *remote);

#endif
