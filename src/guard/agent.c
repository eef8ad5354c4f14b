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

/* Which letters the names begin with, and by the first one of a long name its second, as
 * bits of the lower five: letters do not differ there by case. Few places match, which
 * spares nearly all comparisons. */
#define LETTER(c) (UINT32_C(1) << ((c)&31))

static const uint32_t firsts =
	LETTER('f') | LETTER('g') | LETTER('i') | LETTER('p') | LETTER('s') | LETTER('v');
static const uint32_t seconds[32] = {
	['f' & 31] = LETTER('r'),
	['g' & 31] = LETTER('o'),
	['s' & 31] = LETTER('i'),
	['v' & 31] = LETTER('a'),
};

static bool may_be_long(struct view text, size_t at)
{
	return at + 1 < text.len && (seconds[text.at[at] & 31] & LETTER(text.at[at + 1])) != 0;
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
		if (at == 0 ? (firsts & LETTER(text.at[0])) == 0 : !may_be_long(text, at))
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
