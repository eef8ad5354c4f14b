/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence upgrade, ringfence drain: the service gives way to the program that is installed
 * now; it empties itself. */
#include "cli/args.h"
#include "cli/output.h"

#include <string.h>
#include <time.h>

/* A question waits at the socket until the new program hears it: few are wanted. */
enum { LOOKS = 25, LOOK_NS = 700000000 };

static json_int_t number_of(const json_t *status, const char *name)
{
	return json_integer_value(json_object_get(status, name));
}

/* The service answers, and is not between two programs. */
static bool is_settled(const json_t *status)
{
	const char *state = json_string_value(json_object_get(status, "state"));
	const char *upgrade = json_string_value(json_object_get(status, "upgrade"));

	return state && strcmp(state, "ready") == 0 && upgrade && strcmp(upgrade, "under way") != 0;
}

static enum cli_exit await(const struct cli *c, json_int_t before)
{
	const struct cli_target target = cli_target_on("/api/v1/status");
	const struct timespec pause = { 0, LOOK_NS };
	enum cli_exit code = CLI_FAILED;
	json_t *status;

	for (int i = 0; i < LOOKS; i++) {
		(void)nanosleep(&pause, NULL);
		if (cli_get(c, &target, &status) != CLI_DONE)
			continue;
		if (!is_settled(status)) {
			json_decref(status);
			continue;
		}
		if (number_of(status, "upgrades") > before) {
			code = CLI_DONE;
			if (!c->is_quiet)
				(void)printf("version %s serves now\n",
				             json_string_value(json_object_get(status, "version")));
		} else {
			(void)cli_fail(CLI_FAILED, "%s",
			               json_string_value(json_object_get(status, "upgrade")));
		}
		json_decref(status);
		return code;
	}
	return cli_fail(CLI_FAILED, "the service did not say in time how it went");
}

enum cli_exit cli_upgrade(struct cli *c, int argc, char **argv)
{
	const struct cli_target target = cli_target_on("/api/v1/upgrade");
	const struct cli_target status_target = cli_target_on("/api/v1/status");
	struct cli_answer answer;
	json_t *status;
	json_int_t before;
	enum cli_exit code;

	(void)argv;
	if (argc)
		return cli_usage(c);
	code = cli_get(c, &status_target, &status);
	if (code != CLI_DONE)
		return code;
	before = number_of(status, "upgrades");
	json_decref(status);
	code = cli_send(c, "POST", &target, json_object(), &answer);
	if (code != CLI_DONE)
		return code;
	cli_answer_clear(&answer);
	return await(c, before);
}

enum cli_exit cli_drain(struct cli *c, int argc, char **argv)
{
	const struct cli_target target = cli_target_on("/api/v1/drain");
	struct cli_args args = { argc, argv };
	const char *term = NULL;
	struct cli_answer answer;
	json_t *body;
	enum cli_exit code;
	bool is_on;

	if (!cli_args_value(&args, "--for", &term) || cli_args_stray(&args) || args.count != 1)
		return cli_usage(c);
	is_on = strcmp(args.list[0], "on") == 0;
	if ((!is_on && strcmp(args.list[0], "off") != 0) || (!is_on && term))
		return cli_usage(c);
	body = json_pack("{s:s}", "on", is_on ? "yes" : "no");
	if (term)
		(void)json_object_set_new(body, "for", json_string(term));
	code = cli_send(c, "POST", &target, body, &answer);
	if (code != CLI_DONE)
		return code;
	if (!c->is_quiet)
		(void)printf("%s\n", json_string_value(json_object_get(answer.json, "told")));
	cli_answer_clear(&answer);
	return CLI_DONE;
}
