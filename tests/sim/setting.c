/* SPDX-License-Identifier: Apache-2.0 */
/* The border and what it stands on. */
#include "sim/setting.h"

#include "sim/faults.h"
#include "sim/text.h"

#include <stdlib.h>
#include <string.h>

static const struct hash_key key = { "sim" };

struct addr world_address(const char *text)
{
	struct addr a = { 0 };

	(void)!addr_parse_port(view_of(text), &a);
	return a;
}

struct addr world_border(unsigned side)
{
	return world_address(side == 0 ? "198.51.100.1:5060" : "10.0.0.2:5060");
}

/* ---- the border's ports ---- */

static void port_send(void *context, const struct flow *to, struct view bytes)
{
	struct world *w = context;
	const struct net_way way = { to->local, to->remote, to->side == 1, false };

	if (to->side == 0 && bytes.len > 4 &&
	    ((memcmp(bytes.at, "BYE ", 4) == 0 && faults_swallow(FAULT_SWALLOWED_BYE)) ||
	     (memcmp(bytes.at, "SIP/2.0 4", 9) == 0 && text_status(bytes.at) != 401 &&
	      text_status(bytes.at) != 407 && faults_swallow(FAULT_SWALLOWED_FINAL))))
		return;
	if (bytes.len > 8 && memcmp(bytes.at, "SIP/2.0 ", 8) == 0 && faults_swallow_answer(bytes))
		return;
	if (faults_swallow_invite(bytes))
		return;
	rules_sent(w, to, bytes);
	rules_told(w, to, bytes);
	(void)net_send(&w->net, &way, bytes, w->now.us);
}

static void port_fact(void *context, struct fact *fact)
{
	struct world *w = context;

	fact->version = FACT_VERSION;
	fact->sequence = ++w->fact_sequence;
	fact->now_us = w->now.us;
	fact->wall_us = w->now.wall_us;
	if (!fact_is_sound(fact))
		world_fail(w, "a fact of kind %u is not sound", fact->kind);
	guard_judge_take(w->judge, fact);
}

static void port_record(void *context, union record *record)
{
	(void)context;
	(void)record;
}

static void port_keys(void *context, const struct order_keys *keys) { (void)context, (void)keys; }
static void port_shake(void *context, const struct order_shake *s) { (void)context, (void)s; }
static void port_bundle(void *context, const struct order_bundle *o) { (void)context, (void)o; }
static void port_order(void *context, const struct order *order) { media_order(context, order); }

static void port_random(void *context, void *ret, size_t len)
{
	struct world *w = context;
	uint8_t *to = ret;

	for (size_t i = 0; i < len; i++)
		to[i] = faults_swallow(FAULT_STUCK_RANDOM) ? 0x42 : (uint8_t)chance_next(&w->keys);
}

/* ---- what it is told ---- */

static void settle(struct border_settings *s)
{
	s->side_count = s->listener_count = 2;
	for (unsigned i = 0; i < 2; i++) {
		(void)VIEW_COPY(i == 0 ? VIEW("outside") : VIEW("inside"), s->sides[i].name);
		s->listeners[i].side = (uint8_t)i;
		s->listeners[i].local = world_border(i);
	}
	s->peer_count = 1;
	(void)VIEW_COPY(VIEW("office"), s->peers[0].name);
	s->peers[0].address = world_address("10.0.0.20:5060");
	s->peers[0].side = 1;
	s->peers[0].budget = (struct guard_rate){ 10000, 2000 };
	s->subscribers.is_on = 1;
	s->subscribers.udp_expires_s = 60;
	s->subscribers.ask_pbx_s = 120;
	s->subscribers.pbx_expires_s = 600;
	s->subscribers.max_registrations = 64;
	(void)VIEW_COPY(VIEW("sip.example"), s->subscribers.domain);
	(void)VIEW_COPY(VIEW("299"), s->subscribers.probe_user);
	guard_door_defaults(&s->door);
	s->door.max_neighbourhoods = s->door.max_stranger_flows = 1024;
	s->door.max_stranger_addresses = s->door.max_login_pairs = s->door.max_login_sources = 1024;
	s->door.max_blocked_sources = 1024;
}

static void name_pairs(struct world *w)
{
	w->pairs->version = 1;
	w->pairs->count = 2 * SIM_PAIRS;
	for (unsigned i = 0; i < 2 * SIM_PAIRS; i++) {
		struct port_pair *pair = &w->pairs->pairs[i];
		unsigned side = i / SIM_PAIRS, place = i % SIM_PAIRS;

		if (faults_planted() == FAULT_DOUBLE_PORT)
			place /= 8;
		pair->side = (uint8_t)side;
		pair->local = world_border(side);
		pair->local.port = (uint16_t)(20000 + side * 10000 + place * 2);
		if (faults_planted() == FAULT_WRONG_SIDE && side == 0 && place % 8 == 0)
			pair->local = world_address("10.0.0.2:29000");
	}
}

static bool take_memory(struct world *w)
{
	struct verdict_table *table = (struct verdict_table *)(uintptr_t)w->ports.verdicts;

	if (!w->settings)
		w->settings = calloc(1, sizeof(*w->settings));
	if (!w->pairs)
		w->pairs =
			calloc(1, sizeof(*w->pairs) + 2 * SIM_PAIRS * sizeof(w->pairs->pairs[0]));
	if (!table)
		table = calloc(1, verdict_table_size());
	if (!w->settings || !w->pairs || !table)
		return false;
	memset(w->settings, 0, sizeof(*w->settings));
	settle(w->settings);
	w->settings->max_calls = w->room == ROOM_FEW_CALLS ? SIM_FEW_CALLS : SIM_MAX_CALLS;
	w->settings->max_transactions =
		w->room == ROOM_FEW_TRANSACTIONS ? SIM_FEW_TRANSACTIONS : SIM_TRANSACTIONS;
	name_pairs(w);
	verdict_table_init(table, &key);
	free(w->ports.checkpoint);
	w->ports =
		(struct border_ports){ .context = w,
		                       .send = port_send,
		                       .fact = port_fact,
		                       .record = port_record,
		                       .order = port_order,
		                       .order_keys = port_keys,
		                       .order_shake = port_shake,
		                       .order_bundle = port_bundle,
		                       .random = port_random,
		                       .verdicts = table,
		                       .ports = w->pairs,
		                       .counters = &w->counters,
		                       .checkpoint = calloc(1, border_checkpoint_size(w->settings)),
		                       .owners = 1,
		                       .generation = 7 };
	for (unsigned i = 0; i < 4; i++)
		w->ports.keys[i].bytes[0] = (uint8_t)(i + 1);
	return w->ports.checkpoint != NULL;
}

static enum err make_judge(struct world *w)
{
	struct guard_judge_settings *settings = calloc(1, sizeof(*settings));
	struct guard_judge_ports ports = {
		.context = w,
		.record = port_record,
		.verdicts = (struct verdict_table *)(uintptr_t)w->ports.verdicts,
		.counters = &w->counters,
	};
	enum err err;

	if (!settings)
		return ERR_NO_MEMORY;
	guard_judge_defaults(settings);
	settings->mode = MODE_BLOCK;
	settings->max_sources = settings->max_pairs = settings->max_accounts = 256;
	settings->max_blocks = settings->scanner.max_sources = settings->scanner.max_shapes = 256;
	settings->enumeration.max_sources = settings->enumeration.max_friends = 256;
	settings->anomaly.max_sources = settings->non_sip.max_sources = 256;
	err = guard_judge_new(settings, &ports, &key, 1, &w->judge);
	free(settings);
	return err;
}

bool setting_open(struct world *w, uint64_t seed, unsigned calls)
{
	enum err err;

	w->seed = seed;
	w->step = w->fact_sequence = 0;
	w->chance.state = seed;
	w->keys.state = ~seed;
	w->now = (struct now){ 1000 * (uint64_t)SECOND_US, INT64_C(1800000000) * SECOND_US };
	w->has_failed = false;
	w->call_count = w->calls_answered = 0;
	w->calls_wanted = calls < SIM_CALLS_MAX ? calls : SIM_CALLS_MAX;
	w->phase = SIM_BEGIN;
	w->phase_us = w->now.us;
	w->audit_us = w->now.us;
	memset(&w->counters, 0, sizeof(w->counters));
	memset(w->agents, 0, sizeof(w->agents));
	memset(w->attackers, 0, sizeof(w->attackers));
	faults_plant(faults_planted());
	faults_forget_parts();
	w->room = chance_of(&w->chance, 80) ? ROOM_FOR_ALL
	        : chance_of(&w->chance, 50) ? ROOM_FEW_CALLS
	                                    : ROOM_FEW_TRANSACTIONS;
	media_init(&w->media);
	pbx_init(&w->pbx, w);
	rules_begin(w);
	if (!net_open(&w->net, &w->chance) || !take_memory(w)) {
		world_fail(w, "out of memory");
		return false;
	}
	w->net.loss = (uint8_t)chance_below(&w->chance, 9);
	w->net.doubles = (uint8_t)chance_below(&w->chance, 9);
	w->signal_dies_us = w->media_dies_us = UINT64_MAX;
	w->signal_died_us = w->told_us = 0;
	if (chance_of(&w->chance, 50))
		w->signal_dies_us = w->now.us + chance_between(&w->chance, 25, 80) * SECOND_US +
		                    chance_below(&w->chance, SECOND_US);
	if (chance_of(&w->chance, 30))
		w->media_dies_us = w->now.us + chance_between(&w->chance, 25, 80) * SECOND_US +
		                   chance_below(&w->chance, SECOND_US);
	w->clock_is_set_us = UINT64_MAX;
	if (chance_of(&w->chance, 30))
		w->clock_is_set_us = w->now.us + chance_between(&w->chance, 5, 80) * SECOND_US;
	w->net.jitter_us = 5000 + chance_below(&w->chance, 60000);
	err = border_new(w->settings, &w->ports, w->now, &w->border);
	if (err == ERR_NONE)
		err = make_judge(w);
	if (err != ERR_NONE)
		world_fail(w, "cannot begin: %s", err_text(err));
	return err == ERR_NONE;
}

void setting_restart(struct world *w)
{
	enum err err;

	border_free(&w->border);
	w->signal_died_us = w->now.us;
	faults_forget_parts();
	if (faults_swallow(FAULT_LOST_CHECKPOINT))
		memset(w->ports.checkpoint, 0, border_checkpoint_size(w->settings));
	err = border_new(w->settings, &w->ports, w->now, &w->border);
	if (err != ERR_NONE)
		world_fail(w, "cannot take up what the checkpoint holds: %s", err_text(err));
}

void setting_close(struct world *w)
{
	border_free(&w->border);
	guard_judge_free(&w->judge);
}

void setting_free(struct world *w)
{
	free((void *)(uintptr_t)w->ports.verdicts);
	free(w->ports.checkpoint);
	free(w->pairs);
	free(w->settings);
	net_close(&w->net);
}
