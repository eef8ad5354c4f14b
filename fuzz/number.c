/* SPDX-License-Identifier: Apache-2.0 */
/* Covers number_read, number_place_find: whatever was read as a number is
 * within E.164, and reads as itself again behind a +. */
#include "guard/number/number.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct number_plan plans[] = { { "", "", "", { { 0 } }, 0 },
		                                    { "GB", "0151", "9", { { 200, 299 } }, 1 },
		                                    { "US", "202", "9", { { 0 } }, 0 },
		                                    { "DE", "030", "0", { { 0 } }, 0 } };
	struct number n, again;
	char plus[MAX_E164_DIGITS + 2] = "+";
	struct number_place place;

	(void)!number_place_find(view_bytes(data, size), &place);
	if (size == 0 || number_read(&plans[data[0] % 4], view_bytes(data + 1, size - 1), &n))
		return 0;
	if (n.len > MAX_E164_DIGITS || strspn(n.digits, "0123456789") != n.len || n.digits[n.len])
		abort();
	memcpy(plus + 1, n.digits, n.len);
	if (n.form != NUMBER_UNREAD &&
	    (number_read(&plans[data[0] % 4], view_of(plus), &again) || again.region != n.region ||
	     again.kind != n.kind || strcmp(again.digits, n.digits) != 0))
		abort();
	return 0;
}
