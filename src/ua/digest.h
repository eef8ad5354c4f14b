/* SPDX-License-Identifier: Apache-2.0 */
/* Digest access (RFC 2617, 7616, 8760): the arithmetic alone. Challenges and
 * credentials are parsed and built by sip/auth. Every intermediate secret is
 * wiped before return. */
#ifndef UA_DIGEST_H
#define UA_DIGEST_H

#include "base/hash.h"
#include "sip/auth.h"

enum { UA_DIGEST_TEXT_MAX = 2 * HASH_MAX_SIZE + 1 }; /* hex and NUL */

/* A secret: H(user:realm:password) in hex. Wipe it with ua_ha1_clear. */
struct ua_ha1 {
	char text[UA_DIGEST_TEXT_MAX];
	uint8_t algorithm; /* enum sip_algorithm, never OTHER */
};

struct ua_digest {
	struct view nonce, cnonce;
	struct view method, uri;
	uint32_t nonce_count;
	bool has_qop; /* qop=auth; never auth-int, since bodies are rewritten */
};

/* The -sess algorithms share the HA1 of their base. ERR_UNSUPPORTED for OTHER. */
enum err ua_ha1(enum sip_algorithm algorithm, struct view user, struct view realm,
                struct view password, struct ua_ha1 *ret) MUST_USE;
/* A stored HA1 in hex. ERR_SYNTAX where its length does not fit or it is not hex;
 * ERR_UNSUPPORTED for OTHER. */
enum err ua_ha1_read(enum sip_algorithm algorithm, struct view hex, struct ua_ha1 *ret) MUST_USE;
void ua_ha1_clear(struct ua_ha1 *ha1);

/* response= in lower-case hex, NUL-terminated. Quoted views are given unescaped. */
void ua_digest_response(const struct ua_ha1 *ha1, const struct ua_digest *digest,
                        char ret[UA_DIGEST_TEXT_MAX]);
/* Compares in time that does not depend on the content; letters of hex alike. */
bool ua_digest_verify(const struct ua_ha1 *ha1, const struct ua_digest *digest,
                      struct view response);

/* nc= : eight digits of hex. False where it is anything else. */
bool ua_digest_nc_read(struct view text, uint32_t *ret);
void ua_digest_nc_write(uint32_t nonce_count, char ret[9]);

#endif
