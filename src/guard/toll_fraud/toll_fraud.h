/* SPDX-License-Identifier: Apache-2.0 */
/* The toll-fraud detector: who looks for a way to dial at our expense, and who
 * has found one.
 *
 *   prefix-hunting       one number from one caller (a stranger's address, or an
 *                        account at its address) behind ever other digits: 5 for
 *                        each dial string from the third of a day on. As many as
 *                        three that are honest here (with and without outside
 *                        line, +44, 0044 and 0) are free: there the fourth is the first.
 *   foreign-probe        a call abroad that nobody allowed, each number once: 1 for
 *                        a stranger's first, 3 for each further, 1 more for dear
 *                        ones; as carriers write numbers and where no country is
 *                        configured half a point from the third to the tenth. An
 *                        account's own are free for two numbers, then 1.5. Not for
 *                        callers who have been let in or whose call was answered.
 *   new-destination      a country or dear sort of number that nobody here has ever
 *                        called, once: 1, or 3 for a dear one. After the learning time.
 *   call-burst           many calls of one account to where this installation, or an
 *                        account of long standing, never called: 5, then 1 for each.
 *                        Half as many where the account has come to a new address.
 *   call-after-guessing  an account whose password was guessed at calls abroad from
 *                        where it never was before: 3 for each number.
 *   fraud-call           what was hunted or probed for is answered, or a stranger is who
 *                        dials as nobody does here: 5.
 *
 * What nothing proves is counted in rows of its own: it makes suspicion, and adds
 * to nothing that blocks. Habits are learnt from accounts that were let in, and
 * are forgotten when the judge starts anew. */
#ifndef TOLL_FRAUD_TOLL_FRAUD_H
#define TOLL_FRAUD_TOLL_FRAUD_H

#include "guard/detector.h"

enum {
	TOLL_FRAUD_HUNT_MILLI = 5000,
	TOLL_FRAUD_FIRST_PROBE_MILLI = 1000,
	TOLL_FRAUD_PROBE_MILLI = 3000,
	TOLL_FRAUD_OWN_PROBE_MILLI = 1500,
	TOLL_FRAUD_TRUNK_PROBE_MILLI = 500,
	TOLL_FRAUD_NEW_MILLI = 1000,
	TOLL_FRAUD_DEAR_MILLI = 3000,
	TOLL_FRAUD_BURST_MILLI = 5000,
	TOLL_FRAUD_GUESSED_MILLI = 3000,
	TOLL_FRAUD_ANSWERED_MILLI = 5000,
	MAX_PROBED_NUMBERS = 12,   /* remembered per caller */
	MAX_TRUNK_PROBES = 10,     /* that score */
	MAX_ACCOUNT_ADDRESSES = 4, /* where an account logged in */
	TOLL_FRAUD_GUESSES = 10,   /* failed logins that make an account guessed at */
};

extern const struct guard_detector_class toll_fraud_detector;

#endif
