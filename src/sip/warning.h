/* SPDX-License-Identifier: Apache-2.0 */
/* Warning: code, agent, text (RFC 3261 20.43). One value. */
#ifndef SIP_WARNING_H
#define SIP_WARNING_H

#include "base/buffer.h"
#include "base/err.h"

struct sip_warning {
	uint16_t code;     /* 100..999 */
	struct view agent; /* host[:port] or pseudonym */
	struct view text;  /* between the quotes, still escaped */
};

enum err sip_warning_parse(struct view text, struct sip_warning *ret) MUST_USE;
void sip_warning_write(struct buffer *b, const struct sip_warning *w);

#endif
