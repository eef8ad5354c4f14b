/* SPDX-License-Identifier: Apache-2.0 */
/* The non-sip detector: something else than SIP on a SIP port. */
#ifndef NON_SIP_NON_SIP_H
#define NON_SIP_NON_SIP_H

#include "guard/detector.h"

extern const struct guard_detector_class non_sip_detector;

#endif
