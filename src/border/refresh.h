/* SPDX-License-Identifier: Apache-2.0 */
/* A refresh that the PBX need not hear: phones refresh often so that their NAT
 * stays open, the PBX granted far longer. Answered here is the REGISTER of a
 * phone on the very flow, Contact and Call-ID that the PBX let in, with a rising
 * CSeq, as long as the PBX was asked lately (ask-pbx-every), has granted twice
 * what is left to half, and has not been silent since.
 *
 * Nothing is lengthened beyond the PBX's grant, and no unproven source keeps or
 * moves a binding: over UDP the phone must show that it hears us at that
 * address. Credentials for the nonce with which the PBX let it in do, with our
 * cookie; without them it is challenged here, by a nonce of the PBX's shape that
 * the PBX never sees. What is shown is the address, not the password: that was
 * the PBX's to judge when it granted, and is again when it is next asked. */
#ifndef BORDER_REFRESH_H
#define BORDER_REFRESH_H

#include "border/login_priv.h"

/* True: it was answered. is_pressed: the PBX has all the REGISTERs that it takes, so how
 * lately it was asked does not count; what it granted still does. */
bool refresh_answers(struct border *b, const struct inbound *in, const struct login_wish *wish,
                     const struct credentials *found, bool is_pressed);

#endif
