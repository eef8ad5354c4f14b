/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture_walk_take below every link type: whole packets hand out views within
 * themselves. */
#include "capture/walk.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct view packet;

static void check(struct view v)
{
	if (v.len && (v.at < packet.at || v.at + v.len > packet.at + packet.len))
		abort();
}
static void datagram(void *c, const struct capture_datagram *d) { (void)c, check(d->payload); }
static void segment(void *c, const struct capture_segment *s) { (void)c, check(s->payload); }
static void chunk(void *c, const struct capture_chunk *k) { (void)c, check(k->payload); }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t links[] = { 1, 0, 9, 51, 101, 104, 113, 276 };
	static const struct capture_walk_ports ports = { NULL, datagram, segment, chunk };
	static struct capture_skipped skipped;
	static struct capture_walk *w; /* empty again after each end */
	struct capture_packet p = { .link = size ? links[data[0] & 7] : 1 };

	packet = p.bytes = view_after(view_bytes(data, size), 1);
	p.original_len = size && data[0] & 8 ? UINT16_MAX : (uint32_t)p.bytes.len;
	if (!w && capture_walk_new(&ports, &(struct hash_key){ { 0 } }, &skipped, &w) != ERR_NONE)
		abort();
	capture_walk_take(w, &p);
	capture_walk_end(w);
	return 0;
}
