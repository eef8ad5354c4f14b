/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence status, ringfence store status, ringfence version */
#include "cli/output.h"

static enum cli_exit show(struct cli *c, const char *path, int argc)
{
	const struct cli_target target = cli_target_on(path);

	return argc ? cli_usage(c) : cli_show(c, &target);
}

enum cli_exit cli_status(struct cli *c, int argc, char **argv)
{
	(void)argv;
	return show(c, "/api/v1/status", argc);
}

enum cli_exit cli_store_status(struct cli *c, int argc, char **argv)
{
	(void)argv;
	return show(c, "/api/v1/store", argc);
}

enum cli_exit cli_version(struct cli *c, int argc, char **argv)
{
	(void)argv;
	if (argc)
		return cli_usage(c);
	if (c->format == FORMAT_JSON || c->format == FORMAT_JSONL)
		(void)printf("{\"version\":\"%s\"}\n", RINGFENCE_VERSION);
	else
		(void)printf("ringfence %s\n", RINGFENCE_VERSION);
	return CLI_DONE;
}
