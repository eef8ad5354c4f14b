/* SPDX-License-Identifier: Apache-2.0 */
/* Writes netlink messages: head, attributes, nests. Pure. Head and lengths are
 * in the machine's order, values of nf_tables in network order. The batch keeps
 * the buffer's first error; lengths are filled in when a message or nest ends. */
#ifndef KERNEL_NETLINK_H
#define KERNEL_NETLINK_H

#include "base/buffer.h"

struct kernel_batch {
	struct buffer out;
	uint32_t sequence; /* of the message in hand; the first is 1 */
	size_t message;    /* where it begins */
};

/* A transaction of nf_tables: all of it happens or nothing. */
struct kernel_batch kernel_batch_on(void *storage, size_t max);
/* Closes it; nothing may be written after. */
void kernel_batch_close(struct kernel_batch *b);

/* A message of nf_tables for the family inet. `type` is NFT_MSG_..., `flags` NLM_F_... beyond
 * NLM_F_REQUEST. */
void kernel_message_begin(struct kernel_batch *b, uint8_t type, uint16_t flags);
void kernel_message_end(struct kernel_batch *b);

void kernel_attribute_bytes(struct kernel_batch *b, uint16_t type, const void *bytes, size_t len);
void kernel_attribute_text(struct kernel_batch *b, uint16_t type, const char *text);
void kernel_attribute_u32(struct kernel_batch *b, uint16_t type, uint32_t number);
void kernel_attribute_u64(struct kernel_batch *b, uint16_t type, uint64_t number);
/* Returns where the nest begins, for its end. A nest holds at most 65535 bytes (ERR_LIMIT). */
size_t kernel_nest_begin(struct kernel_batch *b, uint16_t type);
void kernel_nest_end(struct kernel_batch *b, size_t at);

#endif
