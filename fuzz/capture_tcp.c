/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture/tcp.c: however a stream is cut, ordered and repeated, what comes out
 * is the stream. Two bytes are one segment: where it begins, and how long it is. */
#include <assert.h>

#include "capture/tcp.h"

static const char stream[] = "A stream whose bytes may come in any order, and more than once.";

static enum err hear(void *context, struct capture_connection *c, const struct capture_piece *p)
{
	size_t *at = context;

	assert(c && !p->is_after_gap && memcmp(p->bytes.at, stream + *at, p->bytes.len) == 0);
	*at += p->bytes.len;
	return ERR_NONE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct capture_tcp_settings settings = { { { 1 } }, 4, 1 << 20 };
	size_t heard = 0;
	struct capture_segment s = { .seq = UINT32_MAX - 30, .flags = CAPTURE_TCP_SYN };
	struct capture_tcp *t = NULL;

	(void)!capture_tcp_new(&settings, &(struct capture_tcp_ports){ &heard, hear, NULL },
	                       &(struct capture_skipped){ { 0 } }, &t);
	(void)!capture_tcp_take(t, &s);
	for (s.flags = 0; size >= 2; data += 2, size -= 2) {
		s.payload = view_first(view_after(VIEW(stream), data[0] & 63), data[1] & 63);
		s.seq = UINT32_MAX - 29 + (data[0] & 63);
		(void)!capture_tcp_take(t, &s);
	}
	s.seq = UINT32_MAX - 29;
	s.payload = VIEW(stream);
	(void)!capture_tcp_take(t, &s);
	assert(heard == sizeof(stream) - 1);
	capture_tcp_free(&t);
	return 0;
}
