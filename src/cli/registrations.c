/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence registrations list, ringfence peers list */
#include "cli/args.h"
#include "cli/output.h"

static const struct cli_table registrations = {
	7,
	{ { "ACCOUNT", "account", CLI_TEXT },
	  { "ADDRESS", "address", CLI_TEXT },
	  { "PORT", "port", CLI_NUMBER },
	  { "TRANSPORT", "transport", CLI_TEXT },
	  { "SINCE", "since", CLI_TIME },
	  { "EXPIRES", "expires", CLI_TIME },
	  { "USER AGENT", "user_agent", CLI_TEXT } },
	"nobody is registered",
};

static const struct cli_table peers = {
	8,
	{ { "PEER", "name", CLI_TEXT },
	  { "KIND", "kind", CLI_TEXT },
	  { "SIDE", "side", CLI_TEXT },
	  { "ADDRESS", "address", CLI_TEXT },
	  { "STATE", "state", CLI_TEXT },
	  { "CALLS", "calls", CLI_NUMBER },
	  { "ANSWERS", "answers", CLI_TEXT },
	  { "CHALLENGE LEARNT", "challenge_learnt", CLI_TEXT } },
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
