/* SPDX-License-Identifier: Apache-2.0 */
/* Covers sip_mask: what was masked once stays as it is, whatever the text. */
#include "sip/mask.h"

#include <assert.h>

enum { ROOM = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char once[ROOM], twice[ROOM];
	struct buffer first = BUFFER_ON(once), second = BUFFER_ON(twice);

	sip_mask(view_bytes(data, size), &first);
	assert(first.err == ERR_NONE);
	if (first.len == ROOM)
		return 0;
	sip_mask(buffer_view(&first), &second);
	assert(view_equal(buffer_view(&first), buffer_view(&second)));
	return 0;
}
