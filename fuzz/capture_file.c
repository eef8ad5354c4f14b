/* SPDX-License-Identifier: Apache-2.0 */
/* Covers capture_file_next of all formats: read in one piece and byte by byte, a file
 * holds the same packets and ends alike, and no packet is longer than promised. */
#include "capture/file.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t read_piece(void *context, void *buffer, size_t size)
{
	/* The second view is as long as a read may be. */
	struct view *rest = context, piece = view_first(view_first(rest[0], size), rest[1].len);

	if (piece.len)
		memcpy(buffer, piece.at, piece.len);
	*rest = view_after(*rest, piece.len);
	return piece.len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view a[] = { view_bytes(data, size), { NULL, SIZE_MAX } },
		    b[] = { a[0], { NULL, 1 } };
	struct capture_input all = { a, read_piece, NULL }, slow = { b, read_piece, NULL };
	struct capture_skipped skipped = { 0 };
	struct capture_file *f = NULL, *g = NULL;
	struct capture_packet p, q = { 0 };
	if (capture_file_new(&all, &skipped, &f) || capture_file_new(&slow, &skipped, &g))
		abort();
	while (capture_file_next(f, &p) == ERR_NONE)
		if (capture_file_next(g, &q) != ERR_NONE || !view_equal(p.bytes, q.bytes) ||
		    p.wall_us != q.wall_us || p.link != q.link || p.wall_us < 0 ||
		    p.bytes.len > MAX_CAPTURE_PACKET || p.original_len < p.bytes.len)
			abort();
	if (capture_file_next(g, &q) != ERR_CLOSED || capture_file_end(f) != capture_file_end(g))
		abort();
	capture_file_free(&f);
	capture_file_free(&g);
	return 0;
}
