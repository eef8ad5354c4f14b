/* SPDX-License-Identifier: Apache-2.0 */
/* Variants of those who look for servers and users. */
#include "judge/crew.h"

#include <stdio.h>
#include <string.h>

static const uint16_t answers[] = { 0, 200, 404, 401, 403, 405, 503 };

static void draw_answer(struct crew *c, const struct parties *p, const struct words *w)
{
	uint16_t status =
		answers[chance_below(&c->stage->chance, sizeof(answers) / sizeof(answers[0]))];

	if (status == 401)
		stage_challenge(c->stage, p, w, "n0nce");
	else if (status)
		stage_answer(c->stage, p, w, status);
}

static void probe(struct crew *c, const char *method, const char *user)
{
	struct parties p = crew_turn(c);
	struct words w;

	crew_words(c, &p, method, user, &w);
	stage_request(c->stage, &p, &w);
	draw_answer(c, &p, &w);
	crew_pause(c);
}

/* A make that tells nothing by its shape is found by how much it asks. */
static bool has_shape(enum make make) { return make != MAKE_PHONE && make != MAKE_PLAIN; }

void play_scan(struct crew *c)
{
	uint32_t probes;

	crew_draw(c, c->stage, 1, (uint32_t)chance_between(&c->stage->chance, 1, 200));
	while (!has_shape(c->make) || c->make == MAKE_DIALLER)
		c->make = (enum make)chance_below(&c->stage->chance, MAKE_COUNT);
	probes = (uint32_t)chance_between(&c->stage->chance, 3, 60);
	for (uint32_t i = 0; i < probes; i++)
		probe(c, "OPTIONS", "100");
}

void play_distributed_scan(struct crew *c)
{
	uint32_t sources = (uint32_t)chance_between(&c->stage->chance, 5, 30);

	crew_draw(c, c->stage, sources, (uint32_t)chance_between(&c->stage->chance, 1, 5));
	while (!has_shape(c->make) || c->make == MAKE_DIALLER)
		c->make = (enum make)chance_below(&c->stage->chance, MAKE_COUNT);
	c->pace_us = 60 * UINT64_C(1000000) * chance_between(&c->stage->chance, 1, 30);
	for (uint32_t i = 0; i < 2 * sources; i++)
		probe(c, "OPTIONS", "100");
}

void play_wide_sweep(struct crew *c)
{
	static const char *const methods[] = { "OPTIONS", "REGISTER", "INVITE" };
	const char *method = methods[chance_below(&c->stage->chance, 3)];
	uint32_t targets = (uint32_t)chance_between(&c->stage->chance, 30, 250);

	crew_draw(c, c->stage, 1, targets);
	c->make = chance_of(&c->stage->chance, 50) ? MAKE_PLAIN : MAKE_PHONE;
	for (uint32_t i = 0; i < targets; i++)
		probe(c, method, "100");
}

/* --- Users --- */

static void user_name(struct crew *c, uint32_t i, char ret[24])
{
	static const char *const names[] = { "anna", "ben",  "clara", "dave", "eva",  "frank",
		                             "gina", "hans", "iris",  "joe",  "kim",  "lara",
		                             "mike", "nina", "oscar", "paul", "rosa", "sam" };

	if (c->sources[0].port % 3 == 0)
		(void)snprintf(ret, 24, "%s%u", names[i % 18], i / 18);
	else
		(void)snprintf(ret, 24, "%u", 100 + i);
}

/* How a server meets a user: all alike, or known and unknown apart. */
static void meet(struct crew *c, const struct parties *p, const struct words *w, uint32_t i)
{
	switch (c->sources[0].port % 4) {
	case 0:
		stage_answer(c->stage, p, w, i % 10 == 0 ? 403 : 404);
		break;
	case 1:
		stage_challenge(c->stage, p, w, "n0nce");
		break;
	case 2:
		stage_answer(c->stage, p, w, 403);
		break;
	default:
		break; /* silence */
	}
}

static void enumerate(struct crew *c, uint32_t users)
{
	static const char *const methods[] = { "REGISTER", "OPTIONS", "INVITE" };
	const char *method = methods[chance_below(&c->stage->chance, 3)];
	size_t told = strlen(c->story);

	/* Its question is for nobody. */
	if (c->make == MAKE_PORT_PROBE)
		c->make = MAKE_PLAIN;
	(void)snprintf(c->story + told, sizeof(c->story) - told, ", %u by %s, met %u", users,
	               method, c->sources[0].port % 4U);
	for (uint32_t i = 0; i < users; i++) {
		struct parties p = crew_turn(c);
		struct words w;
		char user[24];

		user_name(c, i, user);
		crew_words(c, &p, method, user, &w);
		stage_request(c->stage, &p, &w);
		meet(c, &p, &w, i);
		crew_pause(c);
	}
}

void play_enumeration(struct crew *c)
{
	crew_draw(c, c->stage, 1, 1);
	enumerate(c, (uint32_t)chance_between(&c->stage->chance, 40, 400));
}

void play_spread_enumeration(struct crew *c)
{
	crew_draw(c, c->stage, 1, (uint32_t)chance_between(&c->stage->chance, 2, 20));
	enumerate(c, (uint32_t)chance_between(&c->stage->chance, 60, 400));
}
