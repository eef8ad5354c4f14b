/* SPDX-License-Identifier: Apache-2.0 */
/* The table of reasons as names, grades and words. */
#include "sip/reason.h"

static const struct {
	const char *name, *text;
	enum sip_grade grade;
} rows[SIP_REASON_COUNT] = {
	[SIP_REASON_NONE] = { "NONE", "nothing odd", SIP_GRADE_NONE },
#define REASON(name, grade, text) [SIP_REASON_##name] = { #name, text, SIP_GRADE_##grade },
#include "sip/reason.def"
#undef REASON
};

enum sip_grade sip_reason_grade(enum sip_reason r) { return rows[r].grade; }

const char *sip_reason_name(enum sip_reason r) { return rows[r].name; }

const char *sip_reason_text(enum sip_reason r) { return rows[r].text; }

const char *sip_grade_name(enum sip_grade g)
{
	static const char *const names[] = {
		[SIP_GRADE_NONE] = "none",
		[SIP_GRADE_FOREIGN] = "foreign",
		[SIP_GRADE_SLOPPY] = "sloppy",
		[SIP_GRADE_HOSTILE] = "hostile",
	};

	return names[g];
}
