/* SPDX-License-Identifier: Apache-2.0 */
/* Taking options out of an argument list; what is left are the operands. */
#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <stdbool.h>

enum { CLI_OPTION_SIZE = 32 };

struct cli_args {
	int count;
	char **list; /* ends with NULL; taken arguments are closed up */
};

/* `--name VALUE` or `--name=VALUE`; the last one counts. False: its value is missing. */
bool cli_args_value(struct cli_args *a, const char *name, const char **ret);
/* `--name`; says whether it was there. */
bool cli_args_flag(struct cli_args *a, const char *name);
/* An argument that still looks like an option, or NULL. "--" ends options and is taken. */
const char *cli_args_stray(struct cli_args *a);
/* The first option that a command's synopsis ("FILE [--for 30m]") does not name, or NULL, and one
 * of the synopsis that may be meant, or "". An option's value is none, nor is "-". */
const char *cli_args_unknown(const struct cli_args *a, const char *synopsis,
                             char ret_nearest[CLI_OPTION_SIZE]);

#endif
