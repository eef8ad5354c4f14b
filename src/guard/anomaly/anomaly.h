/* SPDX-License-Identifier: Apache-2.0 */
/* The anomaly detector: grammar broken where no phone breaks it, and what
 * guard/oddity.h calls odd. One rule, hostile-message: 2 for each reason that a
 * source did not show within 10 minutes, 1 for another message of the same
 * reason, 0 for the same message again: a fuzzer tries many ways, a broken
 * device one. And untrusted: who was refused by TLS is told once for each reason;
 * 1 for a stranger who spoke none or broke it, 0 for what may be a mistake. Sloppy and
 * foreign messages never count. What forged addresses may have sent is counted apart from
 * what is proven. */
#ifndef ANOMALY_ANOMALY_H
#define ANOMALY_ANOMALY_H

#include "guard/detector.h"

enum {
	ANOMALY_NEW_MILLI = 2000,
	ANOMALY_AGAIN_MILLI = 1000,
	ANOMALY_WINDOW_S = 600,
	MAX_ANOMALY_REASONS = 16, /* remembered of a source, and as many messages */
};

extern const struct guard_detector_class anomaly_detector;

#endif
