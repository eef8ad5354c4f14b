/* SPDX-License-Identifier: Apache-2.0 */
/* Wiping and comparing what must not leak. */
#include "base/secret.h"

void secret_wipe(void *at, size_t len)
{
	if (len > 0)
		explicit_bzero(at, len);
}

bool secret_equal(const void *a, const void *b, size_t len)
{
	/* volatile keeps the compiler from leaving the loop at the first difference. */
	const volatile uint8_t *left = a, *right = b;
	unsigned difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= (unsigned)(left[i] ^ right[i]);
	return difference == 0;
}
