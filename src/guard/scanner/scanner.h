/* SPDX-License-Identifier: Apache-2.0 */
/* The scanner detector: who asks what is there.
 *
 *   structure  a shape that no phone has: 5 each time.
 *   tool       a stranger's shape or User-Agent gives a tool away: 1.5 once in
 *              10 minutes. Never proven, so it never blocks by itself; with a
 *              shape it makes a suspect of the first message.
 *   sweep      several targets asked within a day for one and the same user and
 *              none let him in (fewer where a tool shows), or a tool that comes
 *              back a third time within a day, however slowly: 6, then 2 for
 *              each further target.
 *   spread     one tool's message from several sources within a day: told as
 *              one (SCOPE_SHAPE), 1 each.
 *
 * Nothing but shapes counts for those who answer for others (a PBX that asks
 * after its phones), nothing at all for peers and known flows. A target that
 * lets somebody in is none of his sweep. What forged addresses may have sent
 * is counted apart from what is proven. */
#ifndef SCANNER_SCANNER_H
#define SCANNER_SCANNER_H

#include "guard/detector.h"

enum {
	SCANNER_STRUCTURE_MILLI = 5000,
	SCANNER_TOOL_MILLI = 1500,
	SCANNER_SWEEP_MILLI = 6000,
	SCANNER_TARGET_MILLI = 2000,
	SCANNER_SPREAD_MILLI = 1000,
	SCANNER_VISITS = 3,   /* of a tool that make it one that comes back */
	SCANNER_VISIT_S = 60, /* apart, so that a volley is one visit */
	SCANNER_TOOL_S = 600, /* a tool is told once in this */
	SCANNER_FEWER = 2,    /* targets less where a tool shows */
	SCANNER_MEMORY_S = 86400,
};

extern const struct guard_detector_class scanner_detector;

#endif
