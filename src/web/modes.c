/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/mode and /api/v1/detectors: whether verdicts act. */
#include "web/list_priv.h"
#include "web/resources_priv.h"

enum { MODE_ONLY_ASKS = 255 };

static json_t *mode_json(const struct ask *row)
{
	json_t *j;

	if (row->head.size < sizeof(struct ask_mode) || !web_mode_name(row->body.mode.mode))
		return NULL;
	j = json_object();
	(void)json_object_set_new(j, "mode", json_string(web_mode_name(row->body.mode.mode)));
	if (row->body.mode.for_s)
		(void)json_object_set_new(j, "for_s", json_integer(row->body.mode.for_s));
	return j;
}

static void mode_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (row->head.result == ERR_NONE && !x->answer)
		x->answer = mode_json(row);
	if (!row->head.is_last)
		return;
	if (row->head.result != ERR_NONE)
		web_end_error(w, x, (enum err)row->head.result);
	else if (!x->answer)
		web_end_problem(w, x, 500, "the judge did not say its mode");
	else
		web_end_json(w, x, 200, json_incref(x->answer));
}

void web_mode_get(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_MODE, .size = sizeof(struct ask_mode) } };

	a.body.mode.mode = MODE_ONLY_ASKS;
	web_ask(w, x, &a, mode_row);
}

static void mode_set(struct web *w, struct web_exchange *x, const struct ask *row)
{
	(void)w;
	if (!x->answer)
		x->answer = mode_json(row);
}

static void put(struct web *w, struct web_exchange *x, const char *detector)
{
	struct ask a = { .head = { .kind = ASK_MODE, .size = sizeof(struct ask_mode) } };
	const char *term = web_member(x, "for");
	char object[128];
	struct buffer b = buffer_on(object, sizeof(object) - 1);

	if (!web_mode_read(web_member(x, "mode"), &a.body.mode.mode)) {
		web_end_problem(w, x, 400, "'mode' is off, observe or block");
		return;
	}
	if (term && !web_length_read(term, &a.body.mode.for_s)) {
		web_end_problem(w, x, 400, "'for' is no length of time: 30m, 12h, 7d");
		return;
	}
	if (!VIEW_COPY(view_of(detector), a.body.mode.detector)) {
		web_end_problem(w, x, 404, "no such detector");
		return;
	}
	(void)VIEW_COPY(view_of(x->reason), a.body.mode.reason);
	(void)VIEW_COPY(view_of(x->actor), a.body.mode.actor);
	buffer_text(&b, detector);
	buffer_text(&b, detector[0] ? " " : "");
	buffer_text(&b, web_mode_name(a.body.mode.mode));
	buffer_text(&b, term ? " for " : "");
	buffer_text(&b, term ? term : "");
	object[b.len] = 0;
	x->change.row = mode_set;
	web_change(w, x, object, &a, 200);
}

void web_mode_put(struct web *w, struct web_exchange *x) { put(w, x, ""); }

void web_detectors_put(struct web *w, struct web_exchange *x) { put(w, x, x->argument); }

static void detector_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_detector) == ROWS_DONE)
		web_list_end(w, x);
}

void web_detectors_list(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_DETECTORS);

	web_ask_list(w, x, &a, detector_row);
}
