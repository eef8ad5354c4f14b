/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes, then zeros, then the end or a failure. */
#include "part.h"

#include <string.h>

size_t part_read(void *context, void *buffer, size_t size)
{
	struct part *p = context;
	struct view piece = view_first(view_first(p->rest, size), p->most);
	size_t len = piece.len ? piece.len : p->zeros < size ? p->zeros : size;

	memset(buffer, 0, len);
	if (piece.len > 0)
		memcpy(buffer, piece.at, len);
	else
		p->zeros -= len;
	p->rest = view_after(p->rest, piece.len);
	return len == 0 && p->is_broken ? CAPTURE_READ_FAILED : len;
}

bool part_same_end(const struct capture_file *f, const struct capture_file *g)
{
	enum capture_end end = capture_file_end(f);

	return capture_file_end(g) == end && *capture_end_name(end) && *capture_end_text(end) &&
	     *capture_format_name(capture_file_format(f)) &&
	       (!capture_end_is_reading(end) ||
	        capture_file_position(f) == capture_file_position(g));
}
