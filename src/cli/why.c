/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence why: what all processes know about one address, user or number; or what the
 * code of a refusal means, which no service needs to be asked for. */
#include "cli/args.h"
#include "cli/output.h"
#include "event/refusal.h"
#include <string.h>

static const struct cli_table registrations = {
	4,
	{ { "ACCOUNT", "account", CLI_TEXT },
	  { "ADDRESS", "address", CLI_NAME },
	  { "PORT", "port", CLI_NUMBER },
	  { "EXPIRES", "expires", CLI_TIME } },
	"not registered through Ringfence",
};

static const struct cli_table incidents = {
	6,
	{ { "INCIDENT", "incident", CLI_NAME },
	  { "LAST", "last", CLI_TIME, 1 },
	  { "SOURCE", "source", CLI_NAME },
	  { "PHASES", "phases", CLI_TEXT },
	  { "OUTCOME", "outcome", CLI_TEXT },
	  { "EVIDENCE", "evidence", CLI_TEXT, 2 } },
	"no incidents",
};

static void print_part(const struct cli *c, const struct cli_table *t, const json_t *items)
{
	if (json_array_size(items) > 0)
		cli_write_list(c, stdout, t, items);
	else
		(void)printf("%s\n", t->empty);
}

/* The row of "10", or of the words that a phone shows: "10 session description ...". */
static const struct refusal_row *find_code(const char *text)
{
	struct view rest = view_of(text), digits = view_first(rest, view_find(rest, ' ', 0));
	uint64_t code;

	return digits.len == 2 && view_decimal(digits, UINT8_MAX, &code) ? refusal_of_code(code)
	                                                                 : NULL;
}

static enum cli_exit explain_code(const struct cli *c, const struct refusal_row *row)
{
	json_t *answer = json_pack("{s:i, s:s, s:s, s:s}", "code", (int)row->code, "words",
	                           row->words, "meaning", row->meaning, "remedy", row->remedy);

	if (!answer)
		return cli_fail(CLI_FAILED, "out of memory");
	if (cli_is_for_reading(c))
		(void)printf("%d %s\n%s\n%s\n", row->code, row->words, row->meaning, row->remedy);
	else
		cli_write_object(c, stdout, answer);
	json_decref(answer);
	return CLI_DONE;
}

static bool is_unknown(const json_t *answer)
{
	return !json_is_object(json_object_get(answer, "block")) &&
	       json_array_size(json_object_get(answer, "registrations")) == 0 &&
	       json_array_size(json_object_get(answer, "incidents")) == 0;
}

/* Who looks for a phone has been told nothing yet. */
static void print_next(const struct cli *c, const json_t *answer, const char *of)
{
	const char *is = json_string_value(json_object_get(answer, "is"));

	if (!c->is_quiet && is && (strcmp(is, "user") == 0 || strcmp(is, "address") == 0))
		(void)fprintf(stderr,
		              "nothing is known of it: `ringfence trace %s=%s` shows whether "
		              "anything arrives while it tries, and how that is answered\n",
		              is, of);
}

enum cli_exit cli_why(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };
	bool is_user = cli_args_flag(&args, "--user");
	const struct refusal_row *row;
	struct cli_target target = cli_target_on("/api/v1/why");
	const json_t *block;
	json_t *answer;
	enum cli_exit code;

	if (args.count != 1 || args.list[0][0] == '-')
		return cli_usage(c);
	row = is_user ? NULL : find_code(args.list[0]);
	if (row)
		return explain_code(c, row);
	cli_target_argument(&target, "of", args.list[0]);
	code = cli_get(c, &target, &answer);
	if (code != CLI_DONE)
		return code;
	block = json_object_get(answer, "block");
	if (!cli_is_for_reading(c)) {
		cli_write_object(c, stdout, answer);
	} else {
		if (json_is_object(block))
			cli_print_score(c, block);
		else
			(void)printf("no block and no score\n");
		print_part(c, &registrations, json_object_get(answer, "registrations"));
		print_part(c, &incidents, json_object_get(answer, "incidents"));
		if (is_unknown(answer))
			print_next(c, answer, args.list[0]);
	}
	json_decref(answer);
	return CLI_DONE;
}
