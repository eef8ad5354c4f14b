/* SPDX-License-Identifier: Apache-2.0 */
/* CSeq: number and method (RFC 3261 20.16). */
#ifndef SIP_CSEQ_H
#define SIP_CSEQ_H

#include "base/buffer.h"
#include "base/err.h"
#include "sip/method.h"

struct sip_cseq {
	uint32_t number; /* below 2^31 (RFC 3261 8.1.1.5) */
	enum sip_method method;
	struct view method_text;
};

enum err sip_cseq_parse(struct view text, struct sip_cseq *ret) MUST_USE;
void sip_cseq_write(struct buffer *b, const struct sip_cseq *c);

/* RAck: the RSeq that it acknowledges, and the CSeq (RFC 3262 7.2). */
struct sip_rack {
	uint32_t rseq;
	struct sip_cseq cseq;
};

enum err sip_rack_parse(struct view text, struct sip_rack *ret) MUST_USE;
void sip_rack_write(struct buffer *b, const struct sip_rack *r);

#endif
