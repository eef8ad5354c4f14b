/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence registrations list, ringfence peers list */
#include "cli/args.h"
#include "cli/output.h"

static const struct cli_table registrations = {
	7,
	{ { "ACCOUNT", "account", CLI_TEXT },
	  { "ADDRESS", "address", CLI_NAME },
	  { "PORT", "port", CLI_NUMBER, 2 },
	  { "TRANSPORT", "transport", CLI_TEXT, 4 },
	  { "SINCE", "since", CLI_TIME, 5 },
	  { "EXPIRES", "expires", CLI_TIME, 1 },
	  { "USER AGENT", "user_agent", CLI_TEXT, 3 } },
	"nobody is registered",
};

static const struct cli_table peers = {
	8,
	{ { "PEER", "name", CLI_TEXT },
	  { "KIND", "kind", CLI_TEXT },
	  { "SIDE", "side", CLI_TEXT },
	  { "ADDRESS", "address", CLI_NAME },
	  { "STATE", "state", CLI_TEXT },
	  { "CALLS", "calls", CLI_NUMBER },
	  { "ANSWERS", "answers", CLI_TEXT },
	  { "CHALLENGE LEARNT", "challenge_learnt", CLI_TEXT, 1 } },
	"no peers",
};

enum cli_exit cli_registrations_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return cli_show_list(c, cli_target_on("/api/v1/registrations"), &args, &registrations);
}

enum cli_exit cli_peers_list(struct cli *c, int argc, char **argv)
{
	struct cli_args args = { argc, argv };

	return argc ? cli_usage(c)
	            : cli_show_list(c, cli_target_on("/api/v1/peers"), &args, &peers);
}
