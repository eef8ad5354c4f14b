/* SPDX-License-Identifier: Apache-2.0 */
/* The anomaly detector: grammar broken where no phone breaks it. */
#ifndef ANOMALY_ANOMALY_H
#define ANOMALY_ANOMALY_H

#include "guard/detector.h"

extern const struct guard_detector_class anomaly_detector;

#endif
