/* SPDX-License-Identifier: Apache-2.0 */
/* INVITEs that were refused without state because a table was full. The same INVITE that comes
 * once more, while there is room again, must not become a call: its sender has heard the 503
 * and given up. Whoever tries again does so with another branch, and is welcome. */
#ifndef BORDER_REFUSED_H
#define BORDER_REFUSED_H

#include "base/addr.h"

struct border;
struct inbound;

/* Each has one place, by its hash; who comes to a taken one is remembered in its stead. */
enum { MAX_REFUSED = 1024 };

struct refused {
	struct refused_row {
		uint64_t mark, until_us; /* 64 T1: no copy is sent any more (RFC 3261 17.1.1.2) */
	} rows[MAX_REFUSED];
};

/* Whose TLS was refused last, and when. */
struct untrusted {
	struct addr remote;
	uint64_t us;
	unsigned why; /* enum tls_refusal */
};

/* The INVITE in hand was answered so. Other methods are not noted. */
void refused_note(struct border *b, const struct inbound *in);
/* Whether this very INVITE was. */
bool refused_before(const struct border *b, const struct inbound *in);

#endif
