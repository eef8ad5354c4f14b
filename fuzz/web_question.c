/* SPDX-License-Identifier: Apache-2.0 */
/* Covers web/: TARGET LF BODY as root would POST it, the parent deaf. Each
 * question gets one answer, at once. */
#include "web/web.h"
#include <stdlib.h>

static enum err ask(void *c, struct ask *a, uint32_t *id)
{
	return (void)c, (void)a, *id = 0, ERR_AGAIN;
}
static struct now now(void *c) { return (void)c, (struct now){ .us = 0 }; }
static void done(void *c, const struct web_reply *r) { *(unsigned *)c += r->status >= 200; }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct web_port port = { ask, now, NULL };
	struct view all = view_bytes(bytes, len), line = view_first(all, view_find(all, '\n', 0));
	struct web_question q = { .method = VIEW("POST"),
		                  .target = line,
		                  .scope = SCOPE_CONFIGURE };
	static struct web *w;
	unsigned done_count = 0;

	if (!w && web_new(&(struct web_settings){ .version = "0" }, &port, &w) != ERR_NONE)
		abort();
	q.body = view_after(all, line.len + 1);
	q.method = q.body.len ? q.method : VIEW("GET");
	q.content_type = q.body.len ? VIEW("application/json") : VIEW_EMPTY;
	return web_handle(w, &q, done, &done_count) == 0 && done_count == 1 ? 0 : (abort(), 0);
}
