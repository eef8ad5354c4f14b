/* SPDX-License-Identifier: Apache-2.0 */
/* What a detector says: a rule fired, with a score, about one fact. */
#ifndef GUARD_FINDING_H
#define GUARD_FINDING_H

#include "event/fact.h"
#include "guard/options.h"

enum guard_rule {
	RULE_NONE,
#define RULE(id, detector, name, text) RULE_##id,
#include "guard/rule.def"
#undef RULE
	RULE_COUNT
};

/* What the incident of a finding tells of. A score always goes to the source. */
enum guard_scope {
	SCOPE_SOURCE,            /* the source's campaign */
	SCOPE_ACCOUNT_AT_SOURCE, /* a device that is no attacker, beside any campaign */
	SCOPE_ACCOUNT,           /* one account, many sources: told together */
	SCOPE_SHAPE, /* everybody who sends the same thing: one tool on many addresses */
};

struct guard_finding {
	enum guard_rule rule;
	enum guard_scope scope;
	uint32_t score_milli;
	/* Keyed hash of what the sources of a SCOPE_SHAPE have in common, 0 nothing.
	 * Given with SCOPE_SOURCE too, so that who came before there were many is
	 * told with them. */
	uint64_t shape;
	bool is_proven;   /* else it adds to suspicion alone */
	bool is_incident; /* worth an incident even at score 0 */
};

enum { MAX_FINDINGS_PER_FACT = 8 };

const char *guard_rule_name(enum guard_rule rule); /* "failed-login"; static storage */
const char *guard_rule_text(enum guard_rule rule);
enum guard_detector guard_rule_detector(enum guard_rule rule);

#endif
