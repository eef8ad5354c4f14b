/* SPDX-License-Identifier: Apache-2.0 */
/* Keep-alives by STUN (RFC 5626 3.5.2, 8): a Binding request over UDP is answered where a phone is
 * registered on that very flow, and nowhere else: strangers, blocked flows and peers hear nothing.
 *
 * Whoever sends in a phone's name has the phone sent at most one answer a request, of 32 bytes
 * (IPv6: 44) for 20, the least that RFC 8489 allows, and takes what it costs from the budget of
 * what anybody may have sent in that name. */
#ifndef BORDER_PING_H
#define BORDER_PING_H

#include "border/border_priv.h"

/* Bytes that the door knows for STUN. False: they are no phone's, or nothing that is answered. */
bool ping_answers(struct border *b, const struct inbound *in, struct view bytes);

#endif
