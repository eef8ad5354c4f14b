/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the index, the check of all fields and the writing of headers:
 * sip/msg.c, sip/check.c, sip/build.c. A message rebuilt is read as the same. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/sip/rebuild.h"
#include "sip/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sip_msg m;
	char *bytes = malloc(size + (size == 0)); /* of exactly that size: a read beyond is seen */

	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	if (sip_msg_parse(bytes, size, &sip_limits_default, &m) == ERR_NONE) {
		assert(m.reason == SIP_REASON_NONE && rebuild_is_same(&m));
		(void)sip_check(&m);
	} else {
		assert(m.reason != SIP_REASON_NONE);
	}
	free(bytes);
	return 0;
}
