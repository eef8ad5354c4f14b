/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of calls and turns, and where each message of a call goes. */
#include "border/attempt_priv.h"
#include "border/begun_priv.h"
#include "border/call_pending_priv.h"
#include "border/call_priv.h"
#include "border/call_refused_priv.h"
#include "border/command.h"
#include "border/common.h"
#include "border/fork_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/peers.h"
#include "border/reoffer_priv.h"
#include "border/session_priv.h"
#include "border/spend.h"
#include "border/subscription.h"
#include "border/turn_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
	RINGING_MAX_S = 180,
	BYE_PATIENCE_US = 2 * SECOND_US,
	MEDIA_PATIENCE_US = 1500 * MILLISECOND_US
};

enum err calls_new(struct border *b, struct calls **ret)
{
	uint32_t count = b->settings.max_calls + EMERGENCY_RESERVE;
	/* A turn lasts as long as its transactions, which outlast a short call: it has a server, a
	 * client, or both. */
	uint32_t turns = 2 * b->settings.max_transactions;
	const struct hash_key *key = &b->ports.keys[KEY_TABLES];
	struct calls *c = calloc(1, sizeof(*c));
	enum err err;

	if (!c)
		return ERR_NO_MEMORY;
	list_init(&c->awake);
	err = pool_new(sizeof(struct call), count, &c->calls);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct call_facts), count, &c->facts);
	if (err == ERR_NONE)
		err = pool_new(sizeof(struct turn), turns, &c->turns);
	if (err == ERR_NONE)
		err = attempts_new(count, &c->attempts);
	if (err == ERR_NONE)
		err = map_init(&c->by_serial, CALL_LEGS * (size_t)count, key);
	if (err == ERR_NONE)
		err = map_init(&c->by_id, count, key);
	if (err == ERR_NONE)
		err = forks_new(c, count, key);
	if (err == ERR_NONE)
		err = port_share_new(b, &c->ports);
	if (err == ERR_NONE)
		err = begun_new(c, b->settings.max_calls);
	if (err == ERR_NONE)
		err = call_refused_new(c, b->settings.max_calls);
	if (err == ERR_NONE)
		c->pending_free = calloc(b->settings.max_calls + 1, sizeof(*c->pending_free));
	if (err == ERR_NONE && !c->pending_free)
		err = ERR_NO_MEMORY;
	if (err != ERR_NONE) {
		calls_free(&c);
		return err;
	}
	*ret = c;
	return ERR_NONE;
}

void calls_free(struct calls **calls)
{
	struct calls *c = *calls;

	if (!c)
		return;
	port_share_free(&c->ports);
	map_clear(&c->by_serial);
	map_clear(&c->by_id);
	forks_free(c);
	pool_free(&c->calls);
	pool_free(&c->facts);
	pool_free(&c->turns);
	pool_free(&c->attempts);
	free(c->pending_free);
	call_refused_free(c);
	begun_free(c);
	free(c);
	*calls = NULL;
}

/* ---- finding ---- */

static bool has_serial(const struct map_node *node, const void *wanted)
{
	const struct leg *leg = HOLDER(node, struct leg, by_serial);

	return leg->serial == *(const uint64_t *)wanted;
}

static bool has_id(const struct map_node *node, const void *wanted)
{
	return HOLDER(node, struct call, by_id)->id == *(const uint64_t *)wanted;
}

struct call *call_by_serial(const struct border *b, uint64_t serial, unsigned *ret_leg)
{
	const struct map *m = &b->calls->by_serial;
	struct map_node *node =
		map_find(m, map_hash(m, &serial, sizeof(serial)), has_serial, &serial);
	struct leg *leg;

	if (!node)
		return NULL;
	leg = HOLDER(node, struct leg, by_serial);
	*ret_leg = leg->number;
	return HOLDER(leg - leg->number, struct call, legs);
}

struct call *call_by_tag(const struct border *b, struct view tag, unsigned *ret_leg)
{
	struct ua_name name;
	struct call *call;

	if (ua_name_read(tag, &b->namer, UA_NAME_TAG, &name) != ERR_NONE)
		return NULL;
	call = call_by_serial(b, name.serial, ret_leg);
	if (call)
		call_wake(call);
	return call;
}

struct call *call_by_id(const struct border *b, uint64_t id)
{
	const struct map *m = &b->calls->by_id;
	struct map_node *node = map_find(m, map_hash(m, &id, sizeof(id)), has_id, &id);

	if (!node)
		return NULL;
	call_wake(HOLDER(node, struct call, by_id));
	return HOLDER(node, struct call, by_id);
}

struct call *call_of_turn(struct border *b, const struct turn *turn)
{
	struct call *call = pool_at(b->calls->calls, turn->call);

	if (call)
		call_wake(call);
	return call;
}

struct pool_handle call_handle(const struct border *b, const struct call *call)
{
	return pool_handle_of(b->calls->calls, call);
}

struct pool_handle turn_handle(const struct border *b, const struct turn *turn)
{
	return pool_handle_of(b->calls->turns, turn);
}

struct turn *turn_at(struct border *b, struct pool_handle h) { return pool_at(b->calls->turns, h); }

/* ---- beginning and end ---- */

void call_patience(struct call *call, uint64_t us)
{
	wheel_set(&call->border->wheel, &call->timer, call->border->now.us + us);
}

void call_rings(struct call *call) { call_patience(call, (uint64_t)RINGING_MAX_S * SECOND_US); }

void call_awaits_bye(struct call *call) { call_patience(call, BYE_PATIENCE_US); }

static void run_out(struct timer *t, uint64_t now_us)
{
	struct call *call = HOLDER(t, struct call, timer);
	struct border *b = call->border;
	struct turn *turn;

	(void)now_us;
	call_wake(call);
	switch ((enum call_state)call->state) {
	case CALL_SETUP:
		turn = turn_at(b, call->invite);
		if (turn)
			answer_timeout(b, turn);
		else
			call_end(call, END_RINGFENCE, "no answer");
		break;
	case CALL_UP:
		within_bye_unanswered(call);
		break;
	case CALL_ENDING:
		call_finish(call);
		break;
	}
}

static void draw_id(struct border *b, struct call *call)
{
	uint64_t wall_us = b->now.wall_us > 0 ? (uint64_t)b->now.wall_us : 0;
	struct calls *c = b->calls;

	b->ports.random(b->ports.context, &call->facts->id, sizeof(call->facts->id));
	call->facts->id >>= 4; /* the stream's number stands in the last four bits */
	/* From the clock, so that a number is not given twice by a worker that was restarted;
	 * calls come slower than it counts. */
	c->last_number = wall_us > c->last_number ? wall_us : c->last_number + 1;
	/* Nor by two workers. */
	if (b->ports.owners > 1)
		c->last_number = (c->last_number / MAX_SIGNAL_WORKERS + 1) * MAX_SIGNAL_WORKERS +
		                 b->ports.owner;
	call->facts->number = call->number = c->last_number;
}

void call_enter(struct border *b, struct call *call)
{
	struct calls *c = b->calls;

	call->id = call->facts->id;
	call->number = call->facts->number;
	timer_init(&call->timer, run_out);
	session_begin(call);
	map_insert(&c->by_id, &call->by_id, map_hash(&c->by_id, &call->id, sizeof(call->id)));
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		struct leg *leg = &call->legs[i];

		leg->number = (uint8_t)i;
		leg->counted = CALL_PHONE;
		leg->serial = call->facts->legs[i].serial;
		map_insert(&c->by_serial, &leg->by_serial,
		           map_hash(&c->by_serial, &leg->serial, sizeof(leg->serial)));
	}
}

struct call *call_new(struct border *b)
{
	struct call *call = pool_take(b->calls->calls);

	if (!call)
		return NULL;
	call->border = b;
	/* As many as there are calls. */
	(void)call_facts_take(b->calls, call);
	assert(call->facts);
	common_tell_calls(b);
	return call;
}

struct call *call_take(struct border *b, bool is_emergency)
{
	struct call *call;

	if (!is_emergency && pool_used(b->calls->calls) + common_calls(b) >= b->settings.max_calls)
		return NULL;
	call = call_new(b);
	if (!call)
		return NULL;
	draw_id(b, call);
	for (unsigned i = 0; i < CALL_LEGS; i++)
		leg_name(b, leg_of(call, i));
	call->facts->is_emergency = is_emergency;
	call->facts->started_wall_us = b->now.wall_us;
	call_enter(b, call);
	return call;
}

void call_name_leg(struct call *call, unsigned number, uint64_t serial)
{
	struct map *m = &call->border->calls->by_serial;
	struct leg *leg = &call->legs[number];
	unsigned taken_by;

	if (call_by_serial(call->border, serial, &taken_by))
		return;
	map_remove(m, &leg->by_serial);
	leg->serial = leg_of(call, number)->serial = serial;
	map_insert(m, &leg->by_serial, map_hash(m, &leg->serial, sizeof(leg->serial)));
}

void call_finish(struct call *call)
{
	struct border *b = call->border;
	struct calls *c = b->calls;

	if (!call->is_silent) {
		call_record(call);
		border_count(b, COUNT_calls_ended);
	}
	common_tell_number(b, leg_of(call, LEG_CALLEE)->serial, 0);
	call_unsave(call);
	forks_forget(call);
	attempt_drop(call);
	spend_end(call);
	wheel_cancel(&b->wheel, &call->timer);
	wheel_cancel(&b->wheel, &call->session);
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		stream_give_ports(call, i);
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		leg_part(call, i);
		call->legs[i].is_phone = false;
		map_remove(&c->by_serial, &call->legs[i].by_serial);
		known_release(&b->known, &call->legs[i].known);
	}
	map_remove(&c->by_id, &call->by_id);
	secure_wipe(call);
	call_facts_give(c, call);
	pool_give(c->calls, call);
	common_tell_calls(b);
}

/* What is still asked has no call to go to any more. */
static void end_invite(struct border *b, struct call *call)
{
	struct turn *turn = turn_at(b, call->invite);

	call->invite = (struct pool_handle){ 0 };
	if (!turn)
		return;
	if (!turn->is_answered) {
		if (!ua_server_is_final(b->ua, turn->server))
			call_refuse(b, call, turn, 487, VIEW_EMPTY);
		turn_cancel(b, turn, VIEW_EMPTY);
	}
	ua_server_acknowledged(b->ua, turn->server);
	turn_done(b, turn);
}

void call_blame_description(struct call *call)
{
	call->facts->ending.refusal = (uint8_t)(call->border->calls->why + 1);
}

void call_end(struct call *call, enum call_end by, const char *cause)
{
	struct border *b = call->border;

	if (call->state == CALL_ENDING)
		return;
	call->state = CALL_ENDING;
	if (call->is_commanded) {
		by = END_RINGFENCE;
		cause = "ended by command";
	}
	call->facts->ending = (struct call_ending){ .wall_us = b->now.wall_us,
		                                    .status = call->status,
		                                    .by = (uint8_t)by,
		                                    .refusal = call->facts->ending.refusal };
	(void)VIEW_COPY(view_of(cause), call->facts->ending.cause);
	end_invite(b, call);
	within_bye_over(call);
	commands_forget(call);
	wheel_cancel(&b->wheel, &call->session);
	call_close_streams(call);
}

void call_close_streams(struct call *call)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		stream_close(call, i);
	if (!stream_is_any_closing(call)) {
		call_finish(call);
		return;
	}
	/* Who dies while the figures are awaited leaves its successor a call to record. */
	(void)call_save(call);
	call_pending_drop(call);
	call_patience(call, MEDIA_PATIENCE_US);
}

void call_hang_up(struct call *call, const char *cause)
{
	call_hang_up_because(call, cause, VIEW_EMPTY);
}

void call_hang_up_because(struct call *call, const char *cause, struct view lines)
{
	struct border *b = call->border;
	struct turn *turn = turn_at(b, call->invite);

	if (call->state != CALL_UP)
		return;
	/* A 2xx whose ACK never came is acknowledged before its BYE (RFC 3261 13.3.1.4). */
	if (turn && turn->is_answered)
		leg_acknowledge(b, leg_of(call, leg_other(turn->from)), turn, VIEW_EMPTY,
		                VIEW_EMPTY);
	leg_bye_because(call, LEG_CALLER, lines);
	leg_bye_because(call, LEG_CALLEE, lines);
	call_end(call, END_RINGFENCE, cause);
}

struct turn *turn_take(struct border *b, struct call *call, unsigned from,
                       const struct sip_msg *request)
{
	struct turn *turn = pool_take(b->calls->turns);

	if (!turn)
		return NULL;
	turn->call = call_handle(b, call);
	turn->from = (uint8_t)from;
	turn->method = request->method;
	turn->came_cseq = request->cseq.number;
	return turn;
}

/* The rest of its transactions may still be heard of: a 2xx of another fork. */
void turn_done(struct border *b, struct turn *turn)
{
	turn->is_done = true;
	if (!turn->has_client)
		turn_give(b, turn);
}

void turn_give(struct border *b, struct turn *turn) { pool_give(b->calls->turns, turn); }

void turn_cancel(struct border *b, struct turn *turn, struct view reason)
{
	enum err err = ERR_NOT_FOUND;

	struct call *call = call_of_turn(b, turn);

	turn->is_cancelled = true;
	if (call)
		call_pending_cancelled(call, turn);
	if (turn->has_client)
		err = ua_client_cancel(b->ua, turn->client, reason, b->now.us);
	/* ERR_DENIED: its final answer crossed; whoever hears of it sees is_cancelled. */
	if (err != ERR_NONE && err != ERR_DENIED)
		border_count(b, COUNT_limit_transactions);
}

/* ---- what comes within a dialog ---- */

static void out_of_dialog(struct border *b, const struct inbound *in)
{
	struct fact fact = fact_of(b, in, FACT_OUT_OF_DIALOG);

	if (within_bye_outlives(b, in)) {
		reply_stateless(b, in, 200, VIEW_EMPTY);
		return;
	}
	fact_emit(b, &fact);
	if (in->standing == STANDING_STRANGER || in->msg->method == SIP_METHOD_ACK)
		border_count(b, COUNT_dropped_out_of_dialog);
	else
		reply_stateless(b, in, 481, VIEW_EMPTY);
}

static bool has_moved(struct border *b, const struct inbound *in, const struct leg_facts *leg)
{
	return leg->peer == CALL_PHONE && in->standing == STANDING_KNOWN &&
	       calls_is_account(b, in->flow, leg->account_hash);
}

/* Whether the leg's own party speaks. A phone that has moved is believed once its
 * account has registered from the new flow. */
static bool is_at_leg(struct border *b, const struct inbound *in, struct call *call,
                      unsigned number)
{
	struct leg_facts *leg = leg_of(call, number);

	if (flow_equal(&leg->flow, in->flow))
		return true;
	if (leg->peer != CALL_PHONE)
		return in->peer && in->peer == leg_peer(b, leg);
	return has_moved(b, in, leg) && leg_move(call, number, in->flow);
}

static void refuse_moved(struct border *b, const struct inbound *in)
{
	bool is_silent = in->msg->method == SIP_METHOD_ACK || in->flow->transport == TRANSPORT_UDP;

	border_count(b, COUNT_dropped_mismatch);
	if (!is_silent)
		reply_at_once(b, in, 403, VIEW_EMPTY);
}

/* The call and leg whose dialog, or one of whose forks, a request names. */
static struct call *call_named(struct border *b, const struct inbound *in, struct view tag,
                               unsigned *ret_leg)
{
	struct call *call = call_by_tag(b, tag, ret_leg);

	if (!call) {
		call = fork_by_tag(b, tag, in->msg);
		*ret_leg = LEG_CALLER;
		return call;
	}
	fork_heard(call, *ret_leg, in->msg);
	return ua_dialog_matches(&leg_of(call, *ret_leg)->dialog, in->msg) ? call : NULL;
}

void calls_in_dialog(struct border *b, struct inbound *in, const struct ua_event *passed)
{
	struct sip_name_addr to;
	struct call *call;
	unsigned leg;

	(void)passed; /* it is matched by its dialog like any other ACK */
	call = sip_parts_address(in->msg, SIP_HEADER_TO, &to) == ERR_NONE
	             ? call_named(b, in, to.tag, &leg)
	             : NULL;
	if (!call) {
		if (!subscription_request(b, in))
			out_of_dialog(b, in);
		return;
	}
	if (!fact_is_proven(in->proof))
		in->proof = PROOF_TAG;
	if (!is_at_leg(b, in, call, leg))
		refuse_moved(b, in);
	else if (in->msg->method == SIP_METHOD_ACK)
		ack_take(b, in, call, leg);
	else
		within_request(b, in, call, leg);
}

bool calls_has_dialog(const struct border *b, const struct sip_msg *msg, const struct flow *flow)
{
	struct sip_name_addr to;
	struct call *call;
	unsigned leg;

	if (sip_parts_address(msg, SIP_HEADER_TO, &to) != ERR_NONE)
		return false;
	call = call_by_tag(b, to.tag, &leg);
	return call && flow_equal(&leg_of(call, leg)->flow, flow) &&
	       ua_dialog_matches(&leg_of(call, leg)->dialog, msg);
}

/* ---- answers, notices, media ---- */

/* Of a target that was left for another one nothing else is heard. */
static bool is_left(const struct turn *turn, const struct ua_event *event)
{
	return !event->is_server && (turn->client.index != event->transaction.index ||
	                             turn->client.generation != event->transaction.generation);
}

void calls_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer)
{
	struct turn *turn = turn_at(b, event->user.object);

	if (turn && is_left(turn, event))
		answer_abandoned(b, in, turn);
	else if (turn)
		answer_invite(b, in, turn, answer);
}

static bool goes_elsewhere(struct border *b, struct turn *turn, const struct ua_event *event)
{
	struct flow went = flow_of(&event->path);
	struct call *call = call_of_turn(b, turn);

	return call && !event->is_server && reoffer_elsewhere(b, call, turn, &went);
}

void calls_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct turn *turn = turn_at(b, event->user.object);

	if (!turn || is_left(turn, event))
		return;
	if (notice == UA_TIMEOUT && !goes_elsewhere(b, turn, event))
		answer_timeout(b, turn);
	else if (notice == UA_UNPRACKED)
		reliable_unpracked(b, turn);
	else if (notice == UA_UNACKED && event->status < 300)
		ack_missed(b, turn);
	turn = turn_at(b, event->user.object);
	if (turn && notice == UA_ENDED && !event->is_server)
		turn->has_client = false;
	if (turn && turn->is_done && !turn->has_client)
		turn_give(b, turn);
}

void calls_request_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                          enum ua_answer answer)
{
	struct turn *turn = turn_at(b, event->user.object);

	if (turn && answer == UA_ANSWER_FINAL)
		within_answer(b, in, turn);
}

void calls_request_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	struct turn *turn = turn_at(b, event->user.object);

	if (turn && (notice == UA_TIMEOUT || notice == UA_UNANSWERED))
		within_timeout(b, turn);
}
