/* SPDX-License-Identifier: Apache-2.0 */
/* Covers Via: sip/via.c.
 * What is accepted and can be written is read as the same again, and what is plain as the
 * careful reader does. */
#include <assert.h>

#include "../tests/unit/sip/alike.h"
#include "sip/via.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first_text[1 << 16], second_text[1 << 16];
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text);
	struct sip_via one, two;

	assert(alike_via(view_bytes(data, size)));
	if (sip_via_parse(view_bytes(data, size), &one) != ERR_NONE)
		return 0;
	sip_via_write(&first, &one);
	if (first.err != ERR_NONE)
		return 0;
	assert(sip_via_parse(buffer_view(&first), &two) == ERR_NONE);
	sip_via_write(&second, &two);
	assert(view_equal(buffer_view(&first), buffer_view(&second)));
	return 0;
}
