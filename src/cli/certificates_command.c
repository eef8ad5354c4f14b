/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence certificates: hands the command line on to the program that can make them. */
#include "cli/sibling.h"

static enum cli_exit hand_on(struct cli *c, int argc, char **argv)
{
	const char *const own[] = { c->command->verb, "--socket", c->socket, NULL };

	return cli_hand_on(c, "certificates", own, argc, argv);
}

#define VERB(name)                                                                                 \
	enum cli_exit cli_certificates_##name(struct cli *c, int argc, char **argv)                \
	{                                                                                          \
		return hand_on(c, argc, argv);                                                     \
	}

VERB(init)
VERB(issue)
VERB(list)
VERB(renew)
VERB(revoke)
VERB(test)
