/* SPDX-License-Identifier: Apache-2.0 */
/* One certificate by ACME (RFC 8555 7), from the directory to the chain. Pure: it says what it
 * wants, is told what came of it, and says what it wants next.
 *
 *     acme_run_begin(&r, &wish, options, &key);
 *     while ((want = acme_run_want(&r, now)) < ACME_DONE)
 *             REQUEST   send r->request     acme_run_response
 *             CSR       of the wish         acme_run_request_made
 *             PROVE     r->proof, shown     acme_run_went
 *             UNPROVE   no longer           acme_run_went
 *             INSTALL   the last body       acme_run_went
 *             TIME      nothing before r->due_us
 *
 * All that is polled is polled MAX_ACME_POLLS times at most; a nonce that was refused is
 * replaced MAX_ACME_NONCES times in a row. What was shown is taken away also where all fails. */
#ifndef ACME_RUN_H
#define ACME_RUN_H

#include "acme/jws.h"
#include "acme/options.h"
#include "acme/read.h"
#include "base/now.h"

enum {
	MAX_ACME_POLLS = 40,
	MAX_ACME_NONCES = 5,
	ACME_PAYLOAD_MAX = 3072,
	ACME_CSR_MAX = 2048,
	ACME_AUTHORIZATION_SIZE = ACME_TOKEN_SIZE + 44,
};

enum acme_want {
	ACME_WANT_REQUEST,
	ACME_WANT_CSR,
	ACME_WANT_PROVE,
	ACME_WANT_UNPROVE,
	ACME_WANT_INSTALL,
	ACME_WANT_TIME,
	ACME_DONE,
	ACME_FAILED,
};

enum acme_method { ACME_GET, ACME_HEAD, ACME_POST };

struct acme_request {
	enum acme_method method;
	char url[ACME_URL_SIZE];
	bool has_key;   /* it is signed by key, not by account */
	bool is_asking; /* POST: with an empty payload */
	size_t len;
	char payload[ACME_PAYLOAD_MAX];
};

/* Texts are empty where the header was not there. */
struct acme_response {
	unsigned status; /* 0: none came; `body` says why in words */
	struct view nonce, location, retry_after, body;
};

/* What has to be shown. */
struct acme_proof {
	char domain[ACME_NAME_SIZE], token[ACME_TOKEN_SIZE];
	char authorization[ACME_AUTHORIZATION_SIZE]; /* HTTP-01: the body */
	char value[ACME_VALUE_SIZE];                 /* DNS-01: the record */
};

enum acme_step {
	ACME_STEP_DIRECTORY,
	ACME_STEP_ACCOUNT,
	ACME_STEP_ORDER,
	ACME_STEP_AUTHORIZATION,
	ACME_STEP_PROVE,
	ACME_STEP_CHALLENGE,
	ACME_STEP_JUDGED,
	ACME_STEP_UNPROVE,
	ACME_STEP_READY,
	ACME_STEP_CSR,
	ACME_STEP_FINALIZE,
	ACME_STEP_ISSUED,
	ACME_STEP_CHAIN,
	ACME_STEP_INSTALL,
	ACME_STEP_DONE,
	ACME_STEP_FAILED,
};

struct acme_run {
	const struct acme_wish *wish;
	const struct acme_options *options;
	struct acme_key key;
	struct acme_url server;
	enum acme_step step;
	bool is_shown, has_failed;
	uint8_t at; /* of the order's authorizations */
	uint32_t polls, nonces;
	uint64_t due_us;
	char nonce[ACME_URL_SIZE], account[ACME_URL_SIZE], order_url[ACME_URL_SIZE];
	struct acme_directory directory;
	struct acme_order order;
	struct acme_authorization authorization;
	struct acme_proof proof;
	struct acme_request request;
	/* Why it failed, and how long the server wants to be left alone; 0: it did not say. */
	char why[ACME_NAME_SIZE + ACME_TEXT_SIZE + 64];
	uint32_t retry_after_s;
};

/* `wish` and `options` are borrowed for as long as it lives. */
void acme_run_begin(struct acme_run *r, const struct acme_wish *wish,
                    const struct acme_options *options, const struct acme_key *key);
enum acme_want acme_run_want(struct acme_run *r, struct now now);
void acme_run_response(struct acme_run *r, const struct acme_response *a, struct now now);
/* The PKCS #10 request in DER. */
void acme_run_request_made(struct acme_run *r, struct view der);
/* What was wanted has been done, or not: `words` say why. */
void acme_run_went(struct acme_run *r, enum err err, const char *words);
/* It cannot go on, for a reason of ours. */
void acme_run_fail(struct acme_run *r, const char *words);

/* When a certificate that counts from `from_s` to `ends_s` is renewed: with a third of its life
 * left. */
int64_t acme_renewal_s(int64_t from_s, int64_t ends_s);
/* After so many failures in a row (1 ...): five minutes, twice that ... a day at most; drawn among
 * the last tenth by `drawn`, and never before the server's `retry_after_s`. */
uint32_t acme_again_s(uint32_t failures, uint32_t retry_after_s, uint32_t drawn);

#endif
