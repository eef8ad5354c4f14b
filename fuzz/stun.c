/* SPDX-License-Identifier: Apache-2.0 */
/* Covers stun_parse, stun_write and stun_write_bare: what is read can be written, reads the same
 * again, and cut anywhere is not taken any more. */
#include "rtp/stun.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_same(const struct stun_message *a, const struct stun_message *b)
{
	return a->class == b->class && a->method == b->method && a->role == b->role &&
	       memcmp(a->transaction, b->transaction, sizeof(a->transaction)) == 0 &&
	       view_equal(a->username, b->username) && addr_equal(&a->mapped, &b->mapped) &&
	       a->tie_breaker == b->tie_breaker && a->priority == b->priority &&
	       a->is_nominating == b->is_nominating && a->error_code == b->error_code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view in = view_bytes(data, size), key = VIEW("secret");
	char bytes[MAX_STUN_DATAGRAM], bare_bytes[MAX_STUN_DATAGRAM];
	struct buffer b = BUFFER_ON(bytes), bare = BUFFER_ON(bare_bytes);
	struct stun_message m, again;

	if (stun_parse(in, &m) != ERR_NONE)
		return 0;
	(void)stun_is_signed(in, &m, key);
	if (stun_write(&b, &m, key) != ERR_NONE ||
	    stun_parse(buffer_view(&b), &again) != ERR_NONE || !is_same(&m, &again) ||
	    !stun_is_signed(buffer_view(&b), &again, key))
		abort();
	if (stun_write_bare(&bare, &m) != ERR_NONE ||
	    stun_parse(buffer_view(&bare), &again) != ERR_NONE || !is_same(&m, &again))
		abort();
	for (size_t len = 0; len < size; len++)
		if (stun_parse(view_first(in, len), &m) == ERR_NONE)
			abort();
	return 0;
}
