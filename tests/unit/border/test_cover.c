/* SPDX-License-Identifier: Apache-2.0 */
/* A PBX whose media passes only while IPsec covers it. */
#include "unit/border/talk.h"

#include <string.h>

static void change(struct border_settings *s) { s->peers[0].needs_ipsec = 1; }

/* The kernel's answer to what was asked last. */
static void answer(struct talk *t, enum cover verdict)
{
	struct cover_row row = t->w->covers[(t->w->cover_count - 1) % 16];

	row.verdict = (uint8_t)verdict;
	border_covered(t->w->border, &row, t->w->now);
}

static void lose(struct talk *t)
{
	struct cover_row row = t->w->covers[(t->w->cover_count - 1) % 16];

	row.call = 0;
	row.verdict = COVER_NO_STATE_OUT;
	border_covered(t->w->border, &row, t->w->now);
}

static bool passes(const struct talk *t)
{
	const struct order *o = talk_order(t);
	bool any = false;

	for (unsigned i = 0; o && i < 2; i++)
		any |= o->legs[i].is_sending || o->legs[i].is_receiving;
	return any && !o->is_barred;
}

static enum err nothing_passes_unasked(struct talk *t)
{
	TRY(talk_call(t));
	CHECK(t->w->order_count > 0 && !passes(t));
	/* RTCP does not ask for directions. */
	CHECK(talk_order(t)->is_barred);
	CHECK(t->w->cover_count > 0);
	return ERR_NONE;
}

TEST(unanswered,
     "nothing passes, in either direction, before the kernel has said that it is covered")
{
	return talk_with_settings(change, nothing_passes_unasked);
}

static enum err passes_covered(struct talk *t)
{
	struct flow inside = wire_inside();
	const struct cover_row *asked;

	TRY(talk_call(t));
	asked = &t->w->covers[(t->w->cover_count - 1) % 16];
	CHECK(asked->call != 0 && !asked->is_tcp);
	CHECK(addr_same_host(&asked->remote, &inside.remote));
	CHECK(addr_same_host(&asked->local, &inside.local));
	answer(t, COVER_YES);
	CHECK(passes(t) && talk_order(t)->kind == ORDER_CHANGE && !talk_order(t)->is_held);
	TRY(wire_restart(t->w));
	CHECK(passes(t));
	return ERR_NONE;
}

TEST(covered, "what is covered passes, and goes on to after a restart")
{
	return talk_with_settings(change, passes_covered);
}

#define OVER_TCP                                                                                   \
	"v=0\r\no=pbx 7 7 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 TCP/RTP/AVP 0\r\na=setup:passive\r\na=connection:new\r\n"

static void change_over_tcp(struct border_settings *s)
{
	change(s);
	s->peers[0].media_over = MEDIA_OVER_TCP;
}

static enum err connects_covered(struct talk *t)
{
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", OVER_TCP);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	CHECK(t->w->order_count > 0 && t->w->connect_count == 0);
	answer(t, COVER_YES);
	CHECK(t->w->connect_count == 1 && passes(t));
	return ERR_NONE;
}

TEST(connected, "no connection is made, nor waited for, before it is covered")
{
	return talk_with_settings(change_over_tcp, connects_covered);
}

static enum err ends_uncovered(struct talk *t)
{
	TRY(talk_call(t));
	answer(t, COVER_NO_POLICY_OUT);
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	CHECK(t->w->counters.values[COUNT_refused_ipsec] == 1);
	talk_media_closes(t);
	CHECK(talk_records(t) == 1);
	CHECK(strcmp(talk_record(t)->cause, cover_text(COVER_NO_POLICY_OUT)) == 0);
	return ERR_NONE;
}

TEST(uncovered,
     "a call whose media is not covered is ended on both legs, with the reason in its record")
{
	return talk_with_settings(change, ends_uncovered);
}

static enum err withdrawn(struct talk *t)
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "183 Session Progress", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 183 "));
	CHECK(t->w->cover_count > 0);
	answer(t, COVER_NO_STATE_IN);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 ") && wire_has(&t->at_pbx, "60 media is not"));
	CHECK(talk_hears(t, &t->phone, "CANCEL "));
	return ERR_NONE;
}

TEST(in_setup, "a call whose offer is not covered is refused while it rings")
{
	return talk_with_settings(change, withdrawn);
}

static enum err barred_in_setup(struct talk *t)
{
	talk_invite_from_pbx(t, "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "183 Session Progress", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 183 "));
	answer(t, COVER_YES);
	CHECK(passes(t));
	lose(t);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 480 ") && talk_hears(t, &t->phone, "CANCEL "));
	/* Who rings may take his time to answer that. */
	CHECK(!passes(t));
	return ERR_NONE;
}

TEST(lost_in_setup, "what is heard before the answer does not pass any more when its cover goes")
{
	return talk_with_settings(change, barred_in_setup);
}

static enum err ends_when_lost(struct talk *t)
{
	TRY(talk_call(t));
	answer(t, COVER_YES);
	lose(t);
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TEST(lost, "a call is ended when the cover of its media goes away")
{
	return talk_with_settings(change, ends_when_lost);
}

static enum err ends_when_lost_meanwhile(struct talk *t)
{
	unsigned asked;

	TRY(talk_call(t));
	answer(t, COVER_YES);
	asked = t->w->cover_count;
	TRY(wire_restart(t->w));
	CHECK(t->w->cover_count == asked + 1 && passes(t));
	answer(t, COVER_NO_STATE_OUT);
	CHECK(talk_hears(t, &t->phone, "BYE ") && talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TEST(lost_meanwhile, "a call is ended whose cover went away while nobody could be told of it")
{
	return talk_with_settings(change, ends_when_lost_meanwhile);
}

static enum err asks_again(struct talk *t)
{
	struct cover_row all = { 0 };
	unsigned asked;

	TRY(talk_call(t));
	answer(t, COVER_YES);
	asked = t->w->cover_count;
	border_covered(t->w->border, &all, t->w->now);
	CHECK(t->w->cover_count > asked && !passes(t));
	answer(t, COVER_YES);
	CHECK(passes(t));
	return ERR_NONE;
}

TEST(forgotten, "who could answer has forgotten all: nothing passes until he has answered anew")
{
	return talk_with_settings(change, asks_again);
}

static enum err asks_nobody(struct talk *t)
{
	TRY(talk_call(t));
	CHECK(t->w->cover_count == 0 && passes(t));
	lose(t);
	CHECK(talk_is_quiet(t, &t->phone));
	return ERR_NONE;
}

TEST(not_wanted, "where nobody asked for IPsec, nobody is asked and nothing is held back")
{
	return talk_with(asks_nobody);
}

#define PAIRS8 "00:01:02:03:04:05:06:07"
#define WITH_ICE                                                                                   \
	"v=0\r\no=pbx 7 7 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"              \
	"m=audio 12000 UDP/TLS/RTP/SAVP 0\r\na=fingerprint:sha-256 " PAIRS8 ":" PAIRS8 ":" PAIRS8  \
	":" PAIRS8 "\r\na=setup:actpass\r\na=ice-ufrag:4DpZ\r\n"                                   \
	"a=ice-pwd:Tm6g/kfGcwIXK8TSSyuNSS90\r\na=rtcp-mux\r\n"

/* Checks would prove paths to hosts that nobody asked the kernel about. */
static enum err checks_no_paths(struct talk *t)
{
	const struct media_event started = { .kind = MEDIA_STARTED, .fingerprint = { 0xaa } };
	const struct order_shake *shake;

	border_media_event(t->w->border, &started, t->w->now);
	talk_invite_from_pbx(t, "", WITH_ICE);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && wire_has(&t->at_pbx, "a=fingerprint:"));
	CHECK(!wire_has(&t->at_pbx, "a=ice-") && !wire_has(&t->at_pbx, "a=candidate:"));
	shake = &t->w->shakes[(t->w->shake_count - 1) % 16];
	CHECK(t->w->shake_count > 0 && !shake->has_ice);
	CHECK(talk_order(t)->legs[0].remote.port == 12000);
	return ERR_NONE;
}

TEST(paths, "who is to be covered checks no other paths than that of its description")
{
	return talk_with_settings(change, checks_no_paths);
}

/* The call stands, with a path that was checked, when its peer's media has to be covered. */
static enum err checks_no_more(struct talk *t)
{
	const struct media_event started = { .kind = MEDIA_STARTED, .fingerprint = { 0xaa } };
	const struct cover_row all = { 0 };

	border_media_event(t->w->border, &started, t->w->now);
	talk_invite_from_pbx(t, "", WITH_ICE);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	CHECK(t->w->shakes[(t->w->shake_count - 1) % 16].has_ice);
	change(t->w->settings);
	TRY(border_apply(t->w->border, t->w->settings, t->w->now));
	border_covered(t->w->border, &all, t->w->now);
	CHECK(t->w->cover_count > 0 && !passes(t));
	answer(t, COVER_YES);
	CHECK(passes(t) && !t->w->shakes[(t->w->shake_count - 1) % 16].has_ice);
	return ERR_NONE;
}

TEST(paths_no_more, "a call that stands checks no paths any more once its peer is to be covered")
{
	return talk_with(checks_no_more);
}
