/* SPDX-License-Identifier: Apache-2.0 */
/* What an honest device does, an exchange at a time. */
#include "judge/person.h"

#include <stdio.h>
#include <string.h>

static const uint64_t day_us = 86400 * UINT64_C(1000000), answer_us = 20000;

static const char *const agents[HABIT_COUNT] = {
	[HABIT_DESK] = "Desk 5.8.1",      [HABIT_SEAT] = "Dialler Seat 2",
	[HABIT_SOFTPHONE] = "Zoiper rev", [HABIT_ROAMER] = "Linphone/5.1",
	[HABIT_OLD_WORD] = "Desk 3.2",    [HABIT_WRONG_USER] = "ATA 1.0",
	[HABIT_TRUNK] = "Asterisk PBX",   [HABIT_MONITOR] = "check_voice 1.4",
};

static void host_text(const struct addr *a, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size - 1);

	addr_write(&b, a);
	ret[b.len] = '\0';
}

static void write_place(struct person *p)
{
	char here[ADDR_TEXT_MAX];

	host_text(&p->parties.client, here, sizeof(here));
	(void)snprintf(p->words.via, sizeof(p->words.via), "%s:%u", here, p->parties.client.port);
	(void)snprintf(p->words.contact, sizeof(p->words.contact), "sip:%u@%s:%u", p->user, here,
	               p->parties.client.port);
}

void person_move_in(struct person *p, struct stage *s, const struct parties *parties,
                    enum habit habit)
{
	static const uint32_t refreshes_s[] = { 300, 600, 1800, 3600, 3600 };
	char there[ADDR_TEXT_MAX];

	p->parties = *parties;
	p->home = parties->client;
	p->habit = habit;
	p->refresh_s = habit == HABIT_SOFTPHONE || habit == HABIT_ROAMER
	                     ? 900
	                     : refreshes_s[chance_below(&s->chance, 5)];
	p->calls_a_day = habit == HABIT_SEAT ? 60 : 8;
	p->mistakes = chance_of(&s->chance, 5) ? (uint32_t)chance_between(&s->chance, 1, 3) : 0;
	p->at_us = s->now.us + chance_below(&s->chance, p->refresh_s * 1000) * UINT64_C(1000);
	p->login_us = p->at_us;
	host_text(&parties->server, there, sizeof(there));
	p->words = (struct words){ .method = "REGISTER",
		                   .agent = agents[habit],
		                   .expires = p->refresh_s };
	(void)snprintf(p->words.uri, sizeof(p->words.uri), "sip:%s", there);
	(void)snprintf(p->words.to, sizeof(p->words.to), "sip:%u@%s", p->user, there);
	memcpy(p->words.from, p->words.to, sizeof(p->words.from));
	write_place(p);
	words_renew(&p->words, &s->chance);
}

static void ask(struct person *p, struct stage *s, struct words *w)
{
	w->cseq++;
	words_branch(w, &s->chance);
	stage_request(s, &p->parties, w);
	stage_wait(s, answer_us);
}

/* The usual round: asked, challenged, answered, decided. */
static void log_in(struct person *p, struct stage *s)
{
	struct words *w = &p->words;
	char nonce[40];
	bool is_wrong = p->habit == HABIT_OLD_WORD || p->mistakes > 0;

	(void)snprintf(nonce, sizeof(nonce), "n%u-%u", p->user, p->turn++);
	/* Half of them send the credentials of last time, whose nonce has gone stale. */
	if (!chance_of(&s->chance, 50))
		w->authorization[0] = '\0';
	ask(p, s, w);
	if (p->habit == HABIT_WRONG_USER) {
		stage_answer(s, &p->parties, w, 404);
		return;
	}
	stage_challenge(s, &p->parties, w, nonce);
	if (chance_below(&s->chance, 2000) == 0)
		return; /* the challenge was lost on its way */
	words_credentials(w, "", nonce, &s->chance);
	(void)snprintf(w->authorization, sizeof(w->authorization),
	               "Digest username=\"%u\", realm=\"pbx\", nonce=\"%s\", uri=\"%s\", "
	               "response=\"%032llx\", algorithm=MD5",
	               p->user, nonce, w->uri, (unsigned long long)chance_next(&s->chance));
	ask(p, s, w);
	stage_answer(s, &p->parties, w, is_wrong ? 403 : 200);
	p->mistakes -= p->mistakes > 0;
}

static void draw_number(const struct person *p, struct stage *s, char ret[40])
{
	static const char *const spellings[] = { "0", "0", "0", "9,0", "+44", "0044" };
	struct chance *c = &s->chance;
	uint32_t draw = chance_below(c, 100);

	if (p->habit == HABIT_SEAT)
		(void)snprintf(ret, 40, "01632960%03u", chance_below(c, 1000));
	else if (draw < 45)
		(void)snprintf(ret, 40, "%u", 200 + chance_below(c, 100));
	else if (draw < 92)
		(void)snprintf(ret, 40, "%s1632960%03u",
		               chance_of(c, 5) ? spellings[chance_below(c, 6)] : "0",
		               p->user % 37 * 20 + chance_below(c, 12));
	else
		(void)snprintf(ret, 40, "00%s%u", p->user % 2 ? "35320555" : "4930231250",
		               1000 + p->user % 20);
	for (char *at = ret; *at; at++)
		if (*at == ',')
			*at = '9';
}

static void call(struct person *p, struct stage *s)
{
	static const uint16_t ends[] = { 200, 200, 200, 200, 486, 480, 487, 404 };
	uint16_t status = ends[chance_below(&s->chance, chance_of(&s->chance, 3) ? 8 : 7)];
	struct words w = p->words;
	char number[40], there[ADDR_TEXT_MAX], nonce[40];

	draw_number(p, s, number);
	host_text(&p->parties.server, there, sizeof(there));
	w.method = "INVITE";
	w.has_sdp = true;
	w.cseq = 100;
	w.authorization[0] = '\0';
	(void)snprintf(w.uri, sizeof(w.uri), "sip:%s@%s", number, there);
	(void)snprintf(w.to, sizeof(w.to), "sip:%s@%s", number, there);
	(void)snprintf(nonce, sizeof(nonce), "i%u-%u", p->user, p->turn++);
	words_renew(&w, &s->chance);
	ask(p, s, &w);
	stage_challenge(s, &p->parties, &w, nonce);
	(void)snprintf(w.authorization, sizeof(w.authorization),
	               "Digest username=\"%u\", realm=\"pbx\", nonce=\"%s\", uri=\"%s\", "
	               "response=\"%032llx\", algorithm=MD5",
	               p->user, nonce, w.uri, (unsigned long long)chance_next(&s->chance));
	ask(p, s, &w);
	stage_answer(s, &p->parties, &w, 100);
	stage_answer(s, &p->parties, &w, status);
	(void)snprintf(w.to_tag, sizeof(w.to_tag), "as%08x",
	               (unsigned)(chance_next(&s->chance) >> 32));
	w.method = "ACK";
	w.has_sdp = false;
	stage_request(s, &p->parties, &w);
	if (status != 200)
		return;
	w.method = "BYE";
	ask(p, s, &w);
	stage_answer(s, &p->parties, &w, 200);
}

static void question(struct person *p, struct stage *s)
{
	struct parties to = p->parties;
	struct words w = p->words;
	char there[ADDR_TEXT_MAX];

	if (p->server_count > 1)
		to.server.bytes[15] = (uint8_t)(1 + p->turn++ % p->server_count);
	host_text(&to.server, there, sizeof(there));
	w.method = "OPTIONS";
	w.authorization[0] = '\0';
	(void)snprintf(w.uri, sizeof(w.uri), "sip:%s", there);
	(void)snprintf(w.to, sizeof(w.to), "sip:%s", there);
	words_renew(&w, &s->chance);
	w.cseq = 102;
	stage_request(s, &to, &w);
	stage_wait(s, answer_us);
	if (!chance_of(&s->chance, 1))
		stage_answer(s, &to, &w, p->habit == HABIT_MONITOR ? 200 : 404);
}

static void roam(struct person *p, struct stage *s)
{
	if (p->habit != HABIT_ROAMER || !chance_of(&s->chance, 1))
		return;
	/* Home, office, and the mobile networks between them. */
	p->parties.client = p->home;
	p->parties.client.bytes[14] = (uint8_t)(p->home.bytes[14] + chance_below(&s->chance, 4));
	p->parties.client.port = (uint16_t)chance_between(&s->chance, 2000, 60000);
	write_place(p);
}

void person_act(struct person *p, struct stage *s)
{
	uint64_t call_us = day_us / (p->calls_a_day ? p->calls_a_day : 1);
	bool is_caller = p->habit != HABIT_OLD_WORD && p->habit != HABIT_WRONG_USER &&
	                 p->habit != HABIT_MONITOR;

	if (p->habit == HABIT_MONITOR) {
		question(p, s);
		p->at_us = s->now.us + 30 * (uint64_t)SECOND_US / p->server_count;
		return;
	}
	if (s->now.us >= p->login_us) {
		roam(p, s);
		log_in(p, s);
		p->login_us = s->now.us + (uint64_t)p->refresh_s * SECOND_US * 9 / 10;
	} else if (is_caller) {
		call(p, s);
	}
	if (p->habit == HABIT_TRUNK)
		question(p, s);
	p->at_us = s->now.us + chance_between(&s->chance, call_us / 2, call_us * 3 / 2);
	if (!is_caller || p->at_us > p->login_us)
		p->at_us = p->login_us;
}
