/* SPDX-License-Identifier: Apache-2.0 */
/* Names, grades and words of the reasons, from their one table. */
#include "sdp/session.h"

static const struct {
	const char *name, *text;
	enum sdp_grade grade;
} rows[SDP_REASON_COUNT] = {
	[SDP_FINE] = { "FINE", "nothing wrong", SDP_GRADE_SLOPPY },
#define SDP_REASON(name, grade, text) [SDP_##name] = { #name, text, SDP_GRADE_##grade },
#include "sdp/reason.def"
#undef SDP_REASON
};

_Static_assert(SDP_REASON_COUNT <= 64, "sdp_session.sloppy has a bit for each reason");

const char *sdp_reason_name(enum sdp_reason reason)
{
	return (unsigned)reason < SDP_REASON_COUNT ? rows[reason].name : "?";
}

const char *sdp_reason_text(enum sdp_reason reason)
{
	return (unsigned)reason < SDP_REASON_COUNT ? rows[reason].text : "?";
}

enum sdp_grade sdp_reason_grade(enum sdp_reason reason)
{
	return (unsigned)reason < SDP_REASON_COUNT ? rows[reason].grade : SDP_GRADE_HOSTILE;
}
