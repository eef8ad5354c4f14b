/* SPDX-License-Identifier: Apache-2.0 */
/* The enumeration detector: who tries which users there are, by whatever method
 * and at however many targets.
 *
 *   many-users  so many different users tried in vain within the window: 6, and
 *               2 for each further one.
 *   slow-users  the same within a day: 10, since who is so patient is no typo.
 *
 * A user was tried in vain if he was refused (unknown, forbidden), if nobody
 * answered, or if a challenge was left unanswered for a minute (for five seconds
 * where all come from one port, as from one device); at once where a tool shows.
 * Who answers a challenge guesses: that is another detector's. One who has
 * succeeded from there counts for nothing, and where many succeed, that day or the
 * day before, more may fail: offices and carriers share one address. Not counted:
 * servers' requests, peers', calls to numbers (toll fraud is another detector's),
 * and silence from targets that are as many as the users, for so a server looks
 * that is seen from one side.
 *
 * What forged addresses may have sent is counted apart from what is proven. */
#ifndef ENUMERATION_ENUMERATION_H
#define ENUMERATION_ENUMERATION_H

#include "guard/detector.h"

enum {
	ENUMERATION_MANY_MILLI = 6000,
	ENUMERATION_FURTHER_MILLI = 2000,
	ENUMERATION_SLOW_MILLI = 10000,
	ENUMERATION_ONE_PORT_S = 5,  /* the same where all were tried from one port */
	ENUMERATION_PATIENCE_S = 60, /* for the answer to a challenge */
	ENUMERATION_FRIENDS = 4,     /* users that succeed excuse one that does not */
	ENUMERATION_NUMBER_LEN = 7,  /* digits that make a called user a number */
	ENUMERATION_MEMORY_S = 86400,
};

extern const struct guard_detector_class enumeration_detector;

#endif
