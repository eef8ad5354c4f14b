/* SPDX-License-Identifier: Apache-2.0 */
/* From, To and other identities on their way to the other side: user and
 * display name as they came, host as that side calls itself, tag of ours. */
#ifndef BORDER_IDENTITY_H
#define BORDER_IDENTITY_H

#include "border/border_priv.h"
#include "sip/name_addr.h"

/* Writes the header towards a peer: a host that names us becomes its domain.
 * The error of an identity that cannot be read is in the buffer. */
void identity_write(const struct border *b, struct buffer *out, enum sip_header_id id,
                    struct view value, const struct border_peer *to, struct view tag);

/* Writes the URI alone, towards a peer, or (peer NULL) towards a phone on that
 * flow, which knows us by the subscribers' domain or our address there. */
void identity_write_uri(const struct border *b, struct buffer *out, const struct sip_uri *uri,
                        const struct border_peer *to, const struct flow *flow);

/* The same as a header towards a phone: hosts of the inside become what the
 * phone calls us. */
void identity_write_outward(const struct border *b, struct buffer *out, enum sip_header_id id,
                            struct view value, const struct flow *flow, struct view tag);

#endif
