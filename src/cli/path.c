/* SPDX-License-Identifier: Apache-2.0 */
/* The folder is resolved, the name is not. */
#include "cli/path.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *cli_path_whole(const char *file)
{
	const char *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
	char *folder = slash ? strndup(file, (size_t)(slash - file) + 1) : strdup("."),
	     *resolved = folder ? realpath(folder, NULL) : NULL, *whole = NULL;

	free(folder);
	if (resolved && asprintf(&whole, "%s%s%s", resolved, resolved[1] ? "/" : "", name) < 0)
		whole = NULL;
	free(resolved);
	return whole;
}
