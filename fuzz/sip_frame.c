/* SPDX-License-Identifier: Apache-2.0 */
/* Covers framing in a stream: sip/frame.c. Where it delimits a message that
 * the parser accepts, both must see the same end. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "sip/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_msg m;
	struct sip_limits limits = sip_limits_default;
	char *bytes = malloc(size + (size == 0));
	size_t end = 0;
	enum err err = sip_msg_frame(view_bytes(data, size), &limits, &end);

	limits.framing = SIP_STREAM;
	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	if (sip_msg_parse(bytes, size, &limits, &m) == ERR_NONE)
		assert(err == ERR_NONE && m.text.at + m.text.len == bytes + end);
	free(bytes);
	return 0;
}
