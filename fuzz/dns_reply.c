/* SPDX-License-Identifier: Apache-2.0 */
/* Covers replies of name servers: dns/reply.c.
 * What is kept lies within its bounds, and every text ends. */
#include <assert.h>

#include "dns/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct resolve_answer answer;

	if (dns_reply_read(data, size, &answer) != ERR_NONE)
		return 0;
	assert(answer.count <= MAX_RESOLVE_RECORDS);
	for (unsigned i = 0; i < answer.count; i++) {
		const struct resolve_record *r = &answer.records[i];

		assert(memchr(r->owner, 0, sizeof(r->owner)) &&
		       memchr(r->name, 0, sizeof(r->name)));
		assert(memchr(r->flags, 0, sizeof(r->flags)));
		assert(memchr(r->service, 0, sizeof(r->service)) && r->ttl_s <= INT32_MAX);
	}
	return 0;
}
