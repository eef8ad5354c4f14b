/* SPDX-License-Identifier: Apache-2.0 */
/* Asks are caught in a list; the test answers them by hand. */
#include "bench.h"
#include <string.h>

static enum err catch_ask(void *context, struct ask *a, uint32_t *ret_id)
{
	struct bench *b = context;

	if (b->port_says != ERR_NONE)
		return b->port_says;
	if (b->ask_count == BENCH_ASKS)
		return ERR_FULL;
	b->asks[b->ask_count++] = *a;
	b->asks[b->ask_count - 1].head.id = (uint32_t)b->ask_count;
	*ret_id = (uint32_t)b->ask_count;
	return ERR_NONE;
}

static struct now now(void *context)
{
	const struct bench *b = context;

	return (struct now){ .us = b->now_us, .wall_us = 1700000000000000 };
}

static void done(void *context, const struct web_reply *reply)
{
	struct bench *b = context;

	b->reply_count++;
	b->status = reply->status;
	(void)VIEW_COPY(view_of(reply->content_type), b->content_type);
	(void)VIEW_COPY(view_of(reply->allow), b->allow);
	(void)VIEW_COPY(reply->body, b->body);
	b->body_len = reply->body.len;
}

enum err bench_make(struct bench *b)
{
	const struct web_port port = { catch_ask, now, b };
	static struct counters counters;
	const struct web_settings settings = { .version = "9.9.9",
		                               .own = &counters,
		                               .page_count = 1,
		                               .pages = { { ROLE_WEB, &counters } } };

	web_free(&b->web); /* a test that failed left it */
	memset(b, 0, sizeof(*b));
	b->now_us = 1000000;
	return web_new(&settings, &port, &b->web);
}

void bench_clear(struct bench *b) { web_free(&b->web); }

web_exchange_id bench_question(struct bench *b, const struct web_question *q)
{
	return web_handle(b->web, q, done, b);
}

web_exchange_id bench_ask(struct bench *b, const char *method, const char *target,
                          enum web_scope scope)
{
	const struct web_question q = { .method = view_of(method),
		                        .target = view_of(target),
		                        .scope = scope,
		                        .actor = "uid 7 (test)" };

	return bench_question(b, &q);
}

web_exchange_id bench_post(struct bench *b, const char *method, const char *target,
                           enum web_scope scope, const char *body)
{
	const struct web_question q = { .method = view_of(method),
		                        .target = view_of(target),
		                        .scope = scope,
		                        .actor = "uid 7 (test)",
		                        .content_type = VIEW("application/json"),
		                        .body = view_of(body) };

	return bench_question(b, &q);
}

const struct ask *bench_last(const struct bench *b)
{
	static const struct ask none;

	return b->ask_count ? &b->asks[b->ask_count - 1] : &none;
}

void bench_row(struct bench *b, const void *body, size_t size)
{
	struct ask row = { .head = bench_last(b)->head };

	row.head.size = (uint32_t)size;
	row.head.is_answer = 1;
	memcpy(&row.body, body, size);
	web_answer(b->web, &row);
}

void bench_end(struct bench *b, enum err result, const char *text)
{
	struct ask row = { .head = bench_last(b)->head };

	row.head.is_answer = row.head.is_last = 1;
	row.head.result = (uint8_t)result;
	row.head.size = text ? (uint32_t)strlen(text) : 0;
	if (text)
		memcpy(row.body.text, text, row.head.size);
	web_answer(b->web, &row);
}

bool bench_says(const struct bench *b, const char *part)
{
	return view_contains(view_of(b->body), view_of(part));
}
