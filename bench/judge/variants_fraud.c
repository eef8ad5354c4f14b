/* SPDX-License-Identifier: Apache-2.0 */
/* Variants of those who want to dial at somebody's expense. */
#include "judge/crew.h"

#include <stdio.h>

static const char *const access_digits[] = { "",    "0",   "9",    "8",    "7",   "1",
	                                     "90",  "99",  "900",  "9900", "800", "81",
	                                     "100", "001", "0000", "98",   "88",  "6" };
static const char *const exits[] = { "00", "011", "+", "0011", "810", "010" };
/* Numbers that are given to films and tests. */
static const char *const numbers[] = { "441632960123", "4412025550147", "353205550123",
	                               "61491570156",  "33199001234",   "491523456789",
	                               "46317401234",  "12025550172" };

static void dial(struct crew *c, const struct parties *p, const char *number, uint16_t status)
{
	struct words w;

	crew_words(c, p, "INVITE", number, &w);
	w.has_sdp = true;
	stage_request(c->stage, p, &w);
	stage_wait(c->stage, 30000);
	if (status == 401)
		stage_challenge(c->stage, p, &w, "n0nce");
	else if (status)
		stage_answer(c->stage, p, &w, status);
	if (status) {
		w.method = "ACK";
		stage_request(c->stage, p, &w);
	}
	crew_pause(c);
}

static void dialled(struct crew *c, uint32_t i, const char *number, char ret[48])
{
	struct chance *chance = &c->stage->chance;

	(void)snprintf(ret, 48, "%s%s%s", access_digits[i % 18], exits[chance_below(chance, 6)],
	               number);
}

void play_prefix_hunt(struct crew *c)
{
	static const uint16_t refusals[] = { 0, 401, 403, 404, 484, 503, 603 };
	struct chance *chance = &c->stage->chance;
	uint16_t refusal = refusals[chance_below(chance, 7)];
	uint32_t tries = (uint32_t)chance_between(chance, 6, 40);
	uint32_t pause_at = chance_below(chance, 2 * tries);
	bool wins = chance_of(chance, 20);
	const char *number = numbers[chance_below(chance, 8)];
	char text[48];
	struct parties p;

	crew_draw(c, c->stage, 1, 1);
	for (uint32_t i = 0; i < tries; i++) {
		p = crew_turn(c);
		dialled(c, i, number, text);
		dial(c, &p, text, refusal);
		if (i == pause_at)
			stage_wait(c->stage, 3 * UINT64_C(3600) * SECOND_US);
	}
	p = crew_turn(c);
	dialled(c, tries, number, text);
	if (wins)
		dial(c, &p, text, 200);
}

/* A call with the account's credentials, as a PBX asks for them. */
static void dial_as(struct crew *c, const struct parties *p, const char *number, uint16_t status)
{
	struct words w;
	char nonce[24];

	(void)snprintf(nonce, sizeof(nonce), "call%08x",
	               (unsigned)(chance_next(&c->stage->chance) >> 32));
	crew_words(c, p, "INVITE", number, &w);
	w.has_sdp = true;
	stage_request(c->stage, p, &w);
	stage_challenge(c->stage, p, &w, nonce);
	w.cseq++;
	words_branch(&w, &c->stage->chance);
	words_credentials(&w, "1000", nonce, &c->stage->chance);
	stage_request(c->stage, p, &w);
	stage_wait(c->stage, 30000);
	stage_answer(c->stage, p, &w, status);
	crew_pause(c);
}

/* Logs in at the first try: the password was known. Then dials abroad. */
void play_stolen_phone(struct crew *c)
{
	struct chance *chance = &c->stage->chance;
	uint32_t tries = (uint32_t)chance_between(chance, 8, 30);
	struct parties p;
	struct words w;
	char text[48];

	crew_draw(c, c->stage, 1, 1);
	p = crew_turn(c);
	crew_words(c, &p, "REGISTER", "1000", &w);
	stage_request(c->stage, &p, &w);
	stage_challenge(c->stage, &p, &w, "first");
	w.cseq++;
	words_branch(&w, chance);
	words_credentials(&w, "1000", "first", chance);
	w.expires = 3600;
	stage_request(c->stage, &p, &w);
	stage_answer(c->stage, &p, &w, 200);
	crew_pause(c);
	for (uint32_t i = 0; i < tries; i++) {
		dialled(c, chance_below(chance, 18), numbers[i % 3], text);
		dial_as(c, &p, text, i % 4 == 3 ? 200 : 404);
	}
}
