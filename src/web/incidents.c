/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/incidents and /api/v1/audit. */
#include "web/list_priv.h"
#include "web/resources_priv.h"

enum { INCIDENT_SAMPLES = 20 };

static void incident_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_incident) == ROWS_DONE)
		web_list_end(w, x);
}

void web_incidents_list(struct web *w, struct web_exchange *x)
{
	struct ask a = web_records_ask(x, RECORD_INCIDENT);

	web_ask_list(w, x, &a, incident_row);
}

static void sample_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_sample) != ROWS_DONE)
		return;
	(void)json_object_set(x->answer, "samples", x->items);
	web_end_json(w, x, 200, json_incref(x->answer));
}

static void one_incident(struct web *w, struct web_exchange *x, const struct ask *row)
{
	struct ask samples;

	if (web_list_row(w, x, row, web_row_incident) != ROWS_DONE)
		return;
	if (x->row_count == 0) {
		web_end_problem(w, x, 404, "no such incident");
		return;
	}
	x->answer = json_incref(json_array_get(x->items, 0));
	(void)json_array_clear(x->items);
	x->row_count = 0;
	samples = web_records_ask(x, RECORD_SAMPLE);
	samples.body.query.limit = INCIDENT_SAMPLES;
	(void)web_number_argument(x, &samples.body.query.number);
	web_ask_list(w, x, &samples, sample_row);
}

void web_incidents_get(struct web *w, struct web_exchange *x)
{
	struct ask a = web_records_ask(x, RECORD_INCIDENT);

	if (web_number_argument(x, &a.body.query.number))
		web_ask_list(w, x, &a, one_incident);
	else
		web_end_problem(w, x, 404, "no such incident");
}

static void audit_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_audit) == ROWS_DONE)
		web_list_end(w, x);
}

void web_audit_list(struct web *w, struct web_exchange *x)
{
	struct ask a = web_records_ask(x, RECORD_AUDIT);

	web_ask_list(w, x, &a, audit_row);
}
