/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents: the campaigns worth telling, each of them once. A source has one;
 * sources that guess one account together, or send one shape, share one, and
 * theirs are told no more (record_incident.part_of says where) as long as they
 * do nothing beyond it. A device that is no attacker has one beside. Recorded
 * when it opens, when it has doubled, now and then, and at each turn: a new
 * phase, another outcome, a block. */
#ifndef GUARD_INCIDENT_H
#define GUARD_INCIDENT_H

#include "base/now.h"
#include "guard/bound.h"
#include "guard/campaign.h"

enum {
	MAX_OPEN_INCIDENTS = 4096,
	INCIDENT_REWRITE_S = 30,     /* grown rows are recorded again no sooner */
	INCIDENT_WORTH_MILLI = 2000, /* what came to less is no story: one wrong user */
	INCIDENT_UNPROVEN_RATE = 20, /* at most so many new ones a minute that nothing proves */
	TOGETHER_ACCOUNTS = 4,       /* who guesses more accounts has a campaign of his own */
};

struct guard_incidents {
	struct guard_recent rows;
	struct guard_bucket unproven;
	uint64_t *next_number; /* shared with the blocks */
	void (*record)(void *context, union record *record);
	void *context;
	uint64_t opened[GUARD_DETECTOR_COUNT]; /* by the detector that named them then */
};

/* Room for MAX_OPEN_INCIDENTS, or for fewer where fewer sources are remembered.
 * `record` and `next_number` are borrowed for its life. ERR_NO_MEMORY, ERR_LIMIT. */
enum err guard_incidents_init(struct guard_incidents *s, uint32_t max_sources,
                              const struct hash_key *key) MUST_USE;
void guard_incidents_clear(struct guard_incidents *s);

/* A fact and what was found about it. Where nothing was, it joins the campaign
 * of its source if there is one that it belongs to. */
void guard_incidents_take(struct guard_incidents *s, const struct guard_event *event);
/* The campaign that tells of that source now, or NULL; lives until the next
 * call of any of these. */
struct guard_campaign *guard_incident_of(const struct guard_incidents *s, const struct addr *source,
                                         uint64_t now_us);
/* Whether there is one of the source there that a fact belongs to without a finding. */
bool guard_incident_owns(const struct guard_incidents *s, const struct guard_spot *spot,
                         const struct guard_about *about);
/* Records it now, whatever was recorded before; gives it a number if it has none. */
void guard_incident_write(struct guard_incidents *s, struct guard_campaign *c, struct now now);
/* Records what has grown since and was not told. */
void guard_incidents_advance(struct guard_incidents *s, struct now now);

#endif
