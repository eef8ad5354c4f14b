/* SPDX-License-Identifier: Apache-2.0 */
/* The cookie that we put before the PBX's own opaque in a challenge. Who sends
 * it back has received what we sent to his address: that is the proof, and no
 * memory is needed for it. It covers time, source address (IPv6: its /64; the
 * port may change, as NAT and restarts change it), nonce, the opaque behind
 * it, and a mark: users that the PBX does not know, and those whom we asked
 * ourselves because they are registered. The mark is under the
 * key only: marked and unmarked cookies look alike.
 *
 *     opaque="<28 characters>-<the PBX's opaque>"     or, where it had none,
 *     opaque="<28 characters>."
 *
 * Letters, digits, '-' and '_' alone, so it may stand in any quoted string. */
#ifndef GUARD_COOKIE_H
#define GUARD_COOKIE_H

#include "base/addr.h"
#include "base/hash.h"

enum { COOKIE_TEXT = 28, COOKIE_WITH_SEPARATOR = COOKIE_TEXT + 1 };

/* Two keys, so that they can roll: new cookies are written under `current`,
 * old ones are read under the other until that is replaced in its turn. */
struct guard_cookie_keys {
	struct hash_key epochs[2];
	uint8_t current; /* 0 or 1 */
};

/* What a cookie is bound to. */
struct guard_cookie_subject {
	struct addr source; /* as it came; port ignored, IPv6 cut to its /64 */
	struct view nonce;  /* of the challenge, unescaped */
};

enum guard_cookie_user {
	COOKIE_USER_ORDINARY,
	COOKIE_USER_UNKNOWN,
	COOKIE_USER_HERE, /* registered: we asked, and the PBX never saw that nonce */
	COOKIE_USERS
};

enum guard_cookie_verdict {
	COOKIE_ABSENT, /* nothing of our shape */
	COOKIE_BAD,    /* our shape, not ours, or for another address or nonce */
	COOKIE_OLD,    /* ours, beyond its life: counts as none */
	COOKIE_GOOD,
};

struct guard_cookie {
	enum guard_cookie_verdict verdict;
	enum guard_cookie_user user; /* ORDINARY unless GOOD or OLD */
	uint32_t age_s;
	bool has_opaque;    /* false: the PBX's challenge had none, none goes back */
	struct view opaque; /* the PBX's own; lives with the text that was read */
};

struct guard_cookie_issue {
	struct view opaque; /* the PBX's own, as between its quotes; at == NULL: it had none */
	enum guard_cookie_user user;
	uint64_t now_us;
};

/* Writes cookie, separator and the PBX's opaque. */
void guard_cookie_write(struct buffer *b, const struct guard_cookie_keys *keys,
                        const struct guard_cookie_subject *subject,
                        const struct guard_cookie_issue *issue);

/* Reads what stood between the quotes of opaque= ; any bytes are welcome. */
struct guard_cookie guard_cookie_read(struct view text, const struct guard_cookie_keys *keys,
                                      const struct guard_cookie_subject *subject, uint32_t life_s,
                                      uint64_t now_us);

#endif
