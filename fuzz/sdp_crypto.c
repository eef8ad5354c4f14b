/* SPDX-License-Identifier: Apache-2.0 */
/* Covers sdp_crypto_parse: what is read is written, and read again the same. */
#include "sdp/crypto.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sdp_crypto first = { 0 }, second = { 0 };
	char text[SDP_CRYPTO_LINE_MAX];
	struct buffer b = BUFFER_ON(text);

	if (sdp_crypto_parse(view_bytes(data, size), &first) != ERR_NONE)
		return 0;
	sdp_crypto_write(&b, &first);
	if (b.err != ERR_NONE || sdp_crypto_parse(buffer_view(&b), &second) != ERR_NONE ||
	    memcmp(&first, &second, sizeof(first)) != 0)
		abort();
	return 0;
}
