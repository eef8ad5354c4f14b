/* SPDX-License-Identifier: Apache-2.0 */
/* Who may command what of which call, and what the answer is. */
#include "border/command_priv.h"
#include "border/leg_priv.h"

#include "base/secret.h"

#include <stdlib.h>
#include <string.h>

/* Of all workers alike, since a server has one token of a call of which two have a half each. Their
 * counters outlive them, so what was said once is no more worth after a restart. */
static void derive_keys(const struct border *b, struct hash_key keys[2])
{
	for (uint32_t i = 0; i < 4; i++) {
		const struct {
			char what[16];
			uint32_t generation, half;
		} bound = { "command token", b->ports.generation, i };
		uint64_t word = hash_siphash(&b->ports.keys[KEY_NAMES], &bound, sizeof(bound));

		memcpy(keys[i / 2].bytes + i % 2 * sizeof(word), &word, sizeof(word));
	}
}

enum err commands_new(struct border *b, struct commands **ret)
{
	struct commands *c = calloc(1, sizeof(*c));
	enum err err = ERR_NO_MEMORY;

	if (!c)
		return err;
	err = pool_new(sizeof(struct command_row), MAX_COMMANDS, &c->rows);
	if (err != ERR_NONE) {
		free(c);
		return err;
	}
	if (b->ports.common)
		derive_keys(b, c->keys);
	else
		b->ports.random(b->ports.context, c->keys, sizeof(c->keys));
	for (unsigned i = 0; i < MAX_CONTROL_SERVERS; i++)
		common_own_counter(b, i, &c->counters[i]);
	*ret = c;
	return ERR_NONE;
}

void commands_free(struct commands **c)
{
	if (!*c)
		return;
	pool_free(&(*c)->rows);
	secret_wipe((*c)->keys, sizeof((*c)->keys));
	free(*c);
	*c = NULL;
}

void command_token(const struct border *b, uint64_t call, struct view server,
                   char ret[COMMAND_TOKEN_SIZE])
{
	struct buffer out = buffer_on(ret, COMMAND_TOKEN_SIZE - 1);
	struct {
		uint64_t call;
		char server[COMMAND_NAME_SIZE];
	} bound = { .call = call };

	(void)VIEW_COPY(server, bound.server);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t half = hash_siphash(&b->commands->keys[i], &bound, sizeof(bound));

		buffer_hex(&out, &half, sizeof(half));
	}
	ret[out.len] = 0;
}

/* ---- the way of an answer ---- */

static void say(const struct command_row *row, enum command_refusal why, uint16_t status)
{
	struct border *b = row->border;
	struct ask out = { .head = row->question };

	out.head.is_answer = out.head.is_last = 1;
	out.head.result = (uint8_t)command_refusal_err(why);
	out.head.size = sizeof(out.body.commanded);
	out.body.commanded = (struct commanded){
		.refusal = (uint8_t)why,
		.side = row->leg == LEG_CALLER ? COMMAND_SIDE_CALLER : COMMAND_SIDE_CALLEE,
		.status = status,
	};
	border_count(b, why == COMMAND_DONE ? COUNT_commands_done : COUNT_commands_refused);
	if (b->ports.answer)
		b->ports.answer(b->ports.context, &out);
}

/* What became known after the answer has its own line in the trail. */
static void record(const struct command_row *row, enum command_refusal why, uint16_t status)
{
	struct border *b = row->border;
	union record r;
	struct buffer text = BUFFER_ON(r.audit.object);

	memset(&r, 0, sizeof(r));
	r.audit.head = (struct record_head){ .version = RECORD_VERSION,
		                             .kind = RECORD_AUDIT,
		                             .size = sizeof(r.audit),
		                             .priority = PRIORITY_KEPT,
		                             .now_us = b->now.us,
		                             .wall_us = b->now.wall_us };
	(void)VIEW_COPY(view_of(row->command.actor), r.audit.actor);
	(void)VIEW_COPY(view_of(row->command.server[0] ? "server" : "operate"), r.audit.role);
	text = BUFFER_ON(r.audit.verb);
	buffer_text(&text, "calls ");
	buffer_text(&text, command_verb_name((enum command_verb)row->command.verb));
	text = buffer_on(r.audit.object, sizeof(r.audit.object) - 1);
	buffer_decimal(&text, row->command.call);
	(void)VIEW_COPY(view_of(row->command.reason), r.audit.reason);
	text = buffer_on(r.audit.result, sizeof(r.audit.result) - 1);
	buffer_text(&text, command_refusal_word(why));
	if (status) {
		buffer_char(&text, ' ');
		buffer_decimal(&text, status);
	}
	b->ports.record(b->ports.context, &r);
}

void command_end(struct command_row *row, enum command_refusal why, uint16_t status)
{
	struct border *b = row->border;

	if (row->is_answered)
		record(row, why, status);
	else
		say(row, why, status);
	wheel_cancel(&b->wheel, &row->timer);
	secret_wipe(row->command.token, sizeof(row->command.token));
	pool_give(b->commands->rows, row);
}

void command_accept(struct command_row *row, uint16_t status, uint64_t patience_us)
{
	if (!row->is_answered)
		say(row, COMMAND_DONE, status);
	row->is_answered = true;
	wheel_set(&row->border->wheel, &row->timer, row->border->now.us + patience_us);
}

static void run_out(struct timer *t, uint64_t now_us)
{
	struct command_row *row = HOLDER(t, struct command_row, timer);

	(void)now_us;
	command_undo(row);
	command_end(row, COMMAND_SILENT, 0);
}

struct command_row *command_of_turn(struct border *b, const struct turn *turn)
{
	struct pool_handle wanted = turn_handle(b, turn);
	struct command_row *row;
	uint32_t place = 0;

	while ((row = pool_next(b->commands->rows, &place)))
		if (row->turn.index == wanted.index && row->turn.generation == wanted.generation)
			return row;
	return NULL;
}

struct command_row *command_of_call(struct border *b, const struct call *call, unsigned leg,
                                    enum command_verb verb)
{
	struct pool_handle wanted = call_handle(b, call);
	struct command_row *row;
	uint32_t place = 0;

	while ((row = pool_next(b->commands->rows, &place)))
		if (row->call.index == wanted.index && row->call.generation == wanted.generation &&
		    row->leg == leg && row->command.verb == verb)
			return row;
	return NULL;
}

void command_pressed(struct call *call, unsigned leg)
{
	struct border *b = call->border;
	struct command_row *row = command_of_call(b, call, leg, COMMAND_DTMF);

	if (row && row->is_answered)
		command_end(row, COMMAND_DONE, 0);
}

void commands_forget(struct call *call)
{
	struct border *b = call->border;
	struct pool_handle gone = call_handle(b, call);
	struct command_row *row;
	uint32_t place = 0;

	if (pool_used(b->commands->rows) == 0)
		return;
	while ((row = pool_next(b->commands->rows, &place))) {
		if (row->call.index != gone.index || row->call.generation != gone.generation)
			continue;
		/* Whoever was referred may hang up before it says how it went. */
		if (row->is_answered)
			command_end(row, COMMAND_DONE, 0);
		else
			command_end(row, COMMAND_STATE, 0);
	}
}

/* ---- who may ---- */

static const struct border_control *server_of(const struct border *b, struct view name)
{
	for (unsigned i = 0; i < b->settings.control_count; i++)
		if (view_equal(view_of(b->settings.controls[i].name), name))
			return &b->settings.controls[i];
	return NULL;
}

static bool may(const struct border_control *server, enum command_verb verb)
{
	return (server->may & 1u << (verb == COMMAND_UNHOLD ? COMMAND_HOLD : verb)) != 0;
}

static bool is_of_peer(const struct call *call, uint16_t peer)
{
	return call->facts->legs[LEG_CALLER].peer == peer ||
	       call->facts->legs[LEG_CALLEE].peer == peer;
}

static bool is_configured(const struct border *b, uint64_t server)
{
	for (unsigned i = 0; i < b->settings.control_count; i++)
		if (fact_hash(b, view_of(b->settings.controls[i].name)) == server)
			return true;
	return false;
}

/* The counter of that server; that of one which is configured no more is given away. */
static struct command_counter *counter_of(struct border *b, const char *name)
{
	uint64_t server = fact_hash(b, view_of(name));
	struct command_counter *unused = NULL;

	for (unsigned i = 0; i < MAX_CONTROL_SERVERS; i++) {
		struct command_counter *c = &b->commands->counters[i];

		if (c->server == server)
			return c;
		if (!c->server || !is_configured(b, c->server))
			unused = c;
	}
	if (unused)
		*unused = (struct command_counter){ .server = server };
	return unused;
}

/* The last that counted with any worker. */
static uint64_t last_of(const struct border *b, const struct command_counter *counter)
{
	uint64_t others = common_counter(b, counter->server).last;

	return counter->last > others ? counter->last : others;
}

static bool is_replayed(const struct border *b, const struct command *c,
                        const struct command_counter *counter)
{
	struct command_counter others = common_counter(b, counter->server);

	/* What ends a call ends its halves, each with its worker. */
	if (c->verb == COMMAND_END && c->counter == others.last && c->call == others.ended)
		return c->counter <= counter->last;
	return c->counter <= counter->last || c->counter <= others.last;
}

static void count(struct border *b, const struct command *c, struct command_counter *counter)
{
	counter->last = c->counter;
	counter->ended = c->verb == COMMAND_END ? c->call : 0;
	common_tell_counter(b, (unsigned)(counter - b->commands->counters), counter);
}

static bool has_token(const struct border *b, const struct command *c)
{
	char token[COMMAND_TOKEN_SIZE];

	command_token(b, c->call, view_of(c->server), token);
	return secret_equal(token, c->token, sizeof(token));
}

/* ---- what a server sees ---- */

void command_list(struct border *b, const struct ask *question,
                  void (*answer)(void *context, const struct ask *row), void *context)
{
	const struct border_control *server =
		server_of(b, view_bytes(question->body.query.filter,
	                                strnlen(question->body.query.filter,
	                                        sizeof(question->body.query.filter))));
	struct ask row = { .head = question->head };
	struct ask_control_call *out = &row.body.control_call;
	struct call *call;
	uint32_t place = 0;

	row.head.is_answer = 1;
	row.head.size = sizeof(*out);
	while (server && (call = call_next_of(b, server->peer, &place))) {
		struct command_counter *counter = counter_of(b, server->name);

		if (call->state == CALL_ENDING || !is_of_peer(call, server->peer))
			continue;
		*out = (struct ask_control_call){
			.call = call->facts->number,
			.counter = counter ? last_of(b, counter) : 0,
			.started_wall_us = call->facts->started_wall_us,
			.answered_wall_us = call->facts->answered_wall_us,
			.side = call->facts->legs[LEG_CALLER].peer == server->peer
			              ? COMMAND_SIDE_CALLER
			              : COMMAND_SIDE_CALLEE,
		};
		command_token(b, out->call, view_of(server->name), out->token);
		(void)VIEW_COPY(view_of(call->facts->from), out->from);
		(void)VIEW_COPY(view_of(call->facts->to), out->to);
		(void)VIEW_COPY(view_of(call->facts->dialled), out->number);
		answer(context, &row);
	}
}

/* ---- which call, which end ---- */

/* Of the halves of a hairpin the one at whose outer end the meant party is. */
static bool is_better(const struct call *call, const struct command *c)
{
	unsigned leg = c->side == COMMAND_SIDE_CALLEE ? LEG_CALLEE : LEG_CALLER;

	return call->facts->legs[leg].is_outer;
}

static struct call *find(struct border *b, const struct command *c,
                         const struct border_control *server, bool *ret_is_there)
{
	struct call *call, *best = NULL;
	uint32_t place = 0;

	while ((call = pool_next(b->calls->calls, &place))) {
		if (call->number != c->call || call->state == CALL_ENDING)
			continue;
		call_wake(call);
		*ret_is_there = true;
		if (server && !is_of_peer(call, server->peer))
			continue;
		if (!best || is_better(call, c))
			best = call;
	}
	/* Another worker may have the better one. */
	if (best && b->ports.owners > 1 && c->verb != COMMAND_END && !c->is_any_half &&
	    !is_better(best, c)) {
		*ret_is_there = false;
		return NULL;
	}
	return best;
}

static unsigned leg_meant(const struct call *call, const struct command *c,
                          const struct border_control *server)
{
	if (c->side != COMMAND_SIDE_ANY)
		return c->side == COMMAND_SIDE_CALLEE ? LEG_CALLEE : LEG_CALLER;
	/* A server means who it talks to. */
	if (server)
		return call->facts->legs[LEG_CALLER].peer == server->peer ? LEG_CALLEE : LEG_CALLER;
	return LEG_CALLER;
}

static enum command_refusal judge_server(struct border *b, const struct command *c,
                                         const struct border_control *server,
                                         const struct call *call)
{
	struct command_counter *counter;

	if (!may(server, (enum command_verb)c->verb))
		return COMMAND_RIGHT;
	counter = counter_of(b, c->server);
	if (!counter || is_replayed(b, c, counter))
		return COMMAND_REPLAY;
	if (!has_token(b, c))
		return COMMAND_TOKEN;
	count(b, c, counter);
	return call->facts->is_emergency ? COMMAND_EMERGENCY : COMMAND_DONE;
}

static bool is_written_well(const struct command *c)
{
	return c->verb < COMMAND_VERB_COUNT && c->side <= COMMAND_SIDE_CALLEE &&
	       memchr(c->server, 0, sizeof(c->server)) && memchr(c->token, 0, sizeof(c->token)) &&
	       memchr(c->target, 0, sizeof(c->target)) && memchr(c->digits, 0, sizeof(c->digits)) &&
	       memchr(c->reason, 0, sizeof(c->reason)) && memchr(c->actor, 0, sizeof(c->actor));
}

static enum command_refusal judge(struct border *b, const struct command *c, struct call **ret,
                                  unsigned *ret_leg)
{
	const struct border_control *server = NULL;
	enum command_refusal why = COMMAND_DONE;
	bool is_there = false;

	if (!is_written_well(c))
		return COMMAND_FORM;
	if (c->server[0]) {
		server = server_of(b, view_of(c->server));
		if (!server)
			return COMMAND_SERVER;
	}
	*ret = find(b, c, server, &is_there);
	if (!*ret)
		return is_there ? COMMAND_NOT_YOURS : COMMAND_NO_CALL;
	*ret_leg = leg_meant(*ret, c, server);
	if (server)
		why = judge_server(b, c, server, *ret);
	if (why == COMMAND_DONE && c->verb != COMMAND_END && (*ret)->state != CALL_UP)
		why = COMMAND_STATE;
	return why;
}

void command_take(struct border *b, const struct ask *question)
{
	struct command_row refused = { .border = b, .question = question->head };
	struct command_row *row;
	struct call *call = NULL;
	unsigned leg = LEG_CALLER;
	bool is_over = false;
	enum command_refusal why = COMMAND_FORM;

	if (question->head.size >= sizeof(struct command))
		why = judge(b, &question->body.command, &call, &leg);
	/* Is over at once, and goes though others fill the table, who wait minutes for a phone. */
	if (why == COMMAND_DONE && question->body.command.verb == COMMAND_END) {
		refused.command = question->body.command;
		refused.leg = (uint8_t)leg;
		say(&refused, command_act(&refused, call, &is_over), 0);
		secret_wipe(refused.command.token, sizeof(refused.command.token));
		return;
	}
	row = why == COMMAND_DONE ? pool_take(b->commands->rows) : NULL;
	if (!row) {
		say(&refused, why == COMMAND_DONE ? COMMAND_FULL : why, 0);
		return;
	}
	row->border = b;
	row->question = question->head;
	row->command = question->body.command;
	row->call = call_handle(b, call);
	row->leg = (uint8_t)leg;
	timer_init(&row->timer, run_out);
	wheel_set(&b->wheel, &row->timer, b->now.us + COMMAND_PATIENCE_US);
	why = command_act(row, call, &is_over);
	if (why != COMMAND_DONE || is_over)
		command_end(row, why, 0);
}
