/* SPDX-License-Identifier: Apache-2.0 */
/* Media that passes only while the kernel's IPsec covers it (`media ipsec` of a peer). Nobody waits
 * for the kernel: until it has said yes, the stream is open and passes nothing in either
 * direction; a no, at once or later, ends the call. */
#ifndef BORDER_COVER_H
#define BORDER_COVER_H

#include "border/call_priv.h"

/* Takes the directions out of an order whose ends are not both covered, where they have to be. */
void cover_apply(const struct call *call, unsigned stream, struct order *order);
/* Asks for ends of the stream that are known and not covered yet. */
void cover_ask(struct call *call, unsigned stream);

#endif
