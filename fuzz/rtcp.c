/* SPDX-License-Identifier: Apache-2.0 */
/* Covers rtcp_parse and rtcp_write: what is written fits a datagram, parses,
 * holds nothing to drop, and written again gives the same bytes. */
#include "rtp/rtcp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rtcp_rewrite how = { .cname = "0123456789abcde" };
	static struct rtcp_compound c;
	char first[MAX_RTCP_DATAGRAM], second[MAX_RTCP_DATAGRAM];
	struct buffer a = BUFFER_ON(first), b = BUFFER_ON(second);

	if (rtcp_parse(view_bytes(data, size), &c) != ERR_NONE)
		return 0;
	rtcp_write(&a, &c, &how);
	if (a.err != ERR_NONE || rtcp_parse(buffer_view(&a), &c) != ERR_NONE || c.dropped != 0)
		abort();
	rtcp_write(&b, &c, &how);
	if (!view_equal(buffer_view(&a), buffer_view(&b)))
		abort();
	return 0;
}
