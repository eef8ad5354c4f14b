/* SPDX-License-Identifier: Apache-2.0 */
/* What outlives every child, and (proc/keep.h) the parent too: sockets, shared memory, keys. */
#ifndef PROC_HOLDINGS_H
#define PROC_HOLDINGS_H

#include "event/counters.h"
#include "os/ring.h"
#include "os/shared.h"
#include "proc/material.h"
#include "proc/settings.h"
#include "proc/things.h"

struct holdings {
	struct ring_ends rings[RING_NAME_COUNT];
	struct ring watchers[RING_NAME_COUNT];
	unsigned roles;        /* that run: bits, 1 << role */
	const char *interface; /* that is watched; NULL: we stand in the way */
	int verdicts, verdicts_readonly;
	int known, known_readonly; /* flows, for kernel */
	int tap;                   /* watching: packets */
	int resolved;              /* sealed table of names; -1: none yet */
	struct material material;  /* certificates and keys as they are in force */
	int netfilter;             /* with its last holder the kernel's table goes */
	int ipsec, ipsec_events;   /* -1 where no media relies on it */
	int counters[ROLE_COUNT], counters_readonly[ROLE_COUNT];
	int pulses[ROLE_COUNT];
	struct shared_map pulse_maps[ROLE_COUNT];
	/* Of each worker of signal. */
	int inbox[MAX_SIGNAL_WORKERS], outbox[MAX_SIGNAL_WORKERS], checkpoint[MAX_SIGNAL_WORKERS];
	int common; /* of them all; -1 where there is one */
	int marks, port_table, api;
	int control; /* where servers command calls; -1: nowhere */
	int above;   /* to whom stands in for us; -1 */
	int sip[MAX_LISTENERS];
	int *rtp, *rtcp; /* pair_count each */
	uint32_t pair_count;
	struct child_facts facts; /* what is common to all roles */
};

static inline bool holdings_have(const struct holdings *h, enum role role)
{
	return (h->roles >> role & 1) != 0;
}

/* Rings of further workers are there where these are, all others always. */
bool holdings_have_ring(const struct holdings *h, enum ring_name name);

/* Takes all of it for this configuration and the roles that are set. What went wrong is
 * logged, once; the caller ends then. */
enum err holdings_take(struct holdings *h, const struct conf_tree *settings) MUST_USE;
/* The same of what was kept: all must be there, and of the sizes that these settings want. Words
 * say what is not. */
enum err holdings_resume(struct holdings *h, const struct conf_tree *settings,
                         struct buffer *words) MUST_USE;
/* The bytes of a checkpoint, which follow from what signal will be told. */
enum err holdings_checkpoint_size(const struct holdings *h, const struct conf_tree *settings,
                                  size_t *ret) MUST_USE;
/* The API's listening socket, and the folders that are ours to make. */
enum err holdings_api(struct holdings *h, const struct conf_tree *settings) MUST_USE;
/* Where servers command calls, if anywhere. */
enum err holdings_control(struct holdings *h, const struct conf_tree *settings) MUST_USE;
enum err holdings_pulses(struct holdings *h) MUST_USE;
/* Where some peer's media relies on IPsec; to be opened at each start. */
/* One of the shape that it has where nothing is configured, in the place of none. */
enum err holdings_ring(struct holdings *h, enum ring_name name) MUST_USE;
bool holdings_want_ipsec(const struct conf_tree *settings);
enum err holdings_ipsec(struct holdings *h, const struct conf_tree *settings) MUST_USE;
/* Removes what would stay behind in a folder; the rest ends with the process. */
void holdings_leave(const struct conf_tree *settings);

/* Opens as many port pairs as calls, and ports of streams, per side and family, at addresses of
 * that side's listeners, drawn at random from the range, and the table of them; and `spare` pairs
 * more, or as many as there is room for. ERR_FULL: too few free ports. */
struct media_options;
enum err ports_draw(struct holdings *h, const struct media_options *options,
                    uint32_t spare) MUST_USE;

/* Opens the pairs of a kept table again, where they were. ERR_EXISTS: somebody has one. */
enum err ports_reopen(struct holdings *h) MUST_USE;

#endif
