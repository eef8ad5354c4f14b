/* SPDX-License-Identifier: Apache-2.0 */
/* A change: no line in the trail, no change; and no answer before the line
 * that says how it ended. */
#include "web/exchange_priv.h"
#include "web/route_priv.h"
#include <string.h>

static struct ask note_ask(const struct web_note *n)
{
	struct ask a = { .head = { .kind = ASK_AUDIT, .size = sizeof(struct record_audit) } };
	struct record_audit *audit = &a.body.record.audit;

	audit->head.version = RECORD_VERSION;
	audit->head.kind = RECORD_AUDIT;
	audit->head.size = sizeof(*audit);
	audit->head.priority = PRIORITY_KEPT;
	(void)VIEW_COPY(view_of(n->actor), audit->actor);
	(void)VIEW_COPY(view_of(n->role), audit->role);
	(void)VIEW_COPY(view_of(n->verb), audit->verb);
	(void)VIEW_COPY(view_of(n->object), audit->object);
	(void)VIEW_COPY(view_of(n->result), audit->result);
	return a;
}

struct ask web_audit_ask(const struct web_exchange *x, const char *object, const char *result)
{
	struct ask a = note_ask(&(struct web_note){ .actor = x->actor,
	                                            .role = web_scope_name(x->scope),
	                                            .verb = x->route->verb,
	                                            .object = object,
	                                            .result = result });

	(void)VIEW_COPY(view_of(x->reason), a.body.record.audit.reason);
	return a;
}

void web_note(struct web *w, const struct web_note *n)
{
	struct ask a = note_ask(n);
	uint32_t id;

	(void)!w->port.ask(w->port.context, &a, &id);
}

static void trail_closed(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (!row->head.is_last)
		return;
	if (row->head.result != ERR_NONE)
		web_end_problem(w, x, 500,
		                x->change.result == ERR_NONE
		                        ? "it was done, but the audit trail could not say so"
		                        : "it was not done, and the audit trail could not say so");
	else if (x->change.result != ERR_NONE)
		web_end_error(w, x, x->change.result);
	else
		web_end_json(w, x, x->change.status, json_incref(x->answer));
}

static void close_trail(struct web *w, struct web_exchange *x)
{
	char result[32] = "done", detail[WEB_DETAIL_MAX];
	struct ask a;

	if (x->change.word)
		(void)VIEW_COPY(view_of(x->change.word), result);
	else if (x->change.result != ERR_NONE)
		(void)VIEW_COPY(view_of(err_text(x->change.result)), result);
	memcpy(detail, x->detail, sizeof(detail));
	x->change.is_open = false;
	a = web_audit_ask(x, x->change.object, result);
	web_ask(w, x, &a, trail_closed);
	/* The refusing process's own words are for the client, after the trail's answer. */
	if (x->is_used && x->ask_id)
		memcpy(x->detail, detail, sizeof(detail));
}

void web_change_fail(struct web *w, struct web_exchange *x, enum err err, const char *detail)
{
	(void)VIEW_COPY(view_of(detail), x->detail);
	x->change.result = err;
	close_trail(w, x);
}

static void action_answered(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (row->head.result == ERR_NONE && x->change.row)
		x->change.row(w, x, row);
	if (!row->head.is_last)
		return;
	if (x->change.again && x->change.again(x, row)) {
		web_ask(w, x, &x->change.action, action_answered);
		return;
	}
	x->change.result = (enum err)row->head.result;
	if (x->change.end)
		x->change.end(w, x, row);
	close_trail(w, x);
}

static void trail_opened(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (!row->head.is_last)
		return;
	if (row->head.result != ERR_NONE) {
		web_end_problem(w, x, 503, "nothing was done: the audit trail cannot be written");
		return;
	}
	x->change.is_open = true;
	web_ask(w, x, &x->change.action, action_answered);
}

void web_change(struct web *w, struct web_exchange *x, const char *object, const struct ask *action,
                uint16_t status)
{
	struct ask a = web_audit_ask(x, object, "asked");

	(void)VIEW_COPY(view_of(object), x->change.object);
	x->change.action = *action;
	x->change.status = status;
	web_ask(w, x, &a, trail_opened);
}
