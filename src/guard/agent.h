/* SPDX-License-Identifier: Apache-2.0 */
/* Tools known by their User-Agent. A weak sign and never more: scanners pose as
 * phones, and anybody may write anything there. Pure, no memory. */
#ifndef GUARD_AGENT_H
#define GUARD_AGENT_H

struct sip_msg;

enum guard_agent {
	AGENT_NONE,
#define AGENT(id, name, rare) AGENT_##id,
#include "guard/agent.def"
#undef AGENT
	AGENT_COUNT
};

/* Whose name stands in User-Agent (of a response: in Server), AGENT_NONE for
 * everybody else's. A long name counts wherever it stands, a short one only
 * as the first word. Letters of either case. */
enum guard_agent guard_agent_of(const struct sip_msg *msg);

const char *guard_agent_name(enum guard_agent agent); /* "friendly-scanner"; static storage */

#endif
