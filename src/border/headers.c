/* SPDX-License-Identifier: Apache-2.0 */
/* Which headers go on, and the count of those that do not. */
#include "border/headers.h"

#include "sip/event.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 2 };

struct counted {
	char name[BORDER_HEADER_SIZE];
	uint64_t count; /* 0: free */
	int64_t last_wall_us;
	uint16_t from, to;
	uint8_t way;
};

struct header_counts {
	struct counted rows[HEADER_SETS][HEADER_SET_ROWS];
	struct counted before[MAX_HEADER_ROWS]; /* while rows get new numbers */
	uint64_t beyond[WAYS];
};

/* What somebody else writes: neither passed here nor counted as removed. */
enum fate { FATE_REMOVED, FATE_PASSED, FATE_WRITTEN };

static const uint8_t fates[WAYS][SIP_HEADER_COUNT] = {
#define PASS(id, inward, outward) [SIP_HEADER_##id] = (inward) ? FATE_PASSED : FATE_REMOVED,
#define WRITTEN                                                                                    \
	[SIP_HEADER_VIA] = FATE_WRITTEN, [SIP_HEADER_FROM] = FATE_WRITTEN,                         \
	[SIP_HEADER_TO] = FATE_WRITTEN, [SIP_HEADER_CALL_ID] = FATE_WRITTEN,                       \
	[SIP_HEADER_CSEQ] = FATE_WRITTEN, [SIP_HEADER_MAX_FORWARDS] = FATE_WRITTEN,                \
	[SIP_HEADER_CONTENT_LENGTH] = FATE_WRITTEN, [SIP_HEADER_CONTACT] = FATE_WRITTEN,           \
	[SIP_HEADER_ROUTE] = FATE_WRITTEN, [SIP_HEADER_RECORD_ROUTE] = FATE_WRITTEN,               \
	[SIP_HEADER_CONTENT_TYPE] = FATE_WRITTEN, [SIP_HEADER_AUTHORIZATION] = FATE_WRITTEN,       \
	[SIP_HEADER_PROXY_AUTHORIZATION] = FATE_WRITTEN,                                           \
	[SIP_HEADER_WWW_AUTHENTICATE] = FATE_WRITTEN,                                              \
	[SIP_HEADER_PROXY_AUTHENTICATE] = FATE_WRITTEN, [SIP_HEADER_EXPIRES] = FATE_WRITTEN,       \
	[SIP_HEADER_ALLOW] = FATE_WRITTEN, [SIP_HEADER_TIMESTAMP] = FATE_WRITTEN,                  \
	[SIP_HEADER_SUPPORTED] = FATE_WRITTEN, [SIP_HEADER_REQUIRE] = FATE_WRITTEN,                \
	[SIP_HEADER_PROXY_REQUIRE] = FATE_WRITTEN, [SIP_HEADER_RSEQ] = FATE_WRITTEN,               \
	[SIP_HEADER_RACK] = FATE_WRITTEN, [SIP_HEADER_SESSION_EXPIRES] = FATE_WRITTEN,             \
	[SIP_HEADER_MIN_SE] = FATE_WRITTEN, [SIP_HEADER_REFER_TO] = FATE_WRITTEN,                  \
	[SIP_HEADER_REFERRED_BY] = FATE_WRITTEN, [SIP_HEADER_REPLACES] = FATE_WRITTEN,             \
	[SIP_HEADER_TARGET_DIALOG] = FATE_WRITTEN, [SIP_HEADER_EVENT] = FATE_WRITTEN,              \
	[SIP_HEADER_ALLOW_EVENTS] = FATE_WRITTEN, [SIP_HEADER_P_ASSERTED_IDENTITY] = FATE_WRITTEN, \
	[SIP_HEADER_P_PREFERRED_IDENTITY] = FATE_WRITTEN, [SIP_HEADER_DIVERSION] = FATE_WRITTEN,   \
	[SIP_HEADER_HISTORY_INFO] = FATE_WRITTEN, [SIP_HEADER_PATH] = FATE_WRITTEN,
	{
#include "border/headers.def"
		WRITTEN },
#undef PASS
#define PASS(id, inward, outward) [SIP_HEADER_##id] = (outward) ? FATE_PASSED : FATE_REMOVED,
	{
#include "border/headers.def"
		WRITTEN },
#undef PASS
#undef WRITTEN
};

enum err header_counts_new(struct header_counts **ret)
{
	struct header_counts *c = calloc(1, sizeof(*c));

	if (!c)
		return ERR_NO_MEMORY;
	*ret = c;
	return ERR_NONE;
}

void header_counts_free(struct header_counts **c)
{
	free(*c);
	*c = NULL;
}

/* ---- what is kept out ---- */

static unsigned set_of(struct view name, const struct headers_ends *ends)
{
	unsigned sum = ends->from * 13U + ends->to * 17U;

	for (size_t i = 0; i < name.len; i++)
		sum = sum * 31 + ((unsigned char)name.at[i] | 0x20U);
	return sum % HEADER_SETS;
}

static bool is_row(const struct counted *row, struct view name, const struct headers_ends *ends)
{
	return row->count > 0 && row->from == ends->from && row->to == ends->to &&
	       row->way == ends->way && view_equal_nocase(view_of(row->name), name);
}

static void keep_out(struct header_counts *c, struct view name, const struct headers_ends *ends)
{
	struct counted *set = name.len > 0 ? c->rows[set_of(name, ends)] : NULL, *quietest = set;

	if (!set || name.len >= BORDER_HEADER_SIZE) {
		c->beyond[ends->way]++;
		return;
	}
	for (unsigned i = 0; i < HEADER_SET_ROWS; i++) {
		struct counted *row = &set[i];

		if (is_row(row, name, ends)) {
			row->count++;
			row->last_wall_us = ends->wall_us;
			return;
		}
		if (row->count == 0
		            ? quietest->count != 0
		            : quietest->count != 0 && row->last_wall_us < quietest->last_wall_us)
			quietest = row;
	}
	if (quietest->count)
		c->beyond[quietest->way] += quietest->count;
	*quietest = (struct counted){ .count = 1,
		                      .last_wall_us = ends->wall_us,
		                      .from = ends->from,
		                      .to = ends->to,
		                      .way = (uint8_t)ends->way };
	(void)VIEW_COPY(name, quietest->name);
}

bool header_counts_next(const struct header_counts *c, unsigned *place, struct header_row *ret)
{
	while (*place < MAX_HEADER_ROWS) {
		const struct counted *row =
			&c->rows[*place / HEADER_SET_ROWS][*place % HEADER_SET_ROWS];

		(*place)++;
		if (row->count == 0)
			continue;
		*ret = (struct header_row){ view_of(row->name), row->from,  row->to,
			                    row->way,           row->count, row->last_wall_us };
		return true;
	}
	return false;
}

uint64_t header_counts_beyond(const struct header_counts *c, enum headers_way way)
{
	return c->beyond[way];
}

static bool renumber(uint16_t *row, const uint16_t *new_row, size_t count)
{
	if (*row < count)
		*row = new_row[*row];
	return *row == HEADERS_PHONE || *row < MAX_PEERS;
}

static void put_back(struct header_counts *c, const struct counted *row)
{
	const struct headers_ends ends = { .way = row->way, .from = row->from, .to = row->to };
	struct counted *set = c->rows[set_of(view_of(row->name), &ends)];

	for (unsigned i = 0; i < HEADER_SET_ROWS; i++) {
		if (set[i].count > 0)
			continue;
		set[i] = *row;
		return;
	}
	c->beyond[row->way] += row->count;
}

void header_counts_apply(struct header_counts *c, const uint16_t *new_row, size_t count)
{
	memcpy(c->before, c->rows, sizeof(c->before));
	memset(c->rows, 0, sizeof(c->rows));
	for (unsigned i = 0; i < MAX_HEADER_ROWS; i++) {
		struct counted *row = &c->before[i];

		if (row->count > 0 && renumber(&row->from, new_row, count) &&
		    renumber(&row->to, new_row, count))
			put_back(c, row);
	}
}

/* ---- what passes ---- */

static bool is_excepted(const struct border_headers *own, struct view name)
{
	for (unsigned i = 0; own && i < own->count; i++) {
		if (view_equal_nocase(view_of(own->pass[i]), name))
			return true;
	}
	return false;
}

static bool is_printable(struct view value)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] < ' ' || value.at[i] > '~')
			return false;
	}
	return value.len <= MAX_PASSED_VALUE;
}

bool headers_may_pass(struct view name)
{
	enum sip_header_id id = sip_header_of(name);

	if (view_is_empty(name) || view_equal_nocase(name, VIEW("X-Ringfence-Source")))
		return false;
	return id == SIP_HEADER_OTHER || fates[HEADERS_INWARD][id] != FATE_WRITTEN;
}

static enum fate fate_of(const struct sip_header *h, enum headers_way way)
{
	if (h->id == SIP_HEADER_OTHER)
		return FATE_REMOVED;
	if (fates[way][h->id] == FATE_PASSED && h->is_foreign)
		return FATE_REMOVED;
	return (enum fate)fates[way][h->id];
}

/* What has a known fault is written anew: others need not know how to read it. */
static void put_passed(struct buffer *b, const struct sip_header *h)
{
	struct sip_subscription state;
	size_t begun;

	if (h->id != SIP_HEADER_SUBSCRIPTION_STATE ||
	    sip_subscription_parse(h->value, &state) != ERR_NONE) {
		sip_build_header(b, h->id, h->value);
		return;
	}
	begun = sip_build_begin(b, h->id);
	sip_subscription_write(b, &state);
	sip_build_finish(b, begun);
}

void headers_copy(struct buffer *b, const struct sip_msg *msg, const struct headers_ends *ends,
                  struct header_counts *counts)
{
	unsigned excepted = 0;

	for (unsigned i = 0; i < msg->count; i++) {
		const struct sip_header *h = &msg->headers[i];
		enum fate fate = fate_of(h, ends->way);
		bool is_named = h->id != SIP_HEADER_OTHER;

		if (fate == FATE_PASSED) {
			put_passed(b, h);
		} else if (fate == FATE_REMOVED && !h->is_foreign && excepted < MAX_PASSED &&
		           is_excepted(ends->own, is_named ? sip_header_name(h->id) : h->name) &&
		           is_printable(h->value)) {
			excepted++;
			sip_build_named(b, is_named ? sip_header_name(h->id) : h->name, h->value);
		} else if (fate == FATE_REMOVED) {
			bool is_nameless = ends->is_stranger && !is_named;

			keep_out(counts,
			         is_named      ? sip_header_name(h->id)
			         : is_nameless ? VIEW_EMPTY
			                       : h->name,
			         ends);
		}
	}
}
