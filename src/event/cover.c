/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts in words. */
#include "event/cover.h"

const char *cover_text(enum cover c)
{
	static const char *const texts[COVER_COUNT] = {
		[COVER_UNKNOWN] = "IPsec: nobody could tell",
		[COVER_YES] = "IPsec: covered",
		[COVER_NO_POLICY_OUT] = "IPsec: no policy to send by",
		[COVER_NO_POLICY_IN] = "IPsec: no policy to receive by",
		[COVER_NO_STATE_OUT] = "IPsec: no keys to send by",
		[COVER_NO_STATE_IN] = "IPsec: no keys to receive by",
	};

	return (unsigned)c < COVER_COUNT ? texts[c] : "";
}
