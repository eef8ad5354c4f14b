/* SPDX-License-Identifier: Apache-2.0 */
/* Refreshes that the PBX does not hear, and a PBX that hears no more than it takes. */
#include "unit/border/phone.h"

#include <stdio.h>
#include <string.h>

static void seldom(struct border_settings *s) { s->subscribers.ask_pbx_s = 300; }

static enum err cached_nonce(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned asked;

	TRY(phone_registers(&p));
	asked = t->w->pbx_registers;
	for (unsigned i = 0; i < 5; i++) {
		wire_advance(t->w, 50 * SECOND_US);
		phone_says(&p, true);
		CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && wire_has(&p.heard, ";expires=60\r\n"));
	}
	CHECK(t->w->pbx_registers == asked);
	wire_advance(t->w, 50 * SECOND_US);
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_registers == asked + 1);
	CHECK(t->w->counters.values[COUNT_registrations_held] == 5);
	return ERR_NONE;
}

TEST(refresh_cached,
     "a phone that refreshes with the PBX's nonce is answered, the PBX asked seldom")
{
	return talk_with_settings(seldom, cached_nonce);
}

static enum err passed_on(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);

	unsigned asked = t->w->pbx_registers;

	TRY(phone_registers(&p));
	wire_advance(t->w, 50 * SECOND_US);
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_registers == asked + 3);
	return ERR_NONE;
}

TEST(refresh_off, "without it the PBX hears each refresh")
{
	return talk_with(passed_on);
}

static enum err blank(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned asked;

	TRY(phone_registers(&p));
	asked = t->w->pbx_registers;
	for (unsigned i = 0; i < 5; i++) {
		wire_advance(t->w, 50 * SECOND_US);
		phone_says(&p, false);
		CHECK(wire_has(&p.heard, "SIP/2.0 401 ") && !wire_has(&p.heard, "stale"));
		CHECK(wire_has(&p.heard, "realm=\"sip.example\""));
		phone_says(&p, true);
		CHECK(wire_has(&p.heard, "SIP/2.0 200 "));
	}
	CHECK(t->w->pbx_registers == asked);
	/* Past the time it is the PBX that challenges, once. */
	wire_advance(t->w, 60 * SECOND_US);
	TRY(phone_registers(&p));
	CHECK(t->w->pbx_registers == asked + 2);
	return ERR_NONE;
}

TEST(refresh_blank, "a phone that brings no credentials is challenged here, and then answered")
{
	return talk_with_settings(seldom, blank);
}

static enum err ours_is_stale(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned logins = t->w->pbx_logins + 1;

	TRY(phone_registers(&p));
	wire_advance(t->w, 50 * SECOND_US);
	TRY(phone_registers(&p));
	for (unsigned i = 0; i < 5; i++) {
		wire_advance(t->w, 50 * SECOND_US);
		phone_says(&p, true);
	}
	/* Its nonce was ours; the PBX hears no word of it, and the phone that it was no mistake. */
	CHECK(wire_has(&p.heard, "SIP/2.0 401 ") && wire_has(&p.heard, "stale=true"));
	CHECK(t->w->pbx_logins == logins);
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_logins == logins + 1);
	return ERR_NONE;
}

TEST(refresh_ours_stale, "a nonce of ours never reaches the PBX, and its end is told as stale")
{
	return talk_with_settings(seldom, ours_is_stale);
}

/* What must never be answered without the PBX; each begins with a phone that registered. */
static enum err not_here(struct talk *t, unsigned which)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned asked;

	TRY(phone_registers(&p));
	asked = t->w->pbx_registers;
	wire_advance(t->w, 45 * SECOND_US);
	switch (which) {
	case 0:
		p.flow.remote.port++;
		break;
	case 1:
		p.r.call_id = "r2";
		break;
	case 2:
		p.r.cseq -= 2;
		break;
	case 3:
		p.r.contact = "<sip:201@192.168.1.66:5060>";
		break;
	case 4:
		p.r.user = "202";
		break;
	case 5:
		p.r.ends = true;
		break;
	case 6:
		p.r.contact = "*";
		p.r.ends = true;
		break;
	default:
		p.r.contact = "";
		break;
	}
	phone_says(&p, true);
	CHECK(t->w->counters.values[COUNT_registrations_held] == 0);
	CHECK(t->w->pbx_registers == asked + 1);
	return ERR_NONE;
}

static enum err each_not_here(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);

	for (unsigned which = 0; which < 8; which++) {
		struct wire_sent *sent;

		t->w->counters.values[COUNT_registrations_held] = 0;
		TRY(wire_restart(t->w));
		memset(t->w->ports.checkpoint, 0, border_checkpoint_size(t->w->settings));
		TRY(wire_restart(t->w));
		wire_advance(t->w, 100 * MILLISECOND_US);
		while ((sent = wire_take(t->w, &at)))
			;
		TRY(not_here(t, which));
	}
	return ERR_NONE;
}

TEST(refresh_others,
     "another port, Call-ID, CSeq, Contact or account, an end and a question are the PBX's to judge")
{
	return talk_with_settings(seldom, each_not_here);
}

static void granting(struct border_settings *s)
{
	seldom(s);
	s->subscribers.ask_pbx_s = 86400;
}

static enum err within_grant(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned asked;

	p.r.expires_s = 200;
	TRY(phone_registers(&p));
	asked = t->w->pbx_registers;
	wire_advance(t->w, 50 * SECOND_US);
	phone_says(&p, true);
	wire_advance(t->w, 45 * SECOND_US);
	phone_says(&p, true);
	CHECK(t->w->pbx_registers == asked);
	/* More than half of what the PBX granted is over. */
	wire_advance(t->w, 20 * SECOND_US);
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_registers == asked + 1);
	return ERR_NONE;
}

TEST(refresh_grant, "nothing is told beyond half of what the PBX granted")
{
	return talk_with_settings(granting, within_grant);
}

static enum err not_kept(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);

	TRY(phone_registers(&p));
	for (unsigned i = 0; i < 8; i++) {
		wire_advance(t->w, 14 * SECOND_US);
		phone_says(&p, false);
	}
	/* Who never answers a challenge keeps nothing: 60 s and the grace are over, as for
	 * the phone that said nothing. */
	CHECK(wire_count_facts(t->w, FACT_UNREGISTERED) == 2);
	return ERR_NONE;
}

TEST(refresh_unproven, "who writes a phone's address alone does not keep its binding alive")
{
	return talk_with_settings(seldom, not_kept);
}

static enum err after_silence(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned asked;

	TRY(phone_registers(&p));
	t->w->is_pbx_silent = true;
	for (unsigned i = 0; i < 2; i++) {
		wire_advance(t->w, 45 * SECOND_US);
		phone_says(&p, true);
		CHECK(wire_has(&p.heard, "SIP/2.0 200 "));
	}
	t->w->is_pbx_silent = false;
	wire_advance(t->w, 40 * SECOND_US);
	asked = t->w->pbx_registers;
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_registers == asked + 1);
	return ERR_NONE;
}

TEST(refresh_pbx_back, "a PBX that was silent and is back is asked: it may have forgotten")
{
	return talk_with_settings(seldom, after_silence);
}

static enum err outlives(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned asked;

	TRY(phone_registers(&p));
	TRY(wire_restart(t->w));
	wire_advance(t->w, 50 * SECOND_US);
	asked = t->w->pbx_registers;
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 ") && t->w->pbx_registers == asked);
	return ERR_NONE;
}

TEST(refresh_restart, "what the PBX granted outlives the worker")
{
	return talk_with_settings(seldom, outlives);
}

static void long_at_pbx(struct border_settings *s)
{
	seldom(s);
	s->subscribers.pbx_expires_s = 3600;
}

static enum err asks_longer(struct talk *t)
{
	struct flow at = wire_outside(40, 5060);
	struct phone p = phone_on(t->w, &at);
	unsigned asked = t->w->pbx_registers;

	p.r.expires_s = 40;
	TRY(phone_registers(&p));
	CHECK(wire_has(&p.heard, ";expires=40\r\n"));
	for (unsigned i = 0; i < 4; i++) {
		wire_advance(t->w, 36 * SECOND_US);
		phone_says(&p, true);
		CHECK(wire_has(&p.heard, ";expires=40\r\n"));
	}
	CHECK(t->w->pbx_registers == asked + 2);
	return ERR_NONE;
}

TEST(refresh_pbx_longer,
     "the PBX is asked for longer than the phone, which hears what it asked for")
{
	return talk_with_settings(long_at_pbx, asks_longer);
}

/* ---- the PBX's pace ---- */

static void slowly(struct border_settings *s)
{
	s->subscribers.pace = (struct guard_rate){ 8, 1000 };
	s->door.neighbourhood_registers = s->door.total_registers =
		(struct guard_rate){ 100000, 1000 };
	s->max_transactions = 512;
	s->subscribers.max_registrations = 256;
}

enum { OFFICE = 64 };

static enum err office_storm(struct talk *t)
{
	struct flow at = wire_outside(60, 5060);
	unsigned in = 0, later = 0, silent = 0, before, spent = 0;
	static struct phone phones[OFFICE];

	for (unsigned i = 0; i < OFFICE; i++) {
		at.remote.port = (uint16_t)(5060 + i);
		phones[i] = phone_on(t->w, &at);
	}
	wire_advance(t->w, 2 * SECOND_US);
	/* Nobody waits: each says its first REGISTER, again and again until it is in. */
	for (unsigned second = 0; second < 60 && in < OFFICE; second++) {
		before = t->w->pbx_registers;
		for (unsigned i = 0; i < OFFICE; i++) {
			struct phone *p = &phones[i];
			struct wire_sent *sent;

			if (p->r.ends)
				continue;
			p->r.cseq++;
			p->r.challenge = &p->challenge;
			p->r.credentials = p->challenge.len ? WIRE_RIGHT : NULL;
			wire_receive(t->w, &p->flow, wire_register_text(&p->r, &p->flow));
			wire_advance(t->w, MILLISECOND_US * 25);
			sent = wire_take(t->w, &p->flow);
			silent += !sent;
			later += wire_has(sent, "Retry-After");
			if (wire_has(sent, "SIP/2.0 401 "))
				p->challenge = *sent;
			p->r.ends = wire_has(sent, "SIP/2.0 200 ");
			in += p->r.ends;
		}
		wire_advance(t->w, 100 * MILLISECOND_US);
		spent = t->w->pbx_registers - before;
		CHECK(spent <= 8 * 3);
	}
	CHECK(in == OFFICE && later + silent > 0);
	return ERR_NONE;
}

TEST(pace_storm, "an office that registers at once reaches the PBX at its pace, and gets in")
{
	return talk_with_settings(slowly, office_storm);
}

static void one_at_a_time(struct border_settings *s)
{
	slowly(s);
	s->subscribers.pace = (struct guard_rate){ 1, 100 };
	s->subscribers.ask_pbx_s = 1;
}

static enum err pressed(struct talk *t)
{
	struct flow at = wire_outside(40, 5060), other = wire_outside(41, 5060);
	struct phone p = phone_on(t->w, &at), crowd = phone_on(t->w, &other);
	unsigned asked;

	wire_advance(t->w, SECOND_US);
	TRY(phone_registers(&p));
	wire_advance(t->w, 5 * SECOND_US);
	crowd.r.cseq = 1;
	wire_receive(t->w, &crowd.flow, wire_register_text(&crowd.r, &crowd.flow));
	asked = t->w->pbx_registers;
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 200 "));
	CHECK(t->w->counters.values[COUNT_registrations_held] == 1);
	CHECK(t->w->pbx_registers == asked);
	/* What it did not grant is not answered: later. */
	wire_advance(t->w, SECOND_US);
	crowd.r.cseq = 2;
	wire_receive(t->w, &crowd.flow, wire_register_text(&crowd.r, &crowd.flow));
	p.r.call_id = "r9";
	phone_says(&p, true);
	CHECK(wire_has(&p.heard, "SIP/2.0 503 ") && wire_has(&p.heard, "Retry-After"));
	return ERR_NONE;
}

TEST(pace_pressed, "under pressure a phone that is in is answered from what the PBX granted")
{
	return talk_with_settings(one_at_a_time, pressed);
}
