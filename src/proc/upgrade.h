/* SPDX-License-Identifier: Apache-2.0 */
/* A parent gives way to the program that stands at its path now. The successor gets every
 * descriptor and the state, says whether it can read them, and only then our children end
 * and its own begin. Until all of those are up it may fail in any way: it is ended, and our
 * children (from the images that we hold, whatever stands at their paths) go on.
 *
 *     ours                     its
 *     KEPT... START      ->
 *                        <-    READY or REFUSED     we go on as before
 *     (children end) START ->
 *                        <-    READY                or it ends, is ended: our children start
 *     START, end         -> */
#ifndef PROC_UPGRADE_H
#define PROC_UPGRADE_H

#include "base/buffer.h"
#include "base/now.h"
#include "event/ask.h"
#include <sys/types.h>

struct parent;
struct spawn_end;
struct loop_watch;

enum upgrade_step {
	UPGRADE_NONE,
	UPGRADE_OFFERED,  /* it is given what we hold, and thinks */
	UPGRADE_AGREED,   /* who asked is answered first */
	UPGRADE_EMPTYING, /* our children end */
	UPGRADE_TRIED,    /* its children begin */
	UPGRADE_CLEARING, /* it failed: until nothing is left of it */
};

enum { UPGRADE_WORDS_MAX = 256 };

struct upgrade {
	enum upgrade_step step;
	pid_t pid;
	int channel;
	struct loop_watch *watch;
	int state;
	uint32_t row, index; /* what is given next */
	bool is_given;
	uint64_t due_us;
	struct ask_head question;
	char words[UPGRADE_WORDS_MAX]; /* how the last one went */
};

/* ---- who gives way ---- */

/* ASK_UPGRADE: answered once the successor has agreed or refused, with words. */
void upgrade_start(struct parent *p, const struct ask *question);
/* None of our children may be started now. */
bool upgrade_holds(const struct parent *p);
void upgrade_advance(struct parent *p, struct now now);
/* A process that is no child of ours by role has ended. */
void upgrade_reaped(struct parent *p, const struct spawn_end *end);
/* After the loop, where a successor serves: returns the exit status when it is time. */
int upgrade_leave(struct parent *p);

/* ---- who takes over ---- */

/* Reads what is given, to the end. Words say why it cannot be used. */
enum err upgrade_take(struct parent *p, struct buffer *words) MUST_USE;
void upgrade_refuse(struct view words);
/* Says that we can, and waits until it is our turn. ERR_CLOSED, ERR_AGAIN: it never came. */
enum err upgrade_agree(void) MUST_USE;
/* All children are up. */
void upgrade_healthy(struct parent *p);

#endif
