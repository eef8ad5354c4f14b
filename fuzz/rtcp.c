/* SPDX-License-Identifier: Apache-2.0 */
/* Covers rtcp_parse and rtcp_write, and what asks for pictures: what is written fits a datagram,
 * parses, holds nothing to drop but that, and written again gives the same bytes. */
#include "rtp/picture.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t write_all(struct buffer *b, struct view in, struct rtcp_compound *c)
{
	static const struct rtcp_rewrite how = { .cname = "0123456789abcde" };
	struct rtcp_picture pictures[MAX_RTCP_PICTURES];
	size_t count = rtcp_pictures_read(in, c, pictures);

	rtcp_write(b, c, &how);
	rtcp_pictures_write(b, pictures, count, c->sender, &how);
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct rtcp_compound c;
	char first[MAX_RTCP_DATAGRAM], second[MAX_RTCP_DATAGRAM];
	struct buffer a = BUFFER_ON(first), b = BUFFER_ON(second);
	size_t count;

	if (rtcp_parse(view_bytes(data, size), &c) != ERR_NONE)
		return 0;
	count = write_all(&a, view_bytes(data, size), &c);
	if (a.err != ERR_NONE || rtcp_parse(buffer_view(&a), &c) != ERR_NONE || c.dropped != count)
		abort();
	if (write_all(&b, buffer_view(&a), &c) != count)
		abort();
	if (!view_equal(buffer_view(&a), buffer_view(&b)))
		abort();
	return 0;
}
