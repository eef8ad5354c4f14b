/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the lines of a head: sip/lines.c, sip/scan_priv.h, sip/outline.c. All ways of this
 * processor find the same, and a message read by blocks is the same as one read line by line. */
#include <assert.h>
#include <stdint.h>

#include "../tests/unit/sip/sound.h"
#include "sip/outline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_bytes(data, size);

	assert(sound_ways_agree(text));
	assert(sound_is_read_alike(text));
	(void)sip_outline(text);
	return 0;
}
