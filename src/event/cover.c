/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts in words. */
#include "event/cover.h"

const char *cover_text(enum cover c)
{
	static const char *const texts[COVER_COUNT] = {
		[COVER_UNKNOWN] = "nobody could tell whether IPsec covers it",
		[COVER_YES] = "covered by IPsec",
		[COVER_NO_POLICY_OUT] = "no IPsec policy for what is sent",
		[COVER_NO_POLICY_IN] = "no IPsec policy for what is received",
		[COVER_NO_STATE_OUT] = "IPsec has no keys for what is sent",
		[COVER_NO_STATE_IN] = "IPsec has no keys for what is received",
	};

	return (unsigned)c < COVER_COUNT ? texts[c] : "";
}
