/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence doctor: what is in the way. */
#include "cli/output.h"

enum cli_exit cli_doctor(struct cli *c, int argc, char **argv)
{
	(void)argv;
	if (argc)
		return cli_usage(c);
	return cli_fail(CLI_FAILED, "doctor is not there yet");
}
