/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel's IPsec covers (RFC 4301): its policies and states as it dumped
 * them, and whether packets between two ends would be encrypted both ways. Pure:
 * bytes of netlink (NETLINK_XFRM) go in, a judgement comes out.
 *
 * A sender is told nothing where a policy has no state: the packets of a socket
 * vanish and sendto reports success. So whoever relies on IPsec has to ask.
 *
 * Where it is not sure, it says no: policies that count for marked packets, one interface or some
 * ports alone protect nothing here, and they do take protection away. */
#ifndef KERNEL_IPSEC_H
#define KERNEL_IPSEC_H

#include "base/buffer.h"
#include "base/err.h"
#include "event/cover.h"

enum { MAX_IPSEC_POLICIES = 4096, MAX_IPSEC_STATES = 8192 };

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

/* Packets between these two hosts, either way. */
enum cover kernel_ipsec_covers(const struct kernel_ipsec *i, const struct cover_row *between);

/* ---- what was asked for is watched ---- */

/* Pairs of hosts that are covered; beyond that the verdict is COVER_UNKNOWN: what cannot be watched
 * is not relied on. They are those of configured peers. One that is not covered is forgotten when
 * its place is wanted. */
enum { MAX_IPSEC_PAIRS = 4096 };
/* Sets the row's verdict. */
void kernel_ipsec_answer(struct kernel_ipsec *i, struct cover_row *row);
/* After a dump: the next pair whose verdict is another one now; false at the end. Start with
 * place 0. */
bool kernel_ipsec_changed(struct kernel_ipsec *i, uint32_t *place, struct cover_row *ret);

/* ---- the sockets ---- */

/* Asks the kernel for all, by a socket of socket_ipsec_open. On an error nothing is known. */
enum err kernel_ipsec_dump(struct kernel_ipsec *i, int fd) MUST_USE;
/* Something of policies or states has changed: reads all that the kernel told of it. */
bool kernel_ipsec_is_told(int fd);

#endif
