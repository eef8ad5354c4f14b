/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request without a dialog goes on: from a phone to its PBX, from the
 * PBX to the phone behind a Contact of ours. */
#ifndef BORDER_ROUTE_H
#define BORDER_ROUTE_H

#include "border/border_priv.h"

enum { ROUTE_URI_SIZE = 512 };

struct route {
	struct flow to;
	const struct border_peer *peer;          /* it goes to; NULL: a phone */
	const struct registration *registration; /* the phone's; lives until the next event */
	uint16_t refusal;                        /* where there is no way: 404, 480, 503 */
	char uri[ROUTE_URI_SIZE];                /* Request-URI for there */
};

/* ERR_NOT_FOUND: answer with ret->refusal, as route_refuse does. */
enum err route_find(const struct border *b, const struct inbound *in, struct route *ret) MUST_USE;
void route_refuse(struct border *b, const struct inbound *in, const struct route *route);

#endif
