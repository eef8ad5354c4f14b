/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a Call-ID. The equals sign is not in the grammar, but base64
 * from real phones has it, and it delimits nothing in this header. */
#include "sip/call_id.h"

static const bool word_bytes[256] = {
	['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['-'] = true,
	['.'] = true,         ['!'] = true,         ['%'] = true,         ['*'] = true,
	['_'] = true,         ['+'] = true,         ['`'] = true,         ['\''] = true,
	['~'] = true,         ['('] = true,         [')'] = true,         ['<'] = true,
	['>'] = true,         [':'] = true,         ['\\'] = true,        ['"'] = true,
	['/'] = true,         ['['] = true,         [']'] = true,         ['?'] = true,
	['{'] = true,         ['}'] = true,         ['='] = true,
};

bool sip_call_id_is_valid(struct view text)
{
	size_t at_sign = text.len;

	for (size_t i = 0; i < text.len; i++) {
		if (word_bytes[(unsigned char)text.at[i]])
			continue;
		if (text.at[i] != '@' || at_sign != text.len)
			return false;
		at_sign = i;
	}
	return text.len > 0 && at_sign != 0 && at_sign != text.len - 1;
}
