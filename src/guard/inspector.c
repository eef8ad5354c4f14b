/* SPDX-License-Identifier: Apache-2.0 */
/* Screen, names and oddities behind the functions that a watch asks. */
#include "guard/inspector.h"
#include "guard/agent.h"
#include "guard/oddity.h"
#include "guard/screen.h"

static uint16_t signature(void *context, const struct sip_msg *msg, const struct flow *flow)
{
	(void)context;
	return (uint16_t)guard_signature_of(msg, flow);
}

static uint16_t agent(void *context, const struct sip_msg *msg)
{
	(void)context;
	return (uint16_t)guard_agent_of(msg);
}

static uint16_t oddity(void *context, const struct sip_msg *msg)
{
	(void)context;
	return (uint16_t)guard_oddity_of(msg);
}

static uint16_t grade(void *context, const struct sip_msg *msg)
{
	(void)context;
	return (uint16_t)guard_refusal_grade(msg);
}

const struct inspector guard_inspector = {
	.signature = signature, .agent = agent, .oddity = oddity, .grade = grade
};
