/* SPDX-License-Identifier: Apache-2.0 */
/* A STUN message (RFC 8489) as ICE (RFC 8445) uses it to check a path, every length proven
 * before anything is believed. Short-term credentials and HMAC-SHA1 alone, which ICE asks for.
 *
 * Parsing proves form and FINGERPRINT. Who wrote a message is proven by stun_is_signed, and
 * nothing of it may be acted on before. */
#ifndef RTP_STUN_H
#define RTP_STUN_H

#include "base/addr.h"

enum { STUN_HEADER_SIZE = 20, STUN_TRANSACTION_SIZE = 12, MAX_STUN_DATAGRAM = 1280 };
enum { MAX_STUN_USERNAME = 508, MAX_STUN_UNKNOWN = 8, MAX_STUN_ATTRIBUTES = 32 };

enum stun_class { STUN_REQUEST, STUN_INDICATION, STUN_SUCCESS, STUN_ERROR };
enum { STUN_BINDING = 1 };
enum {
	STUN_BAD_REQUEST = 400,
	STUN_UNAUTHENTICATED = 401,
	STUN_UNKNOWN_ATTRIBUTE = 420,
	STUN_ROLE_CONFLICT = 487
};

/* What the sender says it is in ICE (RFC 8445 7.1.3). */
enum stun_role { STUN_ROLE_NONE, STUN_CONTROLLING, STUN_CONTROLLED };

struct stun_message {
	enum stun_class class;
	uint16_t method; /* 12 bits; STUN_BINDING is the only one with a meaning here */
	uint8_t transaction[STUN_TRANSACTION_SIZE];
	struct view username; /* empty: none */
	struct addr mapped;   /* XOR-MAPPED-ADDRESS; family 0: none */
	enum stun_role role;
	uint64_t tie_breaker;
	uint32_t priority; /* has_priority */
	bool has_priority;
	bool is_nominating; /* USE-CANDIDATE */
	bool has_fingerprint;
	uint16_t error_code; /* 300..699; 0: none */
	/* Offset of MESSAGE-INTEGRITY's header in the datagram; 0: none. */
	uint16_t integrity_at;
	/* Comprehension-required ones before MESSAGE-INTEGRITY that are not known here; of a 420
	 * those that it names. */
	uint8_t unknown_count;
	uint16_t unknown[MAX_STUN_UNKNOWN];
};

/* Attributes behind MESSAGE-INTEGRITY but FINGERPRINT are not read (RFC 8489 14.5), of several
 * of one type the first counts. Views look into the datagram.
 * ERR_SHORT: fewer than 20 bytes, or a length past the end. ERR_SYNTAX: another first two bits
 * or cookie, a length in the header that is not the datagram's, an attribute of a length or
 * value that its type cannot have, something behind FINGERPRINT. ERR_LIMIT: longer than
 * MAX_STUN_DATAGRAM, more than MAX_STUN_ATTRIBUTES or MAX_STUN_UNKNOWN. ERR_DENIED: a
 * FINGERPRINT that is not of these bytes. */
enum err stun_parse(struct view datagram, struct stun_message *ret) MUST_USE;

/* Whether the datagram, of which m is the parse, carries MESSAGE-INTEGRITY under this password;
 * an empty one proves nothing. */
bool stun_is_signed(struct view datagram, const struct stun_message *m, struct view password);

/* What m holds, MESSAGE-INTEGRITY where there is a password, FINGERPRINT; integrity_at and
 * has_fingerprint are not asked. ERR_LIMIT where the buffer, which must be empty, is too small or
 * a field has no form on the wire (method beyond 12 bits, username beyond its ceiling). */
enum err stun_write(struct buffer *b, const struct stun_message *m, struct view password) MUST_USE;
/* The same without MESSAGE-INTEGRITY and FINGERPRINT, as keep-alives of SIP go (RFC 5626 8). */
enum err stun_write_bare(struct buffer *b, const struct stun_message *m) MUST_USE;

#endif
