/* SPDX-License-Identifier: Apache-2.0 */
/* How many TLS handshakes a source may begin: a handshake costs us a thousand times what it costs
 * who asks for it. Pure: addresses, their hashes and the time go in. Bounded: of too many sources
 * the one that has been quietest is forgotten, which forgets only what it may again. */
#ifndef TRANSPORT_TLS_BUDGET_H
#define TRANSPORT_TLS_BUDGET_H

#include "base/addr.h"

enum { TLS_BUDGET_SETS = 1024, TLS_BUDGET_WAYS = 4 };

struct tls_rate {
	uint32_t count, window_ms;
};

struct tls_budget_row {
	struct addr source;
	uint64_t full_us; /* when it has all of its budget again */
};

/* Zeroed at first. */
struct tls_budget {
	struct tls_budget_row rows[TLS_BUDGET_SETS][TLS_BUDGET_WAYS];
	uint64_t together_us; /* the same of all */
};

/* What is asked. */
struct tls_knock {
	struct addr source; /* addr_source of who asks */
	uint64_t hash;      /* of it, keyed */
	uint64_t now_us;
};

/* Whether one more may begin: of that source, and of all together. Takes it from both, or from
 * none. */
bool tls_budget_take(struct tls_budget *b, const struct tls_rate *each,
                     const struct tls_rate *together, const struct tls_knock *knock);

#endif
