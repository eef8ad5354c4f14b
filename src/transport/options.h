/* SPDX-License-Identifier: Apache-2.0 */
/* Block `listen SIDE` of the configuration: where SIP is heard, and how that
 * side sees us. Sides are numbered as they are written. */
#ifndef TRANSPORT_OPTIONS_H
#define TRANSPORT_OPTIONS_H

#include "conf/schema.h"
#include "event/flow.h"

enum { MAX_SIDE_ENDPOINTS = 8, MAX_SIDE_LANS = 8 };

struct transport_side {
	char name[32];
	char interface[16];                  /* empty: addresses are written */
	struct addr udp[MAX_SIDE_ENDPOINTS]; /* family 0: the interface's address */
	struct addr advertise;               /* family 0: none */
	struct addr_net lan[MAX_SIDE_LANS];
	uint8_t udp_count, lan_count;
};

extern const struct conf_block transport_side_block;

#endif
