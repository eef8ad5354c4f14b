/* SPDX-License-Identifier: Apache-2.0 */
/* REGISTER by the rows of what is decided on the wire. */
#include "unit/border/wire.h"

#include <stdio.h>
#include <string.h>

static const struct flow *phone(void)
{
	static struct flow f;

	f = wire_outside(5, 40000);
	return &f;
}

static enum err challenge_for(struct wire *w, const char *user, const struct flow *from,
                              struct wire_sent *ret)
{
	struct wire_register r = { .user = user, .call_id = user, .cseq = 1 };
	struct wire_sent *sent;

	wire_receive(w, from, wire_register_text(&r, from));
	wire_advance(w, 60 * MILLISECOND_US);
	sent = wire_take(w, from);
	CHECK(sent != NULL);
	*ret = *sent;
	return ERR_NONE;
}

static enum err challenge_is_cookied(struct wire *w)
{
	struct wire_sent challenge;

	TRY(challenge_for(w, "200", phone(), &challenge));
	CHECK(wire_has(&challenge, "SIP/2.0 401 "));
	CHECK(wire_has(&challenge, "realm=\"sip.example\""));
	CHECK(wire_has(&challenge, "-own\""));
	CHECK(wire_has(&challenge, "qop=\"auth\""));
	CHECK(!wire_has(&challenge, "auth-int"));
	CHECK(!wire_has(&challenge, "10.0.0"));
	CHECK(!wire_has(&challenge, "Secret"));
	CHECK(!wire_has(&challenge, "tag=inner"));
	return ERR_NONE;
}

#define WITH_WIRE(body)                                                                            \
	struct wire *w;                                                                            \
	TRY(wire_new(&w));                                                                         \
	enum err err = body(w);                                                                    \
	wire_free(&w);                                                                             \
	return err

TEST(cookied,
     "the PBX's challenge comes back with our cookie before its opaque, and nothing of the inside")
{
	WITH_WIRE(challenge_is_cookied);
}

static enum err registers(struct wire *w, struct wire_sent *ret)
{
	struct wire_register r = {
		.user = "200", .call_id = "200", .cseq = 2, .credentials = WIRE_RIGHT
	};
	struct wire_sent challenge, *sent;

	TRY(challenge_for(w, "200", phone(), &challenge));
	r.challenge = &challenge;
	wire_receive(w, phone(), wire_register_text(&r, phone()));
	wire_advance(w, 10 * MILLISECOND_US);
	sent = wire_take(w, phone());
	CHECK(sent != NULL);
	*ret = *sent;
	return ERR_NONE;
}

static enum err right_password(struct wire *w)
{
	struct wire_sent ok;

	TRY(registers(w, &ok));
	CHECK(wire_has(&ok, "SIP/2.0 200 "));
	CHECK(wire_has(&ok, "Contact: <sip:200@192.168.1.10:5060;line=7>;expires=60\r\n"));
	CHECK(!wire_has(&ok, "other@"));
	CHECK(w->pbx_logins == 1);
	CHECK(strstr(w->pbx_contact, "@10.0.0.2:5060") != NULL);
	CHECK(strstr(w->pbx_contact, "192.168") == NULL);
	CHECK(wire_count_facts(w, FACT_REGISTERED) == 1);
	return ERR_NONE;
}

TEST(right_password,
     "a right password registers, with this flow's binding alone and a minute on UDP")
{
	WITH_WIRE(right_password);
}

/* Digits of nonce, cookie, tag and time differ; everything else must not. */
static void blank_names(char *text)
{
	static const char *const names[] = { "nonce=\"",  "opaque=\"", "tag=",
		                             "Call-ID: ", "sip:",      "branch=" };

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		for (char *at = strstr(text, names[i]); at; at = strstr(at, names[i])) {
			at += strlen(names[i]);
			for (; *at && !strchr("\"\r;>@", *at); at++)
				*at = '#';
		}
	}
}

static enum err alike_step(struct wire *w, const char *known, const char *unknown,
                           const char *credentials)
{
	struct flow from = wire_outside(9, 5062);
	const char *const users[] = { known, unknown };
	struct wire_sent answers[2], *sent;
	uint64_t took[2];

	for (unsigned i = 0; i < 2; i++) {
		struct wire_register r = {
			.user = users[i], .call_id = users[i], .cseq = 2, .credentials = credentials
		};
		struct wire_sent challenge;
		uint64_t came_us;

		if (credentials) {
			TRY(challenge_for(w, users[i], &from, &challenge));
			r.challenge = &challenge;
		}
		came_us = w->now.us;
		wire_receive(w, &from, wire_register_text(&r, &from));
		wire_advance(w, 400 * MILLISECOND_US);
		sent = wire_take(w, &from);
		CHECK_CASE(sent != NULL, users[i]);
		answers[i] = *sent;
		took[i] = sent->at_us - came_us;
		CHECK_CASE(wire_take(w, &from) == NULL, users[i]);
	}
	CHECK(answers[0].len == answers[1].len);
	CHECK(took[0] == took[1]);
	blank_names(answers[0].text);
	blank_names(answers[1].text);
	CHECK(strcmp(answers[0].text, answers[1].text) == 0);
	return ERR_NONE;
}

static enum err alike_challenge(struct wire *w) { return alike_step(w, "201", "700", NULL); }

static enum err alike_refusal(struct wire *w)
{
	unsigned before = w->pbx_logins;

	TRY(alike_step(w, "201", "700", WIRE_WRONG));
	CHECK(w->pbx_logins - before == 1);
	CHECK(wire_count_facts(w, FACT_UNKNOWN_USER) >= 1);
	return ERR_NONE;
}

TEST(alike_challenge, "a user that the PBX does not know is challenged like one that it knows")
{
	WITH_WIRE(alike_challenge);
}

TEST(alike_refusal,
     "a user that the PBX does not know is refused like a wrong password, and the PBX never hears of it")
{
	WITH_WIRE(alike_refusal);
}

/* Between half a step and a whole one, so that asking twice takes a step more. */
static enum err alike_slow(struct wire *w)
{
	w->pbx_delay_us = 13 * MILLISECOND_US;
	TRY(alike_step(w, "201", "700", NULL));
	return alike_step(w, "202", "701", WIRE_WRONG);
}

static enum err alike_slow_refusal(struct wire *w)
{
	w->pbx_refusal_us = 300 * MILLISECOND_US;
	return alike_step(w, "201", "700", WIRE_WRONG);
}

TEST(alike_slow, "a PBX that takes its time tells no user that it knows by that time")
{
	WITH_WIRE(alike_slow);
}

TEST(alike_slow_refusal, "where a PBX makes a wrong password wait, an unknown user waits as long")
{
	WITH_WIRE(alike_slow_refusal);
}

static enum err refusal_waits(struct wire *w)
{
	struct wire_register r = {
		.user = "200", .call_id = "200", .cseq = 2, .credentials = WIRE_WRONG
	};
	struct wire_sent challenge, *sent;

	TRY(challenge_for(w, "200", phone(), &challenge));
	r.challenge = &challenge;
	wire_receive(w, phone(), wire_register_text(&r, phone()));
	wire_advance(w, 245 * MILLISECOND_US);
	CHECK(wire_take(w, phone()) == NULL);
	CHECK(wire_count_facts(w, FACT_LOGIN) == 1);
	wire_advance(w, 10 * MILLISECOND_US);
	sent = wire_take(w, phone());
	CHECK(wire_has(sent, "SIP/2.0 403 "));
	return ERR_NONE;
}

TEST(refusal_waits, "a refusal leaves no sooner than 250 ms after the request, the fact at once")
{
	WITH_WIRE(refusal_waits);
}

static enum err burst_of(struct wire *w, bool is_varied)
{
	struct flow from = wire_outside(66, 5066);
	struct wire_sent challenge;
	char response[33];

	TRY(challenge_for(w, "200", &from, &challenge));
	for (unsigned i = 0; i < 60; i++) {
		struct wire_register r = { .user = "200",
			                   .call_id = "burst",
			                   .cseq = 10 + i,
			                   .challenge = &challenge,
			                   .credentials = response };

		snprintf(response, sizeof(response), "%032u", is_varied ? i : 0);
		wire_receive(w, &from, wire_register_text(&r, &from));
	}
	wire_advance(w, SECOND_US);
	return ERR_NONE;
}

static enum err burst(struct wire *w)
{
	TRY(burst_of(w, true));
	CHECK(w->pbx_logins <= 10);
	CHECK(w->pbx_logins >= 1);
	CHECK(wire_count_facts(w, FACT_CAPPED) >= 10);
	return ERR_NONE;
}

static enum err repeated(struct wire *w)
{
	TRY(burst_of(w, false));
	CHECK(wire_count_facts(w, FACT_CAPPED) == 0);
	return ERR_NONE;
}

TEST(repeated, "a login that an impatient phone sends again and again is no guess")
{
	WITH_WIRE(repeated);
}

TEST(burst, "of sixty guesses at once on one nonce at most ten reach the PBX, and all are counted")
{
	WITH_WIRE(burst);
}

static enum err strangers_meet_silence(struct wire *w)
{
	static const char *const methods[] = { "INVITE",    "OPTIONS", "MESSAGE",
		                               "SUBSCRIBE", "BYE",     "NOTIFY" };
	struct flow from = wire_outside(77, 5060);
	char text[1024];

	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		snprintf(
			text, sizeof(text),
			"%s sip:900441512960000@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.77;branch=z9hG4bKx%u\r\n"
			"Max-Forwards: 70\r\nFrom: <sip:a@b.example>;tag=1\r\nTo: <sip:900441512960000@198.51.100.1>\r\n"
			"Call-ID: x%u\r\nCSeq: 1 %s\r\nContact: <sip:a@203.0.113.77>\r\nContent-Length: 0\r\n\r\n",
			methods[i], i, i, methods[i]);
		wire_receive(w, &from, text);
		wire_advance(w, SECOND_US);
		CHECK_CASE(wire_take(w, &from) == NULL, methods[i]);
	}
	CHECK(counters_get(&w->counters, COUNT_dropped_stranger) == 6);
	return ERR_NONE;
}

TEST(silence, "a stranger's request other than REGISTER is met by silence and counted")
{
	WITH_WIRE(strangers_meet_silence);
}

static enum err nobody_is_answered(struct wire *w)
{
	struct wire_register r = { .user = "200", .call_id = "200", .cseq = 1 };
	struct flow own = wire_outside(1, 5060), none = wire_outside(1, 0), beside;

	own.remote = own.local;
	beside = own;
	beside.remote.port++;
	wire_receive(w, &own, wire_register_text(&r, &own));
	wire_receive(w, &none, wire_register_text(&r, &none));
	wire_advance(w, 400 * MILLISECOND_US);
	CHECK(!wire_take(w, &own) && !wire_take(w, &none));
	CHECK(counters_get(&w->counters, COUNT_dropped_forged) == 2);
	wire_receive(w, &beside, wire_register_text(&r, &beside));
	wire_advance(w, 400 * MILLISECOND_US);
	CHECK(wire_has(wire_take(w, &beside), "SIP/2.0 401 "));
	return ERR_NONE;
}

TEST(nobody,
     "what comes from port 0 or from our own port is dropped and counted, its neighbour's is not")
{
	WITH_WIRE(nobody_is_answered);
}

static enum err forged_cookie(struct wire *w)
{
	struct wire_register r = {
		.user = "200", .call_id = "200", .cseq = 2, .credentials = WIRE_RIGHT
	};
	struct flow elsewhere = wire_outside(88, 40000);
	struct wire_sent challenge, *sent;

	TRY(challenge_for(w, "200", phone(), &challenge));
	r.challenge = &challenge;
	wire_receive(w, &elsewhere, wire_register_text(&r, &elsewhere));
	wire_advance(w, 400 * MILLISECOND_US);
	sent = wire_take(w, &elsewhere);
	CHECK(wire_has(sent, "SIP/2.0 401 "));
	CHECK(w->pbx_logins == 0);
	return ERR_NONE;
}

TEST(forged_cookie, "a cookie that another address was given is worth nothing")
{
	WITH_WIRE(forged_cookie);
}

static enum err survives(struct wire *w)
{
	struct flow inside = wire_inside();
	char text[1024];
	struct wire_sent ok, *sent;

	TRY(registers(w, &ok));
	TRY(wire_restart(w));
	wire_advance(w, 100 * MILLISECOND_US);
	snprintf(
		text, sizeof(text),
		"OPTIONS %s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.20;branch=z9hG4bKq1\r\nMax-Forwards: 70\r\n"
		"From: <sip:ping@10.0.0.20>;tag=1\r\nTo: <%s>\r\nCall-ID: q1@10.0.0.20\r\nCSeq: 1 OPTIONS\r\n"
		"Content-Length: 0\r\n\r\n",
		w->pbx_contact, w->pbx_contact);
	wire_receive(w, &inside, text);
	sent = wire_take(w, phone());
	CHECK(wire_has(sent, "OPTIONS sip:200@192.168.1.10:5060;line=7 SIP/2.0\r\n"));
	CHECK(!wire_has(sent, "10.0.0"));
	CHECK(!wire_has(sent, "q1@"));
	return ERR_NONE;
}

TEST(survives, "a registration outlives the worker, and the PBX's OPTIONS finds the phone")
{
	WITH_WIRE(survives);
}

static void no_probe_user(struct border_settings *s) { s->subscribers.probe_user[0] = 0; }

TEST(no_probe_user,
     "without a probe user an unknown user is still challenged in the shape that was learnt")
{
	struct wire_sent known, unknown;
	struct flow from = wire_outside(9, 5062);
	struct wire *w;

	TRY(wire_new_with(no_probe_user, &w));
	enum err err = challenge_for(w, "201", &from, &known);
	if (err == ERR_NONE)
		err = challenge_for(w, "700", &from, &unknown);
	wire_free(&w);
	TRY(err);
	CHECK(known.len == unknown.len);
	blank_names(known.text);
	blank_names(unknown.text);
	CHECK(strcmp(known.text, unknown.text) == 0);
	return ERR_NONE;
}

static void small_bound(struct border_settings *s)
{
	s->door.neighbourhood_registers = (struct guard_rate){ 3, 60000 };
}

TEST(bound,
     "beyond the bound on strangers the PBX hears nothing, and its own fresh nonce is given out")
{
	struct flow from = wire_outside(50, 5060);
	struct wire *w;
	unsigned answers = 0;

	TRY(wire_new_with(small_bound, &w));
	for (unsigned i = 0; i < 10; i++) {
		char call_id[16];
		struct wire_register r = { .user = "200", .call_id = call_id, .cseq = 1 };

		snprintf(call_id, sizeof(call_id), "b%u", i);
		wire_receive(w, &from, wire_register_text(&r, &from));
		wire_advance(w, 50 * MILLISECOND_US);
		while (wire_take(w, &from))
			answers++;
	}
	unsigned reached = w->pbx_registers;
	wire_free(&w);
	CHECK(reached == 3);
	CHECK(answers == 10);
	return ERR_NONE;
}

/* The same transaction, but what made its answer large is not sent again. */
static const char *shortened(const struct flow *from, const char *via)
{
	static char text[512];
	char remote[ADDR_TEXT_MAX];

	snprintf(text, sizeof(text),
	         "REGISTER sip:a SIP/2.0\r\nVia: %.*s\r\nFrom: <sip:a@a>;tag=1\r\n"
	         "To: <sip:a@a>\r\nCall-ID: %s\r\nCSeq: 1 REGISTER\r\n\r\n",
	         (int)strcspn(via, "\r"), via, addr_text(&from->remote, remote));
	return text;
}

static enum err short_repetition(struct wire *w)
{
	char padding[1100] = "Via: SIP/2.0/UDP 192.168.1.9;branch=z9hG4bKold;x=",
	     whole[WIRE_TEXT_MAX];
	struct wire_register r = {
		.user = "200", .call_id = "large", .cseq = 1, .headers = padding
	};
	size_t len = strlen(padding);

	memset(padding + len, 'x', 900);
	memcpy(padding + len + 900, "\r\n", 3);
	snprintf(whole, sizeof(whole), "%s", wire_register_text(&r, phone()));
	wire_receive(w, phone(), whole);
	wire_advance(w, 60 * MILLISECOND_US);
	CHECK(wire_has(wire_take(w, phone()), "SIP/2.0 401 "));
	wire_receive(w, phone(), shortened(phone(), strstr(whole, "Via: ") + 5));
	CHECK(wire_take(w, phone()) == NULL);
	wire_receive(w, phone(), whole);
	CHECK(wire_has(wire_take(w, phone()), "SIP/2.0 401 "));
	return ERR_NONE;
}

TEST(short_repetition,
     "a stranger's large request buys no large answers to short repetitions of it")
{
	WITH_WIRE(short_repetition);
}
