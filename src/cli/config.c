/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence config check|explain|fmt|diff: done by the program that knows the
 * options of all modules. */
#include "cli/sibling.h"

enum { MAX_CONFIG_ARGUMENTS = 32 };

static enum cli_exit become(struct cli *c, const char *verb, int argc, char **argv)
{
	const char *list[MAX_CONFIG_ARGUMENTS + 5] = { "config", verb };
	int count = 2;

	if (argc > MAX_CONFIG_ARGUMENTS)
		return cli_usage(c);
	if (c->configuration) {
		list[count++] = "-c";
		list[count++] = c->configuration;
	}
	for (int i = 0; i < argc; i++)
		list[count++] = argv[i];
	return cli_become("config", list);
}

enum cli_exit cli_config_check(struct cli *c, int argc, char **argv)
{
	return become(c, "check", argc, argv);
}

enum cli_exit cli_config_explain(struct cli *c, int argc, char **argv)
{
	return become(c, "explain", argc, argv);
}

enum cli_exit cli_config_fmt(struct cli *c, int argc, char **argv)
{
	return become(c, "fmt", argc, argv);
}

enum cli_exit cli_config_diff(struct cli *c, int argc, char **argv)
{
	return become(c, "diff", argc, argv);
}
