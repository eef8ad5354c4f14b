/* SPDX-License-Identifier: Apache-2.0 */
/* Files of certificates and keys as they travel from the parent, who reads them, to who uses
 * them: the bytes of each file (PEM), after a head that says what it is. Nothing is parsed here.
 * Private keys go into a bundle of their own, to the process `keys` alone. */
#ifndef KEYS_BUNDLE_H
#define KEYS_BUNDLE_H

#include "base/buffer.h"

enum keys_kind {
	KEYS_CHAIN,     /* of `certificate NAME` */
	KEYS_AUTHORITY, /* of a peer, by its name; of `authorities`: "" */
	KEYS_REVOKED,   /* of a peer, by its name */
	KEYS_PRIVATE,   /* of `certificate NAME` */
	KEYS_STAPLE,    /* of `certificate NAME`, in DER */
	KEYS_ACCOUNT,   /* private too: of `acme NAME` */
	/* Of the listener of servers, told to `keys`: what it shows, since web signs with no other
	 * key, and what it asks for, since that ends. */
	KEYS_CONTROL_CHAIN,
	KEYS_CONTROL_AUTHORITY,
	KEYS_CONTROL_REVOKED,
	KEYS_KIND_COUNT
};

enum {
	KEYS_NAME_SIZE = 32,
	MAX_KEYS_FILE = 1 << 20,    /* bytes: a list of revocations may be long */
	MAX_KEYS_ROWS = 1024,       /* of a bundle */
	MAX_KEYS_BUNDLE = 16 << 20, /* bytes */
};

struct keys_row {
	uint8_t kind; /* enum keys_kind */
	char name[KEYS_NAME_SIZE];
	struct view bytes; /* a borrow of the bundle */
};

/* Appends one. ERR_LIMIT (also where the buffer ends). */
enum err keys_bundle_put(struct buffer *b, enum keys_kind kind, struct view name,
                         struct view bytes) MUST_USE;

/* A bundle that came from elsewhere: doubted, then looked at where it lies. */
struct keys_bundle {
	struct view bytes;
	uint32_t count;
};
/* ERR_SYNTAX, ERR_LIMIT. The bytes stay the caller's and must outlive it. */
enum err keys_bundle_open(struct view bytes, struct keys_bundle *ret) MUST_USE;
/* One after another: *at is 0 first. False after the last. */
bool keys_bundle_next(const struct keys_bundle *b, size_t *at, struct keys_row *ret);
/* The first of that kind and name; false: there is none. */
bool keys_bundle_find(const struct keys_bundle *b, enum keys_kind kind, struct view name,
                      struct view *ret);

#endif
