/* SPDX-License-Identifier: Apache-2.0 */
/* Covers URIs: sip/uri.c, sip/uri_equal.c, sip/host.c.
 * What is accepted and can be written is read as the same again, and what is plain as the
 * careful reader does. */
#include <assert.h>

#include "../tests/unit/sip/alike.h"
#include "sip/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first_text[1 << 16], second_text[1 << 16], third_text[1 << 16];
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text),
		      third = BUFFER_ON(third_text);
	struct view value;
	struct sip_uri one, two;

	assert(alike_uri(view_bytes(data, size)));
	if (sip_uri_parse(view_bytes(data, size), &one) != ERR_NONE)
		return 0;
	(void)sip_uri_param(&one, VIEW("transport"), &value);
	assert(!sip_uri_is_number(&one) || one.user.len > 0);
	/* What is undone and done again means the same. */
	sip_escape_decode(&first, one.user);
	sip_escape_user(&second, buffer_view(&first));
	sip_escape_decode(&third, buffer_view(&second));
	assert(first.err != ERR_NONE || view_equal(buffer_view(&first), buffer_view(&third)));
	buffer_reset(&first);
	buffer_reset(&second);
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
