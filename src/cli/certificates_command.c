/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence certificates: hands the command line on to the program that can make them. */
#include "cli/sibling.h"

enum { MAX_CERTIFICATES_ARGUMENTS = 64 };

static enum cli_exit become(struct cli *c, int argc, char **argv)
{
	static const char *const formats[] = {
		[FORMAT_AUTO] = "table",  [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json",
		[FORMAT_JSONL] = "jsonl", [FORMAT_CSV] = "csv",
	};
	const char *list[MAX_CERTIFICATES_ARGUMENTS + 12] = { "certificates", c->command->verb,
		                                              "-o", formats[c->format] };
	int count = 6;

	list[4] = "--socket";
	list[5] = c->socket;
	if (argc > MAX_CERTIFICATES_ARGUMENTS)
		return cli_usage(c);
	if (c->is_quiet)
		list[count++] = "-q";
	if (!c->is_colour)
		list[count++] = "--no-color";
	if (c->configuration) {
		list[count++] = "-c";
		list[count++] = c->configuration;
	}
	for (int i = 0; i < argc; i++)
		list[count++] = argv[i];
	return cli_become("certificates", list);
}

#define VERB(name)                                                                                 \
	enum cli_exit cli_certificates_##name(struct cli *c, int argc, char **argv)                \
	{                                                                                          \
		return become(c, argc, argv);                                                      \
	}

VERB(init)
VERB(issue)
VERB(list)
VERB(renew)
VERB(revoke)
VERB(test)
