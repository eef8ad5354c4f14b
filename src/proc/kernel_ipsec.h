/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's role and IPsec: answers whether the media between two hosts is covered, and tells
 * signal where that changes. */
#ifndef PROC_KERNEL_IPSEC_H
#define PROC_KERNEL_IPSEC_H

#include "proc/child.h"

struct covering;

/* NULL where the parent gave no sockets: then nothing is covered. Ends the process where memory
 * is missing. */
struct covering *covering_open(struct child *c);
/* The first dump; signal is told to ask anew for what an earlier process had answered. */
void covering_begin(struct covering *v);
/* What could not be told is told again, as a word to ask for all anew. */
bool covering_is_untold(const struct covering *v);
void covering_advance(struct covering *v);
/* ASK_COVER: true where the question was that. */
bool covering_asked(struct covering *v, struct child *c, const struct ask *question);

#endif
