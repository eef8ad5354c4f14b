/* SPDX-License-Identifier: Apache-2.0 */
/* Covers sip/uri_equal.c: two URIs, a line each. Each equals itself, and whatever is asked of
 * the two has the same answer the other way round. */
#include <assert.h>

#include "sip/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_bytes(data, size);
	size_t end = view_find(text, '\n', 0);
	struct sip_uri one, two;
	struct sip_host host;

	if (sip_uri_parse(view_first(text, end), &one) != ERR_NONE ||
	    sip_uri_parse(view_after(text, end + 1), &two) != ERR_NONE)
		return 0;
	host = sip_host_of(&one.host.addr);
	assert(one.host.addr.family == 0 || sip_host_equal(&one.host, &host));
	assert(sip_uri_equal(&one, &one) && sip_uri_equal(&two, &two));
	assert(sip_uri_equal(&one, &two) == sip_uri_equal(&two, &one));
	assert(sip_uri_same_account(&one, &two) == sip_uri_same_account(&two, &one));
	return 0;
}
