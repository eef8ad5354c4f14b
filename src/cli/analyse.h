/* SPDX-License-Identifier: Apache-2.0 */
/* `ringfence analyse`: captures through the same engine as live traffic. The
 * program libexec/ringfence/analyse does the work: it alone maps the readers of
 * captures and the database, so that the command itself starts as quickly as ever. */
#ifndef CLI_ANALYSE_H
#define CLI_ANALYSE_H

#include "cli/command.h"
#include "guard/options.h"
#include "watch/watch.h"

enum { MAX_ANALYSE_FILES = 256, MAX_ANALYSE_KEYS = 16 };

/* A command line that was understood; borrows from argv. */
struct cli_analyse {
	const struct cli *cli;
	const char *files[MAX_ANALYSE_FILES]; /* "-": standard input */
	const char *keys[MAX_ANALYSE_KEYS], *key_logs[MAX_ANALYSE_KEYS];
	const char *store; /* NULL: none is written */
	size_t file_count, key_count, key_log_count;
	struct addr_net inside[MAX_WATCH_INSIDE];
	size_t inside_count;
	struct guard_judge_settings judge;
	bool is_unconfined; /* no sandbox: for programs that made the capture themselves */
};

/* Takes the options, also the global ones, out of argv. Fills in all but the
 * judge. CLI_USAGE, having said why. */
enum cli_exit cli_analyse_read(struct cli *c, int argc, char **argv,
                               struct cli_analyse *ret) MUST_USE;

/* Whatever acts or observes is judged as if it acted; what is off stays off. */
void cli_analyse_judge_all(struct guard_judge_settings *settings);

/* Reads, judges, reports. Having said what was in the way: CLI_FAILED,
 * CLI_NOT_FOUND (no such file), CLI_NOT_ALLOWED (it may not be read). A capture
 * that breaks off is reported as far as it goes, and is no failure. */
enum cli_exit cli_analyse_run(const struct cli_analyse *a);

/* `--list KIND STORE NUMBER LIMIT FILTER`, from KIND on: what `ringfence KIND list|show --store`
 * shows, as a JSON array. */
enum cli_exit cli_analyse_list(int argc, char **argv);

#endif
