/* SPDX-License-Identifier: Apache-2.0 */
/* Covers media_dtls_look and media_dtls_receive: datagrams of two addresses to a leg that takes
 * hellos. No keys come of it, and the leg never belongs to who did not begin. */
#include "base/cursor.h"
#include "base/now.h"
#include "media/dtls_priv.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void drop(void *context, const struct dtls_leg *leg, struct view v, const struct addr *to)
{
	(void)context, (void)leg, (void)v, (void)to;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct media_dtls_ports ports = { .send = drop };
	static struct media_dtls *dtls;
	struct cursor in = cursor_on(view_bytes(data, size));
	struct dtls_leg leg = { 0 };
	struct dtls_keys keys;

	if (!dtls && media_dtls_new(&ports, 1, &dtls) != ERR_NONE)
		abort();
	media_dtls_begin(dtls, &leg, &(struct dtls_peer){ .is_proven_path = true }, 1);
	for (uint64_t us = SECOND_US; !cursor_is_at_end(&in); us += SECOND_US / 10) {
		struct dtls_datagram d = { .from = { { cursor_byte(&in) & 1 }, 9, 4, 0 } };
		d.bytes = cursor_take(&in, cursor_u16(&in) % 1500);
		bool was_other = leg.state == DTLS_SHAKING && !addr_equal(&leg.tuple, &d.from);
		enum dtls_verdict v = media_dtls_receive(dtls, &leg, &d, us, &keys);
		if (v == DTLS_AGREED || (was_other && v != DTLS_IGNORED && us < 4 * SECOND_US))
			abort();
	}
	media_dtls_end(dtls, &leg);
	return 0;
}
