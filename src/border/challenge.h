/* SPDX-License-Identifier: Apache-2.0 */
/* Challenges of the PBX on their way out, and the answers to them on their way
 * in. Outward each challenge gets our cookie before its opaque and its qop cut
 * to auth, because bodies are written anew; all else stays as it was, also the
 * order of algorithms. Inward the cookie is proof, and goes. */
#ifndef BORDER_CHALLENGE_H
#define BORDER_CHALLENGE_H

#include "border/border_priv.h"

enum { MAX_CHALLENGE_ROWS = 4, CHALLENGE_ROW_SIZE = 640 };

/* The challenge headers of one 401 or 407, as they came: a plain value. */
struct challenge {
	char rows[MAX_CHALLENGE_ROWS][CHALLENGE_ROW_SIZE];
	uint8_t count;
	uint16_t status; /* 401 or 407 */
};

/* ERR_NOT_FOUND without a Digest challenge; ERR_LIMIT where one does not fit. */
enum err challenge_read(const struct sip_msg *response, struct challenge *ret) MUST_USE;
bool challenge_is_stale(const struct challenge *c);
/* Says that the credentials that came were good but for their nonce. */
void challenge_make_stale(struct challenge *c);
/* Writes its header lines for that source. ERR_LIMIT and parser's errors are in the buffer. */
void challenge_write(const struct border *b, const struct challenge *c, const struct addr *source,
                     enum guard_cookie_user user, struct buffer *lines);
/* The same challenge with other nonces of the same length and alphabet. */
void challenge_vary(struct border *b, struct challenge *c);
/* One as PBXs commonly make them, until a real one was seen: MD5, qop=auth. */
void challenge_default(struct border *b, struct view realm, struct challenge *ret);

enum credentials_policy {
	CREDENTIALS_PROVEN, /* REGISTER: only those with a good cookie go on */
	/* Known flow or peer: those that never were ours go on too. A phone's are by a
	 * username that it registered with: it guesses at nobody's password by calling. */
	CREDENTIALS_ANY,
};

struct credentials {
	uint8_t passed;       /* rows written */
	bool is_proven;       /* one had a good cookie for this source */
	bool is_unknown_user; /* that cookie was marked */
	bool is_here; /* one answers our own challenge: never passed, the PBX knows nothing of it */
	bool has_any; /* credentials were sent, good or not */
	uint64_t nonce_hash, response_hash, login_hash; /* of the proven one; its username */
	uint64_t here_login_hash;                       /* of the one that answers us */
	uint32_t here_age_s;
};

/* Writes the Authorization and Proxy-Authorization lines that may go on, the
 * PBX's own opaque put back. */
struct credentials credentials_pass(const struct border *b, const struct inbound *in,
                                    enum credentials_policy policy, struct buffer *lines);

#endif
