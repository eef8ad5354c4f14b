/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request without a dialog goes on: from a phone to its PBX, from the
 * PBX to the phone behind a Contact of ours, from peer to peer by the routes
 * of the configuration. */
#ifndef BORDER_ROUTE_H
#define BORDER_ROUTE_H

#include "border/border_priv.h"
#include "border/dial.h"
#include "border/target.h"

enum { ROUTE_URI_SIZE = 512 };

struct route {
	struct flow to;
	const struct border_peer *peer;          /* it goes to; NULL: a phone */
	const struct registration *registration; /* the phone's; lives until the next event */
	struct targets targets;                  /* peers that it may go to, `peer` first */
	struct dialling number;                  /* what was dialled; lives with the message */
	bool needs_tls;                          /* asked for by sips: where that is required */
	uint16_t refusal;                        /* where there is no way: 404, 480, 503 */
	enum refusal why;
	char uri[ROUTE_URI_SIZE]; /* Request-URI for there */
};

/* ERR_NOT_FOUND: answer with ret->refusal, as route_refuse does. */
enum err route_find(const struct border *b, const struct inbound *in, struct route *ret) MUST_USE;
/* Whether a call may begin by that route: both peers' limits. Chooses the target that
 * answers and has room, and puts it first. ERR_FULL, ERR_DENIED (an order forbids it):
 * answer as route_refuse does. */
enum err route_admit(struct border *b, const struct inbound *in, struct route *route) MUST_USE;
/* How whoever is asked is named in To: a phone by its account, for it may speak under the
 * name by which it was called (a transfer on baresip does); else by the Request-URI. */
void route_write_callee(const struct route *route, struct buffer *out);
/* Route, where the phone is reached by a path. */
void route_write_path(const struct route *route, struct buffer *out);
void route_refuse(struct border *b, const struct inbound *in, const struct route *route);
/* The way to one peer for what was dialled at `from` (NULL: a phone); its targets are not
 * filled. ERR_NOT_FOUND. */
enum err route_to_peer(const struct border *b, const struct border_peer *from, struct view dialled,
                       uint16_t row, struct route *ret) MUST_USE;

#endif
