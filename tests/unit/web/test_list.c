/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: rows become JSON, pages continue, refusals become problems. */
#include "bench.h"
#include "runner/test.h"
#include "web/exchange_priv.h"
#include <string.h>

static struct bench b;

static struct record_call a_call(uint64_t row, uint64_t call)
{
	struct record_call r = { .head = { .version = RECORD_VERSION,
		                           .kind = RECORD_CALL,
		                           .size = sizeof(r),
		                           .row = row },
		                 .call = call,
		                 .status = 200,
		                 .started_wall_us = 1700000000000000 };

	(void)VIEW_COPY(VIEW("<b>\xe2\x80\xae"
	                     "201\xff</b>"),
	                r.from);
	return r;
}

TEST(list_page, "gives a page and where the next begins")
{
	struct record_call call;

	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/calls?limit=2&after=900&filter=status%3D200",
	                SCOPE_READ);
	CHECK(bench_last(&b)->head.kind == ASK_RECORDS &&
	      bench_last(&b)->body.query.kind == RECORD_CALL);
	CHECK(bench_last(&b)->body.query.limit == 2 && bench_last(&b)->body.query.after == 900);
	CHECK(strcmp(bench_last(&b)->body.query.filter, "status=200") == 0);
	for (uint64_t row = 899; row > 897; row--) {
		call = a_call(row, row + 1000);
		bench_row(&b, &call, sizeof(call));
	}
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && strcmp(b.content_type, "application/json") == 0);
	CHECK(bench_says(&b, "\"next\":\"898\"") && bench_says(&b, "\"call\":\"1899\""));
	CHECK(bench_says(&b, "2023-11-14T22:13:20.000Z"));
	/* ASCII only on the wire: neither bidi override nor broken UTF-8 pass as they are. */
	for (size_t i = 0; i < b.body_len; i++)
		CHECK((uint8_t)b.body[i] >= 0x20 && (uint8_t)b.body[i] < 0x7f);
	CHECK(bench_says(&b, "\\u202E") && bench_says(&b, "\\uFFFD"));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(list_last_page, "says no next where a page is not full")
{
	struct record_call call = a_call(5, 5);

	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/calls?limit=2", SCOPE_READ);
	bench_row(&b, &call, sizeof(call));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && !bench_says(&b, "\"next\""));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(list_turns, "reads one list after the other, in the order in which they came")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/calls", SCOPE_READ);
	b.now_us++;
	(void)bench_ask(&b, "GET", "/api/v1/incidents", SCOPE_READ);
	b.now_us++;
	(void)bench_ask(&b, "GET", "/api/v1/audit", SCOPE_OPERATE);
	CHECK(b.ask_count == 1);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.ask_count == 2 && bench_last(&b)->body.query.kind == RECORD_INCIDENT);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.ask_count == 3 && bench_last(&b)->body.query.kind == RECORD_AUDIT);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.reply_count == 3);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(list_late, "gives up on a process that does not answer and lets the next list go")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/calls", SCOPE_READ);
	b.now_us += WEB_ANSWER_US - 1;
	(void)bench_ask(&b, "GET", "/api/v1/incidents", SCOPE_READ);
	web_tick(b.web);
	CHECK(b.reply_count == 0);
	b.now_us++;
	web_tick(b.web);
	CHECK(b.reply_count == 1 && b.status == 504 && b.ask_count == 2);
	/* The late answer finds nobody. */
	b.asks[1].head.id = 1;
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.reply_count == 1);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(list_endless, "does not grow with a process that answers more than was asked for")
{
	struct record_call call = a_call(5, 5);

	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/calls?limit=200", SCOPE_READ);
	for (size_t i = 0; i < 1000; i++)
		bench_row(&b, &call, sizeof(call));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && b.body_len < 200 * 2000);
	bench_clear(&b);
	return ERR_NONE;
}

static const struct {
	enum err err;
	uint16_t want;
} errors[] = {
	{ ERR_SYNTAX, 400 }, { ERR_LIMIT, 422 },       { ERR_NOT_FOUND, 404 },
	{ ERR_DENIED, 403 }, { ERR_CLOSED, 503 },      { ERR_IO, 500 },
	{ ERR_EXISTS, 409 }, { ERR_UNSUPPORTED, 400 }, { ERR_FULL, 503 },
};

TEST(list_errors, "turns another process's refusal into a problem with its words")
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		TRY(bench_make(&b));
		(void)bench_ask(&b, "GET", "/api/v1/calls?filter=x", SCOPE_READ);
		bench_end(&b, errors[i].err, "filter: 'x' is no field here");
		CHECK_CASE(b.status == errors[i].want, err_name(errors[i].err));
		CHECK_CASE(bench_says(&b, "'x' is no field here"), err_name(errors[i].err));
		bench_clear(&b);
	}
	return ERR_NONE;
}

TEST(list_unsound, "passes over rows that are none of their kind")
{
	struct record_call call = a_call(5, 5);

	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/incidents", SCOPE_READ);
	bench_row(&b, &call, sizeof(call));
	bench_row(&b, &call, 7);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && strcmp(b.body, "{\"items\":[]}") == 0);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(call_halves, "shows both halves of a call, and a live one that the store does not have")
{
	struct record_call call = a_call(5, 77);

	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/calls/77", SCOPE_READ);
	CHECK(bench_last(&b)->body.query.number == 77);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(bench_last(&b)->head.kind == ASK_LIVE_CALLS &&
	      bench_last(&b)->body.query.number == 77);
	bench_row(&b, &call, sizeof(call));
	bench_row(&b, &call, sizeof(call));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && bench_says(&b, "\"halves\":[{"));
	(void)bench_ask(&b, "GET", "/api/v1/calls/78", SCOPE_READ);
	bench_end(&b, ERR_NONE, NULL);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 404);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(incident_samples, "shows an incident with its samples")
{
	struct record_incident incident = {
		.head = { .kind = RECORD_INCIDENT, .size = sizeof(incident) }, .incident = 9
	};
	struct record_sample sample = { .head = { .kind = RECORD_SAMPLE, .size = sizeof(sample) },
		                        .text_len = 8,
		                        .text = "REGISTER" };

	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/incidents/9", SCOPE_READ);
	bench_row(&b, &incident, sizeof(incident));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(bench_last(&b)->body.query.kind == RECORD_SAMPLE &&
	      bench_last(&b)->body.query.number == 9);
	bench_row(&b, &sample, sizeof(sample));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && bench_says(&b, "\"incident\":\"9\"") &&
	      bench_says(&b, "\"text\":\"REGISTER\""));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(blocks_why, "explains a live block, else the last one, else says that there is none")
{
	struct record_block block = { .head = { .kind = RECORD_BLOCK, .size = sizeof(block) },
		                      .block = 3,
		                      .step_count = 2 };

	TRY(bench_make(&b));
	block.steps[0].score_milli = 1500;
	block.steps[1].score_milli = 2000;
	(void)VIEW_COPY(VIEW("REGISTER 204, refused with 403"), block.steps[1].text);
	(void)bench_ask(&b, "GET", "/api/v1/blocks/why?address=198.51.100.7", SCOPE_READ);
	CHECK(bench_last(&b)->head.kind == ASK_WHY &&
	      strcmp(bench_last(&b)->body.query.filter, "198.51.100.7") == 0);
	bench_row(&b, &block, sizeof(block));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && bench_says(&b, "\"live\":true") &&
	      bench_says(&b, "\"score\":3.5"));
	CHECK(bench_says(&b, "REGISTER 204, refused with 403"));
	(void)bench_ask(&b, "GET", "/api/v1/blocks/why?address=198.51.100.7", SCOPE_READ);
	bench_end(&b, ERR_NOT_FOUND, NULL);
	CHECK(strcmp(bench_last(&b)->body.query.filter, "kind=source source=198.51.100.7") == 0);
	block.until_wall_us = 1700000000000000;
	bench_row(&b, &block, sizeof(block));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && bench_says(&b, "\"live\":false"));
	(void)bench_ask(&b, "GET", "/api/v1/blocks/why?address=198.51.100.7", SCOPE_READ);
	bench_end(&b, ERR_NOT_FOUND, NULL);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 404);
	(void)bench_ask(&b, "GET", "/api/v1/blocks/why?address=x%20kind%3Dnever", SCOPE_READ);
	CHECK(b.status == 400);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(why, "puts together what three processes know, though one is away")
{
	struct record_incident incident = {
		.head = { .kind = RECORD_INCIDENT, .size = sizeof(incident) }, .incident = 9
	};

	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/why?of=201", SCOPE_READ);
	bench_end(&b, ERR_NOT_FOUND, NULL);
	CHECK(bench_last(&b)->head.kind == ASK_REGISTRATIONS);
	bench_end(&b, ERR_CLOSED, NULL);
	CHECK(strcmp(bench_last(&b)->body.query.filter, "about=\"201\"") == 0);
	bench_row(&b, &incident, sizeof(incident));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && bench_says(&b, "\"is\":\"user\"") &&
	      bench_says(&b, "\"incident\":\"9\""));
	(void)bench_ask(&b, "GET", "/api/v1/why?of=2%22%20x", SCOPE_READ);
	CHECK(b.status == 400);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(status_pieces, "hands on what the parent says, and refuses what is no object")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/status", SCOPE_READ);
	bench_end(&b, ERR_NONE, "{\"uptime_s\":5}");
	CHECK(b.status == 200 && strcmp(b.body, "{\"uptime_s\":5}") == 0);
	(void)bench_ask(&b, "GET", "/api/v1/status", SCOPE_READ);
	bench_end(&b, ERR_NONE, "[1]");
	CHECK(b.status == 500);
	(void)bench_ask(&b, "GET", "/readyz", SCOPE_NONE);
	bench_end(&b, ERR_NONE, "{\"state\":\"starting\"}");
	CHECK(b.status == 503);
	(void)bench_ask(&b, "GET", "/readyz", SCOPE_NONE);
	bench_end(&b, ERR_NONE, "{\"state\":\"ready\"}");
	CHECK(b.status == 200);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(config_pieces, "puts a configuration together that comes in pieces")
{
	TRY(bench_make(&b));
	(void)bench_ask(&b, "GET", "/api/v1/config", SCOPE_CONFIGURE);
	bench_row(&b, "mode obs", 8);
	bench_row(&b, "erve\n", 5);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 200 && strcmp(b.body, "mode observe\n") == 0);
	bench_clear(&b);
	return ERR_NONE;
}
