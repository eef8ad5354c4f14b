/* SPDX-License-Identifier: Apache-2.0 */
/* How the processes are: /api/v1/status, /api/v1/store, /healthz, /readyz. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <string.h>

/* A process answers with one JSON object, in one row or in pieces. */
static enum web_rows take_object(struct web *w, struct web_exchange *x, const struct ask *row)
{
	enum web_rows rows = web_list_row(w, x, row, web_row_object);

	if (rows != ROWS_DONE || json_array_size(x->items) > 0)
		return rows;
	web_end_problem(w, x, 500, "the answer cannot be read");
	return ROWS_OVER;
}

/* The parent has no words for times: a number of microseconds becomes one here. */
static void write_start(json_t *status)
{
	json_t *started = json_object_get(status, "started_wall_us");

	if (!json_is_integer(started))
		return;
	(void)json_object_set_new(status, "started", web_json_time(json_integer_value(started)));
	(void)json_object_del(status, "started_wall_us");
}

static void object_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	json_t *object;

	if (take_object(w, x, row) != ROWS_DONE)
		return;
	object = json_incref(json_array_get(x->items, 0));
	write_start(object);
	web_end_json(w, x, 200, object);
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

static void ready_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	const char *state;

	if (take_object(w, x, row) != ROWS_DONE)
		return;
	state = json_string_value(json_object_get(json_array_get(x->items, 0), "state"));
	if (state && strcmp(state, "ready") == 0)
		web_end_text(w, x, "text/plain; charset=utf-8", VIEW("ready\n"));
	else
		web_end_problem(w, x, 503, "not every process is ready");
}

void web_readyz_get(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_STATUS } };

	web_ask(w, x, &a, ready_row);
}
