/* SPDX-License-Identifier: Apache-2.0 */
/* The header by which a balancer in front of us says from whom a connection
 * comes: PROXY protocol, version 2. Read of configured balancers only, who always send it. */
#ifndef TRANSPORT_PROXY_H
#define TRANSPORT_PROXY_H

#include "base/addr.h"

/* With its additions (TLVs); a longer one is refused. */
enum { PROXY_HEADER_MAX = 1024 };

struct proxy_header {
	struct addr source; /* family 0: the balancer speaks for itself (LOCAL, UNSPEC) */
	size_t size;        /* of the header: SIP begins behind it */
};

/* ERR_SHORT: more must come; ERR_SYNTAX; ERR_LIMIT. A wrong byte is known at once. */
enum err proxy_read(struct view bytes, struct proxy_header *ret) MUST_USE;

#endif
