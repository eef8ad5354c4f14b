/* SPDX-License-Identifier: Apache-2.0 */
/* The event loop: descriptors of ours, one deadline, signals, and a turn
 * before each wait. Thin over libuv; all memory is taken by loop_new. */
#ifndef OS_LOOP_H
#define OS_LOOP_H

#include "base/err.h"
#include "base/now.h"
#include <stdbool.h>
#include <stddef.h>

struct loop;
struct loop_watch;

enum { LOOP_READABLE = 1, LOOP_WRITABLE = 2, LOOP_ERROR = 4 };

/* What the loop asks once a turn, before it waits. Members may be NULL. */
struct loop_hooks {
	void *context;
	/* Work that is left: true means do not wait. Called each turn. */
	bool (*turn)(void *context, struct now now);
	/* Microseconds until `advance` is wanted, UINT64_MAX for never. */
	uint64_t (*wait_us)(void *context, struct now now);
	void (*advance)(void *context, struct now now);
};

/* At most max_watches descriptors at once. ERR_NO_MEMORY, ERR_IO. */
enum err loop_new(size_t max_watches, struct loop **ret) MUST_USE;
void loop_free(struct loop **l);
void loop_set_hooks(struct loop *l, const struct loop_hooks *hooks);

/* Who is called when a descriptor is ready, with LOOP_ bits in `what`. */
struct loop_call {
	void (*ready)(void *context, int fd, int what);
	void *context;
};
#define LOOP_CALL(function, object) ((struct loop_call){ (function), (object) })

/* Calls whenever what is wanted is so (level-triggered). The descriptor stays the
 * caller's and must be unwatched before it is closed. The call may unwatch anything.
 * ERR_FULL, ERR_IO. */
enum err loop_watch(struct loop *l, int fd, int wanted, struct loop_call call,
                    struct loop_watch **ret) MUST_USE;
enum err loop_watch_change(struct loop_watch *w, int wanted) MUST_USE;
/* Empties the pointer; an empty one is ignored. */
void loop_unwatch(struct loop_watch **w);

enum { MAX_LOOP_SIGNALS = 4 };
/* ERR_FULL, ERR_IO. */
enum err loop_on_signal(struct loop *l, int number, void (*caught)(void *context, int number),
                        void *context) MUST_USE;

/* In place of its next wait the loop lets so long pass (below a second), whatever comes meanwhile
 * or falls due: it is then there together, and `advance` is as much later. Once; asked for
 * from `turn` or from a watch's call, and left out where `turn` has work left. */
void loop_rest(struct loop *l, uint32_t us);
/* Whether this turn is to end in a rest: another one follows soon, and nobody need wake us. */
bool loop_is_resting(const struct loop *l);

/* Until loop_stop. */
void loop_run(struct loop *l);
/* One turn; waits at most until something happens, if may_wait. For tests and set-up. */
void loop_turn(struct loop *l, bool may_wait);
void loop_stop(struct loop *l);

#endif
