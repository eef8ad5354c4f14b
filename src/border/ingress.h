/* SPDX-License-Identifier: Apache-2.0 */
/* The way in: door -> parse -> screen -> transact -> route. One datagram walks
 * it once, and each place where it may end counts it by name. */
#ifndef BORDER_INGRESS_H
#define BORDER_INGRESS_H

#include "border/border_priv.h"

/* 483 where a request may go no further, 420 where it demands what we cannot;
 * says whether it answered. */
bool ingress_refuses(struct border *b, const struct inbound *in);

void ingress(struct border *b, const struct flow *flow, char *bytes, size_t len);

#endif
