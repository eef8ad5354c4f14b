/* SPDX-License-Identifier: Apache-2.0 */
/* INVITEs that a predecessor took. Its transactions, which absorb what is sent again, died with
 * it: a copy that the network held back until its call stood, and the worker was another, would
 * begin a second call. They are known for as long as one may be on its way (64*T1, RFC 3261 17.2.1)
 * by Call-ID and From tag; what such a call is asked anew has a higher CSeq. */
#ifndef BORDER_BEGUN_PRIV_H
#define BORDER_BEGUN_PRIV_H

#include "border/call_priv.h"

enum err begun_new(struct calls *c, uint32_t max_calls) MUST_USE;
/* A call that was taken over. */
void begun_note(struct border *b, const struct call_facts *facts);
bool begun_holds(struct border *b, const struct sip_msg *invite);
void begun_free(struct calls *c);

#endif
