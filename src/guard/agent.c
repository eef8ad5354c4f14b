/* SPDX-License-Identifier: Apache-2.0 */
/* Names compared one by one: the list is short and the header is, too. */
#include "guard/agent.h"

#include "base/run.h"
#include "sip/msg.h"

enum { LONG_NAME = 10 }; /* so long that no phone's name holds it by chance */

static const struct {
	const char *text;
	size_t len;
	size_t rare; /* of a long name, where its rare letter stands */
} names[AGENT_COUNT] = {
	[AGENT_NONE] = { "none", sizeof("none") - 1, 0 },
#define AGENT(id, name, rare) [AGENT_##id] = { name, sizeof(name) - 1, rare },
#include "guard/agent.def"
#undef AGENT
};

static bool is_letter(char c)
{
	char low = (char)(c | 0x20);

	return low >= 'a' && low <= 'z';
}

static char lower(char c) { return (char)(c | 0x20); }

/* Which letters the names begin with, as bits of the lower five: letters do not differ there
 * by case. */
#define LETTER(c) (UINT32_C(1) << ((c)&31))

static const uint32_t firsts =
	LETTER('f') | LETTER('g') | LETTER('i') | LETTER('p') | LETTER('s') | LETTER('v');

/* All but the letters of which each long name has one, and few others have any. */
static const struct run_set dull = {
	.rows = RUN_ROWS(~UINT64_C(0), ~(RUN_BYTE('v') | RUN_BYTE('y') | RUN_BYTE('z') |
	                                 RUN_BYTE('V') | RUN_BYTE('Y') | RUN_BYTE('Z'))),
	.has_high = true,
};

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

static int first_word_of(struct view text)
{
	if ((firsts & LETTER(text.at[0])) == 0)
		return AGENT_COUNT;
	for (int i = AGENT_NONE + 1; i < AGENT_COUNT; i++) {
		if (is_named_at(text, 0, (enum guard_agent)i))
			return i;
	}
	return AGENT_COUNT;
}

/* The first of the long names whose rare letter is the one there, if it comes before another. */
static int long_name_of(struct view text, size_t rare, int before)
{
	for (int i = AGENT_NONE + 1; i < before; i++) {
		if (names[i].len >= LONG_NAME && names[i].rare <= rare &&
		    is_named_at(text, rare - names[i].rare, (enum guard_agent)i))
			return i;
	}
	return before;
}

enum guard_agent guard_agent_of(const struct sip_msg *msg)
{
	struct view text = view_trim(
		sip_msg_value(msg, msg->is_request ? SIP_HEADER_USER_AGENT : SIP_HEADER_SERVER));
	const char *end;
	int first;

	if (view_is_empty(text))
		return AGENT_NONE;
	end = text.at + text.len;
	first = first_word_of(text);
	for (const char *at = text.at; (at = run_end(at, end, &dull)) < end; at++)
		first = long_name_of(text, (size_t)(at - text.at), first);
	return first < AGENT_COUNT ? (enum guard_agent)first : AGENT_NONE;
}

const char *guard_agent_name(enum guard_agent agent)
{
	return (size_t)agent < AGENT_COUNT ? names[agent].text : "?";
}
