/* SPDX-License-Identifier: Apache-2.0 */
/* Covers sdp_parse and sdp_write: what is written anew parses without anything
 * sloppy, and writing that again gives the same bytes. */
#include "sdp/offer.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp_session s;
	static char first[32768], second[32768];
	struct addr ours = { .bytes = { [10] = 0xff, 0xff, 10, 0, 0, 2 },
		             .port = 20000,
		             .family = 4 };
	struct sdp_local at[MAX_SDP_MEDIA];
	struct sdp_rewrite how = { 1, 1, ours, at, MAX_SDP_MEDIA, NULL };
	struct buffer a = BUFFER_ON(first), b = BUFFER_ON(second);

	for (size_t i = 0; i < MAX_SDP_MEDIA; i++)
		at[i] = (struct sdp_local){ .rtp = ours, .rtcp = ours };
	if (sdp_parse(view_bytes(data, size), &s) != SDP_FINE ||
	    sdp_write(&s, &how, &a) != ERR_NONE || a.len > MAX_SDP_BYTES)
		return 0;
	if (sdp_parse(buffer_view(&a), &s) != SDP_FINE || s.sloppy != 0)
		abort();
	for (const struct sdp_media *m = s.media; m < s.media + s.media_count; m++)
		if ((sdp_media_is_sending(m) || sdp_media_is_receiving(m)) && m->port == 0)
			abort();
	if (sdp_write(&s, &how, &b) != ERR_NONE || !view_equal(buffer_view(&a), buffer_view(&b)))
		abort();
	return 0;
}
