/* SPDX-License-Identifier: Apache-2.0 */
/* What every child process does alike: takes its set-up from the parent,
 * enters its sandbox, runs its loop, answers asks, ends with its parent. A
 * role's main is a few callbacks around its engine:
 *
 *     int main(void)
 *     {
 *             struct child *c = child_begin(ROLE_JUDGE);      // set-up is here, no sandbox yet
 *
 *             ... child_settings, child_map, child_ring_reader, allocate everything ...
 *             child_enter(c);                                 // sandbox; then the parent is told
 *             return child_run(c, &hooks);
 *     }
 *
 * These functions end the process (one line of log, status 1) where the set-up
 * is broken: the parent starts it anew. A child never gets new descriptors
 * after its start but settings that were applied, and connections that it asked for. */
#ifndef PROC_CHILD_H
#define PROC_CHILD_H

#include "conf/tree.h"
#include "event/counters.h"
#include "os/log.h"
#include "os/loop.h"
#include "os/ring.h"
#include "os/shared.h"
#include "proc/things.h"

struct child;

/* Ends by itself where it was not started by the parent. */
struct child *child_begin(enum role role);
const struct child_facts *child_facts(const struct child *c);
struct loop *child_loop(const struct child *c);

/* The configuration as the parent read it: the blocks that this row needs (the list is in
 * proc/schema.c), to be looked up with conf_blob_get. Lives until the next settings arrive. */
struct conf_blob child_settings(const struct child *c);

/* How many calls there are now, for the parent. */
void child_tell_calls(struct child *c, uint32_t calls);

/* A descriptor, -1 where it was not given. Stays the child's (struct child closes it never). */
int child_descriptor(const struct child *c, enum thing thing, uint32_t index);
/* Maps it, at least `least` bytes; writable where `access` says so. Ends the process
 * otherwise. */
struct shared_map child_map(struct child *c, enum thing thing, uint32_t index,
                            enum shared_access access, size_t least);
/* The child's own counters: always there. */
struct counters *child_counters(const struct child *c);

/* The writing end of a ring. Flushed by child_run at the end of each turn. */
struct ring *child_ring_writer(struct child *c, enum ring_name name);
/* The reading end: `drain` is called from child_run while slots are ready, and need not
 * take all at once. It peeks, works, releases. */
struct ring *child_ring_reader(struct child *c, enum ring_name name,
                               void (*drain)(void *context, struct ring *ring, struct now now),
                               void *context);
/* From now on `drain` of that ring is called at most once in so long. What comes meanwhile
 * waits in the ring, and its writer wakes nobody. 0: as soon as there is something. */
void child_ring_pace(struct child *c, enum ring_name name, uint64_t pace_us);

/* Sandbox of the role, then tells the parent that the child is ready. All memory
 * and descriptors must be had by now. */
void child_enter(struct child *c);
/* Before that, for outreach: a port to which its sandbox lets it connect. Beyond
 * MAX_SANDBOX_PORTS it is left out. */
void child_allow_port(struct child *c, uint16_t port);

/* Members may be NULL; `context` goes to all. */
struct child_hooks {
	void *context;
	/* A question for this role: answer with child_answer, now or later (keep the head). */
	void (*asked)(void *context, const struct ask *question, struct now now);
	/* A row that answers a question of ours; the last one has is_last set, also where
	 * the other process died (result ERR_CLOSED) or may not be asked (ERR_DENIED). */
	void (*answered)(void *context, const struct ask *row, struct now now);
	/* New settings (child_settings has them already). The result goes to the parent; on an
	 * error the old ones stay in force and come back. */
	enum err (*settings)(void *context, struct conf_blob settings, struct now now);
	/* Microseconds until `advance`, UINT64_MAX for never. */
	uint64_t (*wait_us)(void *context, struct now now);
	void (*advance)(void *context, struct now now);
	/* End of each turn of the loop, before rings are flushed: send what is queued. */
	void (*flush)(void *context, struct now now);
	/* The parent is gone or ends us: what must be finished now (store drains its rings). At
	 * most about half a second; the process ends when it returns. */
	void (*end)(void *context, struct now now);
};

/* Until the end; returns the exit status. */
int child_run(struct child *c, const struct child_hooks *hooks);

/* Sends a question: kind and body are the caller's, head.size how much of the body counts
 * (child_ask fills the rest and a number, which it returns in ret_id; NULL if of no interest).
 * ERR_AGAIN where the parent does not read, ERR_CLOSED. */
enum err child_ask(struct child *c, struct ask *question, uint32_t *ret_id) MUST_USE;
/* The descriptor that came with the answer in hand, for hooks.answered: the caller's from now
 * on; -1 where none came. */
int child_take_descriptor(void);
/* One row of an answer; `row` needs body, head.size, head.result and is_last only. Rows that
 * find the channel full wait (BACKLOG_BYTES of them), what is beyond is dropped. */
void child_answer(struct child *c, const struct ask_head *question, struct ask *row);

/* One line of log and exit status 1: for what must not go on. */
void child_fail(const char *what, enum err err) __attribute__((noreturn));
/* The same where the configuration, or a file that it names, cannot be used as it is: at the
 * first start the parent ends with CHILD_REFUSES too, for another start would not help. */
void child_refuse(const char *what, struct view words) __attribute__((noreturn));

#endif
