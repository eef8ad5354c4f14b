/* SPDX-License-Identifier: Apache-2.0 */
/* Samples: the messages behind an incident, as a person wants to see them,
 * with secrets masked. Few: a bucket bounds them, and the ring drops them
 * first. */
#ifndef BORDER_SAMPLE_H
#define BORDER_SAMPLE_H

#include "border/border_priv.h"

enum { SAMPLES_IN_WINDOW = 40, SAMPLE_WINDOW_MS = 2000 };

/* Keeps the message in hand, if the bucket allows. */
void sample_take(struct border *b, const struct inbound *in);

#endif
