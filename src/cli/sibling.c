/* SPDX-License-Identifier: Apache-2.0 */
/* The tree is known by the executable that runs, not by the folder one stands in. */
#include "cli/sibling.h"
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_HANDED_ON = 512, MAX_OWN_WORDS = 4 };

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

static size_t read_to_end(int fd, char *ret, size_t size)
{
	size_t len = 0;
	ssize_t got = 1;

	while (got > 0 && len + 1 < size) {
		got = read(fd, ret + len, size - 1 - len);
		len += got > 0 ? (size_t)got : 0;
	}
	return len;
}

int cli_sibling_read(const char *program, const char *const *list, char *ret, size_t size)
{
	char path[PATH_MAX];
	int ends[2], status = -1;
	pid_t child;

	if (!find(program, path) || pipe2(ends, O_CLOEXEC) != 0)
		return -1;
	child = fork();
	if (child == 0) {
		if (dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO &&
		    dup2(ends[1], STDERR_FILENO) == STDERR_FILENO)
			(void)execv(path, (char *const *)(uintptr_t)list);
		_exit(127);
	}
	(void)close(ends[1]);
	ret[child > 0 ? read_to_end(ends[0], ret, size) : 0] = 0;
	/* One that writes more than is taken must not wait for us. */
	(void)close(ends[0]);
	if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status) == 127 ? -1 : WEXITSTATUS(status);
}

enum cli_exit cli_hand_on(const struct cli *c, const char *program, const char *const *own,
                          int argc, char **argv)
{
	static const char *const formats[] = {
		[FORMAT_AUTO] = "table",  [FORMAT_TABLE] = "table", [FORMAT_JSON] = "json",
		[FORMAT_JSONL] = "jsonl", [FORMAT_CSV] = "csv",
	};
	const char *list[MAX_HANDED_ON + MAX_OWN_WORDS + 8] = { program };
	size_t count = 1;

	if (argc > MAX_HANDED_ON)
		return cli_usage(c);
	while (*own && count <= MAX_OWN_WORDS)
		list[count++] = *own++;
	list[count++] = "-o";
	list[count++] = formats[c->format];
	if (c->is_quiet)
		list[count++] = "-q";
	if (!c->is_colour)
		list[count++] = "--no-color";
	if (c->configuration) {
		list[count++] = "-c";
		list[count++] = c->configuration;
	}
	for (int i = 0; i < argc; i++)
		list[count++] = argv[i];
	return cli_become(program, list);
}
