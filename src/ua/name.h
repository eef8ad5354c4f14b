/* SPDX-License-Identifier: Apache-2.0 */
/* Names that we make and meet again: branches, tags, Call-IDs, Contact users.
 * Each carries the number of the worker that owns it, the generation of the
 * parent that made it, a serial drawn at random, and a code over all of it under
 * a key of ours. So a name that we never made is recognised without state, and
 * a worker that reads another's name knows whose it is. On the wire: 32 small
 * letters and digits (20 bytes in base 32), a branch with the magic cookie before. */
#ifndef UA_NAME_H
#define UA_NAME_H

#include "base/buffer.h"
#include "base/hash.h"

enum ua_name_kind { UA_NAME_BRANCH, UA_NAME_TAG, UA_NAME_CALL_ID, UA_NAME_CONTACT };

enum { UA_NAME_LEN = 32, UA_BRANCH_LEN = 7 + UA_NAME_LEN };

struct ua_namer {
	struct hash_key key; /* a key for nothing else */
	uint16_t owner;      /* this worker */
	uint32_t generation; /* counts starts of the parent */
};

struct ua_name {
	uint64_t serial;
	uint32_t generation;
	uint16_t owner;
};

/* Writes a name of that kind with the serial (random bytes of the caller). */
void ua_name_write(struct buffer *b, const struct ua_namer *namer, enum ua_name_kind kind,
                   uint64_t serial);
/* The same with an owner and generation that are not the namer's own: to write
 * once more a name that outlived a restart. */
void ua_name_rewrite(struct buffer *b, const struct ua_namer *namer, enum ua_name_kind kind,
                     const struct ua_name *name);

/* Whole text as a name of that kind; behind a branch's name may stand a '.' and what its writer
 * wants back, which nothing proves. ERR_SYNTAX: not of this shape; ERR_DENIED: of this shape, but
 * we never made it. Letters in either case: a proxy may lower or raise them. */
enum err ua_name_read(struct view text, const struct ua_namer *namer, enum ua_name_kind kind,
                      struct ua_name *ret) MUST_USE;

#endif
