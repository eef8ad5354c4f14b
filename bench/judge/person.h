/* SPDX-License-Identifier: Apache-2.0 */
/* One honest device and its habits. */
#ifndef JUDGE_PERSON_H
#define JUDGE_PERSON_H

#include "judge/stage.h"

enum habit {
	HABIT_DESK,       /* registers, calls a little */
	HABIT_SEAT,       /* a call centre's: calls all day, mostly numbers never called before */
	HABIT_SOFTPHONE,  /* registers often, now and then with a stale nonce */
	HABIT_ROAMER,     /* the same from another address every few hours */
	HABIT_OLD_WORD,   /* somebody changed the password, nobody told the phone */
	HABIT_WRONG_USER, /* set up for a user that there is not */
	HABIT_TRUNK,      /* a small PBX: registers, asks by OPTIONS, calls */
	HABIT_MONITOR,    /* asks its servers by OPTIONS, for ever */
	HABIT_COUNT
};

enum { MAX_SERVERS = 24 };

struct person {
	uint64_t at_us;    /* when it does something next */
	uint64_t login_us; /* when it registers next */
	uint64_t storm_us; /* its office's router starts anew */
	struct parties parties;
	struct addr home;
	enum habit habit;
	uint32_t user, refresh_s, calls_a_day, turn;
	uint32_t mistakes; /* wrong passwords still to be typed */
	uint32_t server_count;
	struct words words; /* of its registration: Call-ID stays, CSeq rises */
};

/* Sets it up: where it is, what it is. */
void person_move_in(struct person *p, struct stage *s, const struct parties *parties,
                    enum habit habit);
/* What it does at s->now; sets at_us anew. */
void person_act(struct person *p, struct stage *s);

#endif
