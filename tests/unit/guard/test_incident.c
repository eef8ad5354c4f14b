/* SPDX-License-Identifier: Apache-2.0 */
/* What an incident says to a person. */
#include "guard/screen.h"
#include "sip/reason.h"
#include "unit/guard/bench_priv.h"

#include <string.h>

static const struct {
	const char *name;
	enum fact_kind kind;
	uint16_t reason;
	const char *want; /* of the evidence, in full */
} cases[] = {
	{ "a scanner's shape", FACT_SCANNER, SIGNATURE_NOWHERE,
	  "scanned 203.0.113.5. 1 time: message built as a scanner builds it: "
	  "From and To are both the user 100 at 1.1.1.1; "
	  "scanner: message that gives away the tool that wrote it" },
	{ "a broken grammar", FACT_ANOMALY, SIP_REASON_FOLD_FIRST,
	  "scanned 203.0.113.5. 1 time: message that breaks the grammar where no phone does: "
	  "folded line where no header is open" },
	{ "a shape that nobody knows", FACT_SCANNER, UINT16_MAX,
	  "scanned 203.0.113.5. 1 time: message built as a scanner builds it: ?; "
	  "scanner: message that gives away the tool that wrote it" },
	{ "a grammar that nobody knows", FACT_ANOMALY, UINT16_MAX,
	  "scanned 203.0.113.5. 1 time: message that breaks the grammar where no phone does: ?" },
};

TEST(incident_detail, "an incident names the shape or the grammar that was seen")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		OWNED_BENCH b = { 0 };
		struct fact fact = bench_failure("192.0.2.7", "", 1, 0);

		TRY(bench_init(&b));
		fact.kind = (uint8_t)cases[i].kind;
		fact.grade = SIP_GRADE_HOSTILE;
		fact.reason = cases[i].reason;
		fact.status = 0;
		bench_take(&b, &fact);
		CHECK_CASE(b.incidents == 1, cases[i].name);
		CHECK_CASE(strcmp(b.last_incident.incident.evidence, cases[i].want) == 0,
		           cases[i].name);
	}
	return ERR_NONE;
}
