/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of ipsec.h's tables: ipsec_dump.c fills them, ipsec.c judges by them. */
#ifndef KERNEL_IPSEC_PRIV_H
#define KERNEL_IPSEC_PRIV_H

#include "kernel/ipsec.h"

struct ipsec_selector {
	struct addr_net from, to; /* family 0: any */
	uint8_t protocol;         /* 0: any */
};

/* Where the packets of a policy have to go through; hosts of family 0: any. */
struct ipsec_template {
	struct addr from, to;
	uint32_t reqid; /* 0: any */
	uint8_t mode;   /* XFRM_MODE_... */
};

struct ipsec_policy {
	struct ipsec_selector selector;
	struct ipsec_template template;
	uint32_t priority; /* the lowest counts */
	uint8_t direction; /* XFRM_POLICY_IN, XFRM_POLICY_OUT */
	bool is_blocking;  /* drops what it selects */
	bool is_demanding; /* has a template of ESP that is not optional */
	bool is_narrow;    /* for one interface, user, mark or port */
};

struct ipsec_state {
	struct ipsec_selector selector; /* family 0 in both: all that policies send through it */
	struct addr from, to;
	uint32_t reqid;
	uint8_t mode;
};

struct kernel_ipsec {
	struct ipsec_policy *policies;
	struct ipsec_state *states;
	struct cover_row *pairs;
	uint32_t policy_count, state_count, pair_count;
	bool is_whole; /* dumped to the end, and nothing left out */
	bool is_full;
};

#endif
