/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the kernel's sets, kept equal to the verdicts that act. Pure:
 * tables and the time go in, a batch of messages comes out. The kernel ends each
 * element by itself when its time is over; what is written are only changes.
 *
 *     if (kernel_mirror_look(m, now_us)) {
 *             kernel_mirror_write(m, &batch, now_us);
 *             ... send ...
 *             kernel_mirror_settle(m, err == ERR_NONE);
 *     }
 *
 * After a failure all is written anew, in one transaction: no packet meets half
 * a table. */
#ifndef KERNEL_MIRROR_H
#define KERNEL_MIRROR_H

#include "event/verdict.h"
#include "kernel/table.h"

enum { MAX_KERNEL_ELEMENTS = 81920, MAX_KERNEL_NETS = 1024, MAX_KERNEL_NEVER = 2048 };
enum { MAX_KERNEL_CONTROL = 128 };
/* No element stays longer than so many days, whatever its verdict says. */
enum { KERNEL_TERM_DAYS = 30 };
/* Room for a batch with all of it. */
enum { KERNEL_BATCH_BYTES = 8 << 20 };

struct kernel_sight {
	const struct verdict_table *verdicts; /* borrowed, another process writes it */
	/* Flows that are excepted: source = address and port, rule = port of ours at which
	 * they speak SIP. The same sort of table. */
	const struct verdict_table *known;
	/* A door behind us meets those who share an address with a known flow: all of theirs
	 * passes. Without one only their SIP is dropped. */
	bool has_door;
};

struct kernel_mirror;

/* Takes all memory. ERR_NO_MEMORY. */
enum err kernel_mirror_new(const struct kernel_sight *sight, const struct hash_key *key,
                           struct kernel_mirror **ret) MUST_USE;
void kernel_mirror_free(struct kernel_mirror **m);

/* What nothing drops, instead of what was said before; beyond MAX_KERNEL_NEVER: ERR_LIMIT, and the
 * old list stays. A verdict that shares an address with one of these is refused. */
enum err kernel_mirror_never(struct kernel_mirror *m, const struct addr_net *nets,
                             size_t count) MUST_USE;
/* Where the control listener is and the networks that may reach it, instead of what was said
 * before: TCP of all others to there is dropped ahead of every other rule, in each mode. A
 * listener of family 0: there is none. Beyond MAX_KERNEL_CONTROL: ERR_LIMIT, and the old list
 * stays. */
enum err kernel_mirror_control(struct kernel_mirror *m, const struct addr *listener,
                               const struct addr_net *nets, size_t count) MUST_USE;

/* Whether anything is to be written. Cheap where no table has changed. */
bool kernel_mirror_look(struct kernel_mirror *m, uint64_t now_us);
void kernel_mirror_write(struct kernel_mirror *m, struct kernel_batch *b, uint64_t now_us);
void kernel_mirror_settle(struct kernel_mirror *m, bool is_done);

struct kernel_mirror_counts {
	uint32_t standing;       /* elements that are or should be in the kernel */
	uint64_t added, removed; /* since the mirror was made */
	uint64_t refused;        /* looks at verdicts that were protected, or found it full */
};
struct kernel_mirror_counts kernel_mirror_counts(const struct kernel_mirror *m);

#endif
