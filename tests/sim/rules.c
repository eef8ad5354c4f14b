/* SPDX-License-Identifier: Apache-2.0 */
/* The rules, each with the words in which it is broken. */
#include "sim/rules.h"

#include "sim/faults.h"
#include "sim/text.h"
#include "sim/world.h"
#include "sip/msg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_GRACE_US = 35 * SECOND_US, AUDIO_PATIENCE_US = 12 * SECOND_US };
enum { RING_PATIENCE_US = 45 * SECOND_US, END_PATIENCE_US = 80 * SECOND_US };
enum { EXCUSED_PATIENCE_US = 120 * SECOND_US };
enum { ANSWER_PATIENCE_US = 3 * SECOND_US }; /* the border awaits the other end of a BYE for 2 */
/* A BYE that the PBX passes on to us may be lost a few times before we know of it. */
enum { BYE_PATIENCE_US = 20 * SECOND_US };
enum { EMERGENCY_CALLS = 8 };
/* Timers A and B: at 0, 0.5, 1.5, 3.5, 7.5, 15.5 and 31.5 s, and at 32 s it is over. */
enum { INVITE_COPIES = 7, INVITE_GIVE_UP_US = 32 * SECOND_US };

/* What only one side may ever see: addresses, and names that its ends make. */
static const char *const secrets_inside[] = {
	"10.0.0.", "inner-", "o=inner", "Secret", "Proxy-Authorization", "\r\nAuthorization"
};
static const char *const secrets_outside[] = { "192.168.", "203.0.113.", "192.0.2.", "outer-",
	                                       "o=outer" };

void rules_begin(struct world *w)
{
	struct rules *r = &w->rules;

	r->overheard_len = 0;
	r->idle_timers = 0;
	r->name_count = 0;
	r->listed_us = 0;
	memset(r->names, 0, sizeof(r->names));
}

/* ---- each datagram ---- */

static void check_grammar(struct world *w, struct view bytes)
{
	static struct sip_msg msg;
	static char copy[NET_TEXT_MAX];

	if (bytes.len > sizeof(copy)) {
		world_fail(w, "a datagram of %zu bytes leaves", bytes.len);
		return;
	}
	memcpy(copy, bytes.at, bytes.len);
	if (sip_msg_parse(copy, bytes.len, &sip_limits_default, &msg) != ERR_NONE || msg.anomalies)
		world_fail(w, "what leaves does not follow the grammar: %.60s", bytes.at);
}

static void check_secrets(struct world *w, const char *text, unsigned side)
{
	const char *const *list = side == 0 ? secrets_inside : secrets_outside;
	size_t count = side == 0 ? sizeof(secrets_inside) / sizeof(secrets_inside[0])
	                         : sizeof(secrets_outside) / sizeof(secrets_outside[0]);

	for (size_t i = 0; i < count; i++)
		if (strstr(text, list[i]))
			world_fail(w, "\"%s\" leaves on the %s side: %.40s", list[i],
			           side == 0 ? "outer" : "inner", strstr(text, list[i]));
}

/* A name belongs to one owner for ever: false where it was another's. */
static bool is_owners(struct world *w, const char *name, const char *kind, uint64_t owner)
{
	struct rules *r = &w->rules;
	uint64_t hash = text_hash(name, kind) | 1;
	uint32_t at = (uint32_t)(hash >> 20) % RULES_NAMES;

	if (!name[0])
		return true;
	while (r->names[at].hash != 0 && r->names[at].hash != hash)
		at = (at + 1) % RULES_NAMES;
	if (r->names[at].hash == 0 && r->name_count < RULES_NAMES * 3 / 4) {
		r->names[at] = (struct rule_name){ hash, owner };
		r->name_count++;
	}
	return r->names[at].hash == 0 || r->names[at].owner == owner;
}

static void check_names(struct world *w, const char *text, unsigned side)
{
	static const char *const headers[] = { "From", "To" };
	char value[AGENT_LINE_SIZE], name[AGENT_NAME_SIZE], call_id[AGENT_NAME_SIZE];

	(void)text_header(text, "Call-ID", call_id, sizeof(call_id));
	if (!is_owners(w, call_id, "call", side + 1))
		world_fail(w, "Call-ID %s is seen on both sides", call_id);
	for (unsigned i = 0; i < 2; i++) {
		(void)text_header(text, headers[i], value, sizeof(value));
		(void)text_param(value, "tag", name, sizeof(name));
		if (!is_owners(w, name, "tag", side + 1))
			world_fail(w, "tag %s is seen on both sides", name);
	}
	if (text_status(text) != 0)
		return;
	(void)text_header(text, "Via", value, sizeof(value));
	(void)text_param(value, "branch", name, sizeof(name));
	if (!is_owners(w, name, "branch", text_hash(call_id, "")))
		world_fail(w, "branch %s is used for two dialogs", name);
}

static void check_attacker(struct world *w, struct attacker *a, struct view bytes)
{
	struct verdict v;
	bool is_blocked = verdict_table_find(w->ports.verdicts, &a->at, w->now.us, &v) &&
	                  verdict_acts(&v, verdict_table_mode(w->ports.verdicts));

	if (is_blocked && a->blocked_us == 0)
		a->blocked_us = w->now.us;
	if (is_blocked && w->now.us - a->blocked_us > BLOCK_GRACE_US)
		world_fail(w, "192.0.2.%u is blocked since %llu s and is answered", a->at.bytes[15],
		           (unsigned long long)((w->now.us - a->blocked_us) / SECOND_US));
	if (a->kind != ATTACKER_GUESSES && a->heard_octets + bytes.len > 2 * a->sent_octets + 4096)
		world_fail(w, "a stranger is sent more than twice of what came from it");
}

static void note_bye(struct world *w, const char *text)
{
	char call_id[AGENT_NAME_SIZE];

	(void)text_header(text, "Call-ID", call_id, sizeof(call_id));
	for (unsigned i = 0; i < SIM_AGENTS; i++)
		for (unsigned k = 0; k < AGENT_DIALOGS; k++)
			if (strcmp(w->agents[i].dialogs[k].call_id, call_id) == 0)
				w->agents[i].dialogs[k].is_left = true;
}

/* The call that an INVITE of the border's, or an answer to one, is about. */
static struct sim_call *call_of_attempt(struct world *w, const char *text, uint64_t *ret_branch)
{
	char from[AGENT_LINE_SIZE], via[AGENT_LINE_SIZE], branch[AGENT_NAME_SIZE];
	unsigned long call;

	(void)text_header(text, "From", from, sizeof(from));
	if (strncmp(from, "\"c", 2) != 0)
		return NULL;
	call = strtoul(from + 2, NULL, 10);
	(void)text_header(text, "Via", via, sizeof(via));
	(void)text_param(via, "branch", branch, sizeof(branch));
	*ret_branch = text_hash(branch, "") | 1;
	return call < w->call_count ? &w->calls[call] : NULL;
}

static void note_attempt(struct world *w, const struct addr *to, const char *text)
{
	char header[AGENT_LINE_SIZE];
	uint64_t branch;
	struct sim_call *call = call_of_attempt(w, text, &branch);

	(void)text_header(text, "To", header, sizeof(header));
	if (!call || strstr(header, ";tag="))
		return;
	for (unsigned i = 0; i < SIM_ATTEMPTS; i++)
		if (call->attempts[i].branch == branch) {
			call->attempts[i].sent++;
			return;
		}
	call->attempts[call->attempt_count++ % SIM_ATTEMPTS] = (struct sim_attempt){
		.branch = branch, .since_us = w->now.us, .to = *to, .sent = 1
	};
}

static void note_answer(struct world *w, const struct packet *p)
{
	char cseq[48];
	uint64_t branch;
	struct sim_call *call = call_of_attempt(w, p->text, &branch);

	(void)text_header(p->text, "CSeq", cseq, sizeof(cseq));
	for (unsigned i = 0; call && strstr(cseq, " INVITE") && i < SIM_ATTEMPTS; i++) {
		struct sim_attempt *a = &call->attempts[i];

		if (a->branch == branch && addr_equal(&a->to, &p->from) &&
		    w->now.us - a->since_us < INVITE_GIVE_UP_US)
			a->answered++;
	}
}

void rules_sent(struct world *w, const struct flow *to, struct view bytes)
{
	static char text[NET_TEXT_MAX + 1];
	struct agent *a = world_agent(w, &to->remote);

	if (w->has_failed)
		return;
	check_grammar(w, bytes);
	if (w->has_failed)
		return;
	memcpy(text, bytes.at, bytes.len);
	text[bytes.len] = 0;
	check_secrets(w, text, to->side);
	check_names(w, text, to->side);
	if (strncmp(text, "BYE ", 4) == 0)
		note_bye(w, text);
	if (strncmp(text, "INVITE ", 7) == 0)
		note_attempt(w, &to->remote, text);
	if (a && !a->is_inside) {
		memcpy(w->rules.overheard, text, bytes.len + 1);
		w->rules.overheard_len = bytes.len;
	}
	for (unsigned i = 0; i < SIM_ATTACKERS; i++)
		if (addr_equal(&w->attackers[i].at, &to->remote))
			check_attacker(w, &w->attackers[i], bytes);
}

/* ---- what the network took ---- */

/* The one that this text is about, a copy of it or an answer. */
static struct client *client_of(struct world *w, const struct addr *at, const char *text)
{
	char method[16], cseq[48];

	if (text_status(text) == 0) {
		text_method(text, method, sizeof(method));
	} else {
		(void)text_header(text, "CSeq", cseq, sizeof(cseq));
		(void)snprintf(method, sizeof(method), "%.15s", cseq + strcspn(cseq, " ") + 1);
	}
	for (unsigned i = 0; i < SIM_AGENTS; i++) {
		struct agent *a = &w->agents[i];

		if (!addr_equal(at, a->is_inside ? &w->pbx.at : &a->at))
			continue;
		for (unsigned k = 0; k < AGENT_CLIENTS; k++) {
			struct client *c = &a->clients[k];

			if (c->is_used && !c->is_final && strcmp(c->method, method) == 0 &&
			    strstr(text, c->branch))
				return c;
		}
	}
	return NULL;
}

void rules_reached(struct world *w, const struct packet *p)
{
	struct client *c;

	if (text_status(p->text) != 0) {
		note_answer(w, p);
		return;
	}
	c = client_of(w, &p->from, p->text);
	if (!c)
		return;
	if (c->reached++ == 0)
		c->reached_us = w->now.us;
	c->owed += c->told > 0;
}

void rules_told(struct world *w, const struct flow *to, struct view bytes)
{
	static char text[NET_TEXT_MAX + 1];
	struct client *c;

	if (w->has_failed)
		return;
	memcpy(text, bytes.at, bytes.len);
	text[bytes.len] = 0;
	if (text_status(text) == 0)
		return;
	c = client_of(w, &to->remote, text);
	/* Until a provisional answer is heard it is as good as a final one, to an INVITE. */
	if (!c || (text_status(text) < 200 && strcmp(c->method, "INVITE") != 0))
		return;
	if (c->told++ == 0)
		c->told_us = w->now.us;
	c->owed -= c->owed > 0;
}

bool rules_is_lost(const struct client *c)
{
	if (c->has_provisional)
		return false;
	if (c->told > 0)
		return c->owed == 0 && c->told_us - c->reached_us < ANSWER_PATIENCE_US;
	return c->reached == 0 || c->end_us - c->reached_us < ANSWER_PATIENCE_US;
}

/* ---- audio ---- */

void rules_heard_audio(struct world *w, const struct packet *p)
{
	unsigned call;

	if (p->len < 17)
		return;
	memcpy(&call, p->text + 12, sizeof(call));
	for (unsigned i = 0; i < SIM_AGENTS; i++) {
		struct agent *a = &w->agents[i];

		if (!addr_equal(&a->audio_at, &p->to))
			continue;
		if (call >= w->call_count ||
		    (w->calls[call].caller != i && w->calls[call].callee != i) ||
		    (unsigned char)p->text[16] == i)
			world_fail(w, "%s hears audio of call c%u, which is not its own", a->user,
			           call);
		for (unsigned k = 0; k < AGENT_DIALOGS; k++)
			if (a->dialogs[k].state == DIALOG_UP && a->dialogs[k].call == call)
				a->dialogs[k].audio_heard++;
		return;
	}
	world_fail(w, "audio of call c%u goes to nobody's port", call);
}

/* ---- now and then ---- */

struct listing {
	uint64_t hashes[2 * (SIM_MAX_CALLS + EMERGENCY_CALLS)];
	unsigned count, rows;
};

static void list_row(void *context, const struct ask *row)
{
	struct listing *l = context;
	const struct record_call *call = &row->body.record.call;

	if (row->head.is_last)
		return;
	l->rows++;
	if (l->count + 2 > sizeof(l->hashes) / sizeof(l->hashes[0]))
		return;
	l->hashes[l->count++] = text_hash(call->caller.call_id, "");
	l->hashes[l->count++] = text_hash(call->callee.call_id, "");
}

static bool is_listed(const struct listing *l, const char *call_id)
{
	uint64_t hash = text_hash(call_id, "");

	for (unsigned i = 0; i < l->count; i++)
		if (l->hashes[i] == hash)
			return true;
	return false;
}

static void audit_up(struct world *w, const struct agent *a, const struct dialog *d,
                     const struct listing *l)
{
	uint64_t for_us = w->now.us - w->calls[d->call].up_us;

	if (for_us > SECOND_US && !is_listed(l, d->call_id))
		world_fail(w, "both ends have call c%u, and the border has it not", d->call);
	if (for_us > SECOND_US && d->has_ports && !media_has_port(w, &d->audio_to))
		world_fail(w, "%s has a port in call c%u that is not open", a->user, d->call);
	if (for_us > AUDIO_PATIENCE_US && d->session_version == 1 && d->audio_heard == 0)
		world_fail(w, "%s hears nothing in call c%u", a->user, d->call);
}

static void audit_dialog(struct world *w, struct agent *a, struct dialog *d,
                         const struct listing *l)
{
	struct sim_call *call = &w->calls[d->call];
	uint64_t now_us = w->now.us, since_us = call->given_up_us ? now_us - call->given_up_us : 0;

	/* A CANCEL has to wait for an answer to its INVITE (RFC 3261 9.1). */
	if (d->state == DIALOG_RINGING && since_us > RING_PATIENCE_US)
		call->is_excused |= rules_is_unheard(w, d->call, 480);
	if (call->is_excused) {
		/* Nobody tells them any more, so they give up of themselves. */
		if (since_us > RING_PATIENCE_US || now_us - d->since_us > EXCUSED_PATIENCE_US)
			agent_call_forget(a, d);
		return;
	}
	if (d->state == DIALOG_UP && call->up_us != 0 && !call->is_given_up)
		audit_up(w, a, d, l);
	if (d->state == DIALOG_UP && !d->is_left && call->left_us != 0 &&
	    now_us - call->left_us > BYE_PATIENCE_US &&
	    w->signal_died_us + ANSWER_PATIENCE_US < call->left_us)
		world_fail(w, "%s is not told that the other end left call c%u", a->user, d->call);
	if (d->state == DIALOG_RINGING && since_us > RING_PATIENCE_US)
		world_fail(w, "%s still rings for call c%u, which was given up", a->user, d->call);
	if (since_us > END_PATIENCE_US)
		world_fail(w, "%s is still in call c%u, which has ended", a->user, d->call);
}

static void audit_counters(struct world *w)
{
	static const enum counter never[] = { COUNT_limit_calls, COUNT_limit_ports,
		                              COUNT_limit_transactions, COUNT_orders_dropped,
		                              COUNT_bad_slots };

	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		if (counters_get(&w->counters, never[i]) > 0 && w->phase < SIM_FILL)
			world_fail(w, "counter %s is %llu, and there was room for all",
			           counter_name(never[i]),
			           (unsigned long long)counters_get(&w->counters, never[i]));
}

void rules_audit(struct world *w)
{
	static struct listing l;
	const struct ask question = { .head = { .kind = ASK_LIVE_CALLS } };

	if (w->room == ROOM_FOR_ALL)
		audit_counters(w);
	if (w->now.us - w->rules.listed_us < SECOND_US)
		return;
	w->rules.listed_us = w->now.us;
	l.count = l.rows = 0;
	border_answer(w->border, &question, w->now, list_row, &l);
	if (l.rows > SIM_MAX_CALLS + EMERGENCY_CALLS || w->media.open_count > SIM_PAIRS)
		world_fail(w, "%u calls and %u streams are beyond what there may be", l.rows,
		           w->media.open_count);
	for (unsigned i = 0; i < w->call_count; i++)
		if (w->calls[i].is_given_up && w->calls[i].given_up_us == 0)
			w->calls[i].given_up_us = w->now.us;
	for (unsigned i = 0; i < SIM_AGENTS; i++)
		for (unsigned k = 0; k < AGENT_DIALOGS; k++)
			if (w->agents[i].dialogs[k].state != DIALOG_NONE)
				audit_dialog(w, &w->agents[i], &w->agents[i].dialogs[k], &l);
	if (w->phase == SIM_BEGIN && faults_pools_used() == 0 &&
	    faults_timers() > w->rules.idle_timers)
		w->rules.idle_timers = faults_timers();
}

bool rules_may_refuse(const struct world *w, unsigned status)
{
	return (w->phase >= SIM_LEAVE && (status == 480 || status == 404)) ||
	       (w->room != ROOM_FOR_ALL && status == 503);
}

bool rules_is_unheard(const struct world *w, unsigned call, unsigned status)
{
	for (unsigned i = 0; i < SIM_ATTEMPTS; i++) {
		const struct sim_attempt *a = &w->calls[call].attempts[i];

		if (a->sent >= INVITE_COPIES && a->answered == 0 &&
		    w->now.us - a->since_us >= INVITE_GIVE_UP_US)
			return status == 480 || status == 504;
	}
	return false;
}

/* ---- when all is quiet ---- */

static void count_row(void *context, const struct ask *row)
{
	*(unsigned *)context += !row->head.is_last;
}

bool rules_quiet(struct world *w, bool is_last)
{
	const struct ask calls = { .head = { .kind = ASK_LIVE_CALLS } };
	const struct ask registrations = { .head = { .kind = ASK_REGISTRATIONS } };
	char pools[128];
	unsigned live = 0, registered = 0;
	uint32_t used = faults_pools_used(), timers = faults_timers();

	if (used == 0 && timers <= w->rules.idle_timers && w->media.open_count == 0 &&
	    w->media.count == 0)
		return true;
	if (!is_last)
		return false;
	faults_pools_text(pools, sizeof(pools));
	border_answer(w->border, &calls, w->now, count_row, &live);
	border_answer(w->border, &registrations, w->now, count_row, &registered);
	world_fail(w,
	           "all is quiet, and there are still %u calls, %u registrations, %u objects (%s), "
	           "%u timers (%u before), %u streams",
	           live, registered, used, pools, timers, w->rules.idle_timers,
	           w->media.open_count);
	return false;
}

void rules_filled(struct world *w)
{
	unsigned room = w->room == ROOM_FEW_CALLS ? SIM_FEW_CALLS : SIM_PAIRS;

	if (w->pbx.filled != room && w->room != ROOM_FEW_TRANSACTIONS)
		world_fail(w, "%u calls find room where there is some for %u", w->pbx.filled, room);
}
