/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a Call-ID: word or word@word. All visible ASCII is let through
 * but ',' and ';', which delimit where a Call-ID stands in other headers
 * (In-Reply-To, Replaces): real phones write base64 and more, and the rest
 * delimits nothing. */
#include "sip/call_id.h"

#include "sip/bytes_priv.h"

bool sip_call_id_is_valid(struct view text)
{
	size_t at_sign = view_find(text, '@', 0);

	if (text.len == 0 || at_sign == 0 || !bytes_are_visible(text, ',', ';', ' '))
		return false;
	return at_sign == text.len ||
	       (at_sign + 1 < text.len && view_find(text, '@', at_sign + 1) == text.len);
}
