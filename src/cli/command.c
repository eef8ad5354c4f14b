/* SPDX-License-Identifier: Apache-2.0 */
/* Global options, finding the command, help. */
#include "cli/command.h"
#include "cli/args.h"
#include "cli/text.h"
#include "conf/report.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HELP_COLUMN = 32, SCREEN_COLUMNS = 80 };

const struct cli_command cli_commands[] = {
#define COMMAND(noun, verb, handler, arguments, help)                                              \
	{ noun, verb, cli_##handler, arguments, help },
#include "cli/commands.def"
#undef COMMAND
};
const size_t cli_command_count = sizeof(cli_commands) / sizeof(cli_commands[0]);

/* A sentence in lines that begin at HELP_COLUMN and end before 80; the first has begun. */
static void print_wrapped(FILE *out, const char *text)
{
	size_t used = HELP_COLUMN;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (used > HELP_COLUMN && used + 1 + len >= SCREEN_COLUMNS) {
			(void)fprintf(out, "\n%*s", HELP_COLUMN, "");
			used = HELP_COLUMN;
		} else if (used > HELP_COLUMN) {
			(void)fputc(' ', out);
			used++;
		}
		(void)fprintf(out, "%.*s", (int)len, text);
		used += len;
		text += len + (text[len] == ' ');
	}
	(void)fputc('\n', out);
}

static void print_command(FILE *out, const struct cli_command *command)
{
	char words[128];

	(void)snprintf(words, sizeof(words), "%s%s%s %s", command->noun,
	               command->verb[0] ? " " : "", command->verb, command->arguments);
	if (strlen(words) + 3 < HELP_COLUMN)
		(void)fprintf(out, "  %-*s", HELP_COLUMN - 2, words);
	else
		(void)fprintf(out, "  %s\n%*s", words, HELP_COLUMN, "");
	print_wrapped(out, command->help);
}

enum cli_exit cli_usage(const struct cli *c)
{
	(void)fprintf(
		stderr,
		"usage: ringfence [-o table|json|jsonl|csv] [-q] [--socket PATH] [--no-color] [--wide] "
		"[--reason TEXT] %s%s%s%s%s\n",
		c->command->noun, c->command->verb[0] ? " " : "", c->command->verb,
		c->command->arguments[0] ? " " : "", c->command->arguments);
	return CLI_USAGE;
}

static void print_help(FILE *out)
{
	(void)fputs("usage: ringfence [OPTIONS] COMMAND\n\n", out);
	for (size_t i = 0; i < cli_command_count; i++)
		print_command(out, &cli_commands[i]);
	(void)fputs(
		"\n  -o table|json|jsonl|csv   how to write; a table without it\n"
		"  -q                        say nothing but what was asked for\n"
		"  --socket PATH             the service's socket, else /run/ringfence/api.sock\n"
		"  --store FILE              lists out of a database, such as analyse writes\n"
		"  --no-color                no bold, no colour\n"
		"  --wide                    all columns, however narrow the terminal is\n"
		"  --reason TEXT             why, for the audit trail\n\n"
		"ringfence help COMMAND tells of one command; ringfence(1) and ringfence.conf(5) of everything.\n"
		"exit: 0 done, 1 failed, 2 not written as it must be, 3 configuration invalid,\n"
		"      4 not allowed, 5 not found, 6 service away\n",
		out);
}

/* --- Which command --- */

static bool has_noun(const char *word)
{
	for (size_t i = 0; i < cli_command_count; i++)
		if (strcmp(cli_commands[i].noun, word) == 0)
			return true;
	return false;
}

static const char *nearest_noun(const char *word)
{
	const char *nouns[128];
	size_t count = 0;

	for (size_t i = 0; i < cli_command_count && count < 128; i++)
		if (i == 0 || strcmp(cli_commands[i].noun, cli_commands[i - 1].noun) != 0)
			nouns[count++] = cli_commands[i].noun;
	return conf_nearest(view_of(word), nouns, count);
}

static const char *nearest_verb(const char *noun, const char *word)
{
	const char *verbs[32];
	size_t count = 0;

	for (size_t i = 0; i < cli_command_count && count < 32; i++)
		if (strcmp(cli_commands[i].noun, noun) == 0)
			verbs[count++] = cli_commands[i].verb;
	return conf_nearest(view_of(word), verbs, count);
}

static enum cli_exit refuse_word(const char *what, const char *word, const char *nearest)
{
	char text[128];
	struct buffer b = buffer_on(text, sizeof(text) - 1);

	cli_text_write(&b, view_first(view_of(word), 40));
	text[b.len] = 0;
	if (nearest)
		return cli_fail(CLI_USAGE, "there is no %s '%s'; did you mean '%s'?", what, text,
		                nearest);
	return cli_fail(CLI_USAGE, "there is no %s '%s'; see ringfence --help", what, text);
}

/* Of all verbs where `verb` is NULL; a noun that stands alone has none to choose. */
static size_t print_verbs(FILE *out, const char *noun, const char *verb)
{
	size_t count = 0;

	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *row = &cli_commands[i];

		if (strcmp(row->noun, noun) != 0 ||
		    (verb && row->verb[0] && strcmp(row->verb, verb) != 0))
			continue;
		print_command(out, row);
		count++;
	}
	return count;
}

static enum cli_exit list_verbs(const char *noun)
{
	(void)print_verbs(stderr, noun, NULL);
	return CLI_USAGE;
}

/* `help`, `help NOUN [VERB]` and `NOUN [VERB] --help`. */
static enum cli_exit help(const struct cli_args *words)
{
	const char *noun = words->count > 0 ? words->list[0] : NULL,
		   *verb = words->count > 1 ? words->list[1] : NULL;

	if (!noun) {
		print_help(stdout);
		return CLI_DONE;
	}
	if (print_verbs(stdout, noun, verb))
		return CLI_DONE;
	return has_noun(noun) ? refuse_word("such verb", verb, nearest_verb(noun, verb))
	                      : refuse_word("command", noun, nearest_noun(noun));
}

/* Finds the row and says how many words it took. */
static enum cli_exit find(struct cli *c, const struct cli_args *a, int *ret_words)
{
	const char *noun = a->list[0], *verb = a->count > 1 ? a->list[1] : NULL;

	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *row = &cli_commands[i];

		if (strcmp(row->noun, noun) != 0 ||
		    (row->verb[0] && (!verb || strcmp(row->verb, verb) != 0)))
			continue;
		c->command = row;
		*ret_words = row->verb[0] ? 2 : 1;
		return CLI_DONE;
	}
	if (!has_noun(noun))
		return refuse_word("command", noun, nearest_noun(noun));
	return verb && verb[0] != '-' ? refuse_word("such verb", verb, nearest_verb(noun, verb))
	                              : list_verbs(noun);
}

/* The synopsis is what people are told: an option that it does not name is none. */
static enum cli_exit refuse_unknown(const struct cli *c, const struct cli_args *a)
{
	char nearest[CLI_OPTION_SIZE];
	const char *word = cli_args_unknown(a, c->command->arguments, nearest);

	if (!word)
		return CLI_DONE;
	(void)refuse_word("option", word, nearest[0] ? nearest : NULL);
	return cli_usage(c);
}

/* --- Global options --- */

static bool read_format(const char *text, enum cli_format *ret)
{
	static const struct {
		const char *name;
		enum cli_format format;
	} names[] = {
		{ "table", FORMAT_TABLE },
		{ "json", FORMAT_JSON },
		{ "jsonl", FORMAT_JSONL },
		{ "csv", FORMAT_CSV },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(text, names[i].name) == 0) {
			*ret = names[i].format;
			return true;
		}
	return false;
}

static enum cli_exit take_globals(struct cli *c, struct cli_args *a)
{
	const char *format = NULL;
	const struct {
		const char *name, **ret;
	} values[] = { { "-o", &format },
		       { "--socket", &c->socket },
		       { "--reason", &c->reason },
		       { "--store", &c->store },
		       { "-c", &c->configuration } };

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (!cli_args_value(a, values[i].name, values[i].ret))
			return cli_fail(CLI_USAGE, "%s stands without its value", values[i].name);
	if (format && !read_format(format, &c->format))
		return cli_fail(CLI_USAGE, "-o takes table, json, jsonl or csv");
	if (cli_args_flag(a, "-q"))
		c->is_quiet = true;
	if (cli_args_flag(a, "--no-color"))
		c->is_colour = false;
	if (cli_args_flag(a, "--wide"))
		c->columns = 0;
	return CLI_DONE;
}

enum cli_exit cli_main(struct cli *c, int argc, char **argv)
{
	struct cli_args a = { argc, argv };
	enum cli_exit code = take_globals(c, &a);
	int words = 0;

	if (code != CLI_DONE)
		return code;
	if (argc == 0) {
		print_help(stderr);
		return CLI_USAGE;
	}
	if (cli_args_flag(&a, "--help") || cli_args_flag(&a, "-h") || a.count == 0)
		return help(&a);
	if (strcmp(a.list[0], "help") == 0)
		return help(&(struct cli_args){ a.count - 1, a.list + 1 });
	if (strcmp(a.list[0], "--version") == 0)
		return cli_version(c, 0, a.list + a.count);
	if (strcmp(a.list[0], "--manual") == 0) {
		cli_manual_write(stdout);
		return CLI_DONE;
	}
	code = find(c, &a, &words);
	a = (struct cli_args){ a.count - words, a.list + words };
	if (code == CLI_DONE)
		code = refuse_unknown(c, &a);
	return code == CLI_DONE ? c->command->handler(c, a.count, a.list) : code;
}
