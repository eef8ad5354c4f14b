/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies: JSON objects with listed members, nothing else. */
#include "bench.h"
#include "runner/test.h"
#include "web/body_priv.h"
#include <string.h>

static struct bench b;

static const struct {
	const char *body;
	uint16_t want;
	const char *part;
} cases[] = {
	{ "", 400, "no JSON object" },
	{ "{", 400, "no JSON object" },
	{ "[]", 400, "no JSON object" },
	{ "\"x\"", 400, "no JSON object" },
	{ "{\"net\":\"198.51.100.7\"} x", 400, "no JSON object" },
	{ "{\"net\":\"198.51.100.7\",\"net\":\"198.51.100.8\"}", 400, "no JSON object" },
	{ "{\"net\":\"\xff\"}", 400, "no JSON object" },
	{ "{}", 400, "'net' is missing" },
	{ "{\"net\":7}", 400, "'net' must be a string" },
	{ "{\"net\":null}", 400, "'net' must be a string" },
	{ "{\"net\":\"198.51.100.7\",\"evil\":\"x\"}", 400, "'evil' is no member here" },
	{ "{\"net\":\"office.example\"}", 400, "'net' is no address" },
	{ "{\"net\":\"198.51.100.7\",\"for\":\"ever\"}", 400, "'for' is no length" },
	{ "{\"net\":\"198.51.100.7\",\"for\":\"0s\"}", 400, "'for' is no length" },
	{ "{\"net\":\"198.51.100.7\",\"reason\":\"a\\u0007b\"}", 400, "control characters" },
	{ "{\"net\":\"198.51.100.7\",\"reason\":\"a\\nb\"}", 400, "control characters" },
	{ "{\"net\":\"198.51.100.7\"}", 0, "" },
	{ "{\"net\":\"198.51.100.0/24\",\"for\":\"7d\",\"reason\":\"l\xc3\xa4rm\"}", 0, "" },
};

TEST(bodies, "takes an object of listed members and says what is wrong with any other")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		TRY(bench_make(&b));
		(void)bench_post(&b, "POST", "/api/v1/blocks", SCOPE_OPERATE, cases[i].body);
		CHECK_CASE(b.status == cases[i].want, cases[i].body);
		CHECK_CASE(bench_says(&b, cases[i].part), cases[i].body);
		CHECK_CASE((b.ask_count == 1) == (cases[i].want == 0), cases[i].body);
		bench_clear(&b);
	}
	return ERR_NONE;
}

TEST(body_deep, "does not follow brackets into the depth")
{
	static char deep[60000];

	TRY(bench_make(&b));
	memset(deep, '[', sizeof(deep) - 1);
	(void)bench_post(&b, "POST", "/api/v1/blocks", SCOPE_OPERATE, deep);
	CHECK(b.status == 400);
	/* Brackets inside a text are none. */
	(void)bench_post(&b, "POST", "/api/v1/blocks", SCOPE_OPERATE,
	                 "{\"net\":\"198.51.100.7\",\"reason\":\"[[[[[[[[[[\\\"[[[[\"}");
	CHECK(b.ask_count == 1);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(body_large, "answers a body that is too large with 413")
{
	static char large[MAX_WEB_BODY + 1];
	struct web_question q = { .method = VIEW("POST"),
		                  .target = VIEW("/api/v1/blocks"),
		                  .scope = SCOPE_OPERATE,
		                  .actor = "x",
		                  .content_type = VIEW("application/json"),
		                  .body = { large, sizeof(large) } };

	TRY(bench_make(&b));
	memset(large, ' ', sizeof(large));
	(void)bench_question(&b, &q);
	CHECK(b.status == 413);
	q.body.len--;
	(void)bench_question(&b, &q);
	CHECK(b.status == 400);
	bench_clear(&b);
	return ERR_NONE;
}

static const struct {
	const char *type;
	uint16_t want;
} types[] = {
	{ "", 415 },
	{ "text/plain", 415 },
	{ "application/x-www-form-urlencoded", 415 },
	{ "application/jsonx", 415 },
	{ "application/json", 0 },
	{ "Application/JSON; charset=utf-8", 0 },
};

TEST(body_type, "takes a body of type application/json only")
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct web_question q = { .method = VIEW("POST"),
			                  .target = VIEW("/api/v1/blocks"),
			                  .scope = SCOPE_OPERATE,
			                  .actor = "x",
			                  .content_type = view_of(types[i].type),
			                  .body = VIEW("{\"net\":\"198.51.100.7\"}") };

		TRY(bench_make(&b));
		(void)bench_question(&b, &q);
		CHECK_CASE(b.status == types[i].want, types[i].type);
		bench_clear(&b);
	}
	return ERR_NONE;
}

TEST(body_unasked, "takes no body where none belongs")
{
	TRY(bench_make(&b));
	(void)bench_post(&b, "GET", "/api/v1/mode", SCOPE_READ, "{}");
	CHECK(b.status == 400 && b.ask_count == 0);
	bench_clear(&b);
	return ERR_NONE;
}
