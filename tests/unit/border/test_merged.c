/* SPDX-License-Identifier: Apache-2.0 */
/* One request that comes by two ways (RFC 3261 8.2.2.2), and those that only look like it. */
#include "unit/border/talk.h"

#include <stdio.h>
#include <string.h>

static struct talk_end carrier;

static void with_carrier(struct border_settings *s)
{
	(void)talk_add_carrier(s, &carrier);
	s->routes[s->route_count++] = (struct border_route){ .to = TALK_CARRIER,
		                                             .weight = 1,
		                                             .media_srtp = MEDIA_AS_PEER };
	s->max_calls = 32;
}

/* What a request is known by. */
struct says {
	const char *method, *uri, *branch, *call_id, *tag;
	unsigned cseq;
};

#define ONE   "sip:00353155512345@10.0.0.2:5060"
#define OTHER "sip:00353155512346@10.0.0.2:5060"
static const struct says first = { "INVITE", ONE, "one", "id", "from", 7 };

static void says(struct talk *t, const struct flow *from, const struct says *s)
{
	char text[WIRE_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "%s %s SIP/2.0\r\nVia: SIP/2.0/UDP proxy.example;branch=z9hG4bK%s\r\n"
	         "Max-Forwards: 70\r\nFrom: <sip:201@10.0.0.20>;tag=%s\r\n"
	         "To: <sip:200@10.0.0.2>\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
	         "Contact: <sip:201@10.0.0.20>\r\nContent-Length: 0\r\n\r\n",
	         s->method, s->uri, s->branch, s->tag, s->call_id, s->cseq, s->method);
	wire_receive(t->w, from, text);
}

static const struct says_case {
	const char *name;
	struct says says;
	const char *answer; /* NULL: absorbed */
} cases[] = {
	{ "the same by another way", { "INVITE", ONE, "two", "id", "from", 7 }, "SIP/2.0 482 " },
	{ "and by a third", { "INVITE", ONE, "three", "id", "from", 7 }, "SIP/2.0 482 " },
	{ "a repetition", { "INVITE", ONE, "one", "id", "from", 7 }, "SIP/2.0 100 " },
	{ "a fork for another phone",
	  { "INVITE", OTHER, "four", "id", "from", 7 },
	  "SIP/2.0 100 " },
	{ "the next, as after a challenge",
	  { "INVITE", ONE, "five", "id", "from", 8 },
	  "SIP/2.0 100 " },
	{ "another's, with the same Call-ID",
	  { "INVITE", ONE, "six", "id", "else", 7 },
	  "SIP/2.0 100 " },
	{ "another call of the same",
	  { "INVITE", ONE, "seven", "id2", "from", 7 },
	  "SIP/2.0 100 " },
};

static enum err is_told_apart(struct talk *t)
{
	says(t, &t->pbx.flow, &first);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &carrier, "INVITE "));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct says_case *c = &cases[i];
		bool goes_on = c->answer[8] == '1' && strcmp(c->says.branch, first.branch) != 0;

		fprintf(stderr, "  %s\n", c->name);
		says(t, &t->pbx.flow, &c->says);
		CHECK(talk_hears(t, &t->pbx, c->answer) && talk_is_quiet(t, &t->pbx));
		CHECK(goes_on ? talk_hears(t, &carrier, "INVITE ") : talk_is_quiet(t, &carrier));
	}
	return ERR_NONE;
}

TEST(merged_cases, "answers 482 to a request that is under way, and to nothing that looks like it")
{
	return talk_with_settings(with_carrier, is_told_apart);
}

static enum err is_said_why(struct talk *t)
{
	struct says second = first;

	second.branch = "two";
	says(t, &t->pbx.flow, &first);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &carrier, "INVITE "));
	TRY(wire_restart(t->w));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &carrier, "INVITE "));
	says(t, &t->pbx.flow, &second);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 482 Loop Detected\r\n") &&
	      talk_is_quiet(t, &carrier));
	CHECK(wire_has(&t->at_pbx, "\r\nWarning: 399 ringfence \"49 "));
	return ERR_NONE;
}

TEST(merged_survives, "knows the request that is under way after its worker died, and says why")
{
	return talk_with_settings(with_carrier, is_said_why);
}

/* A proxy that hunts asks the same one again. */
static enum err asks_again(struct talk *t)
{
	struct says second = first;

	second.branch = "two";
	says(t, &t->pbx.flow, &first);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &carrier, "INVITE "));
	talk_answer(t, &carrier, &t->at_pbx, "486 Busy Here", "", "");
	CHECK(talk_hears(t, &carrier, "ACK ") && talk_hears(t, &t->pbx, "SIP/2.0 486 "));
	says(t, &t->pbx.flow, &second);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &carrier, "INVITE "));
	return ERR_NONE;
}

TEST(merged_refused, "lets a proxy ask again for what was refused")
{
	return talk_with_settings(with_carrier, asks_again);
}

/* RFC 3263 4.3: what was not answered is asked for by another way. */
static enum err asks_by_another_way(struct talk *t)
{
	struct says second = first, third = first;
	struct flow by_tcp = t->pbx.flow;

	second.branch = "two";
	third.branch = "three";
	by_tcp.transport = TRANSPORT_TCP;
	by_tcp.connection = 9;
	says(t, &by_tcp, &first);
	CHECK(wire_take(t->w, &by_tcp) && talk_hears(t, &carrier, "INVITE "));
	says(t, &t->pbx.flow, &second);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 482 ") && talk_is_quiet(t, &carrier));
	border_disconnected(t->w->border, &by_tcp, t->w->now.us, t->w->now);
	says(t, &t->pbx.flow, &third);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &carrier, "INVITE "));
	return ERR_NONE;
}

TEST(merged_disconnected, "lets who asked by a connection that is gone ask by another way")
{
	return talk_with_settings(with_carrier, asks_by_another_way);
}

TALK_TEST(merged_others, "lets nobody end a phone's request by saying it first from elsewhere")
{
	const struct says message = { "MESSAGE", "sip:201@sip.example", "one", "id", "tag", 1 };
	struct says again = message;
	struct flow moved = t->phone.flow;

	again.branch = "two";
	says(t, &t->pbx.flow, &message);
	says(t, &t->phone.flow, &message);
	while (wire_take(t->w, &t->pbx.flow))
		;
	CHECK(talk_is_quiet(t, &t->phone));
	says(t, &t->phone.flow, &again);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 482 ") && talk_is_quiet(t, &t->pbx));
	/* Its repetition from a port that its router has given it meanwhile is none of it. */
	moved.remote.port++;
	says(t, &moved, &message);
	CHECK(!wire_take(t->w, &moved));
	return ERR_NONE;
}
