/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that are no session description, by method and type: keys, words,
 * message counts, presence, states of dialogs. Each is read and written anew:
 * identities, hosts and names of dialogs become those of who reads it. */
#ifndef BORDER_BODY_H
#define BORDER_BODY_H

#include "border/identity.h"

enum { BODY_MAX = 8192 };

/* Content-Type that passes and body for that reader, both for as long as `out` lives; both
 * empty where there is none. ERR_UNSUPPORTED: this type does not pass with this method (415);
 * ERR_SYNTAX, ERR_LIMIT: it is not what it says, or too long (400). */
struct body {
	struct view type, text;
};
enum err body_write(const struct border *b, const struct sip_msg *msg,
                    const struct identity_reader *reader, struct buffer *out,
                    struct body *ret) MUST_USE;
/* The header Accept: types that pass with the method; empty where none does (RFC 3261 20.1). */
void body_write_accept(struct buffer *out, enum sip_method method);

#endif
