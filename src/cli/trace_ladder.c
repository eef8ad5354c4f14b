/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes and arrows. */
#include "cli/trace_ladder.h"

#include "cli/text.h"

#include <string.h>

enum { LANE = 22, ARROW = 26, MAX_WORD = 40, MAX_CALL_ID = 28, TIME_AT = 11, TIME_LEN = 12 };

static struct view first_line(struct view text)
{
	return view_trim(view_first(text, view_find(text, '\n', 0)));
}

/* The value of a header, by its long or its short name. */
static struct view header(struct view text, const char *name, const char *compact)
{
	for (size_t at = 0; at < text.len;) {
		size_t end = view_find(text, '\n', at);
		struct view line = view_first(view_after(text, at), end - at);

		if (view_starts_nocase(line, view_of(name)))
			return view_trim(view_after(line, strlen(name)));
		if (view_starts_nocase(line, view_of(compact)))
			return view_trim(view_after(line, strlen(compact)));
		if (view_trim(line).len == 0)
			break;
		at = end + 1;
	}
	return VIEW_EMPTY;
}

/* Between "sip:" and "@", or what stands there without a user. */
static struct view user_of(struct view uri)
{
	static const char ends[] = "@;>? \t";
	size_t colon = view_find(uri, ':', 0), len = 0;
	struct view rest = view_after(uri, colon + 1);

	while (len < rest.len && !strchr(ends, rest.at[len]))
		len++;
	return view_first(rest, len);
}

static void put(struct buffer *b, struct view text, size_t most)
{
	cli_text_write(b, view_first(text, most));
}

void cli_trace_label(struct buffer *b, struct view text)
{
	struct view line = first_line(text), cseq = header(text, "CSeq:", "CSeq:");
	size_t blank = view_find(line, ' ', 0);

	if (view_starts_nocase(line, VIEW("SIP/"))) {
		put(b, view_trim(view_after(line, blank)), MAX_WORD / 2);
		buffer_text(b, " (");
		put(b, view_trim(view_after(cseq, view_find(cseq, ' ', 0))), MAX_WORD / 4);
		buffer_char(b, ')');
		return;
	}
	put(b, view_first(line, blank), MAX_WORD / 2);
	if (blank < line.len) {
		buffer_char(b, ' ');
		put(b, user_of(view_after(line, blank + 1)), MAX_WORD / 2);
	}
}

static void pad(struct buffer *b, size_t from, size_t width, const char *with)
{
	struct view written = view_bytes(b->at + from, b->len - from);

	for (size_t n = cli_text_width(written); n < width; n++)
		buffer_text(b, with);
}

static void lane(struct buffer *b, struct view text)
{
	size_t from = b->len;

	put(b, text, MAX_WORD);
	pad(b, from, LANE, " ");
}

/* "── INVITE 210 ────▶" or "◀── 180 Ringing ───". */
static void arrow(struct buffer *b, struct view text, bool is_rightward)
{
	size_t from = b->len;

	buffer_text(b, is_rightward ? "── " : "◀─ ");
	cli_trace_label(b, text);
	buffer_char(b, ' ');
	pad(b, from, ARROW - 1, "─");
	buffer_text(b, is_rightward ? "▶" : "─");
}

static void lanes(struct buffer *b, const struct cli_trace *t)
{
	struct view theirs = t->is_sent ? t->to : t->from;

	if (t->is_watching) {
		lane(b, t->from);
		arrow(b, t->text, true);
		buffer_char(b, ' ');
		lane(b, t->to);
		return;
	}
	if (t->side == 0) {
		lane(b, theirs);
		arrow(b, t->text, !t->is_sent);
		buffer_text(b, "│");
		pad(b, b->len, ARROW + 1 + LANE, " ");
		return;
	}
	lane(b, VIEW_EMPTY);
	pad(b, b->len, ARROW, " ");
	buffer_text(b, "│");
	arrow(b, t->text, t->is_sent);
	buffer_char(b, ' ');
	lane(b, theirs);
}

void cli_trace_line(struct buffer *b, const struct cli_trace *t)
{
	put(b, view_first(view_after(t->time, TIME_AT), TIME_LEN), TIME_LEN);
	buffer_text(b, "  ");
	lanes(b, t);
	buffer_text(b, "  ");
	put(b, user_of(header(t->text, "From:", "f:")), MAX_WORD / 2);
	buffer_text(b, " > ");
	put(b, user_of(header(t->text, "To:", "t:")), MAX_WORD / 2);
	buffer_text(b, "  ");
	put(b, header(t->text, "Call-ID:", "i:"), MAX_CALL_ID);
}
