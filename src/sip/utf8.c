/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8: no byte that begins nothing, no longer form than needed, no surrogates. */
#include "sip/utf8.h"

static size_t utf8_len(const unsigned char *at, size_t left)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = at[0] < 0x80 ? 1
	           : at[0] < 0xc2 ? 0
	           : at[0] < 0xe0 ? 2
	           : at[0] < 0xf0 ? 3
	           : at[0] < 0xf5 ? 4
	                          : 0;
	uint32_t point = at[0] & (0x7fu >> len);

	if (len > left)
		return 0;
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (at[i] & 0x3f);
	}
	if (len > 1 &&
	    (point < lowest[len] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)))
		return 0;
	return len;
}

bool sip_utf8_is(struct view v)
{
	size_t at = 0;

	while (at < v.len) {
		size_t len = utf8_len((const unsigned char *)v.at + at, v.len - at);

		if (len == 0)
			return false;
		at += len;
	}
	return true;
}
