/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture/tls.c, tls_handshake.c, tls_cipher.c and the key log (pieces.h). The lines up to
 * an empty one are a server's key and a key log; then come pieces. Once more where an allocation
 * fails. */
#include "pieces.h"
#include "scarce.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view all = view_bytes(data, size);
	size_t end = 0;

	do
		end = view_find(all, '\n', end) + 1;
	while (end < size && all.at[end] != '\n');
	for (int is_scarce = 0; is_scarce < 2; is_scarce++) {
		struct capture_keys *keys = NULL;
		size_t taken = 0;

		scarce_from_here(is_scarce ? size % 64 + 1 : 0);
		if (capture_keys_new(&(struct hash_key){ { 1 } }, &keys) != ERR_NONE)
			continue;
		(void)!capture_keys_add_log(keys, view_first(all, end), &taken);
		if (view_starts(all, VIEW("-----BEGIN ")))
			(void)!capture_keys_add_private(keys, view_first(all, end));
		if (taken > size || (taken > 0 && capture_keys_are_empty(keys)))
			abort();
		pieces_take(keys, view_after(all, end + 1));
		capture_keys_free(&keys);
	}
	scarce_from_here(0);
	return 0;
}
