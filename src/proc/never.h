/* SPDX-License-Identifier: Apache-2.0 */
/* Who is on the never-block list without being written there: peers, with the
 * networks they may come
 * from and what their names stand for, and what stands around this machine. */
#ifndef PROC_NEVER_H
#define PROC_NEVER_H

#include "conf/tree.h"
#include "event/resolved.h"
#include "guard/options.h"
#include "proc/things.h"

/* Adds them to the settings; false where the list is full before its end. */
bool never_add(const struct conf_blob *blob, const struct child_facts *facts,
               const struct resolved_table *names, struct guard_judge_settings *settings);

#endif
