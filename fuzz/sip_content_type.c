/* SPDX-License-Identifier: Apache-2.0 */
/* Covers Content-Type: sip/content_type.c.
 * What is accepted and can be written is read as the same again. */
#include <assert.h>

#include "sip/content_type.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first_text[1 << 16], second_text[1 << 16];
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text);
	struct sip_content_type one, two;

	if (sip_content_type_parse(view_bytes(data, size), &one) != ERR_NONE)
		return 0;
	sip_content_type_write(&first, &one);
	if (first.err != ERR_NONE)
		return 0;
	assert(sip_content_type_parse(buffer_view(&first), &two) == ERR_NONE);
	sip_content_type_write(&second, &two);
	assert(view_equal(buffer_view(&first), buffer_view(&second)));
	return 0;
}
