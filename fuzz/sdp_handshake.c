/* SPDX-License-Identifier: Apache-2.0 */
/* Covers sdp_handshake_read and sdp_shake_write: whatever a line says, what is written of ours for
 * its mid reads as it was meant. */
#include "sdp/offer.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sdp_session s;
	static char text[32768];
	struct addr at = { { [10] = 0xff, 0xff, 10, 0, 0, 2 }, 20000, 4, 0 };
	struct sdp_handshake h, again;
	char name[SDP_UFRAG_SIZE], pwd[SDP_PWD_SIZE];
	struct sdp_shake shake = { .setup = SDP_PASSIVE, .mid_id = 4 };
	struct sdp_local local = { .rtp = at, .rtcp = at, .shake = &shake };
	struct sdp_rewrite how = { 1, 1, at, &local, 1, NULL };
	struct buffer b = BUFFER_ON(text);

	if (sdp_parse(view_bytes(data, size), &s) != SDP_FINE || s.media_count == 0 ||
	    sdp_handshake_read(&s, &s.media[0], &h) != ERR_NONE || !h.has_fingerprint)
		return 0;
	sdp_ice_draw(h.fingerprint, name, pwd);
	shake.ufrag = view_bytes(name, h.has_ice ? sizeof(name) : 0);
	shake.pwd = view_bytes(pwd, sizeof(pwd));
	shake.is_bundled = h.is_bundled && h.mid.len > 0;
	shake.fingerprint = h.fingerprint;
	shake.has_mux = h.has_mux;
	shake.mid = h.mid;
	if (!sdp_media_is_carried(&s, &s.media[0]) || sdp_write(&s, &how, &b) != ERR_NONE)
		return 0;
	if (sdp_parse(buffer_view(&b), &s) != SDP_FINE ||
	    sdp_handshake_read(&s, &s.media[0], &again) != ERR_NONE || again.hash != SDP_SHA256 ||
	    memcmp(again.fingerprint, h.fingerprint, 32) != 0 || again.has_mux != h.has_mux)
		abort();
	return 0;
}
