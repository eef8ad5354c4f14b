/* SPDX-License-Identifier: Apache-2.0 */
/* What an ACME server answers (RFC 8555 7.1): JSON, read by jansson, bounded, believed in
 * nothing: URLs lead to the host of the directory or are refused, a token has its alphabet,
 * texts are cut. */
#ifndef ACME_READ_H
#define ACME_READ_H

#include "acme/url.h"

enum { MAX_ACME_BODY = 64 << 10, ACME_TOKEN_SIZE = 129, ACME_TEXT_SIZE = 200 };

struct acme_directory {
	char nonce[ACME_URL_SIZE], account[ACME_URL_SIZE], order[ACME_URL_SIZE];
};

enum acme_status {
	ACME_OTHER, /* one that we do not know; deactivated, expired, revoked too */
	ACME_PENDING,
	ACME_PROCESSING,
	ACME_READY,
	ACME_VALID,
	ACME_INVALID
};

/* RFC 7807. Both empty: there was none. */
struct acme_problem {
	char type[ACME_NAME_SIZE];   /* behind urn:ietf:params:acme:error: */
	char detail[ACME_TEXT_SIZE]; /* visible ASCII */
};

struct acme_order {
	enum acme_status status;
	uint8_t count;
	char authorizations[MAX_ACME_NAMES][ACME_URL_SIZE];
	char finalize[ACME_URL_SIZE], certificate[ACME_URL_SIZE]; /* empty: not there (yet) */
	struct acme_problem problem;
};

struct acme_authorization {
	enum acme_status status;
	char domain[ACME_NAME_SIZE];
	/* The challenge of the wanted type; url empty: none is offered. */
	char url[ACME_URL_SIZE], token[ACME_TOKEN_SIZE];
	struct acme_problem problem;
};

/* All: ERR_SYNTAX (no JSON, or what must be there is not), ERR_LIMIT, ERR_DENIED (a URL that leads
 * elsewhere than `at`), ERR_NO_MEMORY. */
enum err acme_directory_read(struct view body, const struct acme_url *at,
                             struct acme_directory *ret) MUST_USE;
enum err acme_order_read(struct view body, const struct acme_url *at,
                         struct acme_order *ret) MUST_USE;
/* `type`: "http-01" ... */
enum err acme_authorization_read(struct view body, const struct acme_url *at, const char *type,
                                 struct acme_authorization *ret) MUST_USE;
/* Of an answer that is an error; empty where none can be read. */
void acme_problem_read(struct view body, struct acme_problem *ret);

/* Seconds of a Retry-After; a date counts as an hour, none and nonsense as `otherwise`; within
 * `least` and `most`. */
uint32_t acme_retry_after(struct view value, uint32_t otherwise, uint32_t least, uint32_t most);

#endif
