/* SPDX-License-Identifier: Apache-2.0 */
/* The second look: the grammar of every header that something of ours decides
 * by. The index alone (msg.h) suffices to drop; nothing is routed, answered
 * with success or rebuilt before this has passed. */
#ifndef SIP_CHECK_H
#define SIP_CHECK_H

#include "sip/msg.h"

/* Adds to the message's anomalies; the first hostile one is its reason, and
 * the answer is ERR_SYNTAX. Headers of foreign grammar become is_foreign.
 * Checks: Request-URI, all Via (the topmost by RFC 3581), From, To, Contact,
 * Route, Record-Route, Expires and other counts, Content-Type, lists of
 * tokens, Authorization and challenges, Date, Warning, Reason, Event,
 * Refer-To, Replaces. */
enum err sip_check(struct sip_msg *m) MUST_USE;

#endif
