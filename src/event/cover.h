/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the kernel's IPsec covers packets between two hosts, both ways: signal asks it of who
 * may ask the kernel, and is told when that changes. */
#ifndef EVENT_COVER_H
#define EVENT_COVER_H

#include "base/addr.h"

enum cover {
	COVER_UNKNOWN, /* nobody could say: as if it were not */
	COVER_YES,
	COVER_NO_POLICY_OUT, /* what we send would leave as it is */
	COVER_NO_POLICY_IN,  /* what comes unprotected would be taken */
	COVER_NO_STATE_OUT,  /* what we send would vanish: keys were not agreed, or are gone */
	COVER_NO_STATE_IN,
	COVER_COUNT
};
const char *cover_text(enum cover c); /* for a person, fits a call.s cause; static storage */

/* A question, its answer, and what changed since. Hosts alone count. remote of family 0: nothing
 * that was said before counts any more, ask anew. */
struct cover_row {
	uint64_t call; /* of who asks; 0: what changed */
	struct addr local, remote;
	uint8_t is_tcp;  /* else UDP */
	uint8_t verdict; /* enum cover */
	uint8_t unused[6];
};

#endif
