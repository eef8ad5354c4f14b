/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture_file_next of all formats: read in one piece and byte by byte, a file holds the
 * same packets and ends alike, and no packet is longer than promised. Behind a file that begins
 * with Z stand two million zeros; one that ends with Z cannot be read to its end. */
#include "part.h"
#include "scarce.h"
#include <stdlib.h>

static void hear(void *context, struct view log) { (void)context, (void)log; }

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool is_long = size > 0 && data[0] == 'Z';
	struct part a = { view_bytes(data + is_long, size - is_long), is_long ? 2000000 : 0,
		          SIZE_MAX, size > 1 && data[size - 1] == 'Z' },
		    b = a;
	struct capture_skipped skipped = { 0 };
	struct capture_file *f = NULL, *g = NULL;
	struct capture_packet p, q = { 0 };

	scarce_from_here(size % 8);
	while (capture_file_new(&(struct capture_input){ &a, part_read, hear }, &skipped, &f)) {}
	scarce_from_here(0);
	b.most = 1;
	if (capture_file_new(&(struct capture_input){ &b, part_read, NULL }, &skipped, &g))
		abort();
	while (capture_file_next(f, &p) == ERR_NONE)
		if (capture_file_next(g, &q) != ERR_NONE || !view_equal(p.bytes, q.bytes) ||
		    p.wall_us != q.wall_us || p.link != q.link || p.wall_us < 0 ||
		    p.bytes.len > MAX_CAPTURE_PACKET || p.original_len < p.bytes.len)
			abort();
	if (capture_file_next(g, &q) != ERR_CLOSED || !part_same_end(f, g))
		abort();
	capture_file_free(&f);
	capture_file_free(&g);
	return 0;
}
