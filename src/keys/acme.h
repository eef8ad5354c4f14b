/* SPDX-License-Identifier: Apache-2.0 */
/* What `keys` does so that certificates can be had by ACME: signs requests by an account's key and
 * asks for a certificate by its own, and holds what came against the key. Of a certificate's
 * key nothing else is signed here than a request that is written here. */
#ifndef KEYS_ACME_H
#define KEYS_ACME_H

#include "event/acme.h"
#include "keys/server.h"

/* ERR_NOT_FOUND: no such account; what is said of a certificate that is not there is 0.
 * ERR_UNSUPPORTED: OpenSSL would not. */
enum err keys_acme_about(const struct keys_server *s, const struct acme_wish *wish,
                         struct acme_about *ret) MUST_USE;
/* ES256 as R and S (RFC 7518 3.4). ERR_NOT_FOUND, ERR_IO. */
enum err keys_acme_sign(const struct keys_server *s, const struct acme_sign *q,
                        struct acme_signature *ret) MUST_USE;
/* PKCS #10 with the names, in DER. ERR_NOT_FOUND, ERR_SYNTAX (a name that is none), ERR_LIMIT,
 * ERR_IO. */
enum err keys_acme_request(const struct keys_server *s, const struct acme_wish *wish,
                           struct buffer *ret) MUST_USE;
/* Whether that chain may take the place of the one that is there: in PEM, for that key, for all
 * that is wished, good now, each signed by the next. Words say why not. ERR_NOT_FOUND, ERR_SYNTAX,
 * ERR_DENIED (another key's, or not what was wished), ERR_STALE (not good now). */
enum err keys_acme_fits(const struct keys_server *s, const struct acme_wish *wish,
                        struct view chain, int64_t now_s, struct buffer *words) MUST_USE;

#endif
