/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/why: what three processes know about one address, user or number, put
 * together: the judge's score, signal's registrations, the store's incidents. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <stdio.h>
#include <string.h>

enum { WHY_ROWS = 10 };

static bool is_address(const struct web_exchange *x)
{
	struct addr a;

	return addr_parse(view_of(web_arg(x, "of")), &a) == ERR_NONE;
}

static void begin_rows(struct web_exchange *x)
{
	json_decref(x->items);
	x->items = NULL;
	x->row_count = 0;
	x->last_row = 0;
}

static void incident_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_incident) != ROWS_DONE)
		return;
	(void)json_object_set(x->answer, "incidents", x->items);
	web_end_json(w, x, 200, json_incref(x->answer));
}

static void ask_incidents(struct web *w, struct web_exchange *x)
{
	struct ask a = web_records_ask(x, RECORD_INCIDENT);

	begin_rows(x);
	a.body.query.limit = WHY_ROWS;
	(void)snprintf(a.body.query.filter, sizeof(a.body.query.filter), "%s=\"%s\"",
	               is_address(x) ? "source" : "about", web_arg(x, "of"));
	web_ask_list(w, x, &a, incident_row);
}

/* A process that is away is no reason to hide what the others know. */
static void registration_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (row->head.result != ERR_NONE) {
		if (row->head.is_last)
			ask_incidents(w, x);
		return;
	}
	if (web_list_row(w, x, row, web_row_registration) != ROWS_DONE)
		return;
	(void)json_object_set(x->answer, "registrations", x->items);
	ask_incidents(w, x);
}

static void score_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	struct ask a;

	if (row->head.result == ERR_NONE && row->head.size)
		(void)json_object_set_new(x->answer, "block", web_row_block(row));
	if (!row->head.is_last)
		return;
	begin_rows(x);
	a = web_list_ask(x, ASK_REGISTRATIONS);
	a.body.query.limit = WHY_ROWS;
	(void)VIEW_COPY(view_of(web_arg(x, "of")), a.body.query.filter);
	web_ask_list(w, x, &a, registration_row);
}

void web_why_get(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_WHY, .size = sizeof(struct ask_query) } };
	const char *of = web_arg(x, "of");

	/* It is quoted in a filter further on. */
	if (of[0] == 0 || strpbrk(of, "\"\\")) {
		web_end_problem(w, x, 400, "'of' is an address, a user, a number or a Call-ID");
		return;
	}
	x->answer = json_object();
	(void)json_object_set_new(x->answer, "of", web_json_text(view_of(of)));
	(void)json_object_set_new(x->answer, "is", json_string(is_address(x) ? "address" : "user"));
	(void)VIEW_COPY(view_of(of), a.body.query.filter);
	web_ask(w, x, &a, score_row);
}
