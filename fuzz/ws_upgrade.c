/* SPDX-License-Identifier: Apache-2.0 */
/* Covers transport/ws_upgrade.c: what is said to a request is the same however it is cut, a key
 * that is answered has its length, and every answer fits. */
#include <stdlib.h>

#include "base/hash.h"
#include "transport/ws_upgrade.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ws_origins origins = { { "https://phone.example.com" }, 1 };
	struct view bytes = view_bytes(data, size);
	struct ws_upgrade whole = { 0 }, cut = { 0 };
	uint32_t seen = 0, seen_cut = 0;
	char text[WS_REPLY_MAX];
	struct buffer reply = BUFFER_ON(text);
	enum ws_answer answer, other = WS_MORE;

	if (size == 0 || hash_prepare() != ERR_NONE)
		return 0;
	(void)ws_origin_is_sound(bytes);
	answer = ws_upgrade_read(bytes, &origins, &seen, &whole);
	for (size_t end = 1; end <= size && other == WS_MORE; end++)
		other = ws_upgrade_read(view_first(bytes, end), &origins, &seen_cut, &cut);
	/* What comes too early may come later. */
	if (other != answer && !(answer == WS_EARLY && other == WS_YES))
		abort();
	if (answer != WS_MORE)
		ws_upgrade_reply(answer, &whole, &reply);
	if (reply.err != ERR_NONE || (answer == WS_YES && whole.key.len != 24))
		abort();
	return 0;
}
