/* SPDX-License-Identifier: Apache-2.0 */
/* The ringfence command. */
#include "cli/command.h"
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { USUAL_COLUMNS = 80, MAX_COLUMNS = 10000 };

static unsigned columns_of_terminal(void)
{
	const char *said = getenv("COLUMNS");
	struct winsize size;
	uint64_t columns;

	if (said && view_decimal(view_of(said), MAX_COLUMNS, &columns) && columns > 0)
		return (unsigned)columns;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return USUAL_COLUMNS;
}

int main(int argc, char **argv)
{
	struct cli c = { .socket = getenv("RINGFENCE_SOCKET") };

	if (!c.socket || !c.socket[0])
		c.socket = "/run/ringfence/api.sock";
	c.is_terminal = isatty(STDOUT_FILENO) == 1;
	c.columns = c.is_terminal ? columns_of_terminal() : 0;
	c.is_colour = c.is_terminal && !getenv("NO_COLOR");
	return (int)cli_main(&c, argc > 0 ? argc - 1 : 0, argv + (argc > 0));
}
