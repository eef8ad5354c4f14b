/* SPDX-License-Identifier: Apache-2.0 */
/* Covers lines of a bundle: who has neither a name nor a path of its own has the first line's or
 * none, and one that is taken into the bundle is where that is. */
#include "sdp/handshake.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp_session s;
	struct sdp_handshake h, first;

	if (sdp_parse(view_bytes(data, size), &s) != SDP_FINE || s.media_count == 0 ||
	    sdp_handshake_read(&s, &s.media[0], &first) != ERR_NONE)
		return 0;
	for (size_t i = 1; i < s.media_count; i++) {
		struct sdp_media *m = &s.media[i];

		if (sdp_media_is_bundle_only(&s, m)) {
			sdp_media_take_bundled(&s, m, &s.media[0]);
			if (m->port != s.media[0].port || !addr_equal(&m->rtp, &s.media[0].rtp))
				abort();
		}
		if (sdp_handshake_read(&s, m, &h) == ERR_NONE && h.is_bundled && !h.has_ice &&
		    !view_equal(h.mid, h.tag) && !h.has_fingerprint && first.has_fingerprint &&
		    view_equal(first.mid, h.tag))
			abort();
	}
	return 0;
}
