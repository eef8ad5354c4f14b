/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner detector: message shapes that no phone has. */
#ifndef SCANNER_SCANNER_H
#define SCANNER_SCANNER_H

#include "guard/detector.h"

extern const struct guard_detector_class scanner_detector;

#endif
