/* SPDX-License-Identifier: Apache-2.0 */
/* How every program of the command line says that it failed. */
#include "cli/command.h"
#include <stdarg.h>

enum cli_exit cli_fail(enum cli_exit code, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)fputs("ringfence: ", stderr);
	(void)vfprintf(stderr, format, list);
	(void)fputc('\n', stderr);
	va_end(list);
	return code;
}
