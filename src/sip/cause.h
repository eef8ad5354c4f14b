/* SPDX-License-Identifier: Apache-2.0 */
/* The Reason header: why a request was sent (RFC 3326). One value:
 * Q.850;cause=16;text="Terminated". */
#ifndef SIP_CAUSE_H
#define SIP_CAUSE_H

#include "sip/param.h"

struct sip_cause {
	struct view protocol; /* "SIP", "Q.850" ... */
	uint16_t cause;       /* 0: none */
	struct view text;     /* between the quotes, still escaped; may be empty */
};

enum err sip_cause_parse(struct view text, struct sip_cause *ret) MUST_USE;
void sip_cause_write(struct buffer *b, const struct sip_cause *c);

#endif
