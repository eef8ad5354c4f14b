/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence config check|explain|fmt|diff: done by the program that knows the
 * options of all modules. */
#include "cli/client.h"
#include "cli/sibling.h"
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_CONFIG_ARGUMENTS = 32 };

static enum cli_exit become(struct cli *c, const char *verb, int argc, char **argv)
{
	const char *list[MAX_CONFIG_ARGUMENTS + 6] = { "config", verb };
	bool is_check = strcmp(verb, "check") == 0;
	int count = 2;

	if (argc > MAX_CONFIG_ARGUMENTS)
		return cli_usage(c);
	if (!cli_is_for_reading(c) && (!is_check || c->format == FORMAT_CSV))
		return cli_fail(CLI_USAGE, "config %s writes text, and takes no such -o", verb);
	if (!cli_is_for_reading(c))
		list[count++] = "--json";
	if (c->configuration) {
		list[count++] = "-c";
		list[count++] = c->configuration;
	}
	for (int i = 0; i < argc; i++)
		list[count++] = argv[i];
	return cli_become("config", list);
}

enum cli_exit cli_config_check(struct cli *c, int argc, char **argv)
{
	return become(c, "check", argc, argv);
}

enum cli_exit cli_config_explain(struct cli *c, int argc, char **argv)
{
	return become(c, "explain", argc, argv);
}

enum cli_exit cli_config_ipsec(struct cli *c, int argc, char **argv)
{
	return argc == 1 ? become(c, "ipsec", argc, argv) : cli_usage(c);
}

enum cli_exit cli_config_fmt(struct cli *c, int argc, char **argv)
{
	return become(c, "fmt", argc, argv);
}

/* What is in force becomes the standard input of the program that compares. */
static bool give_as_input(const char *text)
{
	int fd = memfd_create("in-force", MFD_CLOEXEC);
	size_t len = text ? strlen(text) : 0;
	bool is_given = fd >= 0 && write(fd, text, len) == (ssize_t)len &&
	                lseek(fd, 0, SEEK_SET) == 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO;

	if (fd >= 0)
		(void)close(fd);
	return is_given;
}

/* The file that the service was started with, as `config apply` takes it. */
static enum cli_exit find_running(struct cli *c, char ret[PATH_MAX])
{
	const struct cli_target target = cli_target_on("/api/v1/status");
	json_t *status;
	enum cli_exit code = cli_get(c, &target, &status);
	const char *text;

	if (code != CLI_DONE)
		return code;
	text = json_string_value(json_object_get(status, "configuration"));
	if (text && text[0] && view_copy(view_of(text), ret, PATH_MAX))
		c->configuration = ret;
	json_decref(status);
	return CLI_DONE;
}

enum cli_exit cli_config_diff(struct cli *c, int argc, char **argv)
{
	const struct cli_target target = cli_target_on("/api/v1/config");
	char in_force[] = "-", *list[] = { in_force, NULL };
	static char path[PATH_MAX];
	struct cli_answer answer;
	enum cli_exit code;
	bool is_given;

	if (argc || !cli_is_for_reading(c))
		return become(c, "diff", argc, argv);
	code = c->configuration ? CLI_DONE : find_running(c, path);
	if (code == CLI_DONE)
		code = cli_request(c, "GET", &target, NULL, &answer);
	if (code != CLI_DONE)
		return code;
	is_given = give_as_input(answer.text);
	cli_answer_clear(&answer);
	return is_given ? become(c, "diff", 1, list)
	                : cli_fail(CLI_FAILED, "no memory to compare in");
}
