/* SPDX-License-Identifier: Apache-2.0 */
/* A campaign: what one source did (or many together) until it was quiet for a
 * day, whatever rules found it. Findings begin one; from then on each fact of
 * the source that is no honest neighbour's joins it, so that it can be told as
 * a story: asked who is there, tried users, guessed passwords, got in, dialled. */
#ifndef GUARD_CAMPAIGN_H
#define GUARD_CAMPAIGN_H

#include "event/record.h"
#include "guard/about.h"
#include "guard/finding.h"
#include "guard/recent.h"
#include "guard/sketch.h"

enum {
	CAMPAIGN_QUIET_S = 86400, /* then the next fact begins another one */
	CAMPAIGN_MESSAGES = 16,
	CAMPAIGN_USERS = 3,  /* unknown users that are no slip any more */
	CAMPAIGN_LOGINS = 5, /* logins in vain that make it guessing: four are free */
	MAX_EVENT_FINDINGS = GUARD_DETECTOR_COUNT * MAX_FINDINGS_PER_FACT,
};

/* What one message is known by: several facts may tell of it. */
struct guard_message {
	uint64_t call_id_hash;
	uint32_t cseq;
	uint8_t kind; /* enum fact_kind that told of it first */
};

struct guard_campaign {
	struct guard_row row;
	uint64_t number;    /* of its incident; 0: not worth recording yet */
	struct addr source; /* family 0: many sources */
	uint64_t told_by; /* number of the campaign of many sources that tells of this one, or 0 */
	struct guard_spot with; /* where that one is */
	uint64_t shape;         /* what ties it to others, 0 nothing */
	uint64_t first_us, last_us, written_us;
	int64_t first_wall_us, last_wall_us;
	uint64_t count, written_count; /* messages, as far as known apart */
	uint32_t score_milli;          /* of its source at its height */
	uint32_t rule_milli[RULE_COUNT];
	bool has_rule[RULE_COUNT];
	uint64_t guesses;                              /* failed logins */
	uint32_t logins_in_vain;                       /* these, and those that nobody answered */
	uint16_t status, signature, oddity, untrusted; /* last ones seen */
	uint16_t agent;
	uint8_t scope;                                     /* enum guard_scope */
	uint8_t opened_by;                                 /* enum guard_rule */
	uint8_t phases;                                    /* set of enum incident_phase */
	uint8_t outcome;                                   /* enum fact_outcome */
	bool is_proven, is_blocked, is_changed, is_turned; /* turned: to be told now */
	int64_t phase_wall_us[INCIDENT_PHASE_COUNT];
	struct guard_sketch sources, targets, users, guessed, numbers;
	struct guard_sketch scored; /* accounts of which guesses had a score */
	struct guard_sketch taken;  /* accounts that it got into */
	char account[64];           /* last one */
	char source_list[256], target_list[256], user_list[256], number_list[256];
	char taken_list[64], guessed_list[64];
	struct guard_message messages[CAMPAIGN_MESSAGES]; /* last ones, a ring */
	uint32_t next_message;
};

/* One fact, what was found about it (maybe nothing), and how hot its source is now. */
struct guard_event {
	const struct guard_about *about;
	const struct fact *fact; /* that one's */
	const struct guard_finding *findings;
	size_t count;
	const struct addr *source; /* whose campaign it is, */
	struct guard_spot spot;    /* and where that one is */
	uint32_t score_milli;
}; /* at most MAX_EVENT_FINDINGS */

/* Whether it goes on: not begun, or quiet for a day, is false. */
bool guard_campaign_is_open(const struct guard_campaign *c, uint64_t now_us);
/* Begins anew with this fact; `source` empty (family 0) for many. */
void guard_campaign_open(struct guard_campaign *c, const struct guard_event *event,
                         const struct addr *source);

/* Whether a fact that nothing was found about is its own work all the same: a
 * stranger's, or a login or call of an account that it tried. A neighbour behind
 * the same address, and whoever is known by another way, is left out of it. */
bool guard_campaign_owns(const struct guard_campaign *c, const struct guard_about *about);
/* Adds it. Hashes under `secret`, which is that of what it is about too, tell things apart. */
void guard_campaign_add(struct guard_campaign *c, const struct hash_key *secret,
                        const struct guard_event *event);
/* Adds all that another one came to. */
void guard_campaign_join(struct guard_campaign *c, const struct hash_key *secret,
                         const struct guard_campaign *other);

/* The rule that tells most of it. */
enum guard_rule guard_campaign_rule(const struct guard_campaign *c);

#endif
