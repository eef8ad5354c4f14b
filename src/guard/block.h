/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks with their terms, and the never-block list that always wins. A block
 * that ended is remembered for a day, because who is blocked again within it
 * starts at the doubled term. A full table forgets the judge's block that was
 * made first; the administrator's are the last to go. */
#ifndef GUARD_BLOCK_H
#define GUARD_BLOCK_H

#include "base/now.h"
#include "event/record.h"
#include "event/verdict.h"
#include "guard/options.h"
#include "guard/recent.h"

enum { BLOCK_MEMORY_S = 86400 };

struct guard_block {
	struct guard_row row;
	struct addr_net net; /* base.port: the block is of one flow */
	int64_t from_wall_us;
	uint64_t until_us, told_until_us; /* as last recorded: it slides */
	uint64_t incident;
	uint32_t number;
	uint32_t term_s;
	uint8_t origin; /* enum block_origin */
	uint8_t rule;
	bool is_observed;
	bool is_ended; /* counted as ended */
	char reason[160];
	char actor[48];
};

/* One entry of the never-block list. */
struct guard_never_entry {
	struct addr_net net;
	int64_t from_wall_us;
	uint32_t number;
	uint8_t origin;
	char note[160];
	char actor[48];
};

struct guard_blocks {
	struct guard_recent rows;
	struct guard_never_entry never[2 * MAX_NEVER_BLOCK]; /* configured, then added */
	uint32_t never_count;
	struct verdict_table *verdicts;
};

/* The verdict table is borrowed. ERR_NO_MEMORY. */
enum err guard_blocks_init(struct guard_blocks *b, uint32_t max_blocks, const struct hash_key *key,
                           struct verdict_table *verdicts) MUST_USE;
void guard_blocks_clear(struct guard_blocks *b);

/* The net of a source (IPv6: its /64), or of one flow if it has a port. */
struct addr_net guard_block_net(const struct addr *source);

struct guard_block *guard_block_find(const struct guard_blocks *b, const struct addr_net *net);
static inline bool guard_block_is_live(const struct guard_block *block, uint64_t now_us)
{
	return block->until_us > now_us;
}
/* The row for that net, new or as it was; now to be filled in. */
struct guard_block *guard_block_touch(struct guard_blocks *b, const struct addr_net *net);
/* How long a block of the judge's lasts, given what is remembered of the last. */
uint32_t guard_block_term(const struct guard_block *last, uint32_t term_s, uint32_t max_term_s,
                          uint64_t now_us);
/* Puts its row into the verdict table, unless it is observed only. */
void guard_block_enforce(struct guard_blocks *b, const struct guard_block *block, uint64_t now_us);
/* Ends it now and forgets it: no doubling for who was blocked by mistake. */
void guard_block_lift(struct guard_blocks *b, struct guard_block *block);
/* Forgets what ended longer than a day ago; returns how many ended since the last call. */
uint32_t guard_blocks_advance(struct guard_blocks *b, uint64_t now_us);

void guard_block_record(const struct guard_block *block, struct now now, struct record_block *ret);

/* Any entry that shares an address with the net, or NULL. */
const struct guard_never_entry *guard_never_find(const struct guard_blocks *b,
                                                 const struct addr_net *net);
/* The entry of exactly this net, or NULL. */
struct guard_never_entry *guard_never_exact(struct guard_blocks *b, const struct addr_net *net);
/* ERR_FULL, ERR_EXISTS. */
enum err guard_never_put(struct guard_blocks *b, const struct guard_never_entry *entry) MUST_USE;
void guard_never_take(struct guard_blocks *b, struct guard_never_entry *entry);
/* Takes out all of that origin. */
void guard_never_drop(struct guard_blocks *b, enum block_origin origin);
void guard_never_record(const struct guard_never_entry *entry, struct record_block *ret);

#endif
