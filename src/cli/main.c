/* SPDX-License-Identifier: Apache-2.0 */
/* The ringfence command. */
#include "cli/command.h"
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct cli c = { .socket = getenv("RINGFENCE_SOCKET") };

	if (!c.socket || !c.socket[0])
		c.socket = "/run/ringfence/api.sock";
	c.is_terminal = isatty(STDOUT_FILENO) == 1;
	c.is_colour = c.is_terminal && !getenv("NO_COLOR");
	return (int)cli_main(&c, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
}
