/* SPDX-License-Identifier: Apache-2.0 */
/* Orders about what calls may cost: each acts at once, in every mode, and never
 * on an emergency. */
#include "unit/border/talk.h"

#include "border/dial.h"
#include "border/spend.h"

#include <stdio.h>
#include <string.h>

enum { OFFICE, CARRIER = TALK_CARRIER };

static struct talk_end carrier;

/* One carrier at 203.0.113.50; Ireland 0.50 a minute, the rest 1.00; 3 a day. */
static void dear(struct border_settings *s)
{
	(void)talk_add_carrier(s, &carrier);
	s->routes[0] = (struct border_route){ .from = OFFICE, .to = CARRIER, .priority = 1 };
	s->route_count = 1;
	(void)VIEW_COPY(VIEW("GB"), s->numbers.plan.country);
	(void)VIEW_COPY(VIEW("9"), s->numbers.plan.outside_line);
	(void)VIEW_COPY(VIEW("112"), s->numbers.emergency[0]);
	s->numbers.emergency_count = 1;
	s->spend = (struct border_spend){ .max_day = 3,
		                          .max_abroad = 2,
		                          .price_milli = 1000,
		                          .refused = 1U << (NUMBER_SATELLITE - 1),
		                          .countries = { "+353", "+33" },
		                          .country_count = 2 };
	s->rates[0] = (struct border_rate){ "+35", 2000 };
	s->rates[1] = (struct border_rate){ "+353", 500 };
	s->rate_count = 2;
}

static void dial(struct talk *t, const char *number)
{
	struct wire_sent *old;

	while ((old = wire_take(t->w, &t->pbx.flow)) || (old = wire_take(t->w, &carrier.flow)))
		;
	snprintf(t->w->pbx_contact, sizeof(t->w->pbx_contact), "sip:%s@10.0.0.2:5060", number);
	talk_invite_from_pbx(t, "", TALK_ANSWER);
}

static bool is_refused(struct talk *t, const char *number, const char *code)
{
	char wanted[16];

	snprintf(wanted, sizeof(wanted), "\"%s ", code);
	dial(t, number);
	return talk_hears(t, &t->pbx, "SIP/2.0 403 ") && wire_has(&t->at_pbx, wanted) &&
	       talk_is_quiet(t, &carrier);
}

static enum err begins(struct talk *t, const char *number)
{
	dial(t, number);
	CHECK_CASE(talk_hears(t, &t->pbx, "SIP/2.0 100 "), number);
	CHECK_CASE(talk_hears(t, &carrier, "INVITE "), number);
	return ERR_NONE;
}

static enum err is_answered(struct talk *t, const char *number)
{
	TRY(begins(t, number));
	talk_answer(t, &carrier, &t->at_pbx, "200 OK", "", TALK_OFFER);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	talk_ack(t, &t->pbx, "");
	CHECK(talk_hears(t, &carrier, "ACK "));
	return ERR_NONE;
}

static enum err sorts(struct talk *t)
{
	CHECK(is_refused(t, "00881612345678", "22"));
	CHECK(is_refused(t, "0061255501234", "23"));
	CHECK(is_refused(t, "whoever", "23"));
	TRY(begins(t, "0035315550123"));
	TRY(begins(t, "02079460123"));
	return ERR_NONE;
}

TEST(spend_sorts, "refuses sorts of numbers and countries, and what nobody can read")
{
	return talk_with_settings(dear, sorts);
}

static enum err abroad(struct talk *t)
{
	TRY(begins(t, "0035315550123"));
	TRY(begins(t, "0035315550124"));
	CHECK(is_refused(t, "0035315550125", "24"));
	TRY(begins(t, "02079460123"));
	return ERR_NONE;
}

TEST(spend_abroad, "allows so many calls abroad at once and further ones at home")
{
	return talk_with_settings(dear, abroad);
}

static enum err by_minute(struct talk *t)
{
	TRY(is_answered(t, "02079460123"));
	wire_advance(t->w, 61 * (uint64_t)SECOND_US);
	CHECK(!wire_take(t->w, &carrier.flow));
	/* 2.00 are gone: one more fits as long as the first one goes no further. */
	TRY(begins(t, "02079460124"));
	CHECK(is_refused(t, "0035315550124", "25"));
	TRY(begins(t, "112"));
	TRY(begins(t, "9112"));
	wire_advance(t->w, 60 * (uint64_t)SECOND_US);
	CHECK(talk_records(t) >= 1);
	return ERR_NONE;
}

TEST(spend_minutes, "charges each minute as it begins, ends what goes beyond, and passes 112")
{
	return talk_with_settings(dear, by_minute);
}

static enum err ended_early(struct talk *t)
{
	for (unsigned i = 0; i < 8; i++) {
		TRY(begins(t, "02079460123"));
		talk_answer(t, &carrier, &t->at_pbx, "486 Busy Here", "", "");
	}
	for (unsigned i = 0; i < 3; i++) {
		TRY(is_answered(t, "02079460123"));
		talk_request(t, &carrier, "BYE", "", "");
		CHECK(talk_hears(t, &t->pbx, "BYE "));
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
		talk_media_closes(t);
	}
	CHECK(is_refused(t, "02079460124", "25"));
	TRY(wire_restart(t->w));
	CHECK(is_refused(t, "02079460124", "25"));
	wire_advance(t->w, 24 * 3600 * (uint64_t)SECOND_US);
	TRY(begins(t, "02079460124"));
	return ERR_NONE;
}

TEST(spend_day,
     "charges nothing for who is busy, forgets the sum at midnight, not when it restarts")
{
	return talk_with_settings(dear, ended_early);
}

static enum err cut(struct talk *t)
{
	TRY(is_answered(t, "02079460123"));
	wire_advance(t->w, 61 * (uint64_t)SECOND_US);
	wire_advance(t->w, 60 * (uint64_t)SECOND_US);
	CHECK(talk_is_quiet(t, &carrier));
	wire_advance(t->w, 60 * (uint64_t)SECOND_US);
	CHECK(talk_hears(t, &carrier, "BYE "));
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	return ERR_NONE;
}

TEST(spend_cut, "hangs up where the next minute would cost more than the day may")
{
	return talk_with_settings(dear, cut);
}

static struct border_settings prices;

TEST(spend_price, "takes the longest rate, and the worst price for what cannot be read")
{
	static const struct {
		const char *dialled;
		uint32_t milli;
	} cases[] = {
		{ "0035315550123", 500 },
		{ "+351212345678", 2000 },
		{ "02079460123", 1000 },
		{ "anything", 1000 },
	};
	struct dialling d;

	memset(&prices, 0, sizeof(prices));
	dear(&prices);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		dial_read(&prices, NULL, view_of(cases[i].dialled), &d);
		CHECK_CASE(spend_price(&prices, &d) == cases[i].milli, cases[i].dialled);
	}
	return ERR_NONE;
}

/* ---- dialled and meant ---- */

TEST(dial_forms, "writes a number as its reader wants it, emergencies and extensions as dialled")
{
	static const struct {
		const char *dialled;
		enum numbers_as as;
		bool is_from_carrier;
		const char *written;
	} cases[] = {
		{ "902079460123", NUMBERS_PLUS, false, "+442079460123" },
		{ "902079460123", NUMBERS_BARE, false, "442079460123" },
		{ "902079460123", NUMBERS_AS_DIALLED, false, "902079460123" },
		{ "0035315550123", NUMBERS_PLUS, false, "+35315550123" },
		{ "442079460123", NUMBERS_PLUS, true, "+442079460123" },
		{ "112", NUMBERS_PLUS, false, "112" },
		{ "9112", NUMBERS_PLUS, false, "9112" },
		{ "210", NUMBERS_PLUS, false, "210" },
		{ "alice", NUMBERS_BARE, false, "alice" },
	};

	memset(&prices, 0, sizeof(prices));
	dear(&prices);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct border_peer to = { .numbers_as = (uint8_t)cases[i].as };
		char text[64];
		struct buffer out = BUFFER_ON(text);
		struct dialling d;

		dial_read(&prices, cases[i].is_from_carrier ? &prices.peers[CARRIER] : NULL,
		          view_of(cases[i].dialled), &d);
		dial_write(&to, &d, &out);
		CHECK_CASE(view_equal(buffer_view(&out), view_of(cases[i].written)),
		           cases[i].dialled);
	}
	return ERR_NONE;
}

/* ---- told without calling ---- */

static char told[4096];

static void keep(void *context, const struct ask *row)
{
	(void)context;
	if (row->head.size)
		snprintf(told, sizeof(told), "%.*s", (int)row->head.size, row->body.text);
	else if (row->head.result != ERR_NONE)
		snprintf(told, sizeof(told), "error %u", row->head.result);
}

static enum err explains(struct talk *t)
{
	static const struct {
		const char *question, *parts[4];
	} cases[] = {
		{ "office 00353155512345",
		  { "\"meant\":\"+353155512345\"", "\"rings_in\":\"IE\"", "\"peer\":\"carrier\"",
		    "\"verdict\":\"would be asked\"" } },
		{ "office 00881612345678", { "\"number_kind\":\"satellite\"", "\"code\":22" } },
		{ "office 112", { "\"emergency\":true", "\"verdict\":\"would be asked\"" } },
		{ "carrier +442079460123", { "\"answer\":\"404", "\"targets\":[]" } },
		{ "phone 201", { "\"peer\":\"office\"", "sip:201@10.0.0.20" } },
		{ "nobody 201", { "error" } },
		{ "office", { "error" } },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ask question = { .head = { .kind = ASK_ROUTE } };

		(void)VIEW_COPY(view_of(cases[i].question), question.body.query.filter);
		told[0] = 0;
		border_answer(t->w->border, &question, t->w->now, keep, NULL);
		for (unsigned p = 0; p < 4 && cases[i].parts[p]; p++)
			CHECK_CASE(strstr(told, cases[i].parts[p]), told);
	}
	CHECK(talk_is_quiet(t, &carrier));
	return ERR_NONE;
}

static void named(struct border_settings *s)
{
	dear(s);
	(void)VIEW_COPY(VIEW("carrier"), s->peers[CARRIER].name);
}

TEST(explain_route, "tells where a call would go and why, and sends nothing")
{
	return talk_with_settings(named, explains);
}
