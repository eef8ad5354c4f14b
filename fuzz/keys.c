/* SPDX-License-Identifier: Apache-2.0 */
/* Covers keys_bundle_open and keys_server_take with any bytes, and keys_server_sign with any
 * request, as a signal that was taken over could make: an answer is an error or fits its slot,
 * and the listener of servers gets none that handshakes would not.
 * A request with 64 bytes of its message, then a bundle of keys with their chains. The server
 * keeps what it has unless the request's unused word is set. */
#include "bundle.h"
#include "keys/server.h"
#include "scarce.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keys_server *server;
	struct keys_request q = { 0 };
	size_t head = offsetof(struct keys_request, bytes) + 64;
	struct view bytes = view_after(view_bytes(data, size), head);
	char text[512];
	struct buffer words = BUFFER_ON(text);
	struct keys_bundle bundle;
	struct keys_answer a, b;

	for (size_t n = 1; !server; n++) {
		scarce_from_here(n);
		(void)!keys_server_new(&server);
		scarce_from_here(0);
	}
	if (keys_bundle_open(bytes, &bundle) == ERR_NONE &&
	    ((keys_server_take(server, &bundle, &bundle, &words) == ERR_NONE) != (words.len == 0) ||
	     keys_server_count(server) > MAX_KEYS || !bundle_is_kept(&bundle)))
		abort();
	memcpy(&q, data, size < head ? size : head);
	keys_server_sign(server, &q, &a);
	keys_server_sign_control(server, &q, &b);
	if (a.id != q.id || a.size > KEYS_SIGNATURE_MAX || (a.size > 0) != (a.result == ERR_NONE) ||
	    b.size > KEYS_SIGNATURE_MAX || (b.size > 0 && a.size == 0))
		abort();
	if (q.unused)
		keys_server_free(&server);
	return 0;
}
