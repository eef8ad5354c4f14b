/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the watch: random bytes as a sequence of messages, datagrams and time,
 * through tables of few rows. Every fact is sound, and nothing stays behind. */
#include "watch/watch.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_fact(void *sound, const struct fact *fact) { assert(sound && fact_is_sound(fact)); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct watch_settings settings = { 3, 3,  2,   3,   2,  2,  3,
		                                        2, 32, 180, 600, 60, 600 };
	static char bytes[1 << 16];
	struct watch_message in = { .bytes = bytes };
	struct flow flow = { .local.family = 4, .remote.family = 4 };
	struct watch *w;

	if (watch_new(&settings, &(struct watch_ports){ .context = bytes, .fact = on_fact },
	              &(struct hash_key){ "fuzz" }, &w) != ERR_NONE)
		return 0;
	for (in.flow = &flow; size > 4; data += in.len, size -= in.len, in.now.us += SECOND_US) {
		flow.local.port = data[0] & 1, flow.remote.port = data[0] >> 1 & 1;
		in.is_cut = data[0] & 8, in.is_connected = data[0] & 16;
		in.now.us += (uint64_t)data[1] * SECOND_US;
		in.len = (size_t)data[2] << 8 | data[3];
		data += 4, size -= 4;
		in.len = in.len < size ? in.len : size;
		memcpy(bytes, data, in.len);
		if (data[-4] & 4)
			watch_datagram(w, &flow, view_bytes(bytes, in.len), in.now);
		else
			watch_message(w, &in);
	}
	watch_end(w);
	watch_free(&w);
	return 0;
}
