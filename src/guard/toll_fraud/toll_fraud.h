/* SPDX-License-Identifier: Apache-2.0 */
/* The toll-fraud detector: who looks for a way to dial at our expense. */
#ifndef TOLL_FRAUD_TOLL_FRAUD_H
#define TOLL_FRAUD_TOLL_FRAUD_H

#include "guard/detector.h"

extern const struct guard_detector_class toll_fraud_detector;

#endif
