/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the short way of sdp_parse: it reads what the careful readers read. */
#include "unit/sdp/same.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!sdp_reads_alike(view_bytes(data, size)))
		abort();
	return 0;
}
