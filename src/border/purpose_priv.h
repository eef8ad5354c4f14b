/* SPDX-License-Identifier: Apache-2.0 */
/* What transactions are for, and who hears of them. */
#ifndef BORDER_PURPOSE_PRIV_H
#define BORDER_PURPOSE_PRIV_H

#include "ua/client.h"

struct border;
struct inbound;

/* Whose transaction it is: chooses who hears of answers and notices. */
enum purpose {
	PURPOSE_NONE,         /* answered at once, nobody waits */
	PURPOSE_REGISTER,     /* registrar.c; object: its login in hand */
	PURPOSE_ASK,          /* registrar.c: a challenge asked of the PBX for an unknown user */
	PURPOSE_PROBE,        /* probe.c */
	PURPOSE_SUBSCRIPTION, /* subscription.c; object: its passage */
	PURPOSE_EXCHANGE,     /* exchange.c: OPTIONS and the like, one to one */
	PURPOSE_PEER,         /* peers.c; object: index of the peer's row */
	PURPOSE_TRUNK,        /* trunk.c; the same */
	PURPOSE_STAY,         /* stay.c; object: a PBX's REGISTER on its way */
	PURPOSE_CALL,         /* calls.c: INVITE of a call's leg */
	PURPOSE_CALL_REQUEST, /* calls.c: other requests within a call */
	PURPOSE_ALIVE,        /* alive.c; object: the call */
	PURPOSE_COUNT
};

/* Answers and notices by purpose (border.c). */
struct purpose_row {
	/* An answer to a client transaction of ours: in->msg is the response. */
	void (*answer)(struct border *b, const struct inbound *in, const struct ua_event *event,
	               enum ua_answer answer);
	void (*notice)(struct border *b, enum ua_notice notice, const struct ua_event *event);
};
extern const struct purpose_row purposes[PURPOSE_COUNT];

#endif
