/* SPDX-License-Identifier: Apache-2.0 */
/* The sets of the table and what stands in them. An element is an address, a
 * flow, a network or a port, with the end of its time. */
#ifndef KERNEL_ELEMENT_H
#define KERNEL_ELEMENT_H

#include "base/addr.h"
#include "kernel/netlink.h"

/* The order is the order of the rules: what stands first wins. IPv4 and IPv6 in turn. */
enum kernel_set {
	SET_CONTROL4, /* networks that may reach the control listener: one or neither */
	SET_CONTROL6,
	SET_NEVER4, /* networks that nothing drops */
	SET_NEVER6,
	SET_FLOW4, /* address and port: blocked by itself */
	SET_FLOW6,
	SET_KNOWN4, /* address and port: known, at an address that is blocked */
	SET_KNOWN6,
	SET_NEIGHBOUR4, /* blocked addresses at which somebody is known: only SIP is dropped */
	SET_NEIGHBOUR6, /* by its /64 */
	SET_SOURCE4,    /* blocked addresses */
	SET_SOURCE6,    /* by their /64 */
	SET_NET4,       /* blocked networks */
	SET_NET6,
	SET_SIP, /* ports of ours at which known flows speak SIP */
	KERNEL_SET_COUNT
};

struct kernel_element {
	struct addr address; /* masked to the prefix; port where the set has ports */
	uint64_t until_us;   /* 0: no end */
	uint8_t set;         /* enum kernel_set */
	uint8_t prefix;      /* as in addr_net */
};

enum { KERNEL_KEY_MAX = 20, MAX_ELEMENTS_A_MESSAGE = 512 };

const char *kernel_set_name(enum kernel_set set); /* "source4" ...; static storage */
/* Of type interval: its elements have a beginning and an end. */
bool kernel_set_is_of_networks(enum kernel_set set);
/* Bytes of a key, and the number that nft knows its type by. */
uint32_t kernel_set_key_size(enum kernel_set set);
uint32_t kernel_set_key_type(enum kernel_set set);

/* The element's key in network order. Returns its size. */
size_t kernel_element_key(const struct kernel_element *e, uint8_t ret[KERNEL_KEY_MAX]);
/* Within a list of elements: its key, its end where it is a network, and what is left of its
 * time at now_us, at least a millisecond. `is_going` leaves the time out. */
void kernel_element_write(struct kernel_batch *b, const struct kernel_element *e, uint64_t now_us,
                          bool is_going);

#endif
