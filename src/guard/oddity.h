/* SPDX-License-Identifier: Apache-2.0 */
/* Oddities: what the grammar allows, or leaves to others to check, and yet no
 * phone writes, because it is there to break whoever reads it: numbers beyond
 * all bounds, a body that is not what its headers say, code in a name. Looked
 * for in a message that the parser took; pure, no memory. */
#ifndef GUARD_ODDITY_H
#define GUARD_ODDITY_H

#include "sip/reason.h"

#include <stdint.h>

struct sip_msg;

/* `reason` of FACT_ANOMALY has one space for all who name one: enum sip_reason
 * below, then these. */
enum guard_oddity {
	ODDITY_NONE,
	ODDITY_BEFORE_FIRST = 0xff,
#define ODDITY(id, name, text) ODDITY_##id,
#include "guard/oddity.def"
#undef ODDITY
	ODDITY_END
};

/* The first oddity of a message that sip_msg_parse took, ODDITY_NONE for
 * none. All are hostile: the fact's grade is SIP_GRADE_HOSTILE. */
enum guard_oddity guard_oddity_of(const struct sip_msg *msg);

/* How bad it is that the parser or sip_check refused a message: its reason's
 * grade, but FOREIGN where all that is wrong is a sender who writes IPv6
 * addresses without brackets. */
enum sip_grade guard_refusal_grade(const struct sip_msg *msg);

/* Of any reason of FACT_ANOMALY; static storage. */
const char *guard_anomaly_name(uint16_t reason); /* "CSEQ_METHOD", "INJECTION" */
const char *guard_anomaly_text(uint16_t reason); /* sentence for a person */

#endif
