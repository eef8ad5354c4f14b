/* SPDX-License-Identifier: Apache-2.0 */
/* Covers a=crypto of whole descriptions, and lines that are written with keys or with a
 * connection of their own: what is written of ours reads as it was meant. */
#include "sdp/crypto.h"
#include "sdp/offer.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp_session s;
	static char text[32768];
	struct sdp_crypto keys[MAX_SDP_CRYPTO], again[MAX_SDP_CRYPTO];
	struct sdp_local l = { .rtp = { { [10] = 0xff, 0xff, 10, 0, 0, 2 }, 20000, 4, 0 },
		               .cryptos = keys,
		               .setup = SDP_PASSIVE,
		               .fingerprint = (const uint8_t[SDP_FINGERPRINT_SIZE]){ 1 } };
	struct sdp_rewrite how = { 1, 1, l.rtp, &l, 1, NULL };
	struct buffer b = BUFFER_ON(text);
	size_t count;

	if (sdp_parse(view_bytes(data, size), &s) != SDP_FINE || !s.media_count)
		return 0;
	enum sdp_protocol p = (enum sdp_protocol)s.media[0].protocol;
	l.crypto_count = (uint8_t)sdp_crypto_read(&s, &s.media[0], keys, &count);
	if (sdp_protocol_is_secure(p) && !sdp_media_shakes(&s, &s.media[0]))
		l.protocol = 1 + (uint8_t)sdp_protocol_of(l.crypto_count > 0,
		                                          sdp_protocol_has_feedback(p));
	if (!sdp_media_is_carried(&s, &s.media[0]) || sdp_write(&s, &how, &b) != ERR_NONE)
		return 0;
	if (sdp_parse(buffer_view(&b), &s) != SDP_FINE ||
	    (l.protocol && sdp_crypto_read(&s, &s.media[0], again, &count) != l.crypto_count))
		abort();
	return 0;
}
