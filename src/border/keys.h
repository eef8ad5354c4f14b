/* SPDX-License-Identifier: Apache-2.0 */
/* Pressed keys between a telephone board and who it is connected to, where the two ends take them
 * in different ways: sound in G.711, INFO, events of RFC 4733. */
#ifndef BORDER_KEYS_H
#define BORDER_KEYS_H

#include "border/border_priv.h"

struct call;

/* 1 << leg: whose keys media is to listen for. A board that takes no events has no other way. */
uint8_t keys_to_hear(const struct call *call, unsigned stream);
/* Media has heard one: the other end is told, by event or INFO. */
void keys_heard(struct call *call, const struct media_heard *heard);
/* An INFO with a key, of a board's call, for an end that takes events: it is answered, and the key
 * goes there as an event. False: it goes on as it is. */
bool keys_take_info(struct border *b, const struct inbound *in, struct call *call, unsigned from);
/* The key in a body of application/dtmf-relay ("Signal=5") or application/dtmf ("5"); 0: none. */
char keys_in(struct view body);

#endif
