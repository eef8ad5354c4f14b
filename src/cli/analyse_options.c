/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of the program that analyses. */
#include "cli/analyse.h"
#include "cli/args.h"
#include <stdio.h>
#include <string.h>

static enum cli_exit usage(void)
{
	(void)fputs("usage: ringfence analyse [-o table|json|jsonl] [--inside NET]... [--key FILE] "
	            "[--keylog FILE] [--store FILE] [-c FILE] [-q] FILE...|-\n",
	            stderr);
	return CLI_USAGE;
}

/* Takes the first `NAME VALUE` or `NAME=VALUE` out. False: there is none any more. */
static bool take(struct cli_args *a, const char *name, const char **ret, bool *ret_is_bad)
{
	size_t len = strlen(name);

	for (int i = 0; i < a->count && strcmp(a->list[i], "--") != 0; i++) {
		bool is_joined =
			strncmp(a->list[i], name, len) == 0 && a->list[i][len] == '=' && len > 2;
		int words = is_joined ? 1 : 2;

		if (!is_joined && strcmp(a->list[i], name) != 0)
			continue;
		if (i + words > a->count) {
			*ret_is_bad = true;
			return false;
		}
		*ret = is_joined ? a->list[i] + len + 1 : a->list[i + 1];
		for (int k = i; k + words <= a->count; k++)
			a->list[k] = a->list[k + words];
		a->count -= words;
		return true;
	}
	return false;
}

static enum cli_exit take_list(struct cli_args *a, const char *name, const char **list,
                               size_t *ret_count)
{
	bool is_bad = false;
	const char *value;

	while (take(a, name, &value, &is_bad)) {
		if (*ret_count == MAX_ANALYSE_KEYS)
			return cli_fail(CLI_USAGE, "%s stands more than %d times", name,
			                (int)MAX_ANALYSE_KEYS);
		list[(*ret_count)++] = value;
	}
	return is_bad ? cli_fail(CLI_USAGE, "%s stands without its value", name) : CLI_DONE;
}

static enum cli_exit take_inside(struct cli_args *a, struct cli_analyse *ret)
{
	bool is_bad = false;
	const char *value;

	while (take(a, "--inside", &value, &is_bad)) {
		enum err err;

		if (ret->inside_count == MAX_WATCH_INSIDE)
			return cli_fail(CLI_USAGE, "--inside stands more than %d times",
			                (int)MAX_WATCH_INSIDE);
		err = addr_net_parse(view_of(value), &ret->inside[ret->inside_count]);
		if (err != ERR_NONE)
			return cli_fail(CLI_USAGE,
			                "--inside %s: %s; write an address or a network such as "
			                "192.0.2.0/24",
			                value, err_text(err));
		ret->inside_count++;
	}
	return is_bad ? cli_fail(CLI_USAGE, "--inside stands without its value") : CLI_DONE;
}

static enum cli_exit take_globals(struct cli *c, struct cli_args *a)
{
	static const struct {
		const char *word;
		enum cli_format format;
	} formats[] = { { "table", FORMAT_TABLE },
		        { "json", FORMAT_JSON },
		        { "jsonl", FORMAT_JSONL } };
	const char *word = "table";

	if (!cli_args_value(a, "-o", &word) || !cli_args_value(a, "-c", &c->configuration))
		return cli_fail(CLI_USAGE, "an option stands without its value");
	c->is_quiet |= cli_args_flag(a, "-q");
	if (cli_args_flag(a, "--no-color"))
		c->is_colour = false;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(word, formats[i].word) == 0) {
			c->format = formats[i].format;
			return CLI_DONE;
		}
	}
	return cli_fail(CLI_USAGE, "analyse writes -o table, json or jsonl");
}

enum cli_exit cli_analyse_read(struct cli *c, int argc, char **argv, struct cli_analyse *ret)
{
	struct cli_args a = { argc, argv };
	enum cli_exit code = take_globals(c, &a);
	const char *stray;

	ret->cli = c;
	if (code == CLI_DONE)
		code = take_inside(&a, ret);
	if (code == CLI_DONE)
		code = take_list(&a, "--key", ret->keys, &ret->key_count);
	if (code == CLI_DONE)
		code = take_list(&a, "--keylog", ret->key_logs, &ret->key_log_count);
	if (code != CLI_DONE)
		return code;
	if (!cli_args_value(&a, "--store", &ret->store))
		return cli_fail(CLI_USAGE, "--store stands without its value");
	stray = cli_args_stray(&a);
	if (stray) {
		(void)cli_fail(CLI_USAGE, "there is no option '%s'", stray);
		return usage();
	}
	if (a.count == 0 || a.count > MAX_ANALYSE_FILES)
		return usage();
	for (int i = 0; i < a.count; i++)
		ret->files[ret->file_count++] = a.list[i];
	return CLI_DONE;
}

void cli_analyse_judge_all(struct guard_judge_settings *settings)
{
	settings->mode = MODE_BLOCK;
	for (size_t i = 0; i < GUARD_DETECTOR_COUNT; i++)
		if (settings->detector_modes[i] != MODE_OFF)
			settings->detector_modes[i] = MODE_BLOCK;
}
