/* SPDX-License-Identifier: Apache-2.0 */
/* A change is in the trail before it is done and before it is answered. */
#include "bench.h"
#include "runner/test.h"
#include "web/exchange_priv.h"
#include <string.h>

static struct bench b;

static bool is_audit(const struct ask *a, const char *verb, const char *object, const char *result)
{
	const struct record_audit *r = &a->body.record.audit;

	return a->head.kind == ASK_AUDIT && r->head.kind == RECORD_AUDIT &&
	       strcmp(r->verb, verb) == 0 && strcmp(r->object, object) == 0 &&
	       strcmp(r->result, result) == 0;
}

static web_exchange_id add(void)
{
	return bench_post(
		&b, "POST", "/api/v1/blocks", SCOPE_OPERATE,
		"{\"net\":\"198.51.100.7\",\"for\":\"2h\",\"reason\":\"seen in the log\"}");
}

static struct record_block a_block(void)
{
	struct record_block r = {
		.head = { .version = RECORD_VERSION, .kind = RECORD_BLOCK, .size = sizeof(r) },
		.block = 7,
		.until_wall_us = 1700000000000000
	};

	(void)!addr_net_parse(VIEW("198.51.100.7"), &r.net);
	return r;
}

TEST(change_order, "asks the trail, the judge, the trail, and only then answers")
{
	struct record_block block = a_block();

	TRY(bench_make(&b));
	CHECK(add() != 0);
	CHECK(b.ask_count == 1 && is_audit(bench_last(&b), "blocks add", "198.51.100.7", "asked"));
	CHECK(strcmp(bench_last(&b)->body.record.audit.reason, "seen in the log") == 0);
	CHECK(strcmp(bench_last(&b)->body.record.audit.actor, "uid 7 (test)") == 0);
	CHECK(record_kind_name(RECORD_AUDIT) && b.reply_count == 0);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.ask_count == 2 && bench_last(&b)->head.kind == ASK_BLOCK_ADD);
	CHECK(bench_last(&b)->body.net.term_s == 7200 &&
	      bench_last(&b)->head.size == sizeof(struct ask_net));
	CHECK(strcmp(bench_last(&b)->body.net.reason, "seen in the log") == 0);
	bench_row(&b, &block, sizeof(block));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.ask_count == 3 && is_audit(bench_last(&b), "blocks add", "198.51.100.7", "done"));
	CHECK(b.reply_count == 0);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.reply_count == 1 && b.status == 201 && bench_says(&b, "\"net\":\"198.51.100.7\""));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(change_no_trail, "does nothing where the trail cannot be written")
{
	TRY(bench_make(&b));
	(void)add();
	bench_end(&b, ERR_CLOSED, NULL);
	CHECK(b.ask_count == 1 && b.status == 503 && bench_says(&b, "nothing was done"));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(change_refused, "writes the judge's refusal into the trail and gives its words to the client")
{
	TRY(bench_make(&b));
	(void)add();
	bench_end(&b, ERR_NONE, NULL);
	bench_end(&b, ERR_DENIED, "198.51.100.7 is on the never-block list");
	CHECK(is_audit(bench_last(&b), "blocks add", "198.51.100.7", err_text(ERR_DENIED)));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 403 && bench_says(&b, "is on the never-block list"));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(change_untold, "says so where a change was done and the trail could not tell")
{
	TRY(bench_make(&b));
	(void)add();
	bench_end(&b, ERR_NONE, NULL);
	bench_end(&b, ERR_NONE, NULL);
	bench_end(&b, ERR_IO, NULL);
	CHECK(b.status == 500 && bench_says(&b, "it was done, but"));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(change_abandoned, "finishes a change whose client has gone")
{
	web_exchange_id id;

	TRY(bench_make(&b));
	id = add();
	web_abandon(b.web, id);
	bench_end(&b, ERR_NONE, NULL);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(is_audit(bench_last(&b), "blocks add", "198.51.100.7", "done"));
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.reply_count == 0);
	bench_clear(&b);
	return ERR_NONE;
}

TEST(change_late, "tells trail and client where the judge does not answer")
{
	TRY(bench_make(&b));
	(void)add();
	bench_end(&b, ERR_NONE, NULL);
	b.now_us += WEB_ANSWER_US;
	web_tick(b.web);
	CHECK(b.reply_count == 0 && bench_last(&b)->head.kind == ASK_AUDIT);
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.status == 503 && bench_says(&b, "not known"));
	bench_clear(&b);
	return ERR_NONE;
}

TEST(change_unsent, "closes the trail where the parent does not take the change")
{
	TRY(bench_make(&b));
	(void)add();
	b.port_says = ERR_AGAIN;
	bench_end(&b, ERR_NONE, NULL);
	CHECK(b.reply_count == 1 && b.status == 503);
	bench_clear(&b);
	return ERR_NONE;
}

static const struct {
	const char *method, *target, *body;
	enum ask_kind kind;
} changes[] = {
	{ "DELETE", "/api/v1/blocks?net=198.51.100.0%2F24&reason=x", "", ASK_BLOCK_REMOVE },
	{ "POST", "/api/v1/never-block", "{\"net\":\"2001:db8::/32\"}", ASK_NEVER_BLOCK_ADD },
	{ "DELETE", "/api/v1/never-block?net=198.51.100.7", "", ASK_NEVER_BLOCK_REMOVE },
	{ "PUT", "/api/v1/mode", "{\"mode\":\"observe\",\"for\":\"30m\"}", ASK_MODE },
	{ "PUT", "/api/v1/detectors/guessing", "{\"mode\":\"off\"}", ASK_MODE },
	{ "POST", "/api/v1/config", "{}", ASK_CONFIG_APPLY },
	{ "POST", "/api/v1/drain", "{\"on\":\"yes\",\"for\":\"30m\"}", ASK_DRAIN },
	{ "POST", "/api/v1/upgrade", "{\"reason\":\"x\"}", ASK_UPGRADE },
	{ "POST", "/api/v1/config", "{\"file\":\"/etc/x\"}", ASK_CONFIG_APPLY },
};

TEST(change_each, "audits every sort of change on both sides")
{
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		TRY(bench_make(&b));
		(void)bench_post(&b, changes[i].method, changes[i].target, SCOPE_CONFIGURE,
		                 changes[i].body);
		CHECK_CASE(bench_last(&b)->head.kind == ASK_AUDIT, changes[i].target);
		bench_end(&b, ERR_NONE, NULL);
		CHECK_CASE(bench_last(&b)->head.kind == changes[i].kind, changes[i].target);
		bench_end(&b, ERR_NONE, NULL);
		CHECK_CASE(bench_last(&b)->head.kind == ASK_AUDIT && b.ask_count == 3,
		           changes[i].target);
		bench_end(&b, ERR_NONE, NULL);
		CHECK_CASE(b.status == 200 || b.status == 201, changes[i].target);
		bench_clear(&b);
	}
	return ERR_NONE;
}

TEST(change_mode, "sets the mode of one detector and refuses words that are no mode")
{
	TRY(bench_make(&b));
	(void)bench_post(&b, "PUT", "/api/v1/detectors/guessing", SCOPE_CONFIGURE,
	                 "{\"mode\":\"loud\"}");
	CHECK(b.status == 400 && b.ask_count == 0);
	(void)bench_post(&b, "PUT", "/api/v1/detectors/guessing", SCOPE_CONFIGURE,
	                 "{\"mode\":\"observe\",\"for\":\"1d\"}");
	bench_end(&b, ERR_NONE, NULL);
	CHECK(strcmp(bench_last(&b)->body.mode.detector, "guessing") == 0);
	CHECK(bench_last(&b)->body.mode.mode == 1 && bench_last(&b)->body.mode.for_s == 86400);
	(void)bench_post(&b, "POST", "/api/v1/config", SCOPE_CONFIGURE, "{\"file\":\"relative\"}");
	CHECK(b.status == 400);
	bench_clear(&b);
	return ERR_NONE;
}
