/* SPDX-License-Identifier: Apache-2.0 */
/* The programs of libexec/ringfence: beside an installed bin/ringfence, or in
 * the build tree. */
#ifndef CLI_SIBLING_H
#define CLI_SIBLING_H

#include "cli/command.h"

#define CLI_CONFIGURATION "/etc/ringfence/ringfence.conf"

/* Becomes that program; `list` begins with its name and ends with NULL. Returns
 * only where it cannot be started, having said so. */
enum cli_exit cli_become(const char *program, const char *const *list);

/* Runs it and reads what it writes, also on standard error, at most size - 1 bytes and a
 * NUL. Returns its exit code; -1 where it cannot be started. */
int cli_sibling_read(const char *program, const char *const *list, char *ret, size_t size);

/* The same, of a command that does what this command line asks: `own` words, up to NULL, go
 * first, then the options that all have (-o, -q, --no-color, -c), then the arguments. */
enum cli_exit cli_hand_on(const struct cli *c, const char *program, const char *const *own,
                          int argc, char **argv);

#endif
