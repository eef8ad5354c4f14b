/* SPDX-License-Identifier: Apache-2.0 */
/* The non-sip detector: something else than SIP on a SIP port. HTTP, TLS, RTSP
 * and noise: 5 once a minute and sort, so that one connection of many lines is
 * one finding; proven where a connection proves it, else suspicion alone. Never:
 * keep-alives of whatever kind, SSDP (it is meant for everybody), what a peer
 * or a known flow sends, and what the other side answered in kind (the fact
 * says SUCCEEDED: then it is no SIP port). An upgrade to WebSocket that no browser writes weighs
 * double; one that a page in an honest browser can ask for is never proven. */
#ifndef NON_SIP_NON_SIP_H
#define NON_SIP_NON_SIP_H

#include "guard/detector.h"

enum { NON_SIP_MILLI = 5000, NON_SIP_UPGRADE_MILLI = 10000, NON_SIP_ONCE_S = 60 };

extern const struct guard_detector_class non_sip_detector;

#endif
