/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the program that analyses, whose own lists they are. */
#include "cli/stored.h"
#include "cli/sibling.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_SIZE = 16 << 10, MOST_SIZE = 64 << 20 };

enum cli_exit cli_stored_read(const struct cli *c, const struct cli_stored *wanted, json_t *items)
{
	const char *slash = strrchr(wanted->path, '/');
	const char *name = slash ? slash + 1 : wanted->path;
	char limit[24], kind[32];
	const char *list[] = {
		"analyse", "--list",       kind, c->store, wanted->number ? wanted->number : "0",
		limit,     wanted->filter, NULL
	};
	size_t size = wanted->limit < MOST_SIZE / ROW_SIZE ? (wanted->limit + 1) * ROW_SIZE
	                                                   : (size_t)MOST_SIZE;
	char *text = malloc(size);
	json_t *read = NULL;
	int code;

	if (!text)
		return cli_fail(CLI_FAILED, "out of memory");
	/* "blocks" of "/api/v1/blocks?ended=yes" */
	(void)snprintf(kind, sizeof(kind), "%.*s", (int)strcspn(name, "?"), name);
	(void)snprintf(limit, sizeof(limit), "%zu", wanted->limit);
	code = cli_sibling_read("analyse", list, text, size);
	if (code == 0)
		read = json_loads(text, 0, NULL);
	else if (code > 0)
		(void)fputs(text, stderr);
	free(text);
	if (code < 0)
		return cli_fail(CLI_FAILED,
		                "the program libexec/ringfence/analyse cannot be started");
	if (code > 0)
		return (enum cli_exit)code;
	if (!read)
		return cli_fail(CLI_FAILED,
		                "%s: more than can be shown at once: give a filter, or --limit",
		                c->store);
	(void)json_array_extend(items, read);
	json_decref(read);
	return CLI_DONE;
}

enum cli_exit cli_stored_one(const struct cli *c, const char *path, const char *number,
                             json_t **ret)
{
	struct cli_stored wanted = { path, number, "", 1 };
	json_t *items = json_array();
	enum cli_exit code = CLI_FAILED;
	uint64_t any;

	if (!view_decimal(view_of(number), INT64_MAX, &any) || any == 0)
		code = cli_fail(CLI_USAGE, "%s is no number of the list", number);
	else if (items)
		code = cli_stored_read(c, &wanted, items);
	if (code == CLI_DONE && json_array_size(items) == 0)
		code = cli_fail(CLI_NOT_FOUND, "%s: no number %s there", c->store, number);
	if (code == CLI_DONE)
		*ret = json_incref(json_array_get(items, 0));
	json_decref(items);
	return code;
}
