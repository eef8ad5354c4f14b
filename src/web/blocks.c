/* SPDX-License-Identifier: Apache-2.0 */
/* /api/v1/blocks and /api/v1/never-block: lists come from the store and the
 * judge, changes go to the judge, which checks them again. */
#include "web/list_priv.h"
#include "web/resources_priv.h"
#include <stdio.h>
#include <string.h>

enum { DEFAULT_TERM_S = 3600 };

static void block_row(struct web *w, struct web_exchange *x, const struct ask *row)
{
	if (web_list_row(w, x, row, web_row_block) == ROWS_DONE)
		web_list_end(w, x);
}

void web_blocks_list(struct web *w, struct web_exchange *x)
{
	const char *all = web_arg(x, "all"), *filter = web_arg(x, "filter");
	struct ask a = web_records_ask(x, RECORD_BLOCK);
	struct buffer b = buffer_on(a.body.query.filter, sizeof(a.body.query.filter) - 1);

	buffer_text(&b, "kind=source ");
	buffer_text(&b, filter ? filter : "");
	if (b.err != ERR_NONE) {
		web_end_problem(w, x, 400, "'filter' is too long");
		return;
	}
	a.body.query.filter[b.len] = 0;
	a.body.query.only_live = !(all && strcmp(all, "yes") == 0);
	web_ask_list(w, x, &a, block_row);
}

void web_never_block_list(struct web *w, struct web_exchange *x)
{
	struct ask a = web_list_ask(x, ASK_NEVER_BLOCK_LIST);

	web_ask_list(w, x, &a, block_row);
}

/* False: ended with a problem. */
static bool read_net(struct web *w, struct web_exchange *x, const char *text, struct ask *a)
{
	if (addr_net_parse(view_of(text), &a->body.net.net) != ERR_NONE) {
		web_end_problem(w, x, 400, "'net' is no address and no network");
		return false;
	}
	a->head.size = sizeof(struct ask_net);
	(void)VIEW_COPY(view_of(x->reason), a->body.net.reason);
	(void)VIEW_COPY(view_of(x->actor), a->body.net.actor);
	return true;
}

static void made(struct web *w, struct web_exchange *x, const struct ask *row)
{
	(void)w;
	if (row->head.size && !x->answer)
		x->answer = web_row_block(row);
}

/* Object of the trail: as the network was understood, not as it was typed. */
static void change_net(struct web *w, struct web_exchange *x, const struct ask *a, uint16_t status)
{
	char text[ADDR_TEXT_MAX];
	struct buffer b = buffer_on(text, sizeof(text) - 1);

	addr_net_write(&b, &a->body.net.net);
	text[b.len] = 0;
	x->change.row = made;
	if (a->head.kind == ASK_BLOCK_ADD)
		x->change.denied =
			"it holds an address that can never be blocked (never-block list)";
	else if (a->head.kind == ASK_NEVER_BLOCK_REMOVE)
		x->change.denied = "it comes from the configuration and is changed there";
	web_change(w, x, text, a, status);
}

void web_blocks_add(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_BLOCK_ADD } };
	const char *term = web_member(x, "for");

	a.body.net.term_s = DEFAULT_TERM_S;
	if (term && !web_length_read(term, &a.body.net.term_s))
		web_end_problem(w, x, 400, "'for' is no length of time: 30m, 12h, 7d");
	else if (read_net(w, x, web_member(x, "net"), &a))
		change_net(w, x, &a, 201);
}

void web_blocks_remove(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_BLOCK_REMOVE } };

	if (read_net(w, x, web_arg(x, "net"), &a))
		change_net(w, x, &a, 200);
}

void web_never_block_add(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_NEVER_BLOCK_ADD } };

	if (read_net(w, x, web_member(x, "net"), &a))
		change_net(w, x, &a, 201);
}

void web_never_block_remove(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_NEVER_BLOCK_REMOVE } };

	if (read_net(w, x, web_arg(x, "net"), &a))
		change_net(w, x, &a, 200);
}

/* --- Why --- */

static bool is_in_force(const struct record_block *b, int64_t wall_us)
{
	return !b->is_removed && (b->until_wall_us == 0 || b->until_wall_us > wall_us);
}

static void last_block(struct web *w, struct web_exchange *x, const struct ask *row)
{
	json_t *answer;

	if (row->head.size >= sizeof(struct record_block))
		x->is_live =
			is_in_force(&row->body.record.block, w->port.now(w->port.context).wall_us);
	if (web_list_row(w, x, row, web_row_block) != ROWS_DONE)
		return;
	answer = json_incref(json_array_get(x->items, 0));
	if (!answer) {
		web_end_problem(w, x, 404, "nothing stands against this address, and no block did");
		return;
	}
	(void)json_object_set_new(answer, "live", json_boolean(x->is_live));
	web_end_json(w, x, 200, answer);
}

/* What the judge knows now; otherwise the last block that the store has. */
static void live_score(struct web *w, struct web_exchange *x, const struct ask *row)
{
	struct ask a;

	made(w, x, row);
	if (!row->head.is_last)
		return;
	if (x->answer) {
		(void)json_object_set_new(x->answer, "live", json_true());
		web_end_json(w, x, 200, json_incref(x->answer));
		return;
	}
	if (row->head.result != ERR_NONE && row->head.result != ERR_NOT_FOUND) {
		web_end_error(w, x, (enum err)row->head.result);
		return;
	}
	a = web_records_ask(x, RECORD_BLOCK);
	a.body.query.limit = 1;
	(void)snprintf(a.body.query.filter, sizeof(a.body.query.filter), "kind=source source=%s",
	               web_arg(x, "address"));
	web_ask_list(w, x, &a, last_block);
}

void web_blocks_why(struct web *w, struct web_exchange *x)
{
	struct ask a = { .head = { .kind = ASK_WHY, .size = sizeof(struct ask_query) } };
	struct addr_net net;

	/* What goes into the filter later has no blank and no quote. */
	if (addr_net_parse(view_of(web_arg(x, "address")), &net) != ERR_NONE) {
		web_end_problem(w, x, 400, "'address' is no address");
		return;
	}
	(void)VIEW_COPY(view_of(web_arg(x, "address")), a.body.query.filter);
	web_ask(w, x, &a, live_score);
}
