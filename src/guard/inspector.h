/* SPDX-License-Identifier: Apache-2.0 */
/* The inspector of event/inspector.h that asks the screen, the names of tools
 * and the oddities. Pure, no memory; its context is not used. */
#ifndef GUARD_INSPECTOR_H
#define GUARD_INSPECTOR_H

#include "event/inspector.h"

extern const struct inspector guard_inspector;

#endif
