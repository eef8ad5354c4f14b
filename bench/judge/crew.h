/* SPDX-License-Identifier: Apache-2.0 */
/* Attackers: where they sit, whom they address, with which program, how fast.
 * A variant is one campaign drawn from a seed; each must be found. */
#ifndef JUDGE_CREW_H
#define JUDGE_CREW_H

#include "judge/stage.h"

enum { MAX_CREW = 64, MAX_TARGETS = 256 };

struct crew {
	struct stage *stage;
	struct addr sources[MAX_CREW], targets[MAX_TARGETS];
	uint32_t source_count, target_count, turn;
	uint64_t pace_us; /* between two requests of the whole crew, on the average */
	enum make make;
	const char *agent;
	bool is_tcp;
	char story[96]; /* what was drawn, for the report */
};

/* Draws sources (at most `sources`), targets, pace and make. */
void crew_draw(struct crew *c, struct stage *s, uint32_t sources, uint32_t targets);
/* The next source and target in turn. */
struct parties crew_turn(struct crew *c);
/* A request of that method for `user` at the target, with all its fields. */
void crew_words(struct crew *c, const struct parties *p, const char *method, const char *user,
                struct words *ret);
/* Waits the pace, more or less. */
void crew_pause(struct crew *c);

struct variant {
	enum guard_detector detector;
	const char *name;
	void (*play)(struct crew *c);
	uint32_t repeats; /* how many are drawn */
};

extern const struct variant variants[];
extern const uint32_t variant_count;

void play_scan(struct crew *c);
void play_distributed_scan(struct crew *c);
void play_wide_sweep(struct crew *c);
void play_enumeration(struct crew *c);
void play_spread_enumeration(struct crew *c);
void play_guesser(struct crew *c);
void play_many_guessers(struct crew *c);
void play_spray(struct crew *c);
void play_prefix_hunt(struct crew *c);
void play_stolen_phone(struct crew *c);
void play_malformed(struct crew *c);
void play_injection(struct crew *c);
void play_not_sip(struct crew *c);

#endif
