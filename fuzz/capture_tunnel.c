/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the tunnels of capture_walk_take: what an Ethernet frame leads to, it leads to
 * within GRE and ERSPAN as well. */
#include "capture/walk.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t sum[3], at;
static void note(void *c, const struct capture_datagram *d) { (void)c, sum[at] += d->payload.len; }

#define ERSPAN "\x10\0\x88\xbe\0\0\0\x01\x10\0\0\0\0\0\0\0"
#define IPV4   "\x45\0\0\0\0\0\0\0\x40\x2f\0\0\xc0\0\x02\x01\xc0\0\x02\x02" /* no length, GRE */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct view heads[] = { VIEW(""), VIEW(IPV4 "\0\0\x65\x58"),
		                             VIEW(IPV4 ERSPAN) };
	static char bytes[4096];
	static const struct capture_walk_ports ports = { NULL, note, NULL, NULL };
	static struct capture_skipped skipped;
	static struct capture_walk *w; /* empty again after each end */

	for (at = 0; at < 3; at++) {
		struct capture_packet p = { .link = at ? LINKTYPE_RAW : LINKTYPE_ETHERNET };
		struct buffer b = BUFFER_ON(bytes);
		sum[at] = 0;
		buffer_put(&b, heads[at]);
		buffer_put(&b, view_first(view_bytes(data, size), 2000));
		p.bytes = buffer_view(&b);
		if (!w &&
		    capture_walk_new(&ports, &(struct hash_key){ { 0 } }, &skipped, &w) != ERR_NONE)
			abort();
		capture_walk_take(w, &p);
		capture_walk_end(w);
	}
	if (sum[1] != sum[2] || (sum[1] && sum[1] != sum[0])) /* 0: too deep */
		abort();
	return 0;
}
