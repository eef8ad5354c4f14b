/* SPDX-License-Identifier: Apache-2.0 */
/* How the processes are: /api/v1/status, /api/v1/store, /healthz, /readyz. */
#include "web/list_priv.h"
#include "web/resources_priv.h"

/* A process answers with one JSON object, in one row or in pieces. */
static enum web_rows take_object(struct web *w, struct web_exchange *x, const struct ask *row)
{
	enum web_rows rows = web_list_row(w, x, row, web_row_object);

	if (rows != ROWS_DONE || json_array_size(x->items) > 0)
		return rows;
	web_end_problem(w, x, 500, "the answer cannot be read");
	return ROWS_OVER;
}

static void object_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (take_object(w, x, row) == ROWS_DONE)
		web_end_json(w, x, 200, json_incref(json_array_get(x->items, 0)));
}

void web_status_get(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_STATUS } };

	web_ask(w, x, &a, object_row);
}

void web_store_get(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_STORE_STATUS } };

	web_ask(w, x, &a, object_row);
}

void web_healthz_get(struct web *w, struct web_exchange *x)
{
	web_end_text(w, x, "text/plain; charset=utf-8", VIEW("ok\n"));
}

/* Ready: the parent answers, and says of no process that it is not. */
static void ready_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (take_object(w, x, row) != ROWS_DONE)
		return;
	if (json_is_false(json_object_get(json_array_get(x->items, 0), "ready")))
		web_end_problem(w, x, 503, "a process is not ready");
	else
		web_end_text(w, x, "text/plain; charset=utf-8", VIEW("ready\n"));
}

void web_readyz_get(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_STATUS } };

	web_ask(w, x, &a, ready_row);
}
