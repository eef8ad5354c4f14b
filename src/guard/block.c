/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks by their net; the never-block list is short and walked only when
 * somebody is about to be judged. */
#include "guard/block.h"

#include "guard/finding.h"

#include <string.h>

enum { WHOLE = 128 };

enum err guard_blocks_init(struct guard_blocks *b, uint32_t max_blocks, const struct hash_key *key,
                           struct verdict_table *verdicts)
{
	b->verdicts = verdicts;
	b->never_count = 0;
	return guard_recent_init(&b->rows, sizeof(struct guard_block), max_blocks, key);
}

void guard_blocks_clear(struct guard_blocks *b) { guard_recent_clear(&b->rows); }

struct addr_net guard_block_net(const struct addr *source)
{
	struct addr_net net = { *source, WHOLE };

	if (source->port == 0 && source->family == 6) {
		net.base = addr_source(source);
		net.prefix = 64;
	}
	return net;
}

struct guard_block *guard_block_find(const struct guard_blocks *b, const struct addr_net *net)
{
	struct guard_key key = guard_key_of(&net->base, net->prefix);

	return guard_recent_find(&b->rows, &key);
}

struct guard_block *guard_block_touch(struct guard_blocks *b, const struct addr_net *net)
{
	struct guard_key key = guard_key_of(&net->base, net->prefix);
	struct guard_block *block = guard_recent_touch(&b->rows, &key);

	block->net = *net;
	return block;
}

uint32_t guard_block_term(const struct guard_block *last, uint32_t term_s, uint32_t max_term_s,
                          uint64_t now_us)
{
	uint64_t doubled_s;

	if (!last || last->until_us == 0 || last->is_observed ||
	    now_since(now_us, last->until_us) > (uint64_t)BLOCK_MEMORY_S * SECOND_US)
		return term_s;
	doubled_s = 2 * (uint64_t)last->term_s;
	return doubled_s < max_term_s ? (uint32_t)doubled_s : max_term_s;
}

void guard_block_enforce(struct guard_blocks *b, const struct guard_block *block, uint64_t now_us)
{
	struct verdict v = {
		.source = block->net.base,
		.prefix = block->net.prefix,
		.until_us = block->until_us,
		.block = block->number,
		.state = VERDICT_BLOCK,
		.is_by_admin = block->origin != ORIGIN_JUDGE,
		.rule = block->rule,
	};

	if (!block->is_observed)
		verdict_table_put(b->verdicts, &v, now_us);
}

void guard_block_lift(struct guard_blocks *b, struct guard_block *block)
{
	verdict_table_remove(b->verdicts, &block->net.base, block->net.prefix);
	guard_recent_forget(&b->rows, block);
}

uint32_t guard_blocks_advance(struct guard_blocks *b, uint64_t now_us)
{
	struct guard_block *block;
	uint32_t place = 0, ended = 0;

	while ((block = pool_next(b->rows.pool, &place)) != NULL) {
		if (guard_block_is_live(block, now_us))
			continue;
		ended += !block->is_ended && !block->is_observed;
		block->is_ended = true;
		guard_recent_keep(&b->rows, block, false);
		if (now_since(now_us, block->until_us) > (uint64_t)BLOCK_MEMORY_S * SECOND_US)
			guard_recent_forget(&b->rows, block);
	}
	return ended;
}

static void record_head(struct record_block *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->head.version = RECORD_VERSION;
	ret->head.kind = RECORD_BLOCK;
	ret->head.size = sizeof(*ret);
	ret->head.priority = PRIORITY_KEPT;
}

void guard_block_record(const struct guard_block *block, struct now now, struct record_block *ret)
{
	record_head(ret);
	ret->block = block->number;
	ret->kind = BLOCK_SOURCE;
	ret->origin = block->origin;
	ret->is_observed = block->is_observed;
	ret->net = block->net;
	ret->from_wall_us = block->from_wall_us;
	ret->until_wall_us = now_wall_of(now, block->until_us);
	ret->term_s = block->term_s;
	ret->incident = block->incident;
	if (block->rule != RULE_NONE)
		(void)VIEW_COPY(view_of(guard_rule_name((enum guard_rule)block->rule)), ret->rule);
	(void)VIEW_COPY(view_of(block->reason), ret->reason);
	(void)VIEW_COPY(view_of(block->actor), ret->actor);
}

/* Two networks share an address if one holds the other's base. */
static bool nets_meet(const struct addr_net *a, const struct addr_net *b)
{
	return addr_net_holds(a, &b->base) || addr_net_holds(b, &a->base);
}

static bool nets_equal(const struct addr_net *a, const struct addr_net *b)
{
	return a->prefix == b->prefix && addr_same_host(&a->base, &b->base);
}

const struct guard_never_entry *guard_never_find(const struct guard_blocks *b,
                                                 const struct addr_net *net)
{
	for (uint32_t i = 0; i < b->never_count; i++) {
		if (nets_meet(&b->never[i].net, net))
			return &b->never[i];
	}
	return NULL;
}

struct guard_never_entry *guard_never_exact(struct guard_blocks *b, const struct addr_net *net)
{
	for (uint32_t i = 0; i < b->never_count; i++) {
		if (nets_equal(&b->never[i].net, net))
			return &b->never[i];
	}
	return NULL;
}

enum err guard_never_put(struct guard_blocks *b, const struct guard_never_entry *entry)
{
	if (guard_never_exact(b, &entry->net))
		return ERR_EXISTS;
	if (b->never_count == sizeof(b->never) / sizeof(b->never[0]))
		return ERR_FULL;
	b->never[b->never_count++] = *entry;
	return ERR_NONE;
}

void guard_never_take(struct guard_blocks *b, struct guard_never_entry *entry)
{
	*entry = b->never[--b->never_count];
}

void guard_never_drop(struct guard_blocks *b, enum block_origin origin)
{
	for (uint32_t i = b->never_count; i-- > 0;) {
		if (b->never[i].origin == origin)
			guard_never_take(b, &b->never[i]);
	}
}

void guard_never_record(const struct guard_never_entry *entry, struct record_block *ret)
{
	record_head(ret);
	ret->block = entry->number;
	ret->kind = BLOCK_NEVER;
	ret->origin = entry->origin;
	ret->net = entry->net;
	ret->from_wall_us = entry->from_wall_us;
	(void)VIEW_COPY(view_of(entry->note), ret->reason);
	(void)VIEW_COPY(view_of(entry->actor), ret->actor);
}
