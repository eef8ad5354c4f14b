/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/sibling.h"
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool folder_of_this(char ret[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", ret, PATH_MAX - 1);
	char *slash;

	if (len <= 0)
		return false;
	ret[len] = 0;
	slash = strrchr(ret, '/');
	if (slash)
		*slash = 0;
	return slash != NULL;
}

static bool find(const char *program, char ret[PATH_MAX])
{
	char folder[PATH_MAX];
	int size;

	if (!folder_of_this(folder))
		return false;
	size = snprintf(ret, PATH_MAX, "%s/../libexec/ringfence/%s", folder, program);
	if (size > 0 && size < PATH_MAX && access(ret, X_OK) == 0)
		return true;
	size = snprintf(ret, PATH_MAX, "%s/../proc/ringfence-%s", folder, program);
	return size > 0 && size < PATH_MAX && access(ret, X_OK) == 0;
}

enum cli_exit cli_become(const char *program, const char *const *list)
{
	char path[PATH_MAX];

	if (!find(program, path))
		return cli_fail(CLI_FAILED,
		                "the program libexec/ringfence/%s is not where it was installed",
		                program);
	(void)execv(path, (char *const *)(uintptr_t)list);
	return cli_fail(CLI_FAILED, "%s cannot be started", path);
}
