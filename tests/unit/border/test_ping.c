/* SPDX-License-Identifier: Apache-2.0 */
/* Keep-alives by STUN at the ports of SIP: who is answered, with what, and how often. */
#include "unit/border/phone.h"

#include "rtp/stun.h"

#include <stdio.h>
#include <string.h>

#define TRANSACTION        "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
#define PING               "\x00\x01\x00\x00\x21\x12\xa4\x42" TRANSACTION
#define HEAD(type, length) type length "\x21\x12\xa4\x42" TRANSACTION

/* A copy at the very end of its memory comes, so that ASan sees a read beyond. */
static void says(struct wire *w, const struct flow *from, struct view bytes)
{
	char memory[64], *copy = memory + sizeof(memory) - bytes.len;

	memcpy(copy, bytes.at, bytes.len);
	border_receive(w->border, from, copy, bytes.len, w->now);
}

/* What came back; len 0: nothing. */
static struct view pong(struct wire *w, const struct flow *from, struct view bytes)
{
	const struct wire_sent *sent;

	says(w, from, bytes);
	sent = wire_take(w, from);
	return sent ? view_bytes(sent->text, sent->len) : VIEW_EMPTY;
}

static enum err is_mapped(struct view answer, const struct flow *flow, bool has_fingerprint)
{
	struct stun_message m;

	CHECK(stun_parse(answer, &m) == ERR_NONE);
	CHECK(m.class == STUN_SUCCESS && m.method == STUN_BINDING);
	CHECK(memcmp(m.transaction, TRANSACTION, sizeof(m.transaction)) == 0);
	CHECK(addr_equal(&m.mapped, &flow->remote) && m.has_fingerprint == has_fingerprint);
	return ERR_NONE;
}

static enum err registered(struct talk *t, struct phone *ret)
{
	struct flow at = wire_outside(60, 40123);

	*ret = phone_on(t->w, &at);
	return phone_registers(ret);
}

TALK_TEST(ping_answered, "tells a registered phone at which address it is seen, in 32 bytes")
{
	char text[64];
	struct buffer asked = BUFFER_ON(text);
	struct stun_message m = { .class = STUN_REQUEST, .method = STUN_BINDING };
	struct phone p;
	struct view answer;

	TRY(registered(t, &p));
	answer = pong(t->w, &p.flow, VIEW(PING));
	CHECK(answer.len == 32);
	TRY(is_mapped(answer, &p.flow, false));
	/* Who wants his answer told from others by a FINGERPRINT says so. */
	memcpy(m.transaction, TRANSACTION, sizeof(m.transaction));
	CHECK(stun_write(&asked, &m, VIEW_EMPTY) == ERR_NONE);
	answer = pong(t->w, &p.flow, buffer_view(&asked));
	CHECK(answer.len == 40);
	TRY(is_mapped(answer, &p.flow, true));
	CHECK(counters_get(&t->w->counters, COUNT_pings_answered) == 2);
	CHECK(counters_get(&t->w->counters, COUNT_dropped_keepalive) == 0);
	return ERR_NONE;
}

static enum err hears_nothing(struct talk *t, const struct flow *from, const char *who)
{
	uint64_t dropped = counters_get(&t->w->counters, COUNT_dropped_keepalive);

	fprintf(stderr, "  %s\n", who);
	CHECK(pong(t->w, from, VIEW(PING)).len == 0);
	CHECK(counters_get(&t->w->counters, COUNT_pings_answered) == 0);
	CHECK(counters_get(&t->w->counters, COUNT_dropped_keepalive) == dropped + 1);
	return ERR_NONE;
}

TALK_TEST(ping_strangers, "answers nobody who is not registered on that very flow")
{
	struct flow at = wire_outside(60, 40124);
	struct phone p, over_tcp = phone_on(t->w, &at);

	TRY(registered(t, &p));
	TRY(hears_nothing(t, &at, "a neighbour of the phone"));
	at = wire_outside(61, 40123);
	TRY(hears_nothing(t, &at, "somebody"));
	TRY(hears_nothing(t, &t->pbx.flow, "the PBX"));
	over_tcp.flow.transport = TRANSPORT_TCP;
	over_tcp.flow.connection = 9;
	TRY(phone_registers(&over_tcp));
	TRY(hears_nothing(t, &over_tcp.flow, "a connection, where CRLF is said"));
	p.r.ends = true;
	TRY(phone_registers(&p));
	TRY(hears_nothing(t, &p.flow, "whose registration was ended"));
	return ERR_NONE;
}

TALK_TEST(ping_call, "answers no phone that is in a call and not registered any more")
{
	struct phone p = phone_on(t->w, &t->phone.flow);

	p.r.user = "200";
	TRY(talk_call(t));
	p.r.ends = true;
	p.r.contact = "*";
	TRY(phone_registers(&p));
	return hears_nothing(t, &t->phone.flow, "a phone in a call");
}

TALK_TEST(ping_blocked, "answers a phone at a blocked address, and none whose own flow is blocked")
{
	struct verdict v = { .state = VERDICT_BLOCK, .is_by_admin = 1 };
	struct phone p;

	TRY(registered(t, &p));
	v.until_us = t->w->now.us + UINT64_C(3600) * SECOND_US;
	v.source = addr_source(&p.flow.remote);
	verdict_table_put(t->w->verdicts, &v, t->w->now.us);
	CHECK(pong(t->w, &p.flow, VIEW(PING)).len == 32);
	v.source = p.flow.remote;
	verdict_table_put(t->w->verdicts, &v, t->w->now.us);
	CHECK(pong(t->w, &p.flow, VIEW(PING)).len == 0);
	CHECK(counters_get(&t->w->counters, COUNT_dropped_verdict) == 1);
	return ERR_NONE;
}

TALK_TEST(ping_cases,
          "answers requests for a binding alone, in their form, and says what it does not know")
{
	static const struct {
		const char *name;
		struct view bytes;
		size_t answer;
	} cases[] = {
		{ "an indication", { HEAD("\x00\x11", "\x00\x00"), 20 }, 0 },
		{ "an answer", { HEAD("\x01\x01", "\x00\x00"), 20 }, 0 },
		{ "an error", { HEAD("\x01\x11", "\x00\x00"), 20 }, 0 },
		{ "Allocate", { HEAD("\x00\x03", "\x00\x00"), 20 }, 0 },
		{ "a length past the end", { HEAD("\x00\x01", "\x00\x08"), 20 }, 0 },
		{ "something behind", { HEAD("\x00\x01", "\x00\x00") "\x00\x06\x00\x00", 24 }, 0 },
		{ "a wrong fingerprint",
		  { HEAD("\x00\x01", "\x00\x08") "\x80\x28\x00\x04\x00\x00\x00\x01", 28 },
		  0 },
		{ "software", { HEAD("\x00\x01", "\x00\x08") "\x80\x22\x00\x04test", 28 }, 32 },
		{ "CHANGE-REQUEST of the old STUN",
		  { HEAD("\x00\x01", "\x00\x08") "\x00\x03\x00\x04\x00\x00\x00\x06", 28 },
		  36 },
	};
	struct phone p;

	TRY(registered(t, &p));
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct view answer = pong(t->w, &p.flow, cases[i].bytes);
		struct stun_message m;

		fprintf(stderr, "  %s\n", cases[i].name);
		CHECK(answer.len == cases[i].answer);
		if (answer.len != 36)
			continue;
		CHECK(stun_parse(answer, &m) == ERR_NONE && m.class == STUN_ERROR);
		CHECK(m.error_code == STUN_UNKNOWN_ATTRIBUTE && m.mapped.family == 0);
		CHECK(m.unknown_count == 1 && m.unknown[0] == 3);
	}
	return ERR_NONE;
}

static void few_requests(struct border_settings *s)
{
	s->door.known_flow = (struct guard_rate){ .count = 10, .window_ms = 10000 };
}

static enum err is_bounded(struct talk *t)
{
	unsigned answers = 0;
	struct phone p;

	TRY(registered(t, &p));
	for (unsigned i = 0; i < 100; i++)
		answers += pong(t->w, &p.flow, VIEW(PING)).len > 0;
	CHECK(answers > 0 && answers <= 10);
	CHECK(counters_get(&t->w->counters, COUNT_dropped_budget) == 100 - answers);
	/* What they ate is not what the phone lives on. */
	return phone_registers(&p);
}

TEST(ping_budget, "answers no more in a phone's name than anybody may ask in it")
{
	return talk_with_settings(few_requests, is_bounded);
}
