/* SPDX-License-Identifier: Apache-2.0 */
/* Variants of those who try passwords. */
#include "judge/crew.h"

#include <stdio.h>

/* One guess: a challenge where a new nonce is wanted, the credentials, the verdict. */
static void guess(struct crew *c, const char *user, bool is_fresh, uint16_t verdict)
{
	struct parties p = crew_turn(c);
	struct words w;
	char nonce[24];

	(void)snprintf(nonce, sizeof(nonce), "nonce%u",
	               is_fresh ? c->turn : (unsigned)c->source_count);
	crew_words(c, &p, "REGISTER", user, &w);
	if (is_fresh || c->turn <= c->source_count * c->target_count) {
		stage_request(c->stage, &p, &w);
		stage_wait(c->stage, 20000);
		stage_challenge(c->stage, &p, &w, nonce);
	}
	w.cseq++;
	words_branch(&w, &c->stage->chance);
	words_credentials(&w, user, nonce, &c->stage->chance);
	stage_request(c->stage, &p, &w);
	stage_wait(c->stage, 20000);
	if (verdict == 401)
		stage_challenge(c->stage, &p, &w, is_fresh ? "another" : nonce);
	else
		stage_answer(c->stage, &p, &w, verdict);
	crew_pause(c);
}

void play_guesser(struct crew *c)
{
	bool is_fresh = chance_of(&c->stage->chance, 60), wins = chance_of(&c->stage->chance, 30);
	uint16_t refusal = chance_of(&c->stage->chance, 50) ? 403 : 401;
	uint32_t guesses;

	crew_draw(c, c->stage, 1, 1);
	guesses = (uint32_t)chance_between(&c->stage->chance, 30, 300);
	for (uint32_t i = 0; i < guesses; i++)
		guess(c, "204", is_fresh, refusal);
	if (wins)
		guess(c, "204", is_fresh, 200);
}

void play_many_guessers(struct crew *c)
{
	uint32_t sources = (uint32_t)chance_between(&c->stage->chance, 12, 60);

	crew_draw(c, c->stage, sources, 1);
	for (uint32_t i = 0; i < 3 * sources; i++)
		guess(c, "204", true, 403);
}

void play_spray(struct crew *c)
{
	char user[24];
	uint32_t users;

	crew_draw(c, c->stage, 1, 1);
	users = (uint32_t)chance_between(&c->stage->chance, 40, 200);
	for (uint32_t i = 0; i < 2 * users; i++) {
		(void)snprintf(user, sizeof(user), "%u", 200 + i % users);
		guess(c, user, true, 403);
	}
}
