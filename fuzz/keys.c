/* SPDX-License-Identifier: Apache-2.0 */
/* Covers keys_bundle_open and keys_server_take with any bytes, and keys_server_sign with any
 * request, as a signal that was taken over could make: an answer is an error or fits its slot. */
#include "keys/server.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct keys_server *server;
	struct view bytes = view_bytes(data, size);
	char text[64];
	struct buffer words = BUFFER_ON(text);
	struct keys_request q = { 0 };
	struct keys_bundle bundle;
	struct keys_answer a;

	if (!server && keys_server_new(&server) != ERR_NONE)
		return 0;
	if (keys_bundle_open(bytes, &bundle) == ERR_NONE)
		(void)!keys_server_take(server, &bundle, &bundle, &words);
	memcpy(&q, data, size < sizeof(q) ? size : sizeof(q));
	keys_server_sign(server, &q, &a);
	if (a.id != q.id || a.size > KEYS_SIGNATURE_MAX || (a.size > 0) != (a.result == ERR_NONE))
		abort();
	return 0;
}
