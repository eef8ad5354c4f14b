/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the rules, from the one list. */
#include "guard/finding.h"

static const struct {
	const char *name, *text;
	enum guard_detector detector;
} rules[RULE_COUNT] = {
	[RULE_NONE] = { "none", "no rule", DETECTOR_GUESSING },
#define RULE(id, detector_, name_, text_) [RULE_##id] = { name_, text_, DETECTOR_##detector_ },
#include "guard/rule.def"
#undef RULE
};

const char *guard_rule_name(enum guard_rule rule)
{
	return (size_t)rule < RULE_COUNT ? rules[rule].name : "?";
}

const char *guard_rule_text(enum guard_rule rule)
{
	return (size_t)rule < RULE_COUNT ? rules[rule].text : "?";
}

enum guard_detector guard_rule_detector(enum guard_rule rule)
{
	return rules[(size_t)rule < RULE_COUNT ? rule : RULE_NONE].detector;
}
