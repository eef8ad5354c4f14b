/* SPDX-License-Identifier: Apache-2.0 */
/* The names that one side shows of the other. Those of a REGISTER are computed
 * from what came, under a key of ours, so that a challenge and its answer, a
 * registration and its refresh share them without state. Those of a call are
 * drawn (ua/name.h), but for those towards a PBX by which a challenge and its
 * answer belong together (request_serial). */
#ifndef BORDER_NAMES_H
#define BORDER_NAMES_H

#include "base/buffer.h"
#include "base/hash.h"
#include "event/flow.h"

enum { NAMES_HASH_LEN = 32 }; /* letters and digits of a computed name */

/* What a computed name is for: two purposes never give one name. */
enum names_purpose {
	NAMES_CALL_ID = 1,
	NAMES_FROM_TAG,
	NAMES_TO_TAG,
	NAMES_CONTACT,
	NAMES_SERIAL,
	NAMES_TARGET,
	NAMES_INSTANCE,
	NAMES_FLOW,
};

/* Writes NAMES_HASH_LEN characters, the same for the same pieces and key. */
void names_write(struct buffer *b, const struct hash_key *key, enum names_purpose purpose,
                 const struct view *pieces, size_t count);

/* The name that was just written says by its first letter whose it is; where there is one worker
 * alone it stays as it is. */
void names_own(struct buffer *b, unsigned owners, unsigned owner);

/* A serial for drawn names (ua/name.h) that is computed instead. */
uint64_t names_serial(const struct hash_key *key, const struct view *pieces, size_t count);

/* A number for what a request is for and where it came from (spiral.h). */
uint32_t names_target(const struct hash_key *key, const struct view *pieces, size_t count);

#endif
