/* SPDX-License-Identifier: Apache-2.0 */
/* Covers Replaces and Target-Dialog: sip/dialog_name.c, sip/call_id.c.
 * What is accepted and can be written is read as the same again. */
#include <assert.h>

#include "sip/dialog_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first_text[1 << 16], second_text[1 << 16];
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text);
	struct sip_dialog_name one, two;

	if (sip_target_dialog_parse(view_bytes(data, size), &one) == ERR_NONE) {
		sip_target_dialog_write(&first, &one);
		assert(first.err != ERR_NONE ||
		       sip_target_dialog_parse(buffer_view(&first), &two) == ERR_NONE);
		buffer_reset(&first);
	}
	if (sip_replaces_parse(view_bytes(data, size), &one) != ERR_NONE)
		return 0;
	sip_replaces_write(&first, &one);
	if (first.err != ERR_NONE)
		return 0;
	assert(sip_replaces_parse(buffer_view(&first), &two) == ERR_NONE);
	sip_replaces_write(&second, &two);
	assert(view_equal(buffer_view(&first), buffer_view(&second)));
	return 0;
}
