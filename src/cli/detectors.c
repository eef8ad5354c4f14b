/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence detectors list|mode, ringfence mode */
#include "cli/args.h"
#include "cli/output.h"

static const struct cli_table detectors = {
	6,
	{ { "DETECTOR", "detector", CLI_TEXT },
	  { "MODE", "mode", CLI_TEXT },
	  { "FINDINGS", "findings", CLI_NUMBER },
	  { "INCIDENTS", "incidents", CLI_NUMBER },
	  { "BLOCKS", "blocks", CLI_NUMBER },
	  { "", "text", CLI_TEXT } },
	"no detectors",
};

enum cli_exit cli_detectors_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return argc ? cli_usage(c)
	            : cli_show_list(c, cli_target_on("/api/v1/detectors"), &args, &detectors);
}

static enum cli_exit set_mode(struct cli *c, const struct cli_target *target, const char *mode,
                              const char *term)
{
	json_t *body = json_pack("{s:s}", "mode", mode);

	if (!body)
		return cli_fail(CLI_USAGE, "the mode is no text");
	if (term)
		(void)json_object_set_new(body, "for", json_string(term));
	return cli_change(c, "PUT", target, body);
}

enum cli_exit cli_detectors_mode(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };
	struct cli_target target = cli_target_on("/api/v1/detectors");
	const char *term = NULL;

	if (!cli_args_value(&args, "--for", &term) || cli_args_stray(&args) || args.count != 2)
		return cli_usage(c);
	cli_target_segment(&target, args.list[0]);
	return set_mode(c, &target, args.list[1], term);
}

/* "block", or "block (299 s more)". */
static void print_mode(const struct cli *c, const json_t *answer)
{
	json_int_t left_s = json_integer_value(json_object_get(answer, "for_s"));

	cli_print_member(c, stdout, answer, "mode", CLI_TEXT);
	if (left_s > 0)
		(void)printf(" (%" JSON_INTEGER_FORMAT " s more)", left_s);
	(void)putchar('\n');
}

static enum cli_exit show_mode(struct cli *c, const struct cli_target *target)
{
	json_t *answer;
	enum cli_exit code = cli_get(c, target, &answer);

	if (code != CLI_DONE)
		return code;
	if (cli_is_for_reading(c))
		print_mode(c, answer);
	else
		cli_write_object(c, stdout, answer);
	json_decref(answer);
	return CLI_DONE;
}

enum cli_exit cli_mode(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };
	const struct cli_target target = cli_target_on("/api/v1/mode");
	const char *term = NULL;

	if (!cli_args_value(&args, "--for", &term) || cli_args_stray(&args) || args.count > 1 ||
	    (args.count == 0 && term))
		return cli_usage(c);
	return args.count ? set_mode(c, &target, args.list[0], term) : show_mode(c, &target);
}
