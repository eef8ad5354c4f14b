/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as nearly all are written: a few digits. What is longer goes to the cursor, which
 * tells what is wrong with it. */
#ifndef SIP_DIGITS_PRIV_H
#define SIP_DIGITS_PRIV_H

#include "base/view.h"

enum { MAX_DIGITS = 9 }; /* so many fit 32 bits, whatever they are */

/* The number at the front of the text, its digits counted; of so many at most. */
static inline size_t digits_read(struct view text, uint32_t *ret)
{
	size_t max = text.len < MAX_DIGITS ? text.len : MAX_DIGITS, at = 0;
	uint32_t number = 0, digit;

	while (at < max && (digit = (unsigned char)text.at[at] - (uint32_t)'0') <= 9) {
		number = number * 10 + digit;
		at++;
	}
	*ret = number;
	return at;
}

/* Whether the text is nothing but a number of so many digits at most, which is in *ret then. */
static inline bool digits_are_all(struct view text, uint32_t *ret)
{
	return text.len > 0 && digits_read(text, ret) == text.len;
}

#endif
