/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture/tls.c, tls_handshake.c, tls_cipher.c and the key log: what comes out is
 * no more than what went in, and what is held is bounded. The first line is a key log;
 * then pieces: a byte of side and length, and the bytes. */
#include <stdlib.h>

#include "capture/tls.h"

static enum err hear(void *context, uint8_t side, struct view bytes)
{
	*(size_t *)context += bytes.len + side - side;
	return ERR_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hash_key key = { { 1 } };
	size_t heard = 0;
	const struct capture_tls_sink sink = { &heard, hear };
	struct capture_skipped skipped = { { 0 } };
	struct capture_keys *keys = NULL;
	struct capture_tls *t = NULL;
	struct view rest = view_bytes(data, size);

	(void)!capture_keys_new(&key, &keys);
	(void)!capture_keys_add_log(keys, view_first(rest, view_find(rest, '\n', 0)), NULL);
	(void)!capture_tls_new(keys, &skipped, &t);
	for (rest = view_after(rest, view_find(rest, '\n', 0) + 1); rest.len > 0;) {
		struct view piece = view_first(view_after(rest, 1), rest.at[0] & 0x7f);

		(void)!capture_tls_take(t, (uint8_t)rest.at[0] >> 7, piece, &sink);
		rest = view_after(rest, 1 + piece.len);
	}
	if (heard > size || capture_tls_size(t) > 16 * MAX_CAPTURE_TLS_WAITING)
		abort();
	capture_tls_free(&t);
	capture_keys_free(&keys);
	return 0;
}
