/* SPDX-License-Identifier: Apache-2.0 */
/* Names compared one by one: the list is short and the header is, too. */
#include "guard/agent.h"

#include "sip/msg.h"

enum { LONG_NAME = 10 }; /* so long that no phone's name holds it by chance */

static const struct {
	const char *text;
	size_t len;
} names[AGENT_COUNT] = {
	[AGENT_NONE] = { "none", sizeof("none") - 1 },
#define AGENT(id, name) [AGENT_##id] = { name, sizeof(name) - 1 },
#include "guard/agent.def"
#undef AGENT
};

static bool is_letter(char c)
{
	char low = (char)(c | 0x20);

	return low >= 'a' && low <= 'z';
}

static char lower(char c) { return (char)(c | 0x20); }

/* How the long names begin, two letters each: few places do, which spares nearly all
 * comparisons. */
static bool may_be_long(struct view text, size_t at)
{
	char second = at + 1 < text.len ? lower(text.at[at + 1]) : '\0';

	switch (lower(text.at[at])) {
	case 'f':
		return second == 'r';
	case 'g':
		return second == 'o';
	case 's':
		return second == 'i';
	case 'v':
		return second == 'a';
	default:
		return false;
	}
}

/* A long name may stand anywhere, a short one only as the first word. */
static bool is_named_at(struct view text, size_t at, enum guard_agent agent)
{
	struct view name = view_bytes(names[agent].text, names[agent].len);
	struct view rest = view_after(text, at);
	bool is_long = name.len >= LONG_NAME;

	return (at == 0 || is_long) && lower(rest.at[0]) == lower(name.at[0]) &&
	       view_starts_nocase(rest, name) &&
	       (is_long || rest.len == name.len || !is_letter(rest.at[name.len]));
}

enum guard_agent guard_agent_of(const struct sip_msg *msg)
{
	struct view text = view_trim(
		sip_msg_value(msg, msg->is_request ? SIP_HEADER_USER_AGENT : SIP_HEADER_SERVER));
	int first = AGENT_COUNT;

	for (size_t at = 0; at < text.len; at++) {
		if (at > 0 && !may_be_long(text, at))
			continue;
		for (int i = AGENT_NONE + 1; i < first; i++) {
			if (is_named_at(text, at, (enum guard_agent)i))
				first = i;
		}
	}
	return first < AGENT_COUNT ? (enum guard_agent)first : AGENT_NONE;
}

const char *guard_agent_name(enum guard_agent agent)
{
	return (size_t)agent < AGENT_COUNT ? names[agent].text : "?";
}
