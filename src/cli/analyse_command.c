/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence analyse: hands the command line on to the program that does it. */
#include "cli/sibling.h"

enum cli_exit cli_analyse(struct cli *c, int argc, char **argv)
{
	const char *const own[] = { c->store ? "--store" : NULL, c->store, NULL };

	return cli_hand_on(c, "analyse", own, argc, argv);
}
