/* SPDX-License-Identifier: Apache-2.0 */
/* URLs of an ACME server, as far as they are followed: https, a host, a port, visible ASCII. */
#ifndef ACME_URL_H
#define ACME_URL_H

#include "event/acme.h"

#include "base/err.h"
#include "base/view.h"

struct acme_url {
	char host[ACME_NAME_SIZE]; /* without the brackets of an IPv6 address */
	uint16_t port;
	bool is_v6;
};

/* ERR_SYNTAX: not https, users, fragments, quotes, blanks; ERR_LIMIT: longer than
 * ACME_URL_SIZE - 1. */
enum err acme_url_read(struct view text, struct acme_url *ret) MUST_USE;
/* Whether both lead to one host and port (RFC 8555 does not ask for that; we do, so that a server
 * sends us nowhere else). */
bool acme_url_is_beside(const struct acme_url *a, const struct acme_url *b);

/* Whether it may be a token or a nonce: base64url's alphabet, not empty. */
bool acme_is_token(struct view text);

#endif
