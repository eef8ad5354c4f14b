/* SPDX-License-Identifier: Apache-2.0 */
/* Covers keys_in: of any body a key or none, and what is written as one is found again. */
#include "border/keys.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char key = keys_in(view_bytes(data, size)), text[] = "Signal=x\r\nDuration=100\r\n";

	if (!key)
		return 0;
	text[7] = key;
	if (keys_in(view_of(text)) != key)
		abort();
	return 0;
}
