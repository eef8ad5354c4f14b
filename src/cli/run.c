/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence run: becomes the parent process. */
#include "cli/sibling.h"
#include <stdint.h>

enum { MAX_RUN_ARGUMENTS = 32 };

enum cli_exit cli_run(struct cli *c, int argc, char **argv)
{
	const char *list[MAX_RUN_ARGUMENTS + 4] = { "parent", "-c",
		                                    c->configuration ? c->configuration
		                                                     : CLI_CONFIGURATION };

	if (argc > MAX_RUN_ARGUMENTS)
		return cli_usage(c);
	/* What is left is the parent's to understand (--log json, --level debug ...). */
	for (int i = 0; i < argc; i++)
		list[3 + i] = argv[i];
	return cli_become("parent", list);
}
