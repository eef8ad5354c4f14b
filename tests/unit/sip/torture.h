/* SPDX-License-Identifier: Apache-2.0 */
/* Our own twins of the messages of RFC 4475 and RFC 5118: the same idea in
 * each section, other names and words, and the verdict that we expect. */
#ifndef UNIT_SIP_TORTURE_H
#define UNIT_SIP_TORTURE_H

#include "base/view.h"
#include "sip/reason.h"

enum torture_verdict {
	TORTURE_ACCEPTED, /* and rebuilt as the same */
	TORTURE_INDEX,    /* refused by sip_msg_parse */
	TORTURE_CHECK,    /* refused by sip_check */
	TORTURE_ABOVE,    /* well-formed: who uses it decides */
};

struct torture {
	const char *section, *idea;
	enum torture_verdict verdict;
	enum sip_reason
		reason; /* of a refusal; accepted: an anomaly that must be counted, or NONE */
	struct view text;
};

extern const struct torture torture_4475[], torture_5118[];
extern const size_t torture_4475_count, torture_5118_count;

#endif
