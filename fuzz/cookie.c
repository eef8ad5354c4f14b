/* SPDX-License-Identifier: Apache-2.0 */
/* Covers guard_cookie_read. Nothing but what guard_cookie_write made is good;
 * what it made around any opaque comes back as it went in. */
#include "guard/cookie.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct guard_cookie_keys keys = { { { { 1 } }, { { 2 } } }, 1 };
	struct guard_cookie_subject subject = { .source.family = 4 };
	struct view text = view_bytes(data, size);
	struct guard_cookie_issue issue = { text, COOKIE_USER_UNKNOWN, 1800000000000000 };
	static char storage[1 << 20];
	struct buffer b = BUFFER_ON(storage);
	struct guard_cookie cookie;

	cookie = guard_cookie_read(text, &keys, &subject, 60, issue.now_us);
	assert(cookie.verdict < COOKIE_OLD);
	subject.nonce = view_first(text, size / 2);
	guard_cookie_write(&b, &keys, &subject, &issue);
	cookie = guard_cookie_read(buffer_view(&b), &keys, &subject, 60, issue.now_us);
	assert(b.err != ERR_NONE ||
	       (cookie.verdict == COOKIE_GOOD && cookie.user == COOKIE_USER_UNKNOWN &&
	        view_equal(cookie.opaque, text)));
	return 0;
}
