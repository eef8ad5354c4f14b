/* SPDX-License-Identifier: Apache-2.0 */
/* Names compared one by one: the list is short and the header is, too. */
#include "guard/agent.h"

#include "sip/msg.h"

enum { LONG_NAME = 10 }; /* so long that no phone's name holds it by chance */

static const char *const names[AGENT_COUNT] = {
	[AGENT_NONE] = "none",
#define AGENT(id, name) [AGENT_##id] = name,
#include "guard/agent.def"
#undef AGENT
};

static bool is_letter(char c)
{
	char low = (char)(c | 0x20);

	return low >= 'a' && low <= 'z';
}

/* Spares nearly all comparisons. What is no letter may pass, and is compared then. */
static bool is_same_letter(char a, char b) { return (a | 0x20) == (b | 0x20); }

static bool begins_with(struct view text, struct view name)
{
	return is_same_letter(text.at[0], name.at[0]) && view_starts_nocase(text, name) &&
	       (text.len == name.len || !is_letter(text.at[name.len]));
}

static bool holds(struct view text, struct view name)
{
	for (size_t i = 0; i + name.len <= text.len; i++) {
		if (is_same_letter(text.at[i], name.at[0]) &&
		    view_starts_nocase(view_after(text, i), name))
			return true;
	}
	return false;
}

enum guard_agent guard_agent_of(const struct sip_msg *msg)
{
	struct view text = view_trim(
		sip_msg_value(msg, msg->is_request ? SIP_HEADER_USER_AGENT : SIP_HEADER_SERVER));

	if (view_is_empty(text))
		return AGENT_NONE;
	for (int i = AGENT_NONE + 1; i < AGENT_COUNT; i++) {
		struct view name = view_of(names[i]);

		if (begins_with(text, name) || (name.len >= LONG_NAME && holds(text, name)))
			return (enum guard_agent)i;
	}
	return AGENT_NONE;
}

const char *guard_agent_name(enum guard_agent agent)
{
	return (size_t)agent < AGENT_COUNT ? names[agent] : "?";
}
