/* SPDX-License-Identifier: Apache-2.0 */
/* Our own answer to a Digest challenge: as a user whose password we have. */
#ifndef BORDER_DIGEST_H
#define BORDER_DIGEST_H

#include "border/border_priv.h"

struct digest_login {
	struct view row; /* one challenge, as it came */
	struct view user, password;
	struct view method, uri;
	uint32_t nonce_count;
	uint16_t status; /* 401 or 407: which header answers it */
};

/* Writes the Authorization or Proxy-Authorization line. The parser's errors;
 * ERR_UNSUPPORTED: an algorithm that we do not have. */
enum err digest_write(struct border *b, const struct digest_login *login,
                      struct buffer *out) MUST_USE;

#endif
