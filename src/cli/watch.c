/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence watch: becomes the parent process, which watches an interface
 * instead of standing in the way. */
#include "base/addr.h"
#include "cli/sibling.h"
#include <stdint.h>
#include <string.h>

enum { MAX_WATCH_ARGUMENTS = 80 };

/* What the parent would refuse, said in the words of this command. */
static enum cli_exit check_words(int argc, char **argv)
{
	static const char *const with_value[] = { "--log", "--level", "--user" };

	for (int i = 1; i < argc; i++) {
		bool is_inside = strcmp(argv[i], "--inside") == 0, has_value = is_inside;
		struct addr_net net;

		for (size_t k = 0; k < sizeof(with_value) / sizeof(with_value[0]); k++)
			has_value |= strcmp(argv[i], with_value[k]) == 0;
		if (!has_value && strcmp(argv[i], "--block") != 0 &&
		    strcmp(argv[i], "--no-sandbox") != 0)
			return cli_fail(CLI_USAGE,
			                "watch has no option '%s'; see ringfence help watch",
			                argv[i]);
		if (!has_value)
			continue;
		if (++i == argc)
			return cli_fail(CLI_USAGE, "%s stands without its value", argv[i - 1]);
		if (is_inside && addr_net_parse(view_of(argv[i]), &net) != ERR_NONE)
			return cli_fail(
				CLI_USAGE,
				"--inside %s: write an address or a network such as 192.0.2.0/24",
				argv[i]);
	}
	return CLI_DONE;
}

enum cli_exit cli_watch(struct cli *c, int argc, char **argv)
{
	const char *list[MAX_WATCH_ARGUMENTS + 8] = { "parent", "--watch" };
	int count = 3;

	if (argc < 1 || argc > MAX_WATCH_ARGUMENTS || argv[0][0] == '-')
		return cli_usage(c);
	if (check_words(argc, argv) != CLI_DONE)
		return CLI_USAGE;
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
