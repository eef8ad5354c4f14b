/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/trace: messages as they pass. Who traces asks again and again, each
 * time from where the last answer ended; while nobody asks nothing is kept. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <stddef.h>

enum { HEAD_SIZE = offsetof(struct ask_trace, text) };

static void ask_for_rows(struct web *w, struct web_exchange *x, enum ask_kind kind);

/* Beyond its end the other process has left what stood there before. */
static bool is_trace(const struct ask *row)
{
	return row->head.size >= HEAD_SIZE && row->head.size - HEAD_SIZE == row->body.trace.len &&
	       row->body.trace.len <= sizeof(row->body.trace.text);
}

static void end(struct web *w, struct web_exchange *x, const struct ask *row)
{
	json_t *answer = json_object();

	if (!x->items)
		x->items = json_array();
	(void)json_object_set(answer, "items", x->items);
	(void)json_object_set_new(answer, "watching", json_boolean(x->is_live));
	(void)json_object_set_new(answer, "next", web_json_number_text(row->body.trace.number));
	(void)json_object_set_new(answer, "missed", json_integer(row->body.trace.missed));
	web_end_json(w, x, 200, answer);
}

static void trace_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (!row->head.is_last) {
		if (!x->items)
			x->items = json_array();
		if (is_trace(row) && x->row_count++ < MAX_WEB_PAGE_ROWS)
			(void)json_array_append_new(x->items, web_json_trace(&row->body.trace));
		return;
	}
	/* Of signal and the observer one runs. */
	if (row->head.result == ERR_CLOSED && !x->is_live) {
		x->is_live = true;
		ask_for_rows(w, x, ASK_TRACE_WATCH);
	} else if (row->head.result == ERR_SYNTAX) {
		web_end_problem(w, x, 400,
		                "a filter is address=ADDRESS, method=M, user=U, call-id=TEXT, "
		                "text=TEXT or a word: there is no other field");
	} else if (row->head.result != ERR_NONE || !is_trace(row)) {
		web_end_error(w, x, row->head.result ? (enum err)row->head.result : ERR_SYNTAX);
	} else {
		end(w, x, row);
	}
}

static void ask_for_rows(struct web *w, struct web_exchange *x, enum ask_kind kind)
{
	struct ask a = web_list_ask(x, kind);

	web_ask_list(w, x, &a, trace_row);
}

void web_trace_get(struct web *w, struct web_exchange *x) { ask_for_rows(w, x, ASK_TRACE); }
