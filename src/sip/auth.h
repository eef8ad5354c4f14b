/* SPDX-License-Identifier: Apache-2.0 */
/* Digest challenges and credentials: WWW-Authenticate, Proxy-Authenticate,
 * Authorization, Proxy-Authorization, Authentication-Info. */
#ifndef SIP_AUTH_H
#define SIP_AUTH_H

#include "base/buffer.h"
#include "base/err.h"
#include "base/view.h"

enum sip_digest_param {
#define DIGEST(id, name, form, first) SIP_DIGEST_##id,
#include "sip/digest.def"
#undef DIGEST
	SIP_DIGEST_COUNT
};

enum { MAX_SIP_DIGEST_PARAMS = 32 }; /* in one header, known and unknown together */

enum sip_algorithm {
	SIP_ALGORITHM_MD5, /* also where none is named */
	SIP_ALGORITHM_MD5_SESS,
	SIP_ALGORITHM_SHA256,
	SIP_ALGORITHM_SHA256_SESS,
	SIP_ALGORITHM_OTHER,
};

struct sip_digest {
	struct view
		values[SIP_DIGEST_COUNT]; /* between the quotes, still escaped; empty if absent */
	uint32_t present;                 /* bit per enum sip_digest_param: there, even if empty */
	uint32_t unknown;                 /* number of parameters that were read over */
};

enum sip_auth_kind {
	SIP_AUTH_CHALLENGE,   /* realm and nonce must be there */
	SIP_AUTH_CREDENTIALS, /* username (or username*), realm, nonce, uri, response too */
	SIP_AUTH_INFO,        /* Authentication-Info: no scheme word; at least one we know */
};

/* Whole text is one challenge or one set of credentials. ERR_UNSUPPORTED:
 * another scheme than Digest. ERR_EXISTS: a parameter twice. ERR_LIMIT: too
 * many. ERR_NOT_FOUND: a needed one is absent. */
enum err sip_auth_parse(struct view text, enum sip_auth_kind kind, struct sip_digest *ret) MUST_USE;
/* Built anew from the parameters we know, in the order of the table. */
void sip_auth_write(struct buffer *b, const struct sip_digest *d, enum sip_auth_kind kind);

static inline bool sip_digest_has(const struct sip_digest *d, enum sip_digest_param p)
{
	return (d->present >> p & 1) != 0;
}
/* Sets or replaces a parameter; the view is borrowed, quoted values still escaped. */
void sip_digest_set(struct sip_digest *d, enum sip_digest_param p, struct view value);
void sip_digest_unset(struct sip_digest *d, enum sip_digest_param p);

enum sip_algorithm sip_digest_algorithm(const struct sip_digest *d);
/* Whether the comma list in qop holds this word. */
bool sip_digest_has_qop(const struct sip_digest *d, struct view word);
bool sip_digest_is_stale(const struct sip_digest *d);

#endif
