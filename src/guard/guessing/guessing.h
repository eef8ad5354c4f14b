/* SPDX-License-Identifier: Apache-2.0 */
/* The guessing detector: who tries passwords and users.
 *
 *   failed-login  a login refused, by the PBX or by us in its stead (capped).
 *                 Free for the first few per account and source in the window,
 *                 2 each beyond. Nothing is free where many accounts fail.
 *   unknown-user  1, once per user and source in the window. A password tried
 *                 for such a user is a failed login as well, so that users
 *                 who are there and who are not lead to the same block.
 *   old-password  one account, constant Call-ID and Contact, rising CSeq: 0, an
 *                 incident once per window. What such a device is refused is
 *                 no failed login but the first time.
 *   distributed   one account, refused from many sources within a day: an
 *                 incident, and suspicion of each such source.
 *
 * Successes are told too: they end a device's conduct. */
#ifndef GUESSING_GUESSING_H
#define GUESSING_GUESSING_H

#include "guard/detector.h"

enum {
	GUESSING_FAILURE_MILLI = 2000,
	GUESSING_UNKNOWN_MILLI = 1000,
	GUESSING_DISTRIBUTED_MILLI = 6000,
	MAX_GUESSING_DEVICES = 3, /* remembered per account and source */
};

extern const struct guard_detector_class guessing_detector;

#endif
