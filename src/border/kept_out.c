/* SPDX-License-Identifier: Apache-2.0 */
/* One object for each name and pair of ends, and one for what had no row. */
#include "border/kept_out.h"

#include "base/date.h"
#include "base/object.h"
#include "border/headers.h"
#include "border/peers.h"

static const struct border_peer *peer_at(const struct border *b, uint16_t row)
{
	return row < b->settings.peer_count ? &b->settings.peers[row] : NULL;
}

static const char *name_of(const struct border_peer *peer) { return peer ? peer->name : "phone"; }

static void begin(struct buffer *out, unsigned way, struct view name)
{
	buffer_char(out, '{');
	object_text(out, "direction", way == HEADERS_INWARD ? VIEW("inward") : VIEW("outward"));
	object_text(out, "header", name);
}

static void write_line(const struct border_peer *decider, struct view name, struct buffer *out)
{
	char text[BORDER_NAME_SIZE + BORDER_HEADER_SIZE + 40];
	struct buffer line = BUFFER_ON(text);

	if (decider && headers_may_pass(name)) {
		buffer_text(&line, "peer ");
		buffer_text(&line, decider->name);
		buffer_text(&line, " { headers { pass ");
		buffer_put(&line, name);
		buffer_text(&line, " } }");
	}
	object_text(out, "line", buffer_view(&line));
}

static void write_row(const struct border *b, const struct header_row *row, struct buffer *out)
{
	const struct border_peer *from = peer_at(b, row->from), *to = peer_at(b, row->to);
	char text[DATE_TEXT_MAX];
	struct buffer last = BUFFER_ON(text);

	begin(out, row->way, row->name);
	object_text(out, "from", view_of(name_of(from)));
	object_text(out, "to", view_of(name_of(to)));
	object_number(out, "count", row->count);
	date_write(&last, row->last_wall_us);
	object_text(out, "last", buffer_view(&last));
	write_line(party_decider(from, to), row->name, out);
	buffer_char(out, '}');
}

void kept_out_list(const struct border *b, struct ask *row,
                   void (*answer)(void *context, const struct ask *row), void *context)
{
	struct header_row counted;
	unsigned place = 0;

	while (header_counts_next(b->removed, &place, &counted)) {
		struct buffer out = BUFFER_ON(row->body.text);

		write_row(b, &counted, &out);
		row->head.size = (uint32_t)out.len;
		answer(context, row);
	}
	for (unsigned way = HEADERS_INWARD; way <= HEADERS_OUTWARD; way++) {
		uint64_t count = header_counts_beyond(b->removed, (enum headers_way)way);
		struct buffer out = BUFFER_ON(row->body.text);

		if (count == 0)
			continue;
		begin(&out, way, VIEW("(others)"));
		object_number(&out, "count", count);
		buffer_char(&out, '}');
		row->head.size = (uint32_t)out.len;
		answer(context, row);
	}
}

void kept_out_apply(struct border *b)
{
	uint16_t new_row[MAX_PEERS];

	for (uint16_t i = 0; i < b->before.peer_count; i++)
		new_row[i] = peers_row_now(b, &b->before, i);
	header_counts_apply(b->removed, new_row, b->before.peer_count);
}
