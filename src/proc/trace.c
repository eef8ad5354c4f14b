/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of a trace, and its filter. */
#include "proc/trace.h"

#include "sip/mask.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct trace {
	uint64_t newest; /* the last row's number, or that of a later answer */
	uint64_t put;    /* rows so far */
	uint64_t until_us;
	uint64_t numbers[MAX_TRACE_NUMBERS];
	struct ask_trace rows[MAX_TRACE_ROWS];
};

enum err trace_new(struct trace **ret)
{
	struct trace *t = calloc(1, sizeof(*t));

	if (!t)
		return ERR_NO_MEMORY;
	*ret = t;
	return ERR_NONE;
}

void trace_free(struct trace **t)
{
	free(*t);
	*t = NULL;
}

void trace_note(struct trace *t, const struct flow *flow, bool is_sent, struct view bytes,
                struct now now)
{
	struct ask_trace *row;
	struct buffer text;

	if (now.us >= t->until_us)
		return;
	t->newest = now.us > t->newest ? now.us : t->newest + 1;
	t->numbers[t->put % MAX_TRACE_NUMBERS] = t->newest;
	row = &t->rows[t->put++ % MAX_TRACE_ROWS];
	row->number = t->newest;
	row->wall_us = now.wall_us;
	row->flow = *flow;
	row->is_sent = is_sent;
	row->total = (uint32_t)bytes.len;
	row->missed = 0;
	row->is_end = false;
	text = BUFFER_ON(row->text);
	sip_mask(bytes, &text);
	row->len = (uint16_t)text.len;
}

/* --- The filter --- */

static bool holds(struct view text, struct view wanted)
{
	for (size_t at = 0; at + wanted.len <= text.len; at++)
		if (view_starts_nocase(view_after(text, at), wanted))
			return true;
	return false;
}

/* A line that begins so, without its beginning. */
static struct view line_of(struct view text, const char *name)
{
	for (size_t at = 0; at < text.len;) {
		size_t end = view_find(text, '\n', at);
		struct view line = view_first(view_after(text, at), end - at);

		if (view_starts_nocase(line, view_of(name)))
			return view_trim(view_after(line, strlen(name)));
		at = end + 1;
	}
	return VIEW_EMPTY;
}

/* Of a response it is the one that it answers. */
static bool is_method(struct view text, struct view wanted)
{
	struct view cseq = line_of(text, "CSeq:");
	size_t blank = view_find(cseq, ' ', 0);

	if (view_starts_nocase(text, wanted) && text.len > wanted.len && text.at[wanted.len] == ' ')
		return true;
	return view_equal_nocase(view_trim(view_after(cseq, blank)), wanted);
}

static bool is_call(struct view text, struct view wanted)
{
	return holds(line_of(text, "Call-ID:"), wanted) || holds(line_of(text, "i:"), wanted);
}

/* Where a user stands in a message: before the @ of a URI, or as who logs in. */
static bool is_user(struct view text, struct view wanted)
{
	static const char ends[] = "@;>:\" \r\n";

	for (size_t at = 1; at + wanted.len < text.len; at++) {
		char before = text.at[at - 1], after = text.at[at + wanted.len];

		if ((before == ':' || before == '"') && after != '\0' && strchr(ends, after) &&
		    view_equal(view_first(view_after(text, at), wanted.len), wanted))
			return true;
	}
	return false;
}

/* A name before '=' that is none of ours is a slip: as a text it would be waited for in
 * vain. Text with such a name in it is asked for by text=. */
static bool is_field(struct view word, size_t sign)
{
	if (sign == 0 || sign == word.len)
		return false;
	for (size_t i = 0; i < sign; i++)
		if ((word.at[i] < 'a' || word.at[i] > 'z') && word.at[i] != '-')
			return false;
	return true;
}

static enum err takes_word(struct view word, const struct ask_trace *row, bool *ret)
{
	static const struct {
		const char *name;
		bool (*is)(struct view text, struct view wanted);
	} fields[] = { { "method=", is_method },
		       { "user=", is_user },
		       { "call-id=", is_call },
		       { "text=", holds } };
	struct view text = view_bytes(row->text, row->len);
	struct addr address;
	size_t sign = view_find(word, '=', 0);

	if (view_starts(word, VIEW("address="))) {
		if (addr_parse(view_after(word, sign + 1), &address) != ERR_NONE)
			return ERR_SYNTAX;
		*ret = addr_same_host(&row->flow.remote, &address) ||
		       addr_same_host(&row->flow.local, &address);
		return ERR_NONE;
	}
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (!view_starts(word, view_of(fields[i].name)))
			continue;
		*ret = fields[i].is(text, view_after(word, sign + 1));
		return sign + 1 < word.len ? ERR_NONE : ERR_SYNTAX;
	}
	*ret = holds(text, word);
	return is_field(word, sign) ? ERR_SYNTAX : ERR_NONE;
}

enum err trace_takes(struct view filter, const struct ask_trace *row, bool *ret)
{
	bool is_taken = true;

	filter = view_trim(filter);
	while (filter.len > 0) {
		size_t end = view_find(filter, ' ', 0);
		bool is_word_taken = false;
		enum err err = takes_word(view_first(filter, end), row, &is_word_taken);

		if (err != ERR_NONE)
			return err;
		is_taken = is_taken && is_word_taken;
		filter = view_trim(view_after(filter, end));
	}
	*ret = is_taken;
	return ERR_NONE;
}

/* --- The answer --- */

struct answering {
	struct trace *t;
	void (*answer)(void *context, const struct ask *row);
	void *context;
	struct view filter;
};

/* How many rows there were before the first with a higher number, as far as is remembered. */
static uint64_t place_after(const struct trace *t, uint64_t number)
{
	uint64_t low = t->put > MAX_TRACE_NUMBERS ? t->put - MAX_TRACE_NUMBERS : 0, high = t->put;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (t->numbers[middle % MAX_TRACE_NUMBERS] > number)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* The number up to which was looked. */
static uint64_t answer_rows(const struct answering *a, uint64_t from)
{
	static struct ask row;
	unsigned count = 0;
	uint64_t number = a->t->newest;

	for (; from < a->t->put && count < MAX_TRACE_ANSWER; from++) {
		const struct ask_trace *kept = &a->t->rows[from % MAX_TRACE_ROWS];
		size_t size = offsetof(struct ask_trace, text) + kept->len;
		bool is_taken;

		number = kept->number;
		if (trace_takes(a->filter, kept, &is_taken) != ERR_NONE || !is_taken)
			continue;
		memset(&row.head, 0, sizeof(row.head));
		row.head.size = (uint32_t)size;
		memcpy(&row.body.trace, kept, size);
		a->answer(a->context, &row);
		count++;
	}
	return from < a->t->put ? number : a->t->newest;
}

void trace_answer(struct trace *t, const struct ask *question, struct now now,
                  void (*answer)(void *context, const struct ask *row), void *context)
{
	static struct ask end;
	static const struct ask empty;
	const struct ask_query *query = &question->body.query;
	struct answering a = { t, answer, context,
		               view_bytes(query->filter,
		                          strnlen(query->filter, sizeof(query->filter))) };
	uint64_t oldest = t->put > MAX_TRACE_ROWS ? t->put - MAX_TRACE_ROWS : 0, from = t->put;
	struct ask last = { .head = { .is_last = 1 } };
	bool is_taken;

	memset(&end.head, 0, sizeof(end.head));
	memset(&end.body.trace, 0, offsetof(struct ask_trace, text));
	if (trace_takes(a.filter, &empty.body.trace, &is_taken) != ERR_NONE) {
		last.head.result = ERR_SYNTAX;
		answer(context, &last);
		return;
	}
	t->until_us = now.us + TRACE_LIFE_US;
	if (query->after != 0 && query->after <= t->newest)
		from = place_after(t, query->after);
	/* What is kept from now on is later than what this answer covers. */
	if (now.us > t->newest)
		t->newest = now.us;
	if (from < oldest) {
		end.body.trace.missed = (uint32_t)(oldest - from);
		from = oldest;
	}
	end.head.size = offsetof(struct ask_trace, text);
	end.body.trace.is_end = true;
	end.body.trace.number = answer_rows(&a, from);
	answer(context, &end);
	answer(context, &last);
}
