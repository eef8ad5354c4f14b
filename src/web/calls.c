/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/calls: what ended stands in the store, what lives is signal's. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <string.h>

static void call_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_call) == ROWS_DONE)
		web_list_end(w, x);
}

static bool is_yes(const char *text) { return text && strcmp(text, "yes") == 0; }

void web_calls_list(struct web *w, struct web_exchange *x)
{
	struct ask a = is_yes(web_arg(x, "live")) ? web_list_ask(x, ASK_LIVE_CALLS)
	                                          : web_records_ask(x, RECORD_CALL);

	web_ask_list(w, x, &a, call_row);
}

/* Both halves of one call, as they came. */
static void end_halves(struct web *w, struct web_exchange *x)
{
	json_t *answer;

	if (x->row_count == 0) {
		web_end_problem(w, x, 404, "no such call");
		return;
	}
	answer = json_object();
	(void)json_object_set_new(answer, "call", web_json_text(view_of(x->argument)));
	(void)json_object_set(answer, "halves", x->items);
	web_end_json(w, x, 200, answer);
}

static void live_half(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_call) == ROWS_DONE)
		end_halves(w, x);
}

static void half(struct web *w, struct web_exchange *x, const struct ask *row)
{
	struct ask live;

	if (web_list_row(w, x, row, web_row_call) != ROWS_DONE)
		return;
	if (x->row_count > 0) {
		end_halves(w, x);
		return;
	}
	live = web_list_ask(x, ASK_LIVE_CALLS);
	(void)web_number_argument(x, &live.body.query.number);
	web_ask_list(w, x, &live, live_half);
}

void web_calls_get(struct web *w, struct web_exchange *x)
{
	struct ask a = web_records_ask(x, RECORD_CALL);

	if (web_number_argument(x, &a.body.query.number))
		web_ask_list(w, x, &a, half);
	else
		web_end_problem(w, x, 404, "no such call");
}

static void route_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (row->head.size > 0 && row->head.result == ERR_NONE)
		x->answer = web_row_object(row);
	if (!row->head.is_last)
		return;
	if (x->answer)
		web_end_json(w, x, 200, json_incref(x->answer));
	else if (row->head.result == ERR_NOT_FOUND)
		web_end_problem(w, x, 404, "no such peer");
	else
		web_end_error(w, x, (enum err)row->head.result);
}

void web_calls_route(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_ROUTE, .size = sizeof(struct ask_query) } };
	struct buffer b = buffer_on(a.body.query.filter, sizeof(a.body.query.filter) - 1);

	buffer_text(&b, web_arg(x, "from"));
	buffer_char(&b, ' ');
	buffer_text(&b, web_arg(x, "number"));
	if (b.err != ERR_NONE)
		web_end_problem(w, x, 400, "'number' is too long");
	else
		web_ask(w, x, &a, route_row);
}

bool web_number_argument(const struct web_exchange *x, uint64_t *ret)
{
	return view_decimal(view_of(x->argument), INT64_MAX, ret) && *ret != 0;
}
