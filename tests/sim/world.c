/* SPDX-License-Identifier: Apache-2.0 */
/* The world's time: who is next, what is due, and the story from beginning to end. */
#include "sim/world.h"

#include "sim/faults.h"
#include "sim/setting.h"
#include "sim/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TELL_US = 5 * SECOND_US };
enum { AUDIT_US = 200 * MILLISECOND_US, BEGIN_US = 12 * SECOND_US, SETTLE_US = 9 * SECOND_US };
enum { DRAIN_US = 260 * SECOND_US, LEAVE_US = 120 * SECOND_US, QUIET_US = 1000 * SECOND_US };
enum { FILL_US = 12 * SECOND_US, MAX_STILL_STEPS = 4096 };

void world_fail(struct world *w, const char *format, ...)
{
	va_list list;

	if (w->has_failed)
		return;
	w->has_failed = true;
	va_start(list, format);
	(void)vsnprintf(w->failure, sizeof(w->failure), format, list);
	va_end(list);
}

void world_trace(const struct world *w, const char *what, const struct packet *p)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], call_id[AGENT_NAME_SIZE], cseq[48];

	if (!w->is_traced || p->is_media)
		return;
	(void)text_header(p->text, "Call-ID", call_id, sizeof(call_id));
	(void)text_header(p->text, "CSeq", cseq, sizeof(cseq));
	(void)printf("%9llu.%03llu step %llu %-8s %21s > %-21s %.*s  %s  %s\n",
	             (unsigned long long)(w->now.us / SECOND_US),
	             (unsigned long long)(w->now.us / MILLISECOND_US % 1000),
	             (unsigned long long)w->step, what, addr_text(&p->from, from),
	             addr_text(&p->to, to), (int)strcspn(p->text, "\r"), p->text, call_id, cseq);
}

struct agent *world_agent(struct world *w, const struct addr *at)
{
	for (unsigned i = 0; i < SIM_AGENTS; i++)
		if (addr_equal(&w->agents[i].at, at))
			return &w->agents[i];
	return NULL;
}

/* ---- what arrives ---- */

static void to_border(struct world *w, struct packet *p)
{
	bool is_inside = addr_equal(&p->to, &w->settings->listeners[1].local);
	struct flow flow = {
		.local = p->to, .remote = p->from, .listener = is_inside, .side = is_inside
	};

	rules_reached(w, p);
	if (faults_is_deaf(p->text))
		return;
	border_receive(w->border, &flow, p->text, p->len, w->now);
}

static void deliver(struct world *w, struct packet *p)
{
	struct agent *a = world_agent(w, &p->to);

	world_trace(w, "arrives", p);
	if (addr_equal(&p->to, &w->settings->listeners[0].local) ||
	    addr_equal(&p->to, &w->settings->listeners[1].local)) {
		to_border(w, p);
	} else if (addr_equal(&p->to, &w->pbx.at)) {
		pbx_receive(&w->pbx, p);
	} else if (a) {
		agent_receive(a, p);
	} else if (p->is_media) {
		if (addr_same_host(&p->to, &w->settings->listeners[0].local) ||
		    addr_same_host(&p->to, &w->settings->listeners[1].local))
			media_receive(w, p);
		else
			rules_heard_audio(w, p);
	} else {
		for (unsigned i = 0; i < SIM_ATTACKERS; i++)
			if (addr_equal(&w->attackers[i].at, &p->to))
				attacker_receive(&w->attackers[i], p);
	}
}

/* ---- the story ---- */

static void enter(struct world *w, enum sim_phase phase)
{
	if (w->is_traced)
		(void)printf("%9llu     step %llu phase %d\n",
		             (unsigned long long)(w->now.us / SECOND_US),
		             (unsigned long long)w->step, (int)phase);
	w->phase = (uint8_t)phase;
	w->phase_us = w->now.us;
}

static unsigned calls_open(const struct world *w)
{
	unsigned count = 0;

	for (unsigned i = 0; i < SIM_AGENTS; i++)
		count += agent_has_dialogs(&w->agents[i]);
	return count;
}

static void start_call(struct world *w)
{
	unsigned from = chance_below(&w->chance, SIM_AGENTS);
	unsigned to = chance_below(&w->chance, SIM_AGENTS);
	const struct agent *a = &w->agents[from], *b = &w->agents[to];

	w->next_call_us = w->now.us + chance_between(&w->chance, 50, 900) * MILLISECOND_US;
	/* Desks reach each other without us. */
	if (from == to || (a->is_inside && b->is_inside) || !agent_is_free(a) ||
	    b->standing != AGENT_REGISTERED || calls_open(w) > 2 * SIM_CALLS_AT_ONCE)
		return;
	w->calls[w->call_count] =
		(struct sim_call){ .caller = (uint8_t)from,
		                   .callee = (uint8_t)to,
		                   .is_excused = w->room == ROOM_FEW_TRANSACTIONS };
	w->call_count++;
	agent_call(&w->agents[from], b, w->call_count - 1);
}

static void fill(struct world *w)
{
	struct agent *a = &w->agents[0];
	char text[AGENT_TEXT_SIZE];
	int len;

	if (w->calls_wanted == 0 || a->standing != AGENT_REGISTERED)
		return;
	w->calls_wanted--;
	len = snprintf(
		text, sizeof(text),
		"INVITE sip:700@sip.example SIP/2.0\r\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bKf%u;rport\r\n"
		"Max-Forwards: 70\r\nFrom: <sip:%s@sip.example>;tag=outer-f%u\r\n"
		"To: <sip:700@sip.example>\r\nCall-ID: outer-fill-%u\r\nCSeq: 1 INVITE\r\n"
		"Contact: <sip:%s@%s:5060>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n"
		"v=0\r\no=outer 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n",
		a->host, w->calls_wanted, a->user, w->calls_wanted, w->calls_wanted, a->user,
		a->host, (int)(73 + 2 * strlen(a->host)), a->host, a->host);
	agent_send(a, text, (size_t)len);
}

static void begin_calls(struct world *w)
{
	for (unsigned i = 0; i < SIM_AGENTS; i++)
		agent_init(&w->agents[i], w, i);
	for (unsigned i = 0; i < SIM_ATTACKERS; i++)
		attacker_init(&w->attackers[i], w, i);
	w->next_call_us = w->now.us + SETTLE_US;
	enter(w, SIM_CALLS);
}

static void begin_fill(struct world *w)
{
	w->net.loss = w->net.doubles = 0;
	w->agents[0].standing = AGENT_AWAY;
	w->agents[0].register_due_us = w->agents[0].due_us = w->now.us;
	w->calls_wanted = SIM_PAIRS + 4;
	enter(w, SIM_FILL);
}

static bool are_gone(const struct world *w)
{
	for (unsigned i = 0; i < SIM_AGENTS; i++)
		if (w->agents[i].standing != AGENT_GONE)
			return false;
	return true;
}

static void let_die(struct world *w)
{
	if (w->now.us >= w->signal_dies_us) {
		w->signal_dies_us =
			chance_of(&w->chance, 40)
				? w->now.us + chance_between(&w->chance, 1, 30) * SECOND_US
				: UINT64_MAX;
		setting_restart(w);
	}
	if (w->now.us >= w->media_dies_us) {
		w->media_dies_us = UINT64_MAX;
		media_restart(w);
	}
}

/* By hand, by a daemon, from a dead battery: seconds, hours or years, either way. What nobody
 * may go by but those who read the time of day. */
static void set_clock(struct world *w)
{
	static const uint32_t most_s[] = { 90, 2 * 86400, 700 * 86400 };
	int64_t by_us;

	if (w->now.us < w->clock_is_set_us)
		return;
	by_us = (int64_t)chance_below(&w->chance, most_s[chance_below(&w->chance, 3)]) * SECOND_US;
	w->now.wall_us += chance_of(&w->chance, 50) ? by_us : -by_us;
	w->clock_is_set_us = chance_of(&w->chance, 60)
	                           ? w->now.us + chance_between(&w->chance, 1, 40) * SECOND_US
	                           : UINT64_MAX;
	if (faults_swallow(FAULT_WALL_TIME))
		border_advance(w->border,
		               (struct now){ w->now.us + (uint64_t)by_us, w->now.wall_us });
}

static void tell_story(struct world *w)
{
	uint64_t since_us = w->now.us - w->phase_us;

	switch ((enum sim_phase)w->phase) {
	case SIM_BEGIN:
		if (since_us > BEGIN_US)
			begin_calls(w);
		break;
	case SIM_CALLS:
		if (w->now.us >= w->next_call_us && w->call_count < w->calls_wanted)
			start_call(w);
		if (w->call_count >= w->calls_wanted)
			enter(w, SIM_DRAIN);
		break;
	case SIM_DRAIN:
		if (calls_open(w) == 0) {
			for (unsigned i = 0; i < SIM_AGENTS; i++)
				agent_leave(&w->agents[i]);
			enter(w, SIM_LEAVE);
		} else if (since_us > DRAIN_US) {
			world_fail(w, "%u ends are in calls that do not end", calls_open(w));
		}
		break;
	case SIM_LEAVE:
		if (are_gone(w))
			enter(w, SIM_QUIET);
		else if (since_us > LEAVE_US)
			world_fail(w, "a phone cannot take its registration back");
		break;
	case SIM_QUIET:
		if (since_us > 40 * SECOND_US && rules_quiet(w, since_us > QUIET_US))
			begin_fill(w);
		break;
	case SIM_FILL:
		fill(w);
		if (since_us > FILL_US) {
			rules_filled(w);
			enter(w, SIM_DONE);
		}
		break;
	case SIM_DONE:
		break;
	}
}

/* ---- steps ---- */

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static uint64_t next_us(const struct world *w)
{
	uint64_t wait_us = border_wait_us(w->border, w->now);
	uint64_t due_us = wait_us == UINT64_MAX ? UINT64_MAX : w->now.us + wait_us;

	due_us = least(due_us, net_due_us(&w->net));
	due_us = least(due_us, media_due_us(&w->media));
	due_us = least(due_us, w->audit_us);
	due_us = least(due_us, least(w->signal_dies_us, w->media_dies_us));
	due_us = least(due_us, w->clock_is_set_us);
	if (w->phase == SIM_CALLS)
		due_us = least(due_us, w->next_call_us);
	if (w->phase == SIM_BEGIN)
		return due_us;
	for (unsigned i = 0; i < SIM_AGENTS; i++)
		due_us = least(due_us, w->agents[i].due_us);
	for (unsigned i = 0; i < SIM_ATTACKERS; i++)
		due_us = least(due_us, w->attackers[i].due_us);
	return due_us;
}

static void advance_all(struct world *w)
{
	border_advance(w->border, w->now);
	media_advance(w);
	if (w->phase == SIM_BEGIN)
		return;
	for (unsigned i = 0; i < SIM_AGENTS; i++)
		if (w->agents[i].due_us <= w->now.us)
			agent_advance(&w->agents[i]);
	for (unsigned i = 0; i < SIM_ATTACKERS; i++)
		if (w->attackers[i].due_us <= w->now.us)
			attacker_advance(&w->attackers[i]);
}

static void step(struct world *w)
{
	uint64_t due_us = next_us(w);
	struct packet *p;

	w->step++;
	if (due_us > w->now.us) {
		w->now.wall_us += (int64_t)(due_us - w->now.us);
		w->now.us = due_us;
	}
	if (net_due_us(&w->net) <= w->now.us) {
		p = net_take(&w->net);
		deliver(w, p);
		net_give(&w->net, p);
	}
	advance_all(w);
	let_die(w);
	set_clock(w);
	tell_story(w);
	if (w->now.us < w->audit_us)
		return;
	w->audit_us = w->now.us + AUDIT_US;
	guard_judge_advance(w->judge, w->now);
	if (w->now.us - w->told_us > TELL_US) {
		w->told_us = w->now.us;
		media_tell(w);
	}
	media_talk(w);
	rules_audit(w);
}

bool world_play(struct world *w, uint64_t seed, unsigned calls)
{
	uint64_t still_us = 0;
	unsigned still = 0;

	if (!setting_open(w, seed, calls))
		return false;
	while (w->phase != SIM_DONE && !w->has_failed) {
		step(w);
		still = w->now.us == still_us ? still + 1 : 0;
		still_us = w->now.us;
		if (still > MAX_STILL_STEPS)
			world_fail(w, "time does not go on");
	}
	setting_close(w);
	return !w->has_failed;
}
