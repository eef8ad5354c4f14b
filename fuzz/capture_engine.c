/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture/engine.c with all stages below it, from raw IP packets (packets.h). Once more
 * where an allocation fails, and without an end. */
#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "scarce.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char copy[1 << 16];
	struct view bytes = view_bytes(copy, size < sizeof(copy) ? size : sizeof(copy));

	for (int is_scarce = 0; is_scarce < 2; is_scarce++) {
		struct capture_engine *e = NULL;

		memcpy(copy, data, bytes.len);
		scarce_from_here(is_scarce ? size % 64 + 1 : 0);
		if (packets_open(&e) != ERR_NONE)
			continue;
		packets_take(e, bytes);
		if (!is_scarce && (capture_engine_end(e) != ERR_NONE || !capture_engine_keys(e) ||
		                   capture_skipped_total(capture_engine_skipped(e)) > size))
			abort();
		capture_engine_free(&e);
	}
	scarce_from_here(0);
	return 0;
}
