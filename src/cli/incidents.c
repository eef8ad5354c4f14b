/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence incidents list|show, ringfence audit-trail list */
#include "cli/args.h"
#include "cli/output.h"

static const struct cli_table incidents = {
	9,
	{ { "INCIDENT", "incident", CLI_TEXT },
	  { "LAST", "last", CLI_TIME },
	  { "SOURCE", "source", CLI_TEXT },
	  { "DETECTOR", "detector", CLI_TEXT },
	  { "COUNT", "count", CLI_NUMBER },
	  { "SCORE", "score", CLI_NUMBER },
	  { "OUTCOME", "outcome", CLI_TEXT },
	  { "BLOCKED", "blocked", CLI_TEXT },
	  { "EVIDENCE", "evidence", CLI_TEXT } },
	"no incidents",
};

static const struct cli_table trail = {
	6,
	{ { "TIME", "time", CLI_TIME },
	  { "WHO", "actor", CLI_TEXT },
	  { "WHAT", "verb", CLI_TEXT },
	  { "OBJECT", "object", CLI_TEXT },
	  { "RESULT", "result", CLI_TEXT },
	  { "REASON", "reason", CLI_TEXT } },
	"nothing was changed",
};

enum cli_exit cli_incidents_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return cli_show_list(c, cli_target_on("/api/v1/incidents"), &args, &incidents);
}

enum cli_exit cli_incidents_show(struct cli *c, int argc, char **argv)
{
	return cli_show_one(c, "/api/v1/incidents", argc, argv);
}

enum cli_exit cli_audit_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return cli_show_list(c, cli_target_on("/api/v1/audit"), &args, &trail);
}
