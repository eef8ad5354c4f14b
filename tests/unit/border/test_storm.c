/* SPDX-License-Identifier: Apache-2.0 */
/* Both ends say anything at any time, seed by seed. Whatever they do: what
 * leaves is SIP that parses, nothing of one side is seen on the other, and in
 * the end every call, turn, port and transaction is free again. */
#include "unit/border/talk.h"

#include "sip/msg.h"

#include <stdio.h>
#include <string.h>

enum { ROUNDS = 200, STEPS = 14 };

struct storm {
	struct talk *t;
	uint64_t seed;
	struct wire_sent asked_phone, asked_pbx; /* last request that each end got */
	bool has_failed;
};

static uint32_t draw(struct storm *s, uint32_t below)
{
	s->seed = s->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(s->seed >> 33) % below;
}

static bool is_clean(const struct wire_sent *sent, bool is_outside)
{
	static struct sip_msg msg;
	char copy[WIRE_TEXT_MAX];

	memcpy(copy, sent->text, sent->len);
	if (sip_msg_parse(copy, sent->len, &sip_limits_default, &msg) != ERR_NONE || msg.anomalies)
		return false;
	if (is_outside)
		return !wire_has(sent, "10.0.0.") && !wire_has(sent, "Secret") &&
		       !wire_has(sent, "pbx-call") && !wire_has(sent, "inner");
	return !wire_has(sent, "192.168.") && !wire_has(sent, "203.0.113.") &&
	       !wire_has(sent, "phone-call");
}

static void collect(struct storm *s, struct talk_end *end, struct wire_sent *asked)
{
	bool is_outside = end == &s->t->phone;
	struct wire_sent *sent;

	while ((sent = wire_take(s->t->w, &end->flow))) {
		if (!is_clean(sent, is_outside)) {
			fprintf(stderr, "%s:\n%s\n", is_outside ? "outside" : "inside", sent->text);
			s->has_failed = true;
		}
		talk_learns(end, sent);
		if (strncmp(sent->text, "SIP/2.0", 7) != 0 && strncmp(sent->text, "ACK", 3) != 0)
			*asked = *sent;
	}
}

static void answer(struct storm *s, const struct talk_end *end, const struct wire_sent *asked)
{
	static const char *const statuses[] = {
		"100 Trying", "180 Ringing", "183 Session Progress", "200 OK",   "200 OK",
		"200 OK",     "486 Busy",    "407 Challenge",        "481 Gone", "302 Moved"
	};
	static const char *const tags[] = { "", "", "", "other" };
	const char *status = statuses[draw(s, 10)];
	bool has_body = draw(s, 4) > 0 && (status[0] == '2' || !strncmp(status, "183", 3));

	if (asked->len && strncmp(asked->text, "BYE", 3) == 0)
		has_body = false;
	if (asked->len)
		talk_answer_as(s->t, end, asked, status, tags[draw(s, 4)],
		               !has_body             ? ""
		               : end == &s->t->phone ? TALK_OFFER
		                                     : TALK_ANSWER);
}

static void request(struct storm *s, struct talk_end *end)
{
	static const char *const methods[] = {
		"BYE", "INVITE", "INFO", "UPDATE", "OPTIONS", "BYE"
	};
	const char *method = methods[draw(s, 6)];
	bool has_body = draw(s, 2) && (!strcmp(method, "INVITE") || !strcmp(method, "UPDATE"));

	talk_request(s->t, end, method,
	             end == &s->t->phone ? "Contact: <sip:200@192.168.1.10:5060>\r\n"
	                                 : "Contact: <sip:201@10.0.0.31>\r\n",
	             !has_body             ? ""
	             : end == &s->t->phone ? TALK_OFFER
	                                   : TALK_ANSWER);
}

static void step(struct storm *s)
{
	struct talk *t = s->t;
	struct talk_end *end = draw(s, 2) ? &t->phone : &t->pbx;

	switch (draw(s, 9)) {
	case 0:
	case 1:
		answer(s, &t->phone, &s->asked_phone);
		break;
	case 2:
	case 3:
	case 4:
		answer(s, &t->pbx, &s->asked_pbx);
		break;
	case 5:
		request(s, end);
		break;
	case 6:
		talk_ack(t, end, draw(s, 3) ? "" : TALK_ANSWER);
		break;
	case 7:
		talk_cancel(t, end);
		break;
	default:
		wire_advance(t->w,
		             draw(s, 3) ? draw(s, 900) * MILLISECOND_US : draw(s, 40) * SECOND_US);
		break;
	}
	talk_media_closes(t);
	collect(s, &t->phone, &s->asked_phone);
	collect(s, &t->pbx, &s->asked_pbx);
}

static enum err round_of(struct storm *s)
{
	struct talk *t = s->t;
	bool is_from_phone = draw(s, 2);
	struct order *last;

	TRY(talk_register(t));
	s->asked_phone.len = s->asked_pbx.len = 0;
	if (is_from_phone)
		talk_invite_from_phone(t, "", draw(s, 5) ? TALK_OFFER : "");
	else
		talk_invite_from_pbx(t, "", draw(s, 5) ? TALK_ANSWER : "");
	collect(s, &t->phone, &s->asked_phone);
	collect(s, &t->pbx, &s->asked_pbx);
	for (unsigned i = 0; i < STEPS && !s->has_failed; i++)
		step(s);
	/* Whatever call is left has no media and ends by that. */
	for (unsigned i = 0; i < t->w->order_count && i < 64; i++) {
		struct media_event silent = { .kind = MEDIA_SILENT, .generation = 7 };

		last = &t->w->orders[i];
		silent.stream = last->stream;
		border_media_event(t->w->border, &silent, t->w->now);
	}
	wire_advance(t->w, 40 * SECOND_US);
	collect(s, &t->phone, &s->asked_phone);
	collect(s, &t->pbx, &s->asked_pbx);
	return s->has_failed ? ERR_DENIED : ERR_NONE;
}

/* Every port pair and the rest of the table are there. */
static enum err all_is_free(struct talk *t)
{
	TRY(talk_register(t));
	for (unsigned i = 0; i < WIRE_PAIRS; i++) {
		talk_invite_from_phone(t, "", TALK_OFFER);
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
		      talk_hears(t, &t->pbx, "INVITE "));
	}
	return ERR_NONE;
}

static enum err storm(struct talk *t, uint64_t seed)
{
	static struct storm s;

	s = (struct storm){ .t = t, .seed = seed };
	for (unsigned i = 0; i < ROUNDS; i++) {
		CHECK(round_of(&s) == ERR_NONE);
	}
	/* Ringing is given up after three minutes, and its CANCEL after 40 s. */
	wire_advance(t->w, 300 * SECOND_US);
	collect(&s, &t->phone, &s.asked_phone);
	collect(&s, &t->pbx, &s.asked_pbx);
	CHECK(talk_listed(t) == 0 && !s.has_failed);
	return all_is_free(t);
}

TALK_TEST(storm_one, "whatever both ends say, nothing leaks and everything is given back")
{
	return storm(t, 1);
}
TALK_TEST(storm_two, "the same with another seed") { return storm(t, 2); }
TALK_TEST(storm_three, "and with a third") { return storm(t, 3); }
