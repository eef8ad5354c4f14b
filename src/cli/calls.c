/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence calls list|show|route|end|transfer|hold|unhold|dtmf */
#include "cli/args.h"
#include "cli/output.h"
#include "cli/stored.h"

static const struct cli_table calls = {
	9,
	{ { "CALL", "call", CLI_NAME },
	  { "STARTED", "started", CLI_TIME, 1 },
	  { "FROM", "from", CLI_TEXT },
	  { "TO", "to", CLI_TEXT },
	  { "NUMBER", "number", CLI_TEXT, 4 },
	  { "STATUS", "status", CLI_NUMBER, 2 },
	  { "TALKED", "talked_s", CLI_NUMBER, 3 },
	  { "ENDED BY", "ended_by", CLI_TEXT, 6 },
	  { "CAUSE", "cause", CLI_TEXT, 5 } },
	"no calls",
};

enum cli_exit cli_calls_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };
	struct cli_target target = cli_target_on("/api/v1/calls");

	if (cli_args_flag(&args, "--live"))
		cli_target_argument(&target, "live", "yes");
	return cli_show_list(c, target, &args, &calls);
}

enum cli_exit cli_show_one(struct cli *c, const char *path, int argc, char **argv)
{
	struct cli_target target = cli_target_on(path);
	enum cli_exit code;
	json_t *one;

	if (argc != 1 || argv[0][0] == '-' || !argv[0][0])
		return cli_usage(c);
	if (c->store) {
		code = cli_stored_one(c, path, argv[0], &one);
		if (code == CLI_DONE) {
			cli_write_object(c, stdout, one);
			json_decref(one);
		}
		return code;
	}
	cli_target_segment(&target, argv[0]);
	return cli_show(c, &target);
}

enum cli_exit cli_calls_show(struct cli *c, int argc, char **argv)
{
	return cli_show_one(c, "/api/v1/calls", argc, argv);
}

enum cli_exit cli_calls_route(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };
	struct cli_target target = cli_target_on("/api/v1/calls/route");
	const char *from = NULL;

	if (!cli_args_value(&args, "--from", &from) || !from || cli_args_stray(&args) ||
	    args.count != 1)
		return cli_usage(c);
	cli_target_argument(&target, "from", from);
	cli_target_argument(&target, "number", args.list[0]);
	return cli_show(c, &target);
}

/* ---- commands ---- */

/* `takes`: the member that the second word is, NULL for none. */
static enum cli_exit command(struct cli *c, const char *verb, const char *takes,
                             struct cli_args *args, json_t *body)
{
	struct cli_target target = cli_target_on("/api/v1/calls");
	const char *side = NULL;

	if (!cli_args_value(args, "--side", &side) || cli_args_stray(args) ||
	    args->count != (takes ? 2 : 1)) {
		json_decref(body);
		return cli_usage(c);
	}
	if (side)
		(void)json_object_set_new(body, "side", json_string(side));
	if (takes && json_object_set_new(body, takes, json_string(args->list[1])) != 0) {
		json_decref(body);
		return cli_fail(CLI_USAGE, "that is no text");
	}
	cli_target_segment(&target, args->list[0]);
	cli_target_segment(&target, verb);
	return cli_change(c, "POST", &target, body);
}

enum cli_exit cli_calls_end(struct cli *c, int argc, char **argv)
{
	return command(c, "end", NULL, &(struct cli_args){ argc, argv }, json_object());
}

enum cli_exit cli_calls_transfer(struct cli *c, int argc, char **argv)
{
	return command(c, "transfer", "to", &(struct cli_args){ argc, argv }, json_object());
}

enum cli_exit cli_calls_hold(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };
	json_t *body = json_object();

	if (cli_args_flag(&args, "--silent"))
		(void)json_object_set_new(body, "silent", json_string("yes"));
	return command(c, "hold", NULL, &args, body);
}

enum cli_exit cli_calls_unhold(struct cli *c, int argc, char **argv)
{
	return command(c, "unhold", NULL, &(struct cli_args){ argc, argv }, json_object());
}

enum cli_exit cli_calls_dtmf(struct cli *c, int argc, char **argv)
{
	return command(c, "dtmf", "digits", &(struct cli_args){ argc, argv }, json_object());
}
