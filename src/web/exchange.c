/* SPDX-License-Identifier: Apache-2.0 */
/* Questions under way: the fixed table of them, the asks that they send, and
 * whose turn it is to read a list. */
#include "web/body_priv.h"
#include "web/exchange_priv.h"
#include "web/route_priv.h"
#include <stdlib.h>
#include <string.h>

enum err web_new(const struct web_settings *settings, const struct web_port *port, struct web **ret)
{
	struct web *w = calloc(1, sizeof(*w));

	if (!w)
		return ERR_NO_MEMORY;
	w->exchanges = calloc(MAX_WEB_EXCHANGES, sizeof(*w->exchanges));
	w->scratch = malloc(WEB_SCRATCH);
	if (!w->exchanges || !w->scratch) {
		web_free(&w);
		return ERR_NO_MEMORY;
	}
	w->settings = *settings;
	w->port = *port;
	*ret = w;
	return ERR_NONE;
}

static void forget(struct web_exchange *x)
{
	json_decref(x->body);
	json_decref(x->answer);
	json_decref(x->items);
	memset(x, 0, sizeof(*x));
}

void web_free(struct web **w)
{
	struct web *gone = *w;

	if (!gone)
		return;
	*w = NULL;
	for (size_t i = 0; i < MAX_WEB_EXCHANGES && gone->exchanges; i++)
		forget(&gone->exchanges[i]);
	free(gone->exchanges);
	free(gone->scratch);
	free(gone);
}

const char *web_arg(const struct web_exchange *x, const char *name)
{
	return web_target_arg(&x->target, name);
}

const char *web_member(const struct web_exchange *x, const char *name)
{
	return json_string_value(json_object_get(x->body, name));
}

/* --- Asking --- */

static void send_ask(struct web *w, struct web_exchange *x, struct ask *a)
{
	enum err err = w->port.ask(w->port.context, a, &x->ask_id);

	if (err == ERR_NONE) {
		x->due_us = w->port.now(w->port.context).us + WEB_ANSWER_US;
		return;
	}
	x->ask_id = 0;
	if (x->change.is_open)
		web_change_fail(w, x, ERR_CLOSED, "the parent takes no request now");
	else
		web_end_problem(w, x, 503, "the parent takes no request now");
}

void web_ask(struct web *w, struct web_exchange *x, struct ask *a, web_step *step)
{
	x->step = step;
	x->detail[0] = 0;
	send_ask(w, x, a);
}

static void give_turn(struct web *w)
{
	struct web_exchange *next = NULL;

	for (size_t i = 0; i < MAX_WEB_EXCHANGES && !w->turn; i++) {
		struct web_exchange *x = &w->exchanges[i];

		if (x->is_used && x->is_waiting_turn && (!next || x->due_us < next->due_us))
			next = x;
	}
	if (!next)
		return;
	next->is_waiting_turn = false;
	w->turn = next;
	send_ask(w, next, &next->ask);
}

void web_ask_list(struct web *w, struct web_exchange *x, const struct ask *a, web_step *step)
{
	x->step = step;
	x->detail[0] = 0;
	x->ask = *a;
	x->is_waiting_turn = true;
	x->due_us = w->port.now(w->port.context).us + WEB_ANSWER_US;
	give_turn(w);
}

void web_release(struct web *w, struct web_exchange *x)
{
	if (w->turn == x)
		w->turn = NULL;
	forget(x);
}

static struct web_exchange *exchange_of_ask(struct web *w, uint32_t ask_id)
{
	for (size_t i = 0; i < MAX_WEB_EXCHANGES; i++)
		if (w->exchanges[i].is_used && w->exchanges[i].ask_id == ask_id && ask_id)
			return &w->exchanges[i];
	return NULL;
}

/* Why another process refused, in its own words. */
static void keep_detail(struct web_exchange *x, const struct ask *row)
{
	struct view text = view_bytes(row->body.text, row->head.size);

	if (row->head.result != ERR_NONE && row->head.size <= sizeof(row->body.text))
		(void)VIEW_COPY(view_trim(text), x->detail);
}

void web_answer(struct web *w, const struct ask *answer)
{
	struct web_exchange *x = exchange_of_ask(w, answer->head.id);

	if (!x || answer->head.size > sizeof(answer->body))
		return;
	if (answer->head.is_last) {
		x->ask_id = 0;
		if (w->turn == x)
			w->turn = NULL;
		keep_detail(x, answer);
	}
	x->step(w, x, answer);
	give_turn(w);
}

void web_tick(struct web *w)
{
	uint64_t now_us = w->port.now(w->port.context).us;

	for (size_t i = 0; i < MAX_WEB_EXCHANGES; i++) {
		struct web_exchange *x = &w->exchanges[i];

		if (!x->is_used || !(x->ask_id || x->is_waiting_turn) || now_us < x->due_us)
			continue;
		if (x->change.is_open)
			web_change_fail(w, x, ERR_AGAIN,
			                "whether it was done is not known: no answer in time");
		else
			web_end_problem(w, x, 504,
			                "the process that knows has not answered in time");
	}
	give_turn(w);
}

/* --- A question comes in --- */

static struct web_exchange *take_exchange(struct web *w)
{
	for (size_t i = 0; i < MAX_WEB_EXCHANGES; i++) {
		struct web_exchange *x = &w->exchanges[i];

		if (x->is_used)
			continue;
		memset(x, 0, sizeof(*x));
		x->is_used = true;
		if (++w->generation == 0)
			w->generation = 1;
		x->generation = w->generation;
		return x;
	}
	return NULL;
}

void web_count(struct web *w, enum counter which)
{
	if (w->settings.own)
		counters_add(w->settings.own, which, 1);
}

struct now web_now(const struct web *w) { return w->port.now(w->port.context); }

/* A refused change is worth a line in the trail; nobody waits for it. */
static void note_denied(struct web *w, const struct web_exchange *x)
{
	struct ask a = web_audit_ask(x, x->target.path, "denied");
	uint32_t id;

	(void)!w->port.ask(w->port.context, &a, &id);
}

static void deny(struct web *w, struct web_exchange *x)
{
	web_count(w, COUNT_http_denied);
	if (x->route && x->route->method != METHOD_GET && x->scope > SCOPE_NONE)
		note_denied(w, x);
	web_end_problem(w, x, 403, x->route ? "this needs a higher scope" : NULL);
}

/* Finds the route and checks all that the table says of it. */
static void begin(struct web *w, struct web_exchange *x, const struct web_question *q)
{
	enum web_match match;
	enum err err;

	if (q->target.len > MAX_WEB_TARGET) {
		web_end_problem(w, x, 414, NULL);
		return;
	}
	err = web_target_parse(q->target, &x->target);
	if (err != ERR_NONE) {
		web_end_problem(w, x, 400, "the request target is not written as it must be");
		return;
	}
	match = web_route_find(q->method, x);
	if (x->scope == SCOPE_NONE && (match != MATCH_FOUND || x->route->scope != SCOPE_NONE)) {
		x->route = NULL;
		deny(w, x);
		return;
	}
	if (match != MATCH_FOUND) {
		web_end_problem(w, x, match == MATCH_NO_METHOD ? 405 : 404, NULL);
		return;
	}
	if (!web_scope_has(x->scope, x->route->scope)) {
		deny(w, x);
		return;
	}
	if (web_body_take(w, x, q))
		x->route->handle(w, x);
}

web_exchange_id web_handle(struct web *w, const struct web_question *q, web_done *done,
                           void *context)
{
	struct web_exchange *x = take_exchange(w);
	struct web_exchange full = { .is_used = true, .done = done, .context = context };
	uint32_t generation;

	web_count(w, COUNT_http_requests);
	if (!x) {
		web_end_problem(w, &full, 503, "too many questions at once");
		return 0;
	}
	generation = x->generation;
	x->done = done;
	x->context = context;
	x->scope = q->scope;
	(void)VIEW_COPY(view_of(q->actor), x->actor);
	(void)VIEW_COPY(view_of(q->server), x->server);
	begin(w, x, q);
	if (!x->is_used || x->generation != generation)
		return 0;
	return (uint64_t)generation << 32 | (uint64_t)(x - w->exchanges);
}

void web_abandon(struct web *w, web_exchange_id id)
{
	size_t place = (size_t)(id & UINT32_MAX);
	struct web_exchange *x = &w->exchanges[place < MAX_WEB_EXCHANGES ? place : 0];

	if (x->is_used && x->generation == (uint32_t)(id >> 32))
		x->is_abandoned = true;
}
