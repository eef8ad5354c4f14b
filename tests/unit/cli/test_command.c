/* SPDX-License-Identifier: Apache-2.0 */
/* The table of commands and the exit codes of words that are not in it. */
#include "cli/command.h"
#include "runner/test.h"
#include <string.h>

TEST(commands_table, "has each command once, with its noun's others beside it, and help")
{
	for (size_t i = 0; i < cli_command_count; i++) {
		const struct cli_command *a = &cli_commands[i];

		CHECK_CASE(a->help[0] && a->help[strlen(a->help) - 1] != '.', a->noun);
		for (size_t k = i + 1; k < cli_command_count; k++)
			CHECK_CASE(strcmp(a->noun, cli_commands[k].noun) ||
			                   strcmp(a->verb, cli_commands[k].verb),
			           a->noun);
	}
	return ERR_NONE;
}

static const struct {
	const char *line;
	enum cli_exit want;
} lines[] = {
	{ "", CLI_USAGE },
	{ "help", CLI_DONE },
	{ "help incidents", CLI_DONE },
	{ "help nonsense", CLI_USAGE },
	{ "help incidents show", CLI_DONE },
	{ "help incidents shwo", CLI_USAGE },
	{ "incidents --help", CLI_DONE },
	{ "incidents show --help", CLI_DONE },
	{ "why 201 --help", CLI_DONE },
	{ "run --levle debug", CLI_USAGE },
	{ "version", CLI_DONE },
	{ "--version", CLI_DONE },
	{ "version -q", CLI_DONE },
	{ "version more", CLI_USAGE },
	{ "verison", CLI_USAGE },
	{ "call list", CLI_USAGE },
	{ "calls", CLI_USAGE },
	{ "calls lst", CLI_USAGE },
	{ "calls show", CLI_USAGE },
	{ "calls show 1 2", CLI_USAGE },
	{ "calls list --bogus", CLI_USAGE },
	{ "calls list --limit", CLI_USAGE },
	{ "calls list --limit 0", CLI_USAGE },
	{ "calls list nonsense", CLI_USAGE },
	{ "blocks add", CLI_USAGE },
	{ "blocks why office", CLI_USAGE },
	{ "blocks why 198.51.100.7", CLI_DAEMON_AWAY },
	{ "mode --for 1h", CLI_USAGE },
	{ "why", CLI_USAGE },
	{ "why 10", CLI_DONE },
	{ "-o json why 10", CLI_DONE },
	{ "why 10 --user", CLI_DAEMON_AWAY },
	{ "why 98", CLI_DAEMON_AWAY },
	{ "why 201", CLI_DAEMON_AWAY },
	{ "watch", CLI_USAGE },
	{ "watch --block", CLI_USAGE },
	{ "watch eth0 --bogus", CLI_USAGE },
	{ "watch eth0 --inside", CLI_USAGE },
	{ "watch eth0 --inside office", CLI_USAGE },
	{ "doctor ports", CLI_USAGE },
	{ "doctor headers kernel", CLI_USAGE },
	{ "doctor headers", CLI_DAEMON_AWAY },
	{ "doctor -c /nonexistent/file", CLI_NOT_FOUND },
	{ "-o xml version", CLI_USAGE },
	{ "-o", CLI_USAGE },
	{ "--socket /nonexistent/socket status", CLI_DAEMON_AWAY },
	{ "--socket /nonexistent/socket blocks add 198.51.100.7", CLI_DAEMON_AWAY },
	{ "config apply -c /nonexistent/file", CLI_NOT_FOUND },
};

TEST(commands_exit, "ends with the exit code that the interface promises")
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cli c = { .socket = "/nonexistent/socket", .is_quiet = true };
		char text[128], *list[16] = { NULL }, *rest = NULL;
		int count = 0;

		(void)VIEW_COPY(view_of(lines[i].line), text);
		for (char *word = strtok_r(text, " ", &rest); word && count < 15;
		     word = strtok_r(NULL, " ", &rest))
			list[count++] = word;
		CHECK_CASE(cli_main(&c, count, list) == lines[i].want, lines[i].line);
	}
	return ERR_NONE;
}
