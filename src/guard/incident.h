/* SPDX-License-Identifier: Apache-2.0 */
/* Incidents: one row per rule and whom it is about, as long as it goes on. A
 * flood of facts is one incident that grows; it is recorded when it opens, when
 * it has doubled, now and then, and when it comes to something. */
#ifndef GUARD_INCIDENT_H
#define GUARD_INCIDENT_H

#include "base/now.h"
#include "event/record.h"
#include "guard/bound.h"
#include "guard/finding.h"
#include "guard/recent.h"

enum {
	MAX_OPEN_INCIDENTS = 4096,
	INCIDENT_QUIET_S = 600,      /* quiet for so long, the next fact opens another one */
	INCIDENT_REWRITE_S = 30,     /* grown rows are recorded again no sooner */
	INCIDENT_UNPROVEN_RATE = 20, /* at most so many new ones a minute that nothing proves */
};

struct guard_incident {
	struct guard_row row;
	uint64_t number; /* 0: not worth recording yet */
	struct addr source;
	uint64_t first_us, last_us, written_us;
	int64_t first_wall_us, last_wall_us;
	uint64_t count, written_count;
	uint32_t score_milli;    /* at its height */
	uint16_t status, reason; /* of the last fact */
	uint8_t rule, outcome;
	bool is_proven, is_blocked, is_changed;
	char account[64];
};

struct guard_incidents {
	struct guard_recent rows;
	struct guard_bucket unproven;
	uint64_t *next_number; /* shared with the blocks */
	void (*record)(void *context, union record *record);
	void *context;
};

/* `record` and `next_number` are borrowed for its life. ERR_NO_MEMORY. */
enum err guard_incidents_init(struct guard_incidents *s, const struct hash_key *key) MUST_USE;
void guard_incidents_clear(struct guard_incidents *s);

/* One fact of a finding, with the source's score after it. Never NULL; lives
 * until the next call of any of these. */
struct guard_incident *guard_incident_note(struct guard_incidents *s,
                                           const struct guard_finding *finding,
                                           const struct fact *fact, const struct addr *source,
                                           uint32_t score_milli);
/* The open one of that rule about that source, or NULL. */
struct guard_incident *guard_incident_find(const struct guard_incidents *s, enum guard_rule rule,
                                           const struct addr *source);
/* Records it now, whatever was recorded before; gives it a number if it has none. */
void guard_incident_write(struct guard_incidents *s, struct guard_incident *incident,
                          struct now now);
/* Records what has grown since and was not told. */
void guard_incidents_advance(struct guard_incidents *s, struct now now);

#endif
