/* SPDX-License-Identifier: Apache-2.0 */
/* From, To and other identities on their way to the other side: user and
 * display name as they came, host as that side calls itself, tag of ours. */
#ifndef BORDER_IDENTITY_H
#define BORDER_IDENTITY_H

#include "border/border_priv.h"
#include "sip/name_addr.h"

/* Who reads it: a peer, or a phone on that flow (peer NULL), which knows us by
 * the subscribers' domain or by our address there. */
struct identity_reader {
	const struct border_peer *peer;
	const struct flow *flow;
	const struct border_peer *was; /* it was written for that peer before; NULL: for nobody */
	bool is_from;                  /* of the URI in From: to whom is outside it is ours */
};

struct identity {
	enum sip_header_id id;
	struct view value; /* as it came */
	struct view tag;   /* ours, or empty */
};

/* Writes the header: towards a peer a host that names us becomes its domain,
 * towards a phone hosts of the inside become what the phone calls us. The error
 * of an identity that cannot be read is in the buffer. */
void identity_write(const struct border *b, struct buffer *out, const struct identity *identity,
                    const struct identity_reader *reader);

/* Writes the URI alone. */
void identity_write_uri(const struct border *b, struct buffer *out, const struct sip_uri *uri,
                        const struct identity_reader *reader);

#endif
