/* SPDX-License-Identifier: Apache-2.0 */
/* Headers that were kept out, told with the ends that they were between and
 * the line of configuration that would let them pass. */
#ifndef BORDER_KEPT_OUT_H
#define BORDER_KEPT_OUT_H

#include "border/border_priv.h"

/* Answers ASK_HEADERS: one object a row. */
void kept_out_list(const struct border *b, struct ask *row,
                   void (*answer)(void *context, const struct ask *row), void *context);
/* The settings are new (b->before: the old ones): rows go with their peers' names. */
void kept_out_apply(struct border *b);

#endif
