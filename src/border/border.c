/* SPDX-License-Identifier: Apache-2.0 */
/* The border as one: its parts made, fed with time, and asked. */
#include "border/border_priv.h"

#include "base/object.h"
#include "border/alive.h"
#include "border/call_pending_priv.h"
#include "border/call_priv.h"
#include "border/calls.h"
#include "border/command.h"
#include "border/common.h"
#include "border/exchange.h"
#include "border/explain.h"
#include "border/headers.h"
#include "border/ingress.h"
#include "border/kept_out.h"
#include "border/peers.h"
#include "border/probe.h"
#include "border/registrar.h"
#include "border/spend.h"
#include "border/stay.h"
#include "border/subscription.h"
#include "border/trunk.h"
#include "border/ways.h"

#include <stdlib.h>
#include <string.h>

const struct purpose_row purposes[PURPOSE_COUNT] = {
	[PURPOSE_REGISTER] = { registrar_answer, registrar_notice },
	[PURPOSE_ASK] = { registrar_ask_answer, registrar_notice },
	[PURPOSE_PROBE] = { probe_answer, probe_notice },
	[PURPOSE_SUBSCRIPTION] = { subscription_answer, subscription_notice },
	[PURPOSE_EXCHANGE] = { exchange_answer, exchange_notice },
	[PURPOSE_PEER] = { peers_answer, peers_notice },
	[PURPOSE_TRUNK] = { trunk_answer, trunk_notice },
	[PURPOSE_STAY] = { stay_answer, stay_notice },
	[PURPOSE_CALL] = { calls_answer, calls_notice },
	[PURPOSE_CALL_REQUEST] = { calls_request_answer, calls_request_notice },
	[PURPOSE_ALIVE] = { alive_answer, alive_notice },
};

/* A call keeps at most two INVITE transactions and a few others at once. */
enum { TRANSACTIONS_PER_CALL = 4, LARGE_TEXTS = 64, FLOWS_PER_CALL = 2 };

size_t border_checkpoint_size(const struct border_settings *settings)
{
	return checkpoint_size(settings->subscribers.max_registrations, settings->max_calls);
}

uint64_t border_checkpoint_layout(void)
{
	/* The first changes with the meaning of a member that keeps its size. */
	const uint64_t sizes[] = { 8, sizeof(struct call_facts), sizeof(struct registration_facts),
		                   sizeof(struct spending), checkpoint_size(1, 1) };
	static const struct hash_key key = { 0 };

	return hash_siphash(&key, sizes, sizeof(sizes));
}

static void send(void *context, const struct ua_path *to, struct view bytes)
{
	struct border *b = context;
	struct flow flow = flow_of(to);

	b->ports.send(b->ports.context, &flow, bytes);
}

static void notice(void *context, enum ua_notice what, const struct ua_event *event,
                   uint64_t now_us)
{
	struct border *b = context;

	(void)now_us;
	if (what == UA_TIMEOUT && !event->is_server) {
		struct flow flow = flow_of(&event->path);

		peers_missed(b, &flow);
	}
	if (what == UA_ENDED && event->is_server)
		calls_refusal_over(b, event);
	if (purposes[event->user.purpose].notice)
		purposes[event->user.purpose].notice(b, what, event);
}

static void ended(void *context, const struct registration_facts *facts)
{
	struct border *b = context;
	struct inbound in = { .flow = &facts->flow, .standing = STANDING_KNOWN };
	struct fact fact = fact_of(b, &in, FACT_UNREGISTERED);

	if (facts->pbx) /* a PBX's with its carrier: nobody's attempt */
		return;
	/* The judge counts none: to it a flow is registered or is not. */
	if (registration_on_flow(&b->registrations, &facts->flow))
		return;
	fact_account(&fact, view_of(facts->account));
	fact_emit(b, &fact);
}

static enum err make_ua(struct border *b)
{
	uint32_t each = b->settings.max_transactions;
	struct ua_settings settings = {
		.max_servers = each,
		.max_clients = each,
		.max_small = each,
		.max_medium = 2 * each,
		.max_large = each / 16 < LARGE_TEXTS ? each / 16 + 1 : LARGE_TEXTS,
	};
	struct ua_ports ports = { b, send, notice };

	return ua_new(&settings, &ports, &b->wheel, &b->ports.keys[KEY_TABLES], &b->ua);
}

static enum err make_guard(struct border *b)
{
	const struct hash_key *key = &b->ports.keys[KEY_TABLES];
	enum err err = guard_door_new(b->ports.verdicts, b->settings.door.max_blocked_sources, key,
	                              &b->door);

	if (err == ERR_NONE)
		err = guard_bounds_new(&b->settings.door, key, &b->bounds);
	if (err == ERR_NONE)
		err = guard_refrains_new(key, &b->refrains);
	if (err == ERR_NONE)
		err = guard_logins_new(&b->settings.door, key, &b->logins);
	return err;
}

static enum err make_tables(struct border *b)
{
	const uint32_t slots[CHECKPOINT_KINDS] = { b->settings.subscribers.max_registrations,
		                                   b->settings.max_calls, 1,
		                                   b->settings.max_calls };
	const struct hash_key *key = &b->ports.keys[KEY_TABLES];
	uint32_t flows = slots[CHECKPOINT_REGISTRATION] + FLOWS_PER_CALL * slots[CHECKPOINT_DIALOG];
	enum err err;

	err = checkpoint_init(&b->checkpoint, b->ports.checkpoint, slots, key);
	b->registrations = (struct registrations){
		.wheel = &b->wheel,
		.known = &b->known,
		.checkpoint = &b->checkpoint,
		.ended = ended,
		.context = b,
	};
	if (err == ERR_NONE)
		err = known_table_init(&b->known, flows, key);
	if (err == ERR_NONE)
		err = registrations_init(&b->registrations, slots[CHECKPOINT_REGISTRATION], key);
	if (err == ERR_NONE)
		err = header_counts_new(&b->removed);
	if (err == ERR_NONE)
		err = exchanges_new(b->settings.max_transactions, &b->exchanges);
	return err;
}

static enum err make_engines(struct border *b)
{
	enum err err = registrar_new(b, &b->registrar);

	if (err == ERR_NONE)
		err = peers_new(b, &b->peers);
	if (err == ERR_NONE)
		err = trunks_new(b, &b->trunks);
	if (err == ERR_NONE)
		err = stays_new(b, &b->stays);
	if (err == ERR_NONE)
		err = calls_new(b, &b->calls);
	if (err == ERR_NONE)
		err = commands_new(b, &b->commands);
	if (err == ERR_NONE)
		err = subscriptions_new(b, &b->subscriptions);
	if (err == ERR_NONE)
		err = probes_new(b, &b->probes);
	return err;
}

enum err border_new(const struct border_settings *settings, const struct border_ports *ports,
                    struct now now, struct border **ret)
{
	struct border *b = calloc(1, sizeof(*b));
	enum err err;

	if (!b)
		return ERR_NO_MEMORY;
	b->settings = *settings;
	b->ports = *ports;
	b->now = now;
	b->since_us = now.us;
	wheel_init(&b->wheel, now.us);
	b->namer = (struct ua_namer){ ports->keys[KEY_NAMES], ports->owner, ports->generation };
	b->cookie_keys.epochs[0] = b->cookie_keys.epochs[1] = ports->keys[KEY_COOKIES];
	err = make_ua(b);
	if (err == ERR_NONE)
		err = make_guard(b);
	if (err == ERR_NONE)
		err = make_tables(b);
	if (err == ERR_NONE)
		err = make_engines(b);
	if (err != ERR_NONE) {
		border_free(&b);
		return err;
	}
	common_tell_calls(b);
	spend_restore(b);
	(void)registrations_restore(&b->registrations, now);
	(void)calls_restore(b);
	call_pending_restore(b);
	*ret = b;
	return ERR_NONE;
}

void border_drain(struct border *b, bool is_on) { b->is_draining = is_on; }

void border_hang_up(struct border *b, struct now now)
{
	b->now = now;
	calls_hang_up(b);
}

void border_end(struct border *b, struct now now)
{
	b->now = now;
	calls_settle(b);
}

uint32_t border_calls(const struct border *b) { return calls_live(b); }

void border_free(struct border **border)
{
	struct border *b = *border;

	if (!b)
		return;
	/* Timers of parts that go would otherwise be neighbours of those that stay. */
	wheel_clear(&b->wheel);
	probes_free(&b->probes);
	calls_free(&b->calls);
	commands_free(&b->commands);
	subscriptions_free(&b->subscriptions);
	peers_free(&b->peers);
	trunks_free(&b->trunks);
	stays_free(&b->stays);
	registrar_free(&b->registrar);
	pool_free(&b->exchanges);
	header_counts_free(&b->removed);
	registrations_clear(&b->registrations);
	known_table_clear(&b->known);
	checkpoint_clear(&b->checkpoint);
	guard_logins_free(&b->logins);
	guard_refrains_free(&b->refrains);
	guard_bounds_free(&b->bounds);
	guard_door_free(&b->door);
	ua_free(&b->ua);
	free(b);
	*border = NULL;
}

void border_receive(struct border *b, const struct flow *flow, char *bytes, size_t len,
                    struct now now)
{
	b->now = now;
	ingress(b, flow, bytes, len);
}

void border_unreachable(struct border *b, const struct flow *flow, struct now now)
{
	struct ua_path path = path_of(flow);

	b->now = now;
	/* ICMP is as easy to forge as a datagram: only a peer's ends a transaction early. */
	if (party_peer_of(b, flow))
		ua_path_failed(b->ua, &path, now.us, now.us);
}

void border_media_event(struct border *b, const struct media_event *event, struct now now)
{
	b->now = now;
	if (event->kind == MEDIA_STARTED) {
		unsigned worker = event->worker % MAX_MEDIA_WORKERS;

		memcpy(b->media_fingerprints[worker], event->fingerprint, MEDIA_FINGERPRINT_SIZE);
		b->media_told |= 1u << worker;
	}
	calls_media_event(b, event);
}

static void count_repeats(struct border *b)
{
	const struct ua_counts *c = ua_counts(b->ua);
	uint64_t repeats = c->requests_repeated + c->responses_repeated;

	counters_add(b->ports.counters, COUNT_retransmitted, repeats - b->repeats_told);
	b->repeats_told = repeats;
}

void border_advance(struct border *b, struct now now)
{
	b->now = now;
	wheel_advance(&b->wheel, now.us);
	count_repeats(b);
}

uint64_t border_wait_us(const struct border *b, struct now now)
{
	return wheel_wait_us(&b->wheel, now.us);
}

/* ---- settings ---- */

static bool needs_restart(const struct border_settings *a, const struct border_settings *b)
{
	return a->max_calls != b->max_calls || a->max_transactions != b->max_transactions ||
	       a->subscribers.max_registrations != b->subscribers.max_registrations ||
	       a->listener_count != b->listener_count ||
	       memcmp(a->listeners, b->listeners, sizeof(a->listeners)) != 0;
}

enum err border_apply(struct border *b, const struct border_settings *settings, struct now now)
{
	b->now = now;
	if (needs_restart(&b->settings, settings))
		return ERR_DENIED;
	b->before = b->settings;
	b->settings = *settings;
	peers_apply(b, &b->before);
	trunks_apply(b);
	calls_apply(b, &b->before);
	subscriptions_apply(b);
	registrar_apply(b);
	probes_apply(b);
	kept_out_apply(b);
	guard_bounds_apply(b->bounds, &settings->door);
	guard_logins_apply(b->logins, &settings->door);
	return ERR_NONE;
}

void border_resolve(struct border *b, const struct resolved_table *table, struct now now)
{
	b->now = now;
	peers_resolve(b, table);
}

/* ---- questions ---- */

static void answer_registrations(struct border *b, struct ask *row,
                                 void (*answer)(void *context, const struct ask *row),
                                 void *context)
{
	const struct registration *r;
	uint32_t place = 0;

	row->head.size = sizeof(row->body.registration);
	while ((r = pool_next(b->registrations.pool, &place))) {
		struct ask_registration *out = &row->body.registration;

		memset(out, 0, sizeof(*out));
		out->flow = r->facts.flow;
		(void)VIEW_COPY(view_of(r->facts.account), out->account);
		(void)VIEW_COPY(view_of(r->facts.contact), out->contact);
		(void)VIEW_COPY(view_of(r->facts.agent), out->user_agent);
		out->since_wall_us = r->facts.since_wall_us;
		out->expires_wall_us = now_wall_of(b->now, r->facts.expires_us);
		answer(context, row);
	}
}

static void write_peer(const struct border *b, const struct border_peer *peer, struct buffer *out)
{
	char address[ADDR_TEXT_MAX];

	buffer_char(out, '{');
	object_text(out, "name", view_of(peer->name));
	object_text(out, "side", view_of(b->settings.sides[peer->side].name));
	object_text(out, "address",
	            peer->address.family ? view_of(addr_text(&peer->address, address))
	                                 : view_of(peer->host));
	peers_write(out, b, (uint16_t)(peer - b->settings.peers));
	ways_write(out, b, (uint16_t)(peer - b->settings.peers));
	trunk_write(out, b, (uint16_t)(peer - b->settings.peers));
	probe_write(out, b, peer);
	buffer_char(out, '}');
}

static void answer_peers(struct border *b, struct ask *row,
                         void (*answer)(void *context, const struct ask *row), void *context)
{
	for (unsigned i = 0; i < b->settings.peer_count; i++) {
		struct buffer out = BUFFER_ON(row->body.text);

		write_peer(b, &b->settings.peers[i], &out);
		row->head.size = (uint32_t)out.len;
		answer(context, row);
	}
}

void border_answer(struct border *b, const struct ask *question, struct now now,
                   void (*answer)(void *context, const struct ask *row), void *context)
{
	struct ask row = { .head = question->head };
	struct buffer out = BUFFER_ON(row.body.text);

	b->now = now;
	if (question->head.kind == ASK_COMMAND) {
		command_take(b, question);
		return;
	}
	row.head.is_answer = 1;
	row.head.size = 0;
	switch (question->head.kind) {
	case ASK_REGISTRATIONS:
		answer_registrations(b, &row, answer, context);
		break;
	case ASK_LIVE_CALLS:
		calls_list(b, question, answer, context);
		break;
	case ASK_PEERS:
		answer_peers(b, &row, answer, context);
		break;
	case ASK_ROUTE:
		row.head.result =
			(uint8_t)explain_route(b, view_of(question->body.query.filter), &out);
		row.head.size = row.head.result == ERR_NONE ? (uint32_t)out.len : 0;
		if (row.head.size)
			answer(context, &row);
		break;
	case ASK_CONTROL_CALLS:
		command_list(b, question, answer, context);
		break;
	case ASK_HEADERS:
		kept_out_list(b, &row, answer, context);
		break;
	default:
		row.head.result = ERR_UNSUPPORTED;
		break;
	}
	row.head.size = 0;
	row.head.is_last = 1;
	answer(context, &row);
}
