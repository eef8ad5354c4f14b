/* SPDX-License-Identifier: Apache-2.0 */
/* Which headers go on, and the count of those that do not. */
#include "border/headers.h"

#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 40, WAYS = 2 };

struct named_count {
	char name[NAME_SIZE];
	uint64_t count[WAYS];
};

struct header_counts {
	uint64_t known[WAYS][SIP_HEADER_COUNT];
	struct named_count other[MAX_HEADER_NAMES];
	uint64_t beyond[WAYS]; /* further names: counted together */
	unsigned others;
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
	[SIP_HEADER_HISTORY_INFO] = FATE_WRITTEN,
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

static void count_other(struct header_counts *c, struct view name, enum headers_way way)
{
	for (unsigned i = 0; i < c->others; i++) {
		if (view_equal_nocase(view_of(c->other[i].name), name)) {
			c->other[i].count[way]++;
			return;
		}
	}
	if (c->others == MAX_HEADER_NAMES || name.len >= NAME_SIZE) {
		c->beyond[way]++;
		return;
	}
	(void)VIEW_COPY(name, c->other[c->others].name);
	c->other[c->others++].count[way] = 1;
}

void headers_copy(struct buffer *b, const struct sip_msg *msg, enum headers_way way,
                  struct header_counts *counts)
{
	for (unsigned i = 0; i < msg->count; i++) {
		const struct sip_header *h = &msg->headers[i];

		if (h->id == SIP_HEADER_OTHER)
			count_other(counts, h->name, way);
		else if (fates[way][h->id] == FATE_PASSED && !h->is_foreign)
			sip_build_header(b, h->id, h->value);
		else if (fates[way][h->id] != FATE_WRITTEN)
			counts->known[way][h->id]++;
	}
}

/* Quotes, colon, comma and the digits of any count; what the last row and the braces take. */
enum { ROW_SIGNS = 26, END_SIGNS = 64 };

/* One direction's object as it is written; rows beyond `end` are summed up in the last one. */
struct writing {
	struct buffer *b;
	size_t end;
	uint64_t left_out;
	bool has_row;
};

/* The parser took names as tokens, which hold no quote and no backslash. */
static void write_count(struct writing *w, struct view name, uint64_t count)
{
	if (count == 0)
		return;
	if (w->b->len + name.len + ROW_SIGNS > w->end) {
		w->left_out += count;
		return;
	}
	buffer_text(w->b, w->has_row ? ",\"" : "\"");
	buffer_put(w->b, name);
	buffer_text(w->b, "\":");
	buffer_decimal(w->b, count);
	w->has_row = true;
}

/* `size`: of the whole that this may take. */
static void write_way(struct buffer *b, const struct header_counts *c, enum headers_way way,
                      size_t size)
{
	struct writing w = { b, b->len + size - END_SIGNS, c->beyond[way], false };

	buffer_char(b, '{');
	for (unsigned id = 0; id < SIP_HEADER_COUNT; id++)
		write_count(&w, sip_header_name(id), c->known[way][id]);
	for (unsigned i = 0; i < c->others; i++)
		write_count(&w, view_of(c->other[i].name), c->other[i].count[way]);
	w.end += END_SIGNS;
	write_count(&w, VIEW("(further names)"), w.left_out);
	buffer_char(b, '}');
}

void header_counts_write(struct buffer *b, const struct header_counts *c)
{
	static const char begin[] = "{\"inward\":", between[] = ",\"outward\":";
	size_t size = (b->max - b->len - sizeof(begin) - sizeof(between)) / WAYS;

	buffer_text(b, begin);
	write_way(b, c, HEADERS_INWARD, size);
	buffer_text(b, between);
	write_way(b, c, HEADERS_OUTWARD, size);
	buffer_char(b, '}');
}
