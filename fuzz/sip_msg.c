/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the index, the check of all fields and the writing of headers:
 * sip/msg.c, sip/check.c, sip/build.c. A message rebuilt is read as the same,
 * and what narrow limits let pass the usual ones do. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/sip/rebuild.h"
#include "sip/check.h"
#include "sip/contact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct sip_limits narrow = { 16, 64, 100, 400, 1000, SIP_DATAGRAM };
	static struct sip_msg m;
	struct sip_contact contacts[3];
	size_t count = 0;
	enum err err;
	char *bytes = malloc(size + (size == 0)); /* of exactly that size: a read beyond is seen */

	if (!bytes)
		return 0;
	memcpy(bytes, data, size);
	err = sip_msg_parse(bytes, size, &narrow, &m);
	memcpy(bytes, data, size);
	if (sip_msg_parse(bytes, size, &sip_limits_default, &m) == ERR_NONE) {
		assert(m.reason == SIP_REASON_NONE && rebuild_is_same(&m));
		(void)sip_check(&m);
		(void)!sip_contacts_read(&m, contacts, 3, &count);
		assert(count <= 3 && !sip_msg_find(&m, VIEW("X-None")));
	} else {
		assert(m.reason != SIP_REASON_NONE && err != ERR_NONE);
		assert(!sip_msg_is_answerable(&m) || m.is_request);
	}
	free(bytes);
	return 0;
}
