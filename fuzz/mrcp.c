/* SPDX-License-Identifier: Apache-2.0 */
/* Covers mrcp_message_length, mrcp_message_parse, mrcp_message_write: what is taken is as long as
 * it says, and what is written of it is taken, and written the same again. */
#include "rtp/mrcp.h"
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char once[MAX_MRCP_MESSAGE], twice[MAX_MRCP_MESSAGE];
	struct buffer a = BUFFER_ON(once), b = BUFFER_ON(twice);
	struct mrcp_message m;
	struct mrcp_talk t = { 0 };
	size_t len;

	if (mrcp_message_parse(view_bytes(data, size), &m) != ERR_NONE)
		return 0;
	if ((mrcp_talk_note(&t, &m, false) == ERR_NONE) ||
	    (mrcp_talk_note(&t, &m, true) == ERR_NONE) != (m.kind == MRCP_REQUEST) ||
	    mrcp_resource_text((enum mrcp_resource)m.resource)[0] == '?')
		abort();
	mrcp_message_write(&a, &m);
	if (mrcp_message_length(buffer_view(&a), &len) != ERR_NONE || len != a.len ||
	    mrcp_message_parse(buffer_view(&a), &m) != ERR_NONE)
		abort();
	mrcp_message_write(&b, &m);
	if (!view_equal(buffer_view(&a), buffer_view(&b)))
		abort();
	return 0;
}
