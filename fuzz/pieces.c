/* SPDX-License-Identifier: Apache-2.0 */
/* Connections one after another, by the same keys. */
#include "pieces.h"

#include <stdlib.h>

static enum err hear(void *context, uint8_t side, struct view bytes)
{
	*(size_t *)context += bytes.len + side - side;
	return ERR_NONE;
}

void pieces_take(struct capture_keys *keys, struct view rest)
{
	size_t heard = 0, size = rest.len;
	const struct capture_tls_sink sink = { &heard, hear };
	struct capture_skipped skipped = { { 0 } };
	struct capture_tls *t = NULL;

	for (struct view piece; rest.len > 0; rest = view_after(rest, 1 + piece.len)) {
		piece = view_first(view_after(rest, 1), rest.at[0] & 0x7f);
		if ((uint8_t)rest.at[0] == 0x80)
			capture_tls_free(&t);
		if (t || capture_tls_new(keys, &skipped, &t) == ERR_NONE)
			(void)!capture_tls_take(t, (uint8_t)rest.at[0] >> 7, piece, &sink);
	}
	if (heard > size || (t && capture_tls_size(t) > 16 * MAX_CAPTURE_TLS_WAITING))
		abort();
	capture_tls_free(&t);
}
