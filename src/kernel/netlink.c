/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink's bytes. The kernel's own header gives shapes and numbers; there is no
 * library between, because what we say is a few messages and the process has
 * neither files nor another program to ask. */
#include "kernel/netlink.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>

enum { ALIGNMENT = 4, FAMILY_INET = 1 };

static void put(struct kernel_batch *b, const void *bytes, size_t len)
{
	static const char padding[ALIGNMENT];

	buffer_put(&b->out, view_bytes(bytes, len));
	buffer_put(&b->out, view_bytes(padding, (ALIGNMENT - len % ALIGNMENT) % ALIGNMENT));
}

static void head(struct kernel_batch *b, uint16_t type, uint16_t flags, uint8_t family,
                 uint16_t resource)
{
	struct nlmsghdr message = { .nlmsg_type = type,
		                    .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags),
		                    .nlmsg_seq = ++b->sequence };
	struct nfgenmsg family_head = { .nfgen_family = family,
		                        .version = NFNETLINK_V0,
		                        .res_id = htons(resource) };

	b->message = b->out.len;
	put(b, &message, sizeof(message));
	put(b, &family_head, sizeof(family_head));
}

struct kernel_batch kernel_batch_on(void *storage, size_t max)
{
	struct kernel_batch b = { .out = buffer_on(storage, max) };

	head(&b, NFNL_MSG_BATCH_BEGIN, 0, 0, NFNL_SUBSYS_NFTABLES);
	kernel_message_end(&b);
	return b;
}

void kernel_batch_close(struct kernel_batch *b)
{
	head(b, NFNL_MSG_BATCH_END, 0, 0, NFNL_SUBSYS_NFTABLES);
	kernel_message_end(b);
}

void kernel_message_begin(struct kernel_batch *b, uint8_t type, uint16_t flags)
{
	head(b, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, FAMILY_INET, 0);
}

void kernel_message_end(struct kernel_batch *b)
{
	uint32_t len = (uint32_t)(b->out.len - b->message);

	if (b->out.err == ERR_NONE)
		memcpy(b->out.at + b->message, &len, sizeof(len));
}

static void attribute_head(struct kernel_batch *b, uint16_t type, size_t len)
{
	struct nlattr attribute = { .nla_len = (uint16_t)(sizeof(attribute) + len),
		                    .nla_type = type };

	if (len > UINT16_MAX - sizeof(attribute))
		buffer_fail(&b->out, ERR_LIMIT);
	put(b, &attribute, sizeof(attribute));
}

void kernel_attribute_bytes(struct kernel_batch *b, uint16_t type, const void *bytes, size_t len)
{
	attribute_head(b, type, len);
	put(b, bytes, len);
}

void kernel_attribute_text(struct kernel_batch *b, uint16_t type, const char *text)
{
	kernel_attribute_bytes(b, type, text, strlen(text) + 1);
}

void kernel_attribute_u32(struct kernel_batch *b, uint16_t type, uint32_t number)
{
	uint32_t ordered = htonl(number);

	kernel_attribute_bytes(b, type, &ordered, sizeof(ordered));
}

void kernel_attribute_u64(struct kernel_batch *b, uint16_t type, uint64_t number)
{
	uint32_t ordered[2] = { htonl((uint32_t)(number >> 32)), htonl((uint32_t)number) };

	kernel_attribute_bytes(b, type, ordered, sizeof(ordered));
}

size_t kernel_nest_begin(struct kernel_batch *b, uint16_t type)
{
	size_t at = b->out.len;

	attribute_head(b, (uint16_t)(NLA_F_NESTED | type), 0);
	return at;
}

void kernel_nest_end(struct kernel_batch *b, size_t at)
{
	size_t len = b->out.len - at;
	uint16_t short_len = (uint16_t)len;

	if (len > UINT16_MAX)
		buffer_fail(&b->out, ERR_LIMIT);
	if (b->out.err == ERR_NONE)
		memcpy(b->out.at + at, &short_len, sizeof(short_len));
}
