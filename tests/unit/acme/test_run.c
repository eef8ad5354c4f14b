/* SPDX-License-Identifier: Apache-2.0 */
/* An authority as a table of answers, and a run that goes through it. */
#include "acme/run.h"
#include "runner/test.h"

#include <stdio.h>
#include <stdlib.h>

#define HOST "https://ca.example"
#define DIRECTORY                                                                                  \
	"{\"newNonce\":\"" HOST "/n\",\"newAccount\":\"" HOST "/a\",\"newOrder\":\"" HOST "/o\"}"
#define ORDER(status, more)                                                                        \
	"{\"status\":\"" status "\",\"authorizations\":[\"" HOST "/z1\"],\"finalize\":\"" HOST     \
	"/f\"" more "}"
#define AUTHORIZATION(status)                                                                      \
	"{\"status\":\"" status                                                                    \
	"\",\"identifier\":{\"value\":\"sip.example.com\"},\"challenges\":["                       \
	"{\"type\":\"http-01\",\"url\":\"" HOST "/c1\",\"token\":\"tok\"}]}"
#define CHAIN         "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
#define PROBLEM(type) "{\"type\":\"urn:ietf:params:acme:error:" type "\",\"detail\":\"why\"}"
#define ISSUED        ORDER("valid", ",\"certificate\":\"" HOST "/x\"")

enum { MAX_TURNS = 200 };

/* An answer to a request of that path; the first row that is left for it counts. */
struct answer {
	const char *path;
	unsigned status;
	const char *body, *location, *retry_after;
};

struct talk {
	struct acme_wish wish;
	struct acme_options options;
	struct acme_run run;
	struct now now;
	const struct answer *rows;
	bool is_used[16];
	unsigned posts, proofs, shown, waits, nonces;
	enum err proof;
	char last_payload[ACME_PAYLOAD_MAX];
};

static void talk_begin(struct talk *t, const struct answer *rows)
{
	const struct acme_key key = { { 1 }, { 2 } };

	memset(t, 0, sizeof(*t));
	t->rows = rows;
	t->now.us = 1;
	t->wish.name_count = 1;
	(void)VIEW_COPY(VIEW("sip.example.com"), t->wish.names[0]);
	(void)VIEW_COPY(VIEW(HOST "/dir"), t->options.directory);
	acme_run_begin(&t->run, &t->wish, &t->options, &key);
}

static void reply(struct talk *t)
{
	const struct acme_request *q = &t->run.request;
	const char *path = q->url + sizeof(HOST) - 1;
	struct acme_response a = { .status = 404 };
	char nonce[16];

	t->posts += q->method == ACME_POST;
	(void)VIEW_COPY(view_bytes(q->payload, q->len), t->last_payload);
	(void)snprintf(nonce, sizeof(nonce), "nonce%u", ++t->nonces);
	for (unsigned i = 0; t->rows[i].path; i++) {
		const struct answer *row = &t->rows[i];

		if (strcmp(row->path, path) != 0 || t->is_used[i])
			continue;
		t->is_used[i] = true;
		a = (struct acme_response){ .status = row->status,
			                    .nonce = view_of(nonce),
			                    .location = view_of(row->location),
			                    .retry_after = view_of(row->retry_after),
			                    .body = view_of(row->body) };
		break;
	}
	acme_run_response(&t->run, &a, t->now);
}

static enum acme_want talk_all(struct talk *t)
{
	enum acme_want want = ACME_WANT_REQUEST;

	for (int i = 0; i < MAX_TURNS && want < ACME_DONE; i++) {
		want = acme_run_want(&t->run, t->now);
		if (want == ACME_WANT_REQUEST) {
			reply(t);
		} else if (want == ACME_WANT_CSR) {
			acme_run_request_made(&t->run, VIEW("der"));
		} else if (want == ACME_WANT_PROVE) {
			t->proofs++;
			t->shown++;
			acme_run_went(&t->run, t->proof, "no door");
		} else if (want == ACME_WANT_UNPROVE) {
			t->shown--;
			acme_run_went(&t->run, ERR_NONE, "");
		} else if (want == ACME_WANT_INSTALL) {
			acme_run_went(&t->run, ERR_NONE, "");
		} else if (want == ACME_WANT_TIME) {
			t->waits++;
			t->now.us = t->run.due_us;
		}
	}
	return want;
}

#define BEGINNING                                                                                  \
	{ "/dir", 200, DIRECTORY, NULL, NULL }, { "/n", 200, "", NULL, NULL },                     \
		{ "/a", 201, "{}", HOST "/acct", NULL },                                           \
	{                                                                                          \
		"/o", 201, ORDER("pending", ""), HOST "/o1", NULL                                  \
	}

TEST(run_whole, "goes from the directory to the chain, and takes away what it showed")
{
	static const struct answer rows[] = {
		BEGINNING,
		{ "/z1", 200, AUTHORIZATION("pending"), NULL, NULL },
		{ "/c1", 200, "{}", NULL, NULL },
		{ "/z1", 200, AUTHORIZATION("pending"), NULL, "7" },
		{ "/z1", 200, AUTHORIZATION("valid"), NULL, NULL },
		{ "/o1", 200, ORDER("ready", ""), NULL, NULL },
		{ "/f", 200, ORDER("processing", ""), NULL, NULL },
		{ "/o1", 200, ISSUED, NULL, NULL },
		{ "/x", 200, CHAIN, NULL, NULL },
		{ NULL, 0, NULL, NULL, NULL },
	};
	static struct talk t;

	talk_begin(&t, rows);
	CHECK(talk_all(&t) == ACME_DONE);
	CHECK(t.proofs == 1 && t.shown == 0 && t.waits == 2);
	CHECK(t.now.us >= 8 * (uint64_t)SECOND_US);
	CHECK(view_starts(view_of(t.run.proof.authorization), VIEW("tok.")));
	return ERR_NONE;
}

TEST(run_known, "asks for no proof of a name that was proven before")
{
	static const struct answer rows[] = {
		BEGINNING,
		{ "/z1", 200, AUTHORIZATION("valid"), NULL, NULL },
		{ "/o1", 200, ORDER("ready", ""), NULL, NULL },
		{ "/f", 200, ISSUED, NULL, NULL },
		{ "/x", 200, CHAIN, NULL, NULL },
		{ NULL, 0, NULL, NULL, NULL },
	};
	static struct talk t;

	talk_begin(&t, rows);
	CHECK(talk_all(&t) == ACME_DONE && t.proofs == 0);
	return ERR_NONE;
}

TEST(run_nonce, "takes another nonce where one is refused, and gives up where all are")
{
	static const struct answer once[] = {
		{ "/dir", 200, DIRECTORY, NULL, NULL },
		{ "/n", 200, "", NULL, NULL },
		{ "/a", 400, PROBLEM("badNonce"), NULL, NULL },
		{ "/a", 200, "{}", HOST "/acct", NULL },
		{ "/o", 201, ORDER("pending", ""), HOST "/o1", NULL },
		{ "/z1", 200, AUTHORIZATION("valid"), NULL, NULL },
		{ "/o1", 200, ORDER("ready", ""), NULL, NULL },
		{ "/f", 400, PROBLEM("badNonce"), NULL, NULL },
		{ "/f", 200, ISSUED, NULL, NULL },
		{ "/x", 200, CHAIN, NULL, NULL },
		{ NULL, 0, NULL, NULL, NULL },
	};
	static const struct answer always[] = {
		{ "/dir", 200, DIRECTORY, NULL, NULL },
		{ "/n", 200, "", NULL, NULL },
		{ "/a", 400, PROBLEM("badNonce"), NULL, NULL },
		{ "/a", 400, PROBLEM("badNonce"), NULL, NULL },
		{ "/a", 400, PROBLEM("badNonce"), NULL, NULL },
		{ "/a", 400, PROBLEM("badNonce"), NULL, NULL },
		{ "/a", 400, PROBLEM("badNonce"), NULL, NULL },
		{ "/a", 400, PROBLEM("badNonce"), NULL, NULL },
		{ NULL, 0, NULL, NULL, NULL },
	};
	static struct talk t;

	talk_begin(&t, once);
	CHECK(talk_all(&t) == ACME_DONE);
	talk_begin(&t, always);
	CHECK(talk_all(&t) == ACME_FAILED && view_contains(view_of(t.run.why), VIEW("badNonce")));
	CHECK(t.posts == MAX_ACME_NONCES + 1);
	return ERR_NONE;
}

TEST(run_fails, "fails with words of its own for each answer that leads nowhere")
{
	static const struct {
		struct answer rows[12];
		const char *why;
		uint32_t retry_after_s;
		unsigned proofs;
	} cases[] = {
		{ { { "/dir", 0, "no route", NULL, NULL } }, "no route", 0, 0 },
		{ { { "/dir", 500, "<html>", NULL, NULL } }, "refuses", 0, 0 },
		{ { { "/dir", 301, "", "https://other.example/", NULL } }, "refuses", 0, 0 },
		{ { { "/dir", 200, "<html>", NULL, NULL } }, "cannot be read", 0, 0 },
		{ { { "/dir", 200, "{\"newNonce\":\"https://other.example/n\"}", NULL, NULL } },
		  "another host",
		  0,
		  0 },
		{ { { "/dir", 200, DIRECTORY, NULL, NULL },
		    { "/n", 200, "", NULL, NULL },
		    { "/a", 201, "{}", "https://other.example/acct", NULL } },
		  "names no account",
		  0,
		  0 },
		{ { { "/dir", 200, DIRECTORY, NULL, NULL },
		    { "/n", 200, "", NULL, NULL },
		    { "/a", 201, "{}", HOST "/acct", NULL },
		    { "/o", 429, PROBLEM("rateLimited"), NULL, "86400" } },
		  "rateLimited (why)",
		  86400,
		  0 },
		{ { { "/dir", 503, "", NULL, "99999999" } }, "refuses", 604800, 0 },
		{ { BEGINNING,
		    { "/z1", 200, AUTHORIZATION("pending"), NULL, NULL },
		    { "/c1", 200, "{}", NULL, NULL },
		    { "/z1", 200, AUTHORIZATION("invalid"), NULL, NULL } },
		  "sip.example.com was not proven",
		  0,
		  1 },
		{ { BEGINNING, { "/z1", 200, AUTHORIZATION("revoked"), NULL, NULL } },
		  "a name was refused",
		  0,
		  0 },
		{ { BEGINNING,
		    { "/z1", 200,
		      "{\"status\":\"pending\",\"identifier\":{\"value\":\"other.example\"}}", NULL,
		      NULL } },
		  "not wished for",
		  0,
		  0 },
		{ { BEGINNING,
		    { "/z1", 200,
		      "{\"status\":\"pending\",\"identifier\":{\"value\":\"sip.example.com\"}}",
		      NULL, NULL } },
		  "does not ask by http",
		  0,
		  0 },
		{ { BEGINNING,
		    { "/z1", 200, AUTHORIZATION("valid"), NULL, NULL },
		    { "/o1", 200, ORDER("ready", ""), NULL, NULL },
		    { "/f", 200, ISSUED, NULL, NULL },
		    { "/x", 200, "hello", NULL, NULL } },
		  "no certificate",
		  0,
		  0 },
	};
	static struct talk t;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		talk_begin(&t, cases[i].rows);
		CHECK_CASE(talk_all(&t) == ACME_FAILED, cases[i].why);
		CHECK_CASE(view_contains(view_of(t.run.why), view_of(cases[i].why)), t.run.why);
		CHECK_CASE(t.run.retry_after_s == cases[i].retry_after_s, cases[i].why);
		CHECK_CASE(t.proofs == cases[i].proofs && t.shown == 0, cases[i].why);
	}
	return ERR_NONE;
}

TEST(run_endless, "gives up an authority that never comes to an end")
{
	static const struct answer rows[] = { BEGINNING,
		                              { "/z1", 200, AUTHORIZATION("valid"), NULL, NULL },
		                              { NULL, 0, NULL, NULL, NULL } };
	const struct acme_response pending = { .status = 200,
		                               .nonce = VIEW("n"),
		                               .body = VIEW(ORDER("pending", "")) };
	static struct talk t;
	unsigned polls = 0;

	talk_begin(&t, rows);
	while (t.run.step != ACME_STEP_READY && acme_run_want(&t.run, t.now) < ACME_DONE)
		reply(&t);
	while (acme_run_want(&t.run, t.now) < ACME_DONE && polls < 2 * MAX_ACME_POLLS) {
		polls++;
		acme_run_response(&t.run, &pending, t.now);
		t.now.us += (uint64_t)60 * SECOND_US;
	}
	CHECK(acme_run_want(&t.run, t.now) == ACME_FAILED && polls == MAX_ACME_POLLS);
	return ERR_NONE;
}

TEST(run_no_door, "takes away what could not be shown, and says why")
{
	static const struct answer rows[] = { BEGINNING,
		                              { "/z1", 200, AUTHORIZATION("pending"), NULL, NULL },
		                              { NULL, 0, NULL, NULL, NULL } };
	static struct talk t;

	talk_begin(&t, rows);
	t.proof = ERR_IO;
	CHECK(talk_all(&t) == ACME_FAILED && t.shown == 0);
	CHECK(view_equal(view_of(t.run.why), VIEW("no door")));
	return ERR_NONE;
}

TEST(run_when, "renews with a third of its life left, and waits longer after each failure")
{
	enum { DAY_S = 86400 };

	CHECK(acme_renewal_s(0, 90 * DAY_S) == 60 * DAY_S);
	CHECK(acme_renewal_s(1000, 1000) == 1000 && acme_renewal_s(1000, 0) == 1000);
	CHECK(acme_again_s(1, 0, 0) == 300 && acme_again_s(2, 0, 0) == 600);
	CHECK(acme_again_s(3, 0, 0) == 1200 && acme_again_s(UINT32_MAX, 0, 0) == DAY_S);
	/* Five failed proofs in an hour are what a large authority bears. */
	CHECK(acme_again_s(1, 0, 0) + acme_again_s(2, 0, 0) + acme_again_s(3, 0, 0) +
	              acme_again_s(4, 0, 0) >
	      3600);
	CHECK(acme_again_s(1, 7 * DAY_S, 0) == 7 * DAY_S);
	for (uint32_t drawn = 0; drawn < 1000; drawn += 37)
		CHECK(acme_again_s(1, 0, drawn) >= 300 && acme_again_s(1, 0, drawn) <= 330);
	return ERR_NONE;
}
