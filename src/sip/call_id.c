/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a Call-ID: word or word@word. All visible ASCII is let through
 * but ',' and ';', which delimit where a Call-ID stands in other headers
 * (In-Reply-To, Replaces): real phones write base64 and more, and the rest
 * delimits nothing. */
#include "sip/call_id.h"

#include "base/run.h"

/* All that is visible, but for the three that delimit. */
static const struct run_set word_bytes = {
	.rows = RUN_ROWS((~UINT64_C(0) << '!') & ~RUN_BYTE(',') & ~RUN_BYTE(';'),
	                 ~RUN_BYTE('@') & ~RUN_BYTE(0x7f)),
};

bool sip_call_id_is_valid(struct view text)
{
	const char *end, *at;

	if (text.len == 0)
		return false;
	end = text.at + text.len;
	at = run_end(text.at, end, &word_bytes);
	if (at == end)
		return true;
	return *at == '@' && at != text.at && at + 1 != end &&
	       run_end(at + 1, end, &word_bytes) == end;
}
