/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/calls/{call}/...: what is ordered of a call that stands. signal judges it again; the
 * trail has its word for a refusal. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <string.h>

static const char *side_name(uint8_t side)
{
	return side == COMMAND_SIDE_CALLEE ? "callee" : "caller";
}

/* The last row of the answer, whatever it says. */
static void commanded(struct web *w, struct web_exchange *x, const struct ask *row)
{
	const struct commanded *c = &row->body.commanded;

	(void)w;
	if (row->head.size < sizeof(*c))
		return;
	x->change.word = command_refusal_word((enum command_refusal)c->refusal);
	x->detail[0] = 0;
	if (c->refusal == COMMAND_DONE) {
		x->answer = json_pack(
			"{s:s, s:s, s:s}", "call", x->argument, "done",
			command_verb_name((enum command_verb)x->change.action.body.command.verb),
			"side", side_name(c->side));
		if (c->status)
			(void)json_object_set_new(x->answer, "status", json_integer(c->status));
		return;
	}
	(void)VIEW_COPY(view_of(command_refusal_text((enum command_refusal)c->refusal)), x->detail);
	if (c->refusal == COMMAND_FAR_END && c->status) {
		struct buffer b = buffer_on(x->detail, sizeof(x->detail) - 1);

		b.len = strlen(x->detail);
		buffer_text(&b, ": it said ");
		buffer_decimal(&b, c->status);
		x->detail[b.len] = 0;
	}
}

/* The first time only who has the better half of the call takes it: where nobody has, whoever has
 * the other one. */
static bool asks_again(struct web_exchange *x, const struct ask *row)
{
	struct command *c = &x->change.action.body.command;

	if (row->head.result != ERR_NOT_FOUND || c->is_any_half)
		return false;
	c->is_any_half = 1;
	return true;
}

/* False: ended with a problem. */
static bool read_side(struct web *w, struct web_exchange *x, uint8_t *ret)
{
	const char *side = web_member(x, "side");

	*ret = COMMAND_SIDE_ANY;
	if (side && strcmp(side, "caller") == 0)
		*ret = COMMAND_SIDE_CALLER;
	else if (side && strcmp(side, "callee") == 0)
		*ret = COMMAND_SIDE_CALLEE;
	else if (side)
		web_end_problem(w, x, 400, "'side' is caller or callee");
	return x->is_used;
}

static void take(struct web *w, struct web_exchange *x, enum command_verb verb)
{
	struct ask a = { .head = { .kind = ASK_COMMAND, .size = sizeof(struct command) } };
	struct command *c = &a.body.command;

	c->verb = (uint8_t)verb;
	if (!web_number_argument(x, &c->call)) {
		web_end_problem(w, x, 404, "no such call");
		return;
	}
	if (!read_side(w, x, &c->side))
		return;
	c->is_silent = web_member(x, "silent") && strcmp(web_member(x, "silent"), "yes") == 0;
	(void)VIEW_COPY(view_of(web_member(x, "to")), c->target);
	(void)VIEW_COPY(view_of(web_member(x, "digits")), c->digits);
	(void)VIEW_COPY(view_of(x->server), c->server);
	(void)VIEW_COPY(view_of(web_member(x, "token")), c->token);
	(void)view_decimal(view_of(web_member(x, "counter")), UINT64_MAX, &c->counter);
	(void)VIEW_COPY(view_of(x->reason), c->reason);
	(void)VIEW_COPY(view_of(x->actor), c->actor);
	x->change.end = commanded;
	x->change.again = asks_again;
	web_change(w, x, x->argument, &a, 200);
}

void web_calls_end(struct web *w, struct web_exchange *x) { take(w, x, COMMAND_END); }

void web_calls_transfer(struct web *w, struct web_exchange *x) { take(w, x, COMMAND_TRANSFER); }

void web_calls_hold(struct web *w, struct web_exchange *x) { take(w, x, COMMAND_HOLD); }

void web_calls_unhold(struct web *w, struct web_exchange *x) { take(w, x, COMMAND_UNHOLD); }

void web_calls_dtmf(struct web *w, struct web_exchange *x) { take(w, x, COMMAND_DTMF); }

/* ---- what a server sees ---- */

static json_t *server_call(const struct ask *row)
{
	const struct ask_control_call *c = &row->body.control_call;
	json_t *json;

	if (row->head.size < sizeof(*c))
		return NULL;
	json = json_object();
	(void)json_object_set_new(json, "call", web_json_number_text(c->call));
	(void)json_object_set_new(json, "token", web_json_text(view_of(c->token)));
	(void)json_object_set_new(json, "peer_is", json_string(side_name(c->side)));
	(void)json_object_set_new(json, "state",
	                          json_string(c->answered_wall_us ? "up" : "set-up"));
	(void)json_object_set_new(json, "started", web_json_time(c->started_wall_us));
	(void)json_object_set_new(json, "answered", web_json_time(c->answered_wall_us));
	(void)json_object_set_new(json, "from", web_json_text(view_of(c->from)));
	(void)json_object_set_new(json, "to", web_json_text(view_of(c->to)));
	(void)json_object_set_new(json, "number", web_json_text(view_of(c->number)));
	(void)json_object_set_new(json, "counter", web_json_number_text(c->counter));
	return json;
}

static void server_call_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, server_call) == ROWS_DONE)
		web_list_end(w, x);
}

void web_control_calls(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_CONTROL_CALLS);

	(void)VIEW_COPY(view_of(x->server), a.body.query.filter);
	web_ask_list(w, x, &a, server_call_row);
}
