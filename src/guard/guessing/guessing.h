/* SPDX-License-Identifier: Apache-2.0 */
/* The guessing detector: who tries passwords.
 *
 *   failed-login   a login refused, by the PBX or by us in its stead (capped).
 *                  Free for the first few per account and source in the window,
 *                  2 each beyond. Nothing is free where many accounts fail, more
 *                  than `at-most` and a tenth of those who get in there.
 *   slow-guessing  refused logins of an account at a source beyond `a-day` within
 *                  a day, none accepted: 10, because no pace adds them up, once in
 *                  the window.
 *   spraying       different accounts refused at a source beyond `accounts-a-day`
 *                  within a day, who was let in since apart: the same.
 *   unanswered     logins to which no answer was seen (a capture of one side),
 *                  more of one account in the window than a phone sends: 1 each,
 *                  suspicion alone.
 *   unknown-user   1, once per user and source in the window. A password tried
 *                  for such a user is a failed login as well, so that users
 *                  who are there and who are not lead to the same block.
 *   old-password   one account, constant Call-ID and Contact, rising CSeq: 0, an
 *                  incident once per window. What such a device is refused is
 *                  no failed login but the first time, unless it comes faster
 *                  than any device.
 *   distributed    one account, refused from many sources within a day: an
 *                  incident, and suspicion of each such source.
 *   one-network    logins refused at many sources of one /24 within a day, of
 *                  which none was let in since: the same. (IPv6: a /64 is one
 *                  source anyway.)
 *   digest-leak    a challenge of what comes from inside, where it has no business: an
 *                  incident once in the window; 4 for a stranger, 0 for a peer or a phone,
 *                  which may be set up so.
 *
 * Successes are told too: they end a device's conduct, and take the source out
 * of what is counted against account and network. What is proven and what is
 * not is remembered apart: forged failures neither push out nor make up others. */
#ifndef GUESSING_GUESSING_H
#define GUESSING_GUESSING_H

#include "guard/detector.h"

enum {
	GUESSING_FAILURE_MILLI = 2000,
	GUESSING_UNKNOWN_MILLI = 1000,
	GUESSING_UNANSWERED_MILLI = 1000,
	GUESSING_DISTRIBUTED_MILLI = 6000,
	GUESSING_SLOW_MILLI = 10000,
	GUESSING_SPRAYING_MILLI = 10000,
	GUESSING_LEAK_MILLI = 4000,
	GUESSING_OLD_REPEATS = 5,       /* so often, and a device has an old password */
	GUESSING_MAX_REPEATS = 400,     /* in the window; no device comes faster */
	GUESSING_UNANSWERED = 12,       /* logins of an account in the window */
	GUESSING_NETWORK_FAILURES = 24, /* of all its sources within a day */
	MAX_GUESSING_DEVICES = 3,       /* remembered per account and source */
};

extern const struct guard_detector_class guessing_detector;

#endif
