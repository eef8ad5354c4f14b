/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence why: what all processes know about one address or one user. */
#include "cli/args.h"
#include "cli/output.h"

static const struct cli_table registrations = {
	4,
	{ { "ACCOUNT", "account", CLI_TEXT },
	  { "ADDRESS", "address", CLI_TEXT },
	  { "PORT", "port", CLI_NUMBER },
	  { "EXPIRES", "expires", CLI_TIME } },
	"not registered through Ringfence",
};

static const struct cli_table incidents = {
	5,
	{ { "INCIDENT", "incident", CLI_TEXT },
	  { "LAST", "last", CLI_TIME },
	  { "SOURCE", "source", CLI_TEXT },
	  { "COUNT", "count", CLI_NUMBER },
	  { "EVIDENCE", "evidence", CLI_TEXT } },
	"no incidents",
};

static void print_part(const struct cli *c, const struct cli_table *t, const json_t *items)
{
	if (json_array_size(items) > 0)
		cli_write_list(c, stdout, t, items);
	else
		(void)printf("%s\n", t->empty);
}

enum cli_exit cli_why(struct cli *c, int argc, char **argv)
{
	struct cli_target target = cli_target_on("/api/v1/why");
	const json_t *block;
	json_t *answer;
	enum cli_exit code;

	if (argc != 1 || argv[0][0] == '-')
		return cli_usage(c);
	cli_target_argument(&target, "of", argv[0]);
	code = cli_get(c, &target, &answer);
	if (code != CLI_DONE)
		return code;
	block = json_object_get(answer, "block");
	if (c->format != FORMAT_AUTO && c->format != FORMAT_TABLE) {
		cli_write_object(c, stdout, answer);
	} else {
		if (json_is_object(block))
			cli_print_score(c, block);
		else
			(void)printf("no block and no score\n");
		print_part(c, &registrations, json_object_get(answer, "registrations"));
		print_part(c, &incidents, json_object_get(answer, "incidents"));
	}
	json_decref(answer);
	return CLI_DONE;
}
