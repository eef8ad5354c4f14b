/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence blocks list|add|remove|why, ringfence never-block list|add|remove */
#include "base/addr.h"
#include "cli/args.h"
#include "cli/output.h"
#include "cli/text.h"
#include <string.h>

static const struct cli_table blocks = {
	8,
	{ { "BLOCK", "block", CLI_NAME, 4 },
	  { "SOURCE", "net", CLI_NAME },
	  { "FROM", "from", CLI_TIME, 5 },
	  { "UNTIL", "until", CLI_TIME, 1 },
	  { "BY", "origin", CLI_TEXT, 3 },
	  { "OBSERVED", "observed", CLI_TEXT },
	  { "RULE", "rule", CLI_TEXT, 2 },
	  { "REASON", "reason", CLI_TEXT } },
	"no blocks",
};

static const struct cli_table exceptions = {
	4,
	{ { "NETWORK", "net", CLI_NAME },
	  { "BY", "origin", CLI_TEXT, 3 },
	  { "REASON", "reason", CLI_TEXT },
	  { "UNTIL", "until", CLI_TIME, 1 } },
	"the never-block list is empty",
};

enum cli_exit cli_blocks_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };
	struct cli_target target = cli_target_on("/api/v1/blocks");

	if (cli_args_flag(&args, "--ended"))
		cli_target_argument(&target, "all", "yes");
	return cli_show_list(c, target, &args, &blocks);
}

enum cli_exit cli_never_block_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return argc ? cli_usage(c)
	            : cli_show_list(c, cli_target_on("/api/v1/never-block"), &args, &exceptions);
}

static enum cli_exit refuse_net(const char *text)
{
	return cli_fail(CLI_USAGE,
	                "'%s' is no address and no network: 198.51.100.7, or 198.51.100.0/24 with "
	                "no bit set behind its prefix",
	                text);
}

static enum cli_exit add(struct cli *c, const char *path, struct cli_args *args)
{
	struct cli_target target = cli_target_on(path);
	const char *term = NULL;
	struct addr_net net;
	json_t *body;

	if (!cli_args_value(args, "--for", &term) || cli_args_stray(args) || args->count != 1)
		return cli_usage(c);
	if (addr_net_parse(view_of(args->list[0]), &net) != ERR_NONE)
		return refuse_net(args->list[0]);
	body = json_pack("{s:s}", "net", args->list[0]);
	if (!body)
		return cli_fail(CLI_FAILED, "out of memory");
	if (term)
		(void)json_object_set_new(body, "for", json_string(term));
	return cli_change(c, "POST", &target, body);
}

static enum cli_exit take_back(struct cli *c, const char *path, int argc, char **argv)
{
	struct cli_target target = cli_target_on(path);
	struct addr_net net;

	if (argc != 1 || argv[0][0] == '-')
		return cli_usage(c);
	if (addr_net_parse(view_of(argv[0]), &net) != ERR_NONE)
		return refuse_net(argv[0]);
	cli_target_argument(&target, "net", argv[0]);
	cli_target_argument(&target, "reason", c->reason);
	return cli_change(c, "DELETE", &target, NULL);
}

enum cli_exit cli_blocks_add(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return add(c, "/api/v1/blocks", &args);
}

enum cli_exit cli_blocks_remove(struct cli *c, int argc, char **argv)
{
	return take_back(c, "/api/v1/blocks", argc, argv);
}

enum cli_exit cli_never_block_add(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return add(c, "/api/v1/never-block", &args);
}

enum cli_exit cli_never_block_remove(struct cli *c, int argc, char **argv)
{
	return take_back(c, "/api/v1/never-block", argc, argv);
}

/* --- Why --- */

static bool has_text(const json_t *object, const char *member)
{
	return json_string_length(json_object_get(object, member)) > 0;
}

static void print_headline(const struct cli *c, const json_t *block)
{
	bool is_live = !json_is_false(json_object_get(block, "live"));
	const char *number = json_string_value(json_object_get(block, "block"));
	const char *kind = json_string_value(json_object_get(block, "kind"));
	bool is_block = number && strcmp(number, "0") != 0;

	cli_print_member(c, stdout, block, "net", CLI_TEXT);
	if (kind && strcmp(kind, "never") == 0)
		(void)printf(" is never blocked");
	else if (json_is_true(json_object_get(block, "observed")))
		(void)printf(" would be blocked (mode observe)");
	else if (!is_block)
		(void)printf(" is not blocked, but stands under suspicion");
	else
		(void)printf(is_live ? " is blocked" : " was blocked");
	if (is_block && json_is_string(json_object_get(block, "until"))) {
		(void)printf(" until ");
		cli_print_member(c, stdout, block, "until", CLI_TIME);
	}
	(void)printf("\n");
	if (!has_text(block, "reason") && !has_text(block, "rule"))
		return;
	(void)printf("  ");
	cli_print_member(c, stdout, block, "rule", CLI_TEXT);
	(void)printf(has_text(block, "rule") ? ": " : "");
	cli_print_member(c, stdout, block, "reason", CLI_TEXT);
	(void)printf("\n");
}

/* What stands now, in a line for a person. */
static void write_changed(const struct cli *c, const json_t *answer)
{
	if (!cli_is_for_reading(c)) {
		cli_write_object(c, stdout, answer);
	} else if (json_object_get(answer, "net")) {
		print_headline(c, answer);
	} else if (json_object_get(answer, "call")) {
		cli_print_member(c, stdout, answer, "done", CLI_TEXT);
		(void)printf(" ");
		cli_print_member(c, stdout, answer, "call", CLI_TEXT);
		(void)printf("\n");
	} else {
		cli_print_member(c, stdout, answer, "mode", CLI_TEXT);
		(void)printf("\n");
	}
}

enum cli_exit cli_change(struct cli *c, const char *method, const struct cli_target *target,
                         json_t *body)
{
	struct cli_answer answer;
	enum cli_exit code = cli_send(c, method, target, body, &answer);

	if (code != CLI_DONE)
		return code;
	if (answer.json && !c->is_quiet)
		write_changed(c, answer.json);
	cli_answer_clear(&answer);
	return CLI_DONE;
}

static void print_steps(const struct cli *c, const json_t *block)
{
	double sum = 0;
	size_t i;
	json_t *step;

	json_array_foreach(json_object_get(block, "steps"), i, step)
	{
		double score = json_number_value(json_object_get(step, "score"));

		sum += score;
		(void)printf("  ");
		cli_print_member(c, stdout, step, "time", CLI_TIME);
		(void)printf("  %+7.3f = %7.3f  ", score, sum);
		cli_print_member(c, stdout, step, "rule", CLI_TEXT);
		(void)printf("  ");
		cli_print_member(c, stdout, step, "account", CLI_TEXT);
		(void)printf("  ");
		cli_print_member(c, stdout, step, "text", CLI_TEXT);
		(void)printf("\n");
	}
}

void cli_print_score(const struct cli *c, const json_t *block)
{
	print_headline(c, block);
	print_steps(c, block);
}

enum cli_exit cli_blocks_why(struct cli *c, int argc, char **argv)
{
	struct cli_target target = cli_target_on("/api/v1/blocks/why");
	json_t *answer;
	enum cli_exit code;
	struct addr_net net;

	if (argc != 1 || argv[0][0] == '-')
		return cli_usage(c);
	if (addr_net_parse(view_of(argv[0]), &net) != ERR_NONE)
		return cli_fail(CLI_USAGE, "'%s' is no address", argv[0]);
	cli_target_argument(&target, "address", argv[0]);
	code = cli_get(c, &target, &answer);
	if (code != CLI_DONE)
		return code;
	if (cli_is_for_reading(c))
		cli_print_score(c, answer);
	else
		cli_write_object(c, stdout, answer);
	json_decref(answer);
	return CLI_DONE;
}
