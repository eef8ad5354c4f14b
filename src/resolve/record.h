/* SPDX-License-Identifier: Apache-2.0 */
/* Records of DNS as plain values, and what one question got for an answer. Names are lower
 * case, without a dot at their end. What is here was sent by servers: hostile until checked. */
#ifndef RESOLVE_RECORD_H
#define RESOLVE_RECORD_H

#include "base/addr.h"

/* Numbers of RFC 1035, 2782, 3403, 3596. */
enum resolve_type {
	RESOLVE_A = 1,
	RESOLVE_CNAME = 5,
	RESOLVE_SOA = 6,
	RESOLVE_AAAA = 28,
	RESOLVE_SRV = 33,
	RESOLVE_NAPTR = 35,
};

enum {
	RESOLVE_NAME_SIZE = 256,
	MAX_RESOLVE_RECORDS = 64, /* of an answer; of more the first are kept */
};

struct resolve_record {
	char owner[RESOLVE_NAME_SIZE];
	char name[RESOLVE_NAME_SIZE]; /* SRV target, NAPTR replacement, CNAME */
	uint32_t ttl_s;
	uint16_t type;                   /* enum resolve_type */
	uint16_t priority, weight, port; /* SRV; NAPTR: order and preference are the first two */
	char flags[4], service[16];      /* NAPTR, lower case; longer ones are no SIP's */
	struct addr address;             /* A, AAAA; port 0 */
};

enum resolve_result {
	RESOLVE_ANSWERED, /* there may still be nothing of use in it */
	RESOLVE_NOTHING,  /* no such name, or none of that type */
	RESOLVE_FAILED,   /* nobody answered, or what came cannot be read */
};

struct resolve_answer {
	enum resolve_result result;
	uint32_t negative_s; /* NOTHING: how long that counts (RFC 2308); 0: not said */
	uint32_t left_out;   /* records beyond the bound */
	uint16_t count;
	struct resolve_record records[MAX_RESOLVE_RECORDS];
};

/* Whether it can be a host name: letters, digits, - _ and dots, no empty label (RFC 1123 2.1,
 * RFC 2782's underscores). Without a dot at its end. */
bool resolve_is_name(struct view text);

#endif
