/* SPDX-License-Identifier: Apache-2.0 */
/* The block `names`: whom outreach asks about names, and for how long it believes. */
#ifndef DNS_OPTIONS_H
#define DNS_OPTIONS_H

#include "conf/schema.h"

enum { MAX_DNS_SERVERS = 4 };

struct dns_options {
	struct addr servers[MAX_DNS_SERVERS]; /* none: those of the system */
	uint32_t least_s, most_s;
	uint8_t server_count;
};

extern const struct conf_block dns_names_block;

#endif
