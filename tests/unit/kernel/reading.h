/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a batch as the kernel would: messages, attributes, elements of sets. */
#ifndef TESTS_KERNEL_READING_H
#define TESTS_KERNEL_READING_H

#include "kernel/mirror.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>

struct reading {
	struct view rest;
	struct nlmsghdr head;
	struct view body; /* attributes */
};

static inline struct view reading_pop(struct view *v, size_t len)
{
	struct view first = view_first(*v, len);

	*v = view_after(*v, (len + 3) / 4 * 4);
	return first;
}

/* False at the end; a broken length ends it too, with what is left in rest. */
static inline bool reading_message(struct reading *r)
{
	struct view message;

	if (r->rest.len < sizeof(r->head))
		return false;
	memcpy(&r->head, r->rest.at, sizeof(r->head));
	if (r->head.nlmsg_len < 20 || r->head.nlmsg_len > r->rest.len)
		return false;
	message = reading_pop(&r->rest, r->head.nlmsg_len);
	r->body = view_after(message, 20);
	return true;
}

static inline bool reading_attribute(struct view *v, uint16_t *ret_type, struct view *ret)
{
	struct nlattr a;
	struct view whole;

	if (v->len < sizeof(a))
		return false;
	memcpy(&a, v->at, sizeof(a));
	if (a.nla_len < sizeof(a) || a.nla_len > v->len)
		return false;
	whole = reading_pop(v, a.nla_len);
	*ret_type = a.nla_type & 0x3fff; /* without NLA_F_NESTED */
	*ret = view_after(whole, sizeof(a));
	return true;
}

/* The attribute of that type, empty where there is none. */
static inline struct view reading_find(struct view v, uint16_t wanted)
{
	struct view value;
	uint16_t type;

	while (reading_attribute(&v, &type, &value))
		if (type == wanted)
			return value;
	return (struct view){ 0 };
}

static inline uint32_t reading_u32(struct view v)
{
	uint32_t n = 0;

	if (v.len == sizeof(n))
		memcpy(&n, v.at, sizeof(n));
	return ntohl(n);
}

/* How many elements of that set with that key a batch adds, or takes out. */
static inline size_t reading_count(struct view batch, bool is_going, enum kernel_set set,
                                   struct view key)
{
	uint16_t wanted =
		NFNL_SUBSYS_NFTABLES << 8 | (is_going ? NFT_MSG_DELSETELEM : NFT_MSG_NEWSETELEM);
	struct reading r = { .rest = batch };
	size_t count = 0;

	while (reading_message(&r)) {
		struct view name = reading_find(r.body, NFTA_SET_ELEM_LIST_SET);
		struct view list = reading_find(r.body, NFTA_SET_ELEM_LIST_ELEMENTS), element;
		uint16_t type;

		if (r.head.nlmsg_type != wanted || name.len == 0 ||
		    strcmp(name.at, kernel_set_name(set)) != 0)
			continue;
		while (reading_attribute(&list, &type, &element)) {
			struct view found = reading_find(reading_find(element, NFTA_SET_ELEM_KEY),
			                                 NFTA_DATA_VALUE);

			count += key.len == 0 || view_equal(found, key);
		}
	}
	return count;
}

#endif
