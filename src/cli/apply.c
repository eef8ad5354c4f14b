/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence config apply|show: the part of `config` that the service does. */
#include "cli/output.h"
#include "cli/path.h"
#include "cli/text.h"
#include <stdlib.h>
#include <unistd.h>

/* The service stands in another folder: it gets the whole path. */
static enum cli_exit body_for(const char *file, json_t **ret)
{
	char *whole = file ? cli_path_whole(file) : NULL;

	if (file && (!whole || access(whole, F_OK) != 0)) {
		free(whole);
		return cli_fail(CLI_NOT_FOUND, "%s cannot be read", file);
	}
	*ret = whole ? json_pack("{s:s}", "file", whole) : json_object();
	free(whole);
	return *ret ? CLI_DONE : cli_fail(CLI_FAILED, "the path is no UTF-8");
}

/* The service's text may come in pieces that end in the middle of nothing. */
static void print_lines(struct view text)
{
	char line[512];
	struct buffer b = buffer_on(line, sizeof(line) - 1);

	while (!view_is_empty(text)) {
		size_t end = view_find(text, '\n', 0);

		buffer_reset(&b);
		cli_text_write(&b, view_first(text, end));
		(void)printf("%.*s\n", VIEW_ARG(buffer_view(&b)));
		text = view_after(text, end + 1);
	}
}

static void print_changes(const struct cli *c, const json_t *answer)
{
	const json_t *changed = json_object_get(answer, "changed");
	size_t i;
	json_t *text;

	if (c->format == FORMAT_JSON || c->format == FORMAT_JSONL) {
		cli_write_object(c, stdout, answer);
		return;
	}
	json_array_foreach(changed, i, text) print_lines(view_of(json_string_value(text)));
	if (json_array_size(changed) == 0)
		(void)fprintf(stderr, "it says what is in force already\n");
}

enum cli_exit cli_config_apply(struct cli *c, int argc, char **argv)
{
	const struct cli_target target = cli_target_on("/api/v1/config");
	struct cli_answer answer;
	json_t *body = NULL;
	enum cli_exit code;

	(void)argv;
	if (argc)
		return cli_usage(c);
	code = body_for(c->configuration, &body);
	if (code != CLI_DONE)
		return code;
	code = cli_send(c, "POST", &target, body, &answer);
	/* What is wrong with the file is 400 from the API and a code of its own here. */
	if (code == CLI_USAGE)
		return CLI_CONFIG_INVALID;
	if (code != CLI_DONE)
		return code;
	if (!c->is_quiet)
		print_changes(c, answer.json);
	cli_answer_clear(&answer);
	return CLI_DONE;
}

enum cli_exit cli_config_show(struct cli *c, int argc, char **argv)
{
	const struct cli_target target = cli_target_on("/api/v1/config");
	struct cli_answer answer;
	enum cli_exit code;

	(void)argv;
	if (argc)
		return cli_usage(c);
	if (!cli_is_for_reading(c))
		return cli_fail(CLI_USAGE, "config show writes text, and takes no such -o");
	code = cli_request(c, "GET", &target, NULL, &answer);
	if (code != CLI_DONE)
		return code;
	(void)fputs(answer.text ? answer.text : "", stdout);
	cli_answer_clear(&answer);
	return CLI_DONE;
}
