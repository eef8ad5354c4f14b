/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as they are dialled and as they are meant: read by how one dials at
 * the peer that calls, written as the peer that is called wants them. Pure. */
#ifndef BORDER_DIAL_H
#define BORDER_DIAL_H

#include "base/buffer.h"
#include "border/settings.h"

struct dialling {
	struct view dialled; /* user of the Request-URI; borrowed */
	struct number meant; /* where is_read */
	bool is_read, is_urgent;
};

/* `from` NULL: a phone. Who stands outside dials no digit for an outside line and no
 * extension of ours. */
void dial_read(const struct border_settings *s, const struct border_peer *from, struct view user,
               struct dialling *ret);
/* Digits of what was meant, calling code first; empty where it could not be read. */
struct view dial_meant(const struct dialling *d);
/* As that peer wants numbers; what could not be read, and an emergency, as it was dialled. */
void dial_write(const struct border_peer *to, const struct dialling *d, struct buffer *out);
/* Whether that is another text than what was dialled. */
bool dial_rewrites(const struct border_peer *to, const struct dialling *d);

#endif
