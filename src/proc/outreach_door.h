/* SPDX-License-Identifier: Apache-2.0 */
/* The door of HTTP-01 while it is open: strangers' connections, few, short, one answer each. */
#ifndef PROC_OUTREACH_DOOR_H
#define PROC_OUTREACH_DOOR_H

#include "base/now.h"
#include "base/view.h"
#include "os/loop.h"

enum { MAX_DOOR_GUESTS = 16 };

/* Takes the listening descriptor over. Token and authorization are borrowed until it is shut.
 * ERR_FULL, ERR_IO: it is closed. */
enum err door_open(struct loop *l, int fd, struct view token, struct view authorization) MUST_USE;
void door_shut(void);
void door_advance(struct now now);
uint64_t door_wait_us(struct now now);

#endif
