/* SPDX-License-Identifier: Apache-2.0 */
/* Covers addresses with display names: sip/name_addr.c, sip/param.c.
 * What is accepted and can be written is read as the same again, and what is plain as the
 * careful reader does. */
#include <assert.h>

#include "../tests/unit/sip/alike.h"
#include "sip/name_addr.h"
#include "sip/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first_text[1 << 16], second_text[1 << 16];
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text);
	struct sip_name_addr one, two;

	assert(alike_name_addr(view_bytes(data, size)));
	if (sip_name_addr_parse(view_bytes(data, size), &one) != ERR_NONE)
		return 0;
	sip_name_addr_write(&first, &one);
	if (first.err != ERR_NONE)
		return 0;
	assert(sip_name_addr_parse(buffer_view(&first), &two) == ERR_NONE);
	sip_name_addr_write(&second, &two);
	assert(view_equal(buffer_view(&first), buffer_view(&second)));
	/* A display name that is undone and done again means the same. */
	buffer_reset(&first);
	buffer_reset(&second);
	sip_quoted_decode(&second, one.display);
	sip_name_addr_put(&first, buffer_view(&second), VIEW("sip:a@example.com"), VIEW("t"));
	if (first.err != ERR_NONE)
		return 0;
	assert(sip_name_addr_parse(buffer_view(&first), &two) == ERR_NONE);
	assert(view_equal(two.tag, VIEW("t")));
	return 0;
}
