/* SPDX-License-Identifier: Apache-2.0 */
/* Covers URIs: sip/uri.c, sip/uri_equal.c, sip/host.c.
 * What is accepted and can be written is read as the same again. */
#include <assert.h>

#include "sip/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first_text[1 << 16], second_text[1 << 16];
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text);
	struct sip_uri one, two;

	if (sip_uri_parse(view_bytes(data, size), &one) != ERR_NONE)
		return 0;
	sip_uri_write(&first, &one);
	if (first.err != ERR_NONE)
		return 0;
	assert(sip_uri_parse(buffer_view(&first), &two) == ERR_NONE);
	sip_uri_write(&second, &two);
	assert(view_equal(buffer_view(&first), buffer_view(&second)));
	assert(sip_uri_equal(&one, &two) &&
	       sip_uri_same_account(&one, &two) == (one.scheme != SIP_SCHEME_OTHER));
	return 0;
}
