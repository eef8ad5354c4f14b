/* SPDX-License-Identifier: Apache-2.0 */
/* The steps, each with its request and what its answer leads to. */
#include "acme/run.h"

#include <stdio.h>

enum {
	POLL_LEAST_S = 1,
	POLL_MOST_S = 60,
	POLL_S = 5,
	QUICK_POLLS = 5,
	AGAIN_S = 300,
	DAY_S = 86400,
	WEEK_S = 7 * DAY_S,
	TOO_MANY = 429,
	UNAVAILABLE = 503,
};

void acme_run_begin(struct acme_run *r, const struct acme_wish *wish,
                    const struct acme_options *options, const struct acme_key *key)
{
	memset(r, 0, sizeof(*r));
	r->wish = wish;
	r->options = options;
	r->key = *key;
	if (acme_url_read(view_of(options->directory), &r->server) != ERR_NONE)
		acme_run_fail(r, "its directory is no URL");
}

static void go(struct acme_run *r, enum acme_step step)
{
	r->step = step;
	r->polls = 0;
	r->due_us = 0;
}

void acme_run_fail(struct acme_run *r, const char *words)
{
	if (!r->has_failed)
		(void)VIEW_COPY(view_of(words), r->why);
	r->has_failed = true;
	go(r, r->is_shown ? ACME_STEP_UNPROVE : ACME_STEP_FAILED);
}

static void fail_by(struct acme_run *r, const char *what, const struct acme_problem *p)
{
	char words[sizeof(r->why)];

	(void)snprintf(words, sizeof(words), "%s%s%s%s%s%s", what, p->type[0] ? ": " : "", p->type,
	               p->detail[0] ? " (" : "", p->detail, p->detail[0] ? ")" : "");
	acme_run_fail(r, words);
}

/* ---- what is asked ---- */

static void set(struct acme_run *r, enum acme_method method, const char *url)
{
	struct acme_request *q = &r->request;

	q->method = method;
	q->has_key = q->is_asking = false;
	q->len = 0;
	(void)VIEW_COPY(view_of(url), q->url);
}

static void ask(struct acme_run *r, const char *url)
{
	set(r, ACME_POST, url);
	r->request.is_asking = true;
}

static void post(struct acme_run *r, const char *url, struct view payload)
{
	set(r, ACME_POST, url);
	r->request.len = payload.len;
	memcpy(r->request.payload, payload.at, payload.len);
}

static void post_account(struct acme_run *r)
{
	char text[512];
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b, "{\"termsOfServiceAgreed\":true");
	for (unsigned i = 0; i < r->options->contact_count; i++) {
		buffer_text(&b, i ? ",\"mailto:" : ",\"contact\":[\"mailto:");
		buffer_text(&b, r->options->contacts[i]);
		buffer_char(&b, '"');
	}
	buffer_text(&b, r->options->contact_count ? "]}" : "}");
	post(r, r->directory.account, buffer_view(&b));
	r->request.has_key = true;
}

static void post_order(struct acme_run *r)
{
	char text[MAX_ACME_NAMES * (ACME_NAME_SIZE + 32) + 32];
	struct buffer b = BUFFER_ON(text);

	buffer_text(&b, "{\"identifiers\":[");
	for (unsigned i = 0; i < r->wish->name_count; i++) {
		buffer_text(&b, i ? ",{\"type\":\"dns\",\"value\":\""
		                  : "{\"type\":\"dns\",\"value\":\"");
		buffer_text(&b, r->wish->names[i]);
		buffer_text(&b, "\"}");
	}
	buffer_text(&b, "]}");
	post(r, r->directory.order, buffer_view(&b));
}

static enum acme_want request_of(struct acme_run *r)
{
	if (r->step == ACME_STEP_DIRECTORY) {
		set(r, ACME_GET, r->options->directory);
		return ACME_WANT_REQUEST;
	}
	if (!r->nonce[0]) {
		/* The payload of the last step but two goes with this. */
		if (r->step == ACME_STEP_FINALIZE)
			r->step = ACME_STEP_CSR;
		set(r, ACME_HEAD, r->directory.nonce);
		return ACME_WANT_REQUEST;
	}
	if (r->step == ACME_STEP_ACCOUNT)
		post_account(r);
	else if (r->step == ACME_STEP_ORDER)
		post_order(r);
	else if (r->step == ACME_STEP_AUTHORIZATION || r->step == ACME_STEP_JUDGED)
		ask(r, r->order.authorizations[r->at]);
	else if (r->step == ACME_STEP_CHALLENGE)
		post(r, r->authorization.url, VIEW("{}"));
	else if (r->step == ACME_STEP_READY || r->step == ACME_STEP_ISSUED)
		ask(r, r->order_url);
	else if (r->step == ACME_STEP_CHAIN)
		ask(r, r->order.certificate);
	else
		/* FINALIZE: its payload stands there since the CSR was made. */
		r->request.method = ACME_POST;
	return ACME_WANT_REQUEST;
}

enum acme_want acme_run_want(struct acme_run *r, struct now now)
{
	switch (r->step) {
	case ACME_STEP_PROVE:
		return ACME_WANT_PROVE;
	case ACME_STEP_UNPROVE:
		return ACME_WANT_UNPROVE;
	case ACME_STEP_CSR:
		return r->nonce[0] ? ACME_WANT_CSR : request_of(r);
	case ACME_STEP_INSTALL:
		return ACME_WANT_INSTALL;
	case ACME_STEP_DONE:
		return ACME_DONE;
	case ACME_STEP_FAILED:
		return ACME_FAILED;
	default:
		return now.us < r->due_us ? ACME_WANT_TIME : request_of(r);
	}
}

/* ---- what is answered ---- */

static void again(struct acme_run *r, const struct acme_response *a, struct now now)
{
	uint32_t after_s =
		acme_retry_after(a->retry_after, r->polls < QUICK_POLLS ? POLL_LEAST_S : POLL_S,
	                         POLL_LEAST_S, POLL_MOST_S);

	if (++r->polls >= MAX_ACME_POLLS)
		acme_run_fail(r, "the authority came to no end");
	else
		r->due_us = now.us + (uint64_t)after_s * SECOND_US;
}

static void go_to_authorization(struct acme_run *r, uint8_t at)
{
	r->at = at;
	go(r, at < r->order.count ? ACME_STEP_AUTHORIZATION : ACME_STEP_READY);
}

static void on_account(struct acme_run *r, const struct acme_response *a)
{
	struct acme_url url;

	if (acme_url_read(a->location, &url) != ERR_NONE || !acme_url_is_beside(&url, &r->server) ||
	    !VIEW_COPY(a->location, r->account))
		acme_run_fail(r, "the authority's answer names no account");
	else
		go(r, ACME_STEP_ORDER);
}

static void on_order(struct acme_run *r, const struct acme_response *a)
{
	struct acme_url url;

	if (acme_url_read(a->location, &url) != ERR_NONE || !acme_url_is_beside(&url, &r->server) ||
	    !VIEW_COPY(a->location, r->order_url) || r->order.count == 0)
		acme_run_fail(r, "the authority's answer names no order");
	else
		go_to_authorization(r, 0);
}

static bool is_wished(const struct acme_wish *w, const char *domain)
{
	for (unsigned i = 0; i < w->name_count; i++)
		if (view_equal_nocase(view_of(w->names[i]), view_of(domain)))
			return true;
	return false;
}

static void on_authorization(struct acme_run *r)
{
	const struct acme_authorization *g = &r->authorization;
	struct buffer b = buffer_on(r->proof.authorization, sizeof(r->proof.authorization) - 1);

	if (g->status == ACME_VALID) {
		go_to_authorization(r, (uint8_t)(r->at + 1));
	} else if (g->status != ACME_PENDING) {
		fail_by(r, "a name was refused", &g->problem);
	} else if (!is_wished(r->wish, g->domain)) {
		acme_run_fail(r, "the authority asks about a name that is not wished for");
	} else if (!g->url[0]) {
		acme_run_fail(r,
		              r->options->proof == ACME_BY_HTTP
		                      ? "the authority does not ask by http: write challenge dns"
		                      : "the authority does not ask by DNS: write challenge http");
	} else {
		(void)VIEW_COPY(view_of(g->domain), r->proof.domain);
		(void)VIEW_COPY(view_of(g->token), r->proof.token);
		acme_key_authorization(&b, &r->key, g->token);
		r->proof.authorization[b.len] = 0;
		acme_record_value(buffer_view(&b), r->proof.value);
		go(r, ACME_STEP_PROVE);
	}
}

static void on_judged(struct acme_run *r, const struct acme_response *a, struct now now)
{
	const struct acme_authorization *g = &r->authorization;
	char words[ACME_NAME_SIZE + 32];

	if (g->status == ACME_VALID) {
		go(r, ACME_STEP_UNPROVE);
	} else if (g->status == ACME_PENDING || g->status == ACME_PROCESSING) {
		again(r, a, now);
	} else {
		(void)snprintf(words, sizeof(words), "%s was not proven to be ours", g->domain);
		fail_by(r, words, &g->problem);
	}
}

static void on_ordered(struct acme_run *r, const struct acme_response *a, struct now now)
{
	const struct acme_order *o = &r->order;

	if (o->status == ACME_READY && r->step == ACME_STEP_READY)
		go(r, ACME_STEP_CSR);
	else if (o->status == ACME_VALID && o->certificate[0])
		go(r, ACME_STEP_CHAIN);
	else if (o->status == ACME_PENDING || o->status == ACME_PROCESSING ||
	         o->status == ACME_READY) {
		if (r->step == ACME_STEP_FINALIZE)
			go(r, ACME_STEP_ISSUED);
		again(r, a, now);
	} else {
		fail_by(r, "the order was refused", &o->problem);
	}
}

static void on_chain(struct acme_run *r, const struct acme_response *a)
{
	if (a->body.len > ACME_CHAIN_MAX ||
	    !view_starts(view_trim(a->body), VIEW("-----BEGIN CERTIFICATE-----")))
		acme_run_fail(r, "what came is no certificate");
	else
		go(r, ACME_STEP_INSTALL);
}

static enum err read_body(struct acme_run *r, struct view body)
{
	const char *type = r->options->proof == ACME_BY_HTTP ? "http-01" : "dns-01";

	switch (r->step) {
	case ACME_STEP_DIRECTORY:
		return acme_directory_read(body, &r->server, &r->directory);
	case ACME_STEP_ORDER:
	case ACME_STEP_READY:
	case ACME_STEP_FINALIZE:
	case ACME_STEP_ISSUED:
		return acme_order_read(body, &r->server, &r->order);
	case ACME_STEP_AUTHORIZATION:
	case ACME_STEP_JUDGED:
		return acme_authorization_read(body, &r->server, type, &r->authorization);
	default:
		return ERR_NONE;
	}
}

static void take(struct acme_run *r, const struct acme_response *a, struct now now)
{
	enum err err = read_body(r, a->body);

	if (err == ERR_DENIED)
		acme_run_fail(r, "the authority's answer leads to another host");
	else if (err != ERR_NONE)
		acme_run_fail(r, "the authority's answer cannot be read");
	else if (r->step == ACME_STEP_DIRECTORY)
		go(r, ACME_STEP_ACCOUNT);
	else if (r->step == ACME_STEP_ACCOUNT)
		on_account(r, a);
	else if (r->step == ACME_STEP_ORDER)
		on_order(r, a);
	else if (r->step == ACME_STEP_AUTHORIZATION)
		on_authorization(r);
	else if (r->step == ACME_STEP_CHALLENGE)
		go(r, ACME_STEP_JUDGED);
	else if (r->step == ACME_STEP_JUDGED)
		on_judged(r, a, now);
	else if (r->step == ACME_STEP_CHAIN)
		on_chain(r, a);
	else
		on_ordered(r, a, now);
}

/* A nonce that is too old is no failure (6.5): the answer brings another one. */
static void refuse(struct acme_run *r, const struct acme_response *a)
{
	struct acme_problem p;

	acme_problem_read(a->body, &p);
	if (view_equal(view_of(p.type), VIEW("badNonce")) && ++r->nonces <= MAX_ACME_NONCES)
		return;
	if (a->status == TOO_MANY || a->status == UNAVAILABLE || a->retry_after.len > 0)
		r->retry_after_s = acme_retry_after(a->retry_after, 0, 0, WEEK_S);
	fail_by(r, "the authority refuses", &p);
}

void acme_run_response(struct acme_run *r, const struct acme_response *a, struct now now)
{
	bool was_for_nonce = r->request.method == ACME_HEAD;
	char words[sizeof(r->why)];

	r->nonce[0] = 0;
	if (acme_is_token(a->nonce) && !VIEW_COPY(a->nonce, r->nonce))
		r->nonce[0] = 0;
	if (a->status == 0) {
		(void)snprintf(words, sizeof(words), "no answer: %.*s", VIEW_ARG(a->body));
		acme_run_fail(r, words);
	} else if (a->status >= 300 || a->status < 200) {
		refuse(r, a);
	} else if (was_for_nonce) {
		if (!r->nonce[0])
			acme_run_fail(r, "the authority gives no nonce");
	} else {
		r->nonces = 0;
		take(r, a, now);
	}
}

/* ---- what is done here ---- */

void acme_run_request_made(struct acme_run *r, struct view der)
{
	struct buffer b = buffer_on(r->request.payload, sizeof(r->request.payload));

	set(r, ACME_POST, r->order.finalize);
	buffer_text(&b, "{\"csr\":\"");
	acme_base64(&b, der);
	buffer_text(&b, "\"}");
	r->request.len = b.len;
	if (b.err != ERR_NONE || der.len == 0)
		acme_run_fail(r, "the request for the certificate is too long");
	else
		go(r, ACME_STEP_FINALIZE);
}

void acme_run_went(struct acme_run *r, enum err err, const char *words)
{
	if (r->step == ACME_STEP_UNPROVE) {
		/* What could not be taken away is no reason to go without a certificate. */
		r->is_shown = false;
		if (r->has_failed)
			go(r, ACME_STEP_FAILED);
		else
			go_to_authorization(r, (uint8_t)(r->at + 1));
		return;
	}
	if (r->step == ACME_STEP_PROVE)
		r->is_shown = true;
	if (err != ERR_NONE)
		acme_run_fail(r, words);
	else if (r->step == ACME_STEP_PROVE)
		go(r, ACME_STEP_CHALLENGE);
	else if (r->step == ACME_STEP_INSTALL)
		go(r, ACME_STEP_DONE);
}

/* ---- when ---- */

int64_t acme_renewal_s(int64_t from_s, int64_t ends_s)
{
	return ends_s > from_s ? ends_s - (ends_s - from_s) / 3 : from_s;
}

uint32_t acme_again_s(uint32_t failures, uint32_t retry_after_s, uint32_t drawn)
{
	uint32_t again_s = AGAIN_S;

	for (uint32_t i = 1; i < failures && again_s < DAY_S; i++)
		again_s *= 2;
	if (again_s > DAY_S)
		again_s = DAY_S;
	if (again_s < retry_after_s)
		again_s = retry_after_s;
	return again_s + drawn % (again_s / 10 + 1);
}
