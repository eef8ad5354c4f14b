/* SPDX-License-Identifier: Apache-2.0 */
/* The way in: door -> parse -> screen -> transact -> route. One datagram walks
 * it once, and each place where it may end counts it by name. */
#ifndef BORDER_INGRESS_H
#define BORDER_INGRESS_H

#include "border/border_priv.h"

void ingress(struct border *b, const struct flow *flow, char *bytes, size_t len);

#endif
