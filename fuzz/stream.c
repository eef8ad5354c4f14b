/* SPDX-License-Identifier: Apache-2.0 */
/* Covers transport/stream.c and proxy.c. The same messages must come out of bytes whether they
 * come at once or one by one, and a PROXY header is never read beyond what is there. */
#include <stdlib.h>

#include "transport/proxy.h"
#include "transport/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Where the messages end, hashed; each look sees `each` bytes more. */
static uint64_t run(struct view bytes, size_t each)
{
	struct stream s = { 0 };
	uint64_t seen = 0;
	size_t start = 0, used;

	for (size_t end = 0; end < bytes.len;) {
		enum stream_step step;

		end = bytes.len - end > each ? end + each : bytes.len;
		while ((step = stream_next(&s, view_bytes(bytes.at + start, end - start), &used)) !=
		       STREAM_MORE) {
			start += used;
			if (step != STREAM_BLANK)
				seen = (seen ^ (start * 8 + (uint64_t)step)) * 1099511628211U;
			if (step == STREAM_BROKEN)
				return seen;
		}
	}
	return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view bytes = view_bytes(data, size);
	struct proxy_header h;

	if (proxy_read(bytes, &h) == ERR_NONE && (h.size > size || h.size < 16))
		abort();
	if (size < 4096 && run(bytes, size) != run(bytes, 1))
		abort();
	return 0;
}
