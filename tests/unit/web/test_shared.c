/* SPDX-License-Identifier: Apache-2.0 */
/* What several workers of signal answer: joined, ordered, and asked for once more. */
#include "bench.h"
#include "runner/test.h"
#include "web/exchange_priv.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static struct bench b;

static void header(const char *name, unsigned count, const char *last)
{
	char text[256];

	(void)snprintf(text, sizeof(text),
	               "{\"direction\":\"inward\",\"header\":\"%s\",\"from\":\"phone\",\"to\":"
	               "\"office\",\"count\":%u,\"last\":\"%s\"}",
	               name, count, last);
	bench_row(&b, text, strlen(text));
}

TEST(shared_headers, "header fields that several workers kept out are one row each")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/headers", SCOPE_READ);
	header("X-One", 3, "2026-11-23T07:00:00Z");
	header("X-Two", 1, "2026-11-23T07:00:00Z");
	header("X-One", 4, "2026-11-23T07:00:01Z");
	header("X-Two", 1, "2026-11-23T06:00:00Z");
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200);
	CHECK(bench_says(&b,
	                 "\"header\":\"X-One\",\"from\":\"phone\",\"to\":\"office\",\"count\":7,"
	                 "\"last\":\"2026-11-23T07:00:01Z\""));
	CHECK(bench_says(&b,
	                 "\"header\":\"X-Two\",\"from\":\"phone\",\"to\":\"office\",\"count\":2,"
	                 "\"last\":\"2026-11-23T07:00:00Z\""));
	bench_clear(&b);
	return ERR_NONE;
}

static void traced(uint64_t number, bool is_end, uint32_t missed)
{
	struct ask_trace row = { .number = number, .is_end = is_end, .missed = missed };

	bench_row(&b, &row, offsetof(struct ask_trace, text));
}

static const char *numbers(void)
{
	static char text[256];
	struct buffer out = buffer_on(text, sizeof(text) - 1);

	for (const char *at = b.body; (at = strstr(at, "\"number\":\"")) != NULL;) {
		at += 10;
		buffer_put(&out, view_first(view_of(at), view_find(view_of(at), '"', 0)));
		buffer_char(&out, ' ');
	}
	text[out.len] = 0;
	return text;
}

TEST(shared_trace,
     "rows of several workers are in one order, up to where the first of them has looked")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/trace?after=100", SCOPE_OPERATE);
	CHECK(bench_last(&b)->head.kind == ASK_TRACE && bench_last(&b)->body.query.after == 100);
	traced(110, false, 0);
	traced(130, false, 0);
	traced(150, true, 2);
	traced(120, false, 0);
	traced(140, false, 0);
	traced(140, true, 3);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && strcmp(numbers(), "110 120 130 140 ") == 0);
	CHECK(bench_says(&b, "\"next\":\"140\"") && bench_says(&b, "\"missed\":5"));
	/* The slower one has more than an answer holds. */
	(void)bench_ask(&b, "GET", "/api/v1/trace?after=140", SCOPE_OPERATE);
	traced(160, false, 0);
	traced(200, true, 0);
	traced(141, false, 0);
	traced(142, false, 0);
	traced(142, true, 0);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(strcmp(numbers(), "141 142 ") == 0 && bench_says(&b, "\"next\":\"142\""));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(shared_trace_alone,
     "where a worker is not there the others are told; where nobody is the observer")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/trace?after=100", SCOPE_OPERATE);
	traced(110, false, 0);
	traced(150, true, 0);
	bench_end(&b, ERR_CLOSED, NULL);
	CHECK(b.status == 200 && strcmp(numbers(), "110 ") == 0 && b.ask_count == 1);
	(void)bench_ask(&b, "GET", "/api/v1/trace?after=100", SCOPE_OPERATE);
	bench_end(&b, ERR_CLOSED, NULL);
	CHECK(b.ask_count == 3 && bench_last(&b)->head.kind == ASK_TRACE_WATCH);
	traced(170, true, 0);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && bench_says(&b, "\"watching\":true"));
	bench_clear(&b);
	return ERR_NONE;
}

static bool is_asked(size_t count, uint8_t is_any_half)
{
	return b.ask_count == count && bench_last(&b)->head.kind == ASK_COMMAND &&
	       bench_last(&b)->body.command.is_any_half == is_any_half;
}

TEST(shared_command,
     "a command that nobody took is given once more, for any half, and not a third time")
{
	TRY(bench_make(&b));
	(void)bench_post(&b, "POST", "/api/v1/calls/77/hold", SCOPE_OPERATE,
	                 "{\"reason\":\"asked for\"}");
	bench_end(&b, ERR_NONE, NULL);
	CHECK(is_asked(2, 0));
	bench_end(&b, ERR_NOT_FOUND, NULL);
	CHECK(is_asked(3, 1) && b.reply_count == 0);
	bench_end(&b, ERR_NOT_FOUND, NULL);
	CHECK(b.ask_count == 4 && bench_last(&b)->head.kind == ASK_AUDIT);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 404);
	/* What was taken, or refused for another reason, is not. */
	(void)bench_post(&b, "POST", "/api/v1/calls/77/hold", SCOPE_OPERATE,
	                 "{\"reason\":\"asked for\"}");
	bench_end(&b, ERR_NONE, NULL);
	CHECK(is_asked(6, 0));
	bench_end(&b, ERR_EXISTS, NULL);
	CHECK(b.ask_count == 7 && bench_last(&b)->head.kind == ASK_AUDIT);
	bench_clear(&b);
	return ERR_NONE;
}
