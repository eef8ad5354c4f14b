/* SPDX-License-Identifier: Apache-2.0 */
/* Who somebody is said to be, and where a call has been: P-Asserted-Identity
 * (RFC 3325), Diversion (RFC 5806), History-Info (RFC 7044), each value mapped
 * to its reader. Believed from peers alone: a phone may prefer an identity
 * (P-Preferred-Identity), a customer may not even that. */
#ifndef BORDER_ASSERTED_H
#define BORDER_ASSERTED_H

#include "border/identity.h"

enum { MAX_ASSERTED = 8 }; /* values of one header; further ones stay out */

/* `from`: the peer that wrote the message, or NULL for a phone. Towards who is outside nothing
 * of a caller who wants privacy (RFC 3323: id, header, user; RFC 7044: history). */
void asserted_copy(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                   const struct border_peer *from, const struct identity_reader *reader);

/* Contact of a redirection, mapped likewise, for who pays for what is called then. */
void asserted_copy_contacts(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                            const struct identity_reader *reader);

#endif
