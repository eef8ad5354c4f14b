/* SPDX-License-Identifier: Apache-2.0 */
/* Covers what an ACME server answers: acme/read.c, acme/url.c, and acme/door.c for what knocks.
 * What is followed leads to the directory's host; texts end; nobody but who asks is answered. */
#include <assert.h>

#include "acme/door.h"
#include "acme/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct acme_url at = { .host = "ca.example", .port = 443 };
	struct view text = view_bytes(data, size);
	struct acme_authorization g;
	struct acme_directory d;
	struct acme_order o;
	struct acme_url url;
	char out[512];
	struct buffer b = BUFFER_ON(out);

	if (acme_directory_read(text, &at, &d) == ERR_NONE)
		assert(acme_url_read(view_of(d.order), &url) == ERR_NONE &&
		       acme_url_is_beside(&url, &at));
	if (acme_order_read(text, &at, &o) == ERR_NONE)
		assert(o.count <= MAX_ACME_NAMES && memchr(o.problem.detail, 0, ACME_TEXT_SIZE));
	if (acme_authorization_read(text, &at, "http-01", &g) == ERR_NONE)
		assert(!g.url[0] || acme_is_token(view_of(g.token)));
	acme_problem_read(text, &o.problem);
	assert(memchr(o.problem.type, 0, ACME_NAME_SIZE));
	assert(acme_retry_after(text, 60, 5, 3600) >= 5 && acme_retry_after(text, 60, 5, 9) <= 9);
	if (acme_door_answer(text, VIEW("tok"), VIEW("secret"), &b) == ERR_NONE)
		assert(!view_contains(buffer_view(&b), VIEW("secret")) ||
		       view_starts(text, VIEW("GET /.well-known/acme-challenge/tok HTTP/1.")));
	return 0;
}
