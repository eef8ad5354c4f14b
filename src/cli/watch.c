/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence watch: becomes the parent process, which watches an interface
 * instead of standing in the way. */
#include "cli/sibling.h"
#include <stdint.h>

enum { MAX_WATCH_ARGUMENTS = 80 };

enum cli_exit cli_watch(struct cli *c, int argc, char **argv)
{
	const char *list[MAX_WATCH_ARGUMENTS + 8] = { "parent", "--watch" };
	int count = 3;

	if (argc < 1 || argc > MAX_WATCH_ARGUMENTS || argv[0][0] == '-')
		return cli_usage(c);
	list[2] = argv[0];
	if (c->configuration) {
		list[count++] = "-c";
		list[count++] = c->configuration;
	}
	/* The rest is the parent's to understand, as with `run`. */
	for (int i = 1; i < argc; i++)
		list[count++] = argv[i];
	return cli_become("parent", list);
}
