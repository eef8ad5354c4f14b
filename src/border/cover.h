/* SPDX-License-Identifier: Apache-2.0 */
/* Media that passes only while the kernel's IPsec covers it (`media ipsec` of a peer). Nobody waits
 * for the kernel: until it has said yes, the stream is open and passes nothing in either
 * direction; a no, at once or later, ends the call. */
#ifndef BORDER_COVER_H
#define BORDER_COVER_H

#include "border/call_priv.h"

/* Whether the media of that leg has to be covered. */
bool cover_is_needed(const struct call *call, unsigned leg);
/* Bars an order whose ends are not both covered, where they have to be: then it says false, and no
 * connection may be made. */
bool cover_apply(const struct call *call, unsigned stream, struct order *order);
/* Asks for ends of the stream that are known and not covered yet. */
void cover_ask(struct call *call, unsigned stream);
/* Asks once more for those that are covered as far as is known; they pass meanwhile. */
void cover_ask_again(struct call *call, unsigned stream);

#endif
