/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence analyse: hands the command line on to the program that does it. */
#include "cli/sibling.h"

enum { MAX_ANALYSE_ARGUMENTS = 512 };

enum cli_exit cli_analyse(struct cli *c, int argc, char **argv)
{
	static const char *const formats[] = {
		[FORMAT_AUTO] = "table",  [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json",
		[FORMAT_JSONL] = "jsonl", [FORMAT_CSV] = "csv",
	};
	const char *list[MAX_ANALYSE_ARGUMENTS + 10] = { "analyse", "-o", formats[c->format] };
	int count = 3;

	if (argc > MAX_ANALYSE_ARGUMENTS)
		return cli_usage(c);
	if (c->is_quiet)
		list[count++] = "-q";
	if (!c->is_colour)
		list[count++] = "--no-color";
	if (c->configuration) {
		list[count++] = "-c";
		list[count++] = c->configuration;
	}
	if (c->store) {
		list[count++] = "--store";
		list[count++] = c->store;
	}
	for (int i = 0; i < argc; i++)
		list[count++] = argv[i];
	return cli_become("analyse", list);
}
