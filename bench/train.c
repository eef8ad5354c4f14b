/* SPDX-License-Identifier: Apache-2.0 */
/* bench-train FILE: analyses a capture of our own making within this process and without a
 * sandbox, in which what was counted could not be written. Release builds are trained so. */
#include "cli/analyse.h"

int main(int argc, char **argv)
{
	static struct cli_analyse order;
	struct cli c = { .is_quiet = true };
	enum cli_exit code;

	code = cli_analyse_read(&c, argc - 1, argv + 1, &order);
	if (code == CLI_DONE) {
		guard_judge_defaults(&order.judge);
		cli_analyse_judge_all(&order.judge);
		order.is_unconfined = true;
		code = cli_analyse_run(&order);
	}
	return (int)code;
}
