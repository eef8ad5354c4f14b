/* SPDX-License-Identifier: Apache-2.0 */
/* What the parser found odd, how bad it is, and the words for it. */
#ifndef SIP_REASON_H
#define SIP_REASON_H

#include "base/view.h"

enum sip_reason {
	SIP_REASON_NONE,
#define REASON(name, grade, text) SIP_REASON_##name,
#include "sip/reason.def"
#undef REASON
	SIP_REASON_COUNT
};

enum sip_grade { SIP_GRADE_NONE, SIP_GRADE_FOREIGN, SIP_GRADE_SLOPPY, SIP_GRADE_HOSTILE };

_Static_assert(SIP_REASON_COUNT <= 64, "reasons fit a set of 64 bits");

enum sip_grade sip_reason_grade(enum sip_reason r);
const char *sip_reason_name(enum sip_reason r); /* "CSEQ_METHOD"; static storage */
const char *sip_reason_text(enum sip_reason r); /* sentence for a person; static storage */
const char *sip_grade_name(enum sip_grade g);   /* "hostile"; static storage */

/* A set of reasons, as a message collects them. */
static inline uint64_t sip_reason_bit(enum sip_reason r) { return UINT64_C(1) << r; }
static inline bool sip_reason_in(uint64_t set, enum sip_reason r)
{
	return (set & sip_reason_bit(r)) != 0;
}

#endif
