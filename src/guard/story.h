/* SPDX-License-Identifier: Apache-2.0 */
/* A campaign as a record, with the sentence that tells it to a person:
 * "scanned 3 targets, tried 2,652 users, guessed 120 passwords of 4 accounts,
 * got in as 100, dialled 4 numbers; succeeded. By scanner (...), guessing (...)" */
#ifndef GUARD_STORY_H
#define GUARD_STORY_H

#include "base/now.h"
#include "guard/campaign.h"

/* `part_of`: number of the incident that tells of it, 0 for none. */
void guard_story_record(const struct guard_campaign *c, uint64_t part_of, struct now now,
                        struct record_incident *ret);

#endif
