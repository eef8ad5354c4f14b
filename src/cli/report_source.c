/* SPDX-License-Identifier: Apache-2.0 */
/* Two tables, so that forged sources, however many and bad, cannot push out
 * those that are proven. */
#include "cli/report_priv.h"
#include <stdlib.h>
#include <string.h>

enum err report_sources_init(struct report_sources *s, const struct hash_key *key)
{
	enum err err = guard_recent_init(&s->proven, sizeof(struct report_source),
	                                 MAX_REPORT_SOURCES, key);

	return err != ERR_NONE ? err
	                       : guard_recent_init(&s->others, sizeof(struct report_source),
	                                           MAX_REPORT_SOURCES, key);
}

void report_sources_clear(struct report_sources *s)
{
	guard_recent_clear(&s->proven);
	guard_recent_clear(&s->others);
}

static struct guard_key key_of(const struct addr *address)
{
	struct addr source = addr_source(address);

	return guard_key_of(&source, 0);
}

struct report_source *report_source_find(struct report_sources *s, const struct addr *address)
{
	struct guard_key key = key_of(address);
	struct report_source *source = guard_recent_find(&s->proven, &key);

	return source ? source : guard_recent_find(&s->others, &key);
}

static struct report_source *touch(struct report_sources *s, struct guard_recent *table,
                                   const struct guard_key *key)
{
	bool is_full = pool_used(table->pool) == pool_count(table->pool);
	struct report_source *source = guard_recent_touch(table, key);

	s->left_out += is_full && source->address.family == 0;
	return source;
}

static struct report_source *touch_row(struct report_sources *s, const struct addr *address)
{
	struct guard_key key = key_of(address);

	if (guard_recent_find(&s->proven, &key))
		return guard_recent_touch(&s->proven, &key);
	return touch(s, &s->others, &key);
}

struct report_source *report_source_touch(struct report_sources *s, const struct addr *address,
                                          int64_t wall_us)
{
	struct report_source *source = s->last;

	if (!source || !addr_same_host(&s->last_host, address)) {
		source = s->last = touch_row(s, address);
		s->last_host = *address;
	}
	if (source->address.family == 0) {
		source->address = *address;
		source->address.port = 0;
		source->first_wall_us = wall_us;
	}
	if (!addr_same_host(&source->address, address))
		source->has_neighbours = true;
	if (wall_us < source->first_wall_us)
		source->first_wall_us = wall_us;
	if (wall_us > source->last_wall_us)
		source->last_wall_us = wall_us;
	return source;
}

struct report_source *report_source_prove(struct report_sources *s, struct report_source *source)
{
	struct report_source copy = *source, *proven;

	if (guard_recent_find(&s->proven, &copy.row.key))
		return source;
	proven = touch(s, &s->proven, &copy.row.key);
	copy.row = proven->row;
	*proven = copy;
	guard_recent_forget(&s->others, source);
	s->last = NULL;
	return proven;
}

enum cli_verdict report_source_verdict(const struct cli_report *r, const struct report_source *s)
{
	if (s->proven_milli >= r->settings.block_milli)
		return CLI_BLOCK;
	return s->suspicion_milli >= r->settings.suspect_milli ||
	                       s->proven_milli >= r->settings.suspect_milli
	             ? CLI_SUSPECT
	             : CLI_CLEAN;
}

uint32_t report_source_score(const struct report_source *s)
{
	return s->suspicion_milli > s->proven_milli ? s->suspicion_milli : s->proven_milli;
}

void report_source_name(const struct report_source *s, struct buffer *b)
{
	struct addr_net net = { .base = addr_source(&s->address), .prefix = 64 };

	if (s->has_neighbours)
		addr_net_write(b, &net);
	else
		addr_write(b, &s->address);
}

/* --- Order --- */

struct ranked {
	const struct report_source *source;
	uint64_t rank;
};

/* Verdict, whether it came to something, score, count: in one number. */
static uint64_t rank_of(const struct cli_report *r, const struct report_source *s)
{
	uint64_t score = report_source_score(s);
	uint64_t count = s->facts < UINT32_MAX ? s->facts : UINT32_MAX;

	score = score < (1U << 27) ? score : (1U << 27) - 1;
	return (uint64_t)report_source_verdict(r, s) << 62 |
	       (uint64_t)(s->outcome == OUTCOME_SUCCEEDED) << 61 | (uint64_t)(s->count > 0) << 60 |
	       score << 32 | count;
}

static int compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->rank != y->rank)
		return x->rank < y->rank ? 1 : -1;
	return memcmp(&x->source->address, &y->source->address, sizeof(struct addr));
}

static size_t gather(const struct cli_report *r, const struct guard_recent *table,
                     struct ranked *ret)
{
	const struct report_source *source;
	uint32_t place = 0;
	size_t count = 0;

	while ((source = pool_next(table->pool, &place)) != NULL)
		ret[count++] = (struct ranked){ source, rank_of(r, source) };
	return count;
}

enum err report_sources_sort(struct cli_report *r, const struct report_source ***ret,
                             size_t *ret_count)
{
	size_t count = pool_used(r->sources.proven.pool) + pool_used(r->sources.others.pool);
	struct ranked *ranked = calloc(count + 1, sizeof(*ranked));
	const struct report_source **list = calloc(count + 1, sizeof(struct report_source *));
	size_t first;

	if (!ranked || !list) {
		free(ranked);
		free(list);
		return ERR_NO_MEMORY;
	}
	first = gather(r, &r->sources.proven, ranked);
	(void)gather(r, &r->sources.others, ranked + first);
	qsort(ranked, count, sizeof(*ranked), compare);
	for (size_t i = 0; i < count; i++)
		list[i] = ranked[i].source;
	free(ranked);
	*ret = list;
	*ret_count = count;
	return ERR_NONE;
}
