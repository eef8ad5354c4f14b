/* SPDX-License-Identifier: Apache-2.0 */
/* A child's set-up: the list of what it is given, sent as its channel takes it. */
#ifndef PROC_SETUP_H
#define PROC_SETUP_H

#include "proc/parent_priv.h"

/* Lists what the role gets; the descriptors stay the holdings'. */
void setup_list(struct child_process *c, const struct holdings *h);
/* Sends from where it stopped. ERR_AGAIN: more when the channel can be written. */
enum err setup_send(struct child_process *c, const struct holdings *h) MUST_USE;

#endif
