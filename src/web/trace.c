/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/trace: messages as they pass. Who traces asks again and again, each
 * time from where the last answer ended; while nobody asks nothing is kept. Each
 * worker of signal has rows of its own: an answer ends where the first of them has not looked
 * further, and is in the order in which they passed. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <stddef.h>
#include <stdlib.h>

enum { HEAD_SIZE = offsetof(struct ask_trace, text), MAX_ROWS = 512 };

struct numbered {
	uint64_t number;
	json_t *row;
};

static void ask_for_rows(struct web *w, struct web_exchange *x, enum ask_kind kind);

/* Beyond its end the other process has left what stood there before. */
static bool is_trace(const struct ask *row)
{
	return row->head.size >= HEAD_SIZE && row->head.size - HEAD_SIZE == row->body.trace.len &&
	       row->body.trace.len <= sizeof(row->body.trace.text);
}

static int order(const void *a, const void *b)
{
	uint64_t one = ((const struct numbered *)a)->number;
	uint64_t other = ((const struct numbered *)b)->number;

	return one < other ? -1 : one > other;
}

/* In one order, without what is asked for again. */
static json_t *ordered(const struct web_exchange *x)
{
	static struct numbered rows[MAX_ROWS];
	json_t *items = json_array();
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(x->items) && i < MAX_ROWS; i++) {
		json_t *row = json_array_get(x->items, i);
		const char *number = json_string_value(json_object_get(row, "number"));

		rows[count].row = row;
		if (number && view_decimal(view_of(number), UINT64_MAX, &rows[count].number) &&
		    rows[count].number <= x->last_row)
			count++;
	}
	qsort(rows, count, sizeof(rows[0]), order);
	for (size_t i = 0; i < count; i++)
		(void)json_array_append(items, rows[i].row);
	return items;
}

static void end(struct web *w, struct web_exchange *x)
{
	json_t *answer = json_object();

	(void)json_object_set_new(answer, "items", ordered(x));
	(void)json_object_set_new(answer, "watching", json_boolean(x->is_live));
	(void)json_object_set_new(answer, "next", web_json_number_text(x->last_row));
	(void)json_object_set_new(answer, "missed", json_integer((json_int_t)x->missed));
	web_end_json(w, x, 200, answer);
}

static void take(struct web_exchange *x, const struct ask *row)
{
	const struct ask_trace *t = &row->body.trace;

	if (!x->items)
		x->items = json_array();
	if (!is_trace(row))
		return;
	if (!t->is_end) {
		if (x->row_count++ < MAX_ROWS)
			(void)json_array_append_new(x->items, web_json_trace(t));
		return;
	}
	x->missed += t->missed;
	if (x->last_row == 0 || t->number < x->last_row)
		x->last_row = t->number;
}

static void trace_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (!row->head.is_last) {
		take(x, row);
		return;
	}
	if (row->head.result == ERR_SYNTAX)
		web_end_problem(w, x, 400,
		                "a filter is address=ADDRESS, method=M, user=U, call-id=TEXT, "
		                "text=TEXT or a word: there is no other field");
	else if (x->last_row)
		end(w, x); /* of those that are there, where a worker is not */
	else if (row->head.result == ERR_CLOSED && !x->is_live) {
		/* Of signal and the observer one runs. */
		x->is_live = true;
		ask_for_rows(w, x, ASK_TRACE_WATCH);
	} else
		web_end_error(w, x, row->head.result ? (enum err)row->head.result : ERR_SYNTAX);
}

static void ask_for_rows(struct web *w, struct web_exchange *x, enum ask_kind kind)
{
	struct ask a = web_list_ask(x, kind);

	web_ask_list(w, x, &a, trace_row);
}

void web_trace_get(struct web *w, struct web_exchange *x) { ask_for_rows(w, x, ASK_TRACE); }
