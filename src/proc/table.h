/* SPDX-License-Identifier: Apache-2.0 */
/* The table of names as a child gets it: sealed memory at its start, and beside each word of the
 * parent that it is new. */
#ifndef PROC_TABLE_H
#define PROC_TABLE_H

#include "event/resolved.h"
#include "proc/child.h"

/* What stood there at the start; empty where nothing was known yet. Ends the process where it
 * cannot be read. */
void table_open(const struct child *c, struct resolved_table *ret);
/* The one that came beside the question in hand, for hooks.asked. ERR_SHORT (none came),
 * ERR_SYNTAX: *ret is untouched. */
enum err table_take(struct resolved_table *ret) MUST_USE;
/* Of any descriptor, which stays the caller's. ERR_SYNTAX, ERR_SHORT, ERR_DENIED (not sealed). */
enum err table_read(int fd, struct resolved_table *ret) MUST_USE;
/* Whether a question is this word of the parent. */
bool table_is_told(const struct ask *question);

#endif
