/* SPDX-License-Identifier: Apache-2.0 */
/* The API without a socket: questions go in by hand, asks are caught, answers
 * are made up. */
#ifndef UNIT_WEB_BENCH_H
#define UNIT_WEB_BENCH_H

#include "web/web.h"

enum { BENCH_ASKS = 256 };

struct bench {
	struct web *web;
	uint64_t now_us;
	enum err port_says; /* what the next asks meet */
	size_t ask_count;
	struct ask asks[BENCH_ASKS];
	size_t reply_count; /* how often a client was answered */
	uint16_t status;    /* of the last reply */
	char content_type[96], allow[64];
	size_t body_len;
	char body[262144];
};

/* Large: static in a test. */
enum err bench_make(struct bench *b) MUST_USE;
void bench_clear(struct bench *b);

web_exchange_id bench_ask(struct bench *b, const char *method, const char *target,
                          enum web_scope scope);
web_exchange_id bench_post(struct bench *b, const char *method, const char *target,
                           enum web_scope scope, const char *body);
web_exchange_id bench_question(struct bench *b, const struct web_question *q);

/* The last ask that was sent; an empty one where none was. */
const struct ask *bench_last(const struct bench *b);
/* Answers the last ask: one row, or the end. */
void bench_row(struct bench *b, const void *body, size_t size);
void bench_end(struct bench *b, enum err result, const char *text);
bool bench_says(const struct bench *b, const char *part);

#endif
