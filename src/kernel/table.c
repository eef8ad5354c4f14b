/* SPDX-License-Identifier: Apache-2.0 */
/* The table's messages: what nft would send for the ruleset in table.h. */
#include "kernel/table.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#ifndef NFT_TABLE_F_OWNER
#define NFT_TABLE_F_OWNER 2 /* Linux 5.12 */
#endif

#define CHAIN "in"

/* offsets in headers */
enum { V4_SOURCE = 12, V6_SOURCE = 8, V4_TARGET = 16, V6_TARGET = 24 };
enum { SOURCE_PORT = 0, TARGET_PORT = 2 };
enum { FAMILY_V4 = 2, FAMILY_V6 = 10 }; /* meta nfproto */

static void begin(struct kernel_batch *b, uint8_t type, uint16_t flags)
{
	kernel_message_begin(b, type, flags);
	/* NFTA_TABLE_NAME, NFTA_SET_TABLE, NFTA_CHAIN_TABLE, NFTA_RULE_TABLE: all 1. */
	kernel_attribute_text(b, 1, KERNEL_TABLE_NAME);
}

static void write_table(struct kernel_batch *b)
{
	begin(b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	kernel_attribute_u32(b, NFTA_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	kernel_message_end(b);
}

void kernel_table_write_removal(struct kernel_batch *b)
{
	begin(b, NFT_MSG_DELTABLE, 0);
	kernel_message_end(b);
}

static void write_set(struct kernel_batch *b, enum kernel_set set)
{
	bool is_timed = set > SET_NEVER6;
	uint32_t flags = (is_timed ? NFT_SET_TIMEOUT : 0) |
	                 (kernel_set_is_of_networks(set) ? NFT_SET_INTERVAL : 0);

	begin(b, NFT_MSG_NEWSET, NLM_F_CREATE);
	kernel_attribute_text(b, NFTA_SET_NAME, kernel_set_name(set));
	kernel_attribute_u32(b, NFTA_SET_FLAGS, flags);
	kernel_attribute_u32(b, NFTA_SET_KEY_TYPE, kernel_set_key_type(set));
	kernel_attribute_u32(b, NFTA_SET_KEY_LEN, kernel_set_key_size(set));
	kernel_attribute_u32(b, NFTA_SET_ID, (uint32_t)set + 1);
	kernel_message_end(b);
}

static void write_chain(struct kernel_batch *b)
{
	size_t hook;

	begin(b, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	kernel_attribute_text(b, NFTA_CHAIN_NAME, CHAIN);
	hook = kernel_nest_begin(b, NFTA_CHAIN_HOOK);
	kernel_attribute_u32(b, NFTA_HOOK_HOOKNUM, NF_INET_PRE_ROUTING);
	kernel_attribute_u32(b, NFTA_HOOK_PRIORITY, (uint32_t)KERNEL_PRIORITY);
	kernel_nest_end(b, hook);
	kernel_attribute_u32(b, NFTA_CHAIN_POLICY, NF_ACCEPT);
	kernel_attribute_text(b, NFTA_CHAIN_TYPE, "filter");
	kernel_message_end(b);
}

/* --- Rules: a list of expressions over registers of 16 bytes --- */

struct expression {
	size_t element, data;
};

static struct expression expression(struct kernel_batch *b, const char *name)
{
	struct expression e = { .element = kernel_nest_begin(b, NFTA_LIST_ELEM) };

	kernel_attribute_text(b, NFTA_EXPR_NAME, name);
	e.data = kernel_nest_begin(b, NFTA_EXPR_DATA);
	return e;
}

static void expression_end(struct kernel_batch *b, struct expression e)
{
	kernel_nest_end(b, e.data);
	kernel_nest_end(b, e.element);
}

static void value(struct kernel_batch *b, uint16_t type, const void *bytes, size_t len)
{
	size_t nest = kernel_nest_begin(b, type);

	kernel_attribute_bytes(b, NFTA_DATA_VALUE, bytes, len);
	kernel_nest_end(b, nest);
}

static void compare(struct kernel_batch *b, const void *bytes, size_t len)
{
	struct expression e = expression(b, "cmp");

	kernel_attribute_u32(b, NFTA_CMP_SREG, NFT_REG_1);
	kernel_attribute_u32(b, NFTA_CMP_OP, NFT_CMP_EQ);
	value(b, NFTA_CMP_DATA, bytes, len);
	expression_end(b, e);
}

static void match_meta(struct kernel_batch *b, uint32_t key, uint8_t wanted)
{
	struct expression e = expression(b, "meta");

	kernel_attribute_u32(b, NFTA_META_KEY, key);
	kernel_attribute_u32(b, NFTA_META_DREG, NFT_REG_1);
	expression_end(b, e);
	compare(b, &wanted, sizeof(wanted));
}

struct piece {
	uint32_t base, offset, size, into;
};

static void load(struct kernel_batch *b, struct piece piece)
{
	struct expression e = expression(b, "payload");

	kernel_attribute_u32(b, NFTA_PAYLOAD_DREG, piece.into);
	kernel_attribute_u32(b, NFTA_PAYLOAD_BASE, piece.base);
	kernel_attribute_u32(b, NFTA_PAYLOAD_OFFSET, piece.offset);
	kernel_attribute_u32(b, NFTA_PAYLOAD_LEN, piece.size);
	expression_end(b, e);
}

/* Keeps the network half of an IPv6 address: a source is its /64. */
static void mask_source(struct kernel_batch *b)
{
	static const uint8_t mask[16] = { 255, 255, 255, 255, 255, 255, 255, 255 }, none[16];
	struct expression e = expression(b, "bitwise");

	kernel_attribute_u32(b, NFTA_BITWISE_SREG, NFT_REG_1);
	kernel_attribute_u32(b, NFTA_BITWISE_DREG, NFT_REG_1);
	kernel_attribute_u32(b, NFTA_BITWISE_LEN, sizeof(mask));
	value(b, NFTA_BITWISE_MASK, mask, sizeof(mask));
	value(b, NFTA_BITWISE_XOR, none, sizeof(none));
	expression_end(b, e);
}

static void look_up(struct kernel_batch *b, enum kernel_set set, bool is_negated)
{
	struct expression e = expression(b, "lookup");

	kernel_attribute_text(b, NFTA_LOOKUP_SET, kernel_set_name(set));
	kernel_attribute_u32(b, NFTA_LOOKUP_SET_ID, (uint32_t)set + 1);
	kernel_attribute_u32(b, NFTA_LOOKUP_SREG, NFT_REG_1);
	if (is_negated)
		kernel_attribute_u32(b, NFTA_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	expression_end(b, e);
}

/* What is dropped is counted, for who looks with nft. */
static void conclude(struct kernel_batch *b, uint32_t verdict)
{
	struct expression e;
	size_t data, inner;

	if (verdict == NF_DROP) {
		e = expression(b, "counter");
		kernel_attribute_u64(b, NFTA_COUNTER_BYTES, 0);
		kernel_attribute_u64(b, NFTA_COUNTER_PACKETS, 0);
		expression_end(b, e);
	}
	e = expression(b, "immediate");
	kernel_attribute_u32(b, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	data = kernel_nest_begin(b, NFTA_IMMEDIATE_DATA);
	inner = kernel_nest_begin(b, NFTA_DATA_VERDICT);
	kernel_attribute_u32(b, NFTA_VERDICT_CODE, verdict);
	kernel_nest_end(b, inner);
	kernel_nest_end(b, data);
	expression_end(b, e);
}

static void load_key(struct kernel_batch *b, enum kernel_set set, bool is_v6)
{
	uint32_t offset = is_v6 ? V6_SOURCE : V4_SOURCE, size = is_v6 ? 16 : 4;

	load(b, (struct piece){ NFT_PAYLOAD_NETWORK_HEADER, offset, size, NFT_REG_1 });
	if (kernel_set_key_size(set) > size)
		load(b, (struct piece){ NFT_PAYLOAD_TRANSPORT_HEADER, SOURCE_PORT, 2,
		                        is_v6 ? NFT_REG_2 : NFT_REG32_01 });
	else if (is_v6 && !kernel_set_is_of_networks(set))
		mask_source(b);
}

static size_t rule_begin(struct kernel_batch *b)
{
	begin(b, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	kernel_attribute_text(b, NFTA_RULE_CHAIN, CHAIN);
	return kernel_nest_begin(b, NFTA_RULE_EXPRESSIONS);
}

static void write_control(struct kernel_batch *b, const struct addr *control)
{
	enum kernel_set set = kernel_table_control_set(control);
	bool is_v6 = set == SET_CONTROL6;
	uint32_t offset = is_v6 ? V6_TARGET : V4_TARGET, size = is_v6 ? 16 : 4;
	uint16_t port = htons(control->port);
	size_t expressions = rule_begin(b);

	match_meta(b, NFT_META_NFPROTO, is_v6 ? FAMILY_V6 : FAMILY_V4);
	match_meta(b, NFT_META_L4PROTO, IPPROTO_TCP);
	load(b, (struct piece){ NFT_PAYLOAD_NETWORK_HEADER, offset, size, NFT_REG_1 });
	compare(b, control->bytes + sizeof(control->bytes) - size, size);
	load(b, (struct piece){ NFT_PAYLOAD_TRANSPORT_HEADER, TARGET_PORT, 2, NFT_REG_1 });
	compare(b, &port, sizeof(port));
	load_key(b, set, is_v6);
	look_up(b, set, true);
	conclude(b, NF_DROP);
	kernel_nest_end(b, expressions);
	kernel_message_end(b);
}

static void write_rule(struct kernel_batch *b, enum kernel_set set, uint32_t verdict)
{
	bool is_v6 = set % 2 != 0;
	size_t expressions = rule_begin(b);

	match_meta(b, NFT_META_NFPROTO, is_v6 ? FAMILY_V6 : FAMILY_V4);
	load_key(b, set, is_v6);
	look_up(b, set, false);
	if (set == SET_NEIGHBOUR4 || set == SET_NEIGHBOUR6) {
		load(b, (struct piece){ NFT_PAYLOAD_TRANSPORT_HEADER, TARGET_PORT, 2, NFT_REG_1 });
		look_up(b, SET_SIP, true);
	}
	conclude(b, verdict);
	kernel_nest_end(b, expressions);
	kernel_message_end(b);
}

enum kernel_set kernel_table_control_set(const struct addr *control)
{
	return control->family == 6 ? SET_CONTROL6 : SET_CONTROL4;
}

void kernel_table_write(struct kernel_batch *b, const struct addr *control)
{
	static const uint32_t verdicts[SET_SIP] = {
		[SET_NEVER4] = NF_ACCEPT,     [SET_NEVER6] = NF_ACCEPT,
		[SET_FLOW4] = NF_DROP,        [SET_FLOW6] = NF_DROP,
		[SET_KNOWN4] = NF_ACCEPT,     [SET_KNOWN6] = NF_ACCEPT,
		[SET_NEIGHBOUR4] = NF_ACCEPT, [SET_NEIGHBOUR6] = NF_ACCEPT,
		[SET_SOURCE4] = NF_DROP,      [SET_SOURCE6] = NF_DROP,
		[SET_NET4] = NF_DROP,         [SET_NET6] = NF_DROP,
	};

	/* Only what is there can be taken away: so it is made first. */
	write_table(b);
	kernel_table_write_removal(b);
	write_table(b);
	if (control->family != 0)
		write_set(b, kernel_table_control_set(control));
	for (int set = SET_NEVER4; set < KERNEL_SET_COUNT; set++)
		write_set(b, (enum kernel_set)set);
	write_chain(b);
	if (control->family != 0)
		write_control(b, control);
	for (int set = SET_NEVER4; set < SET_SIP; set++)
		write_rule(b, (enum kernel_set)set, verdicts[set]);
}

size_t kernel_elements_begin(struct kernel_batch *b, enum kernel_set set, bool is_going)
{
	if (is_going)
		begin(b, NFT_MSG_DELSETELEM, 0);
	else
		begin(b, NFT_MSG_NEWSETELEM, NLM_F_CREATE);
	kernel_attribute_text(b, NFTA_SET_ELEM_LIST_SET, kernel_set_name(set));
	return kernel_nest_begin(b, NFTA_SET_ELEM_LIST_ELEMENTS);
}

void kernel_elements_end(struct kernel_batch *b, size_t nest)
{
	kernel_nest_end(b, nest);
	kernel_message_end(b);
}
