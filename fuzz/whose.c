/* SPDX-License-Identifier: Apache-2.0 */
/* Covers border/whose_read.c: what it finds lies in the message, and in one that the parser takes
 * it is what the parser finds. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "border/whose.h"
#include "sip/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_msg m;
	char *bytes = malloc(size + 1), *copy = malloc(size + 1);
	struct whose_clues c;

	if (bytes && copy) {
		memcpy(bytes, data, size);
		memcpy(copy, data, size);
		c = whose_read(view_bytes(copy, size));
		assert(!c.tag.len || (c.tag.at >= copy && c.tag.at + c.tag.len <= copy + size));
		assert(!c.branch.len || c.branch.at + c.branch.len <= copy + size);
		if (sip_msg_parse(bytes, size, &sip_limits_default, &m) == ERR_NONE &&
		    sip_check(&m) == ERR_NONE)
			assert(c.is_request == m.is_request && view_equal(c.call_id, m.call_id));
	}
	free(bytes);
	free(copy);
	return 0;
}
