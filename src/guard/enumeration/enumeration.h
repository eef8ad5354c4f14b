/* SPDX-License-Identifier: Apache-2.0 */
/* The enumeration detector: who tries which users there are. */
#ifndef ENUMERATION_ENUMERATION_H
#define ENUMERATION_ENUMERATION_H

#include "guard/detector.h"

extern const struct guard_detector_class enumeration_detector;

#endif
