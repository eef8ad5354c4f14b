/* SPDX-License-Identifier: Apache-2.0 */
/* What every command has in hand, and the table of commands. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "base/view.h"
#include <stdio.h>

/* Exit codes are part of the interface. */
enum cli_exit {
	CLI_DONE,           /* 0 */
	CLI_FAILED,         /* 1 */
	CLI_USAGE,          /* 2 */
	CLI_CONFIG_INVALID, /* 3 */
	CLI_NOT_ALLOWED,    /* 4 */
	CLI_NOT_FOUND,      /* 5 */
	CLI_DAEMON_AWAY,    /* 6 */
};

enum cli_format { FORMAT_AUTO, FORMAT_TABLE, FORMAT_JSON, FORMAT_JSONL, FORMAT_CSV };

struct cli_command;

/* Global options, and the command that runs. */
struct cli {
	enum cli_format format;
	bool is_quiet, is_colour, is_terminal;
	unsigned columns; /* that a table must fit; 0: as wide as it is */
	const char *socket;
	const char *reason;        /* NULL: none given */
	const char *configuration; /* -c; NULL: none given */
	const char *store; /* --store: a database instead of the service; NULL: none given */
	const struct cli_command *command;
};

/* Text and tables, for a person; else for a program. */
static inline bool cli_is_for_reading(const struct cli *c)
{
	return c->format == FORMAT_AUTO || c->format == FORMAT_TABLE;
}

/* Arguments after the command's words; argv ends with NULL. */
typedef enum cli_exit cli_handler(struct cli *c, int argc, char **argv);

struct cli_command {
	const char *noun, *verb; /* verb "" where the noun stands alone */
	cli_handler *handler;
	const char *arguments, *help;
};

extern const struct cli_command cli_commands[];
extern const size_t cli_command_count;

#define COMMAND(noun, verb, handler, arguments, help) cli_handler cli_##handler;
#include "cli/commands.def"
#undef COMMAND

/* Runs one command line, argv[0] left out. */
enum cli_exit cli_main(struct cli *c, int argc, char **argv);

/* "ringfence: ..." on standard error; returns the code, for `return cli_fail(...)`. */
enum cli_exit cli_fail(enum cli_exit code, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* The manual page in scdoc. */
void cli_manual_write(FILE *out);
/* How the command in hand is written. */
enum cli_exit cli_usage(const struct cli *c);

#endif
