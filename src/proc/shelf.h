/* SPDX-License-Identifier: Apache-2.0 */
/* The service manager's descriptor store: what is kept rests there, so that the death of
 * the parent ends no call. systemd gives it back to the next start (sd_listen_fds(3)). */
#ifndef PROC_SHELF_H
#define PROC_SHELF_H

#include "base/buffer.h"
#include "base/err.h"
#include "base/now.h"

struct parent;

/* A start that takes the same up again and again without standing so long gives it up. */
enum { SHELF_TRIES = 3, SHELF_STEADY_US = 30 * 1000000 };

/* Takes what the manager has for us into the holdings, and the state's descriptor. ERR_NOT_FOUND:
 * it has nothing; what has no place is closed. */
enum err shelf_take(struct parent *p, int *ret_state) MUST_USE;
/* Puts everything there, and the state in place of the one before. Does nothing without a
 * manager; what it does not take is logged. */
void shelf_fill(struct parent *p);
/* The state alone: what is in force has changed. */
void shelf_state(struct parent *p);
/* Where names lead alone: the same. */
void shelf_names(struct parent *p);
/* Takes that one out again: it cannot be used. */
void shelf_forget(struct parent *p);
/* Says that the start stands, when it has. */
void shelf_advance(struct parent *p, struct now now);

#endif
