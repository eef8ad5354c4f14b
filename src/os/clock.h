/* SPDX-License-Identifier: Apache-2.0 */
/* The one place that asks the system for the time. */
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include "base/now.h"

struct now clock_now(void);

#endif
