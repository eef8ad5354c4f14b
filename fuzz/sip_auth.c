/* SPDX-License-Identifier: Apache-2.0 */
/* Covers challenges, credentials and Authentication-Info: sip/auth.c. The
 * first byte chooses which. What is written is read as the same again. */
#include <assert.h>

#include "sip/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char first_text[1 << 16], second_text[1 << 16];
	struct buffer first = BUFFER_ON(first_text), second = BUFFER_ON(second_text);
	enum sip_auth_kind kind = size > 0 ? data[0] % 3u : SIP_AUTH_INFO;
	struct sip_digest one, two;

	if (size == 0 || sip_auth_parse(view_bytes(data + 1, size - 1), kind, &one) != ERR_NONE)
		return 0;
	assert(sip_digest_algorithm(&one) <= SIP_ALGORITHM_OTHER);
	(void)sip_digest_has_qop(&one, VIEW("auth"));
	(void)sip_digest_is_stale(&one);
	sip_auth_write(&first, &one, kind);
	if (first.err != ERR_NONE)
		return 0;
	assert(sip_auth_parse(buffer_view(&first), kind, &two) == ERR_NONE &&
	       two.present == one.present);
	sip_auth_write(&second, &two, kind);
	assert(view_equal(buffer_view(&first), buffer_view(&second)));
	sip_digest_unset(&two, SIP_DIGEST_ALGORITHM);
	assert(sip_digest_algorithm(&two) == SIP_ALGORITHM_MD5);
	return 0;
}
