/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence run: becomes the parent process. */
#include "cli/path.h"
#include "cli/sibling.h"
#include <stdlib.h>

enum { MAX_RUN_ARGUMENTS = 32 };

enum cli_exit cli_run(struct cli *c, int argc, char **argv)
{
	const char *named = c->configuration ? c->configuration : CLI_CONFIGURATION;
	const char *list[MAX_RUN_ARGUMENTS + 4] = { "parent", "-c" };
	enum cli_exit code;
	char *whole;

	if (argc > MAX_RUN_ARGUMENTS)
		return cli_usage(c);
	/* `config apply -c` may be given elsewhere; what is not there the parent says. */
	whole = cli_path_whole(named);
	list[2] = whole ? whole : named;
	/* What is left is the parent's to understand (--log json, --level debug ...). */
	for (int i = 0; i < argc; i++)
		list[3 + i] = argv[i];
	code = cli_become("parent", list);
	free(whole);
	return code;
}
