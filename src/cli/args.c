/* SPDX-License-Identifier: Apache-2.0 */
/* Options may stand anywhere among the operands, as people type them. */
#include "cli/args.h"
#include <string.h>

static void close_up(struct cli_args *a, int at, int count)
{
	for (int i = at; i + count <= a->count; i++)
		a->list[i] = a->list[i + count];
	a->count -= count;
}

/* Options end at "--". */
static int options_end(const struct cli_args *a)
{
	for (int i = 0; i < a->count; i++)
		if (strcmp(a->list[i], "--") == 0)
			return i;
	return a->count;
}

bool cli_args_value(struct cli_args *a, const char *name, const char **ret)
{
	size_t len = strlen(name);
	int i = 0;

	while (i < options_end(a)) {
		const char *text = a->list[i];

		if (strcmp(text, name) == 0) {
			if (i + 1 >= options_end(a))
				return false;
			*ret = a->list[i + 1];
			close_up(a, i, 2);
		} else if (strncmp(text, name, len) == 0 && text[len] == '=' && len > 2) {
			*ret = text + len + 1;
			close_up(a, i, 1);
		} else {
			i++;
		}
	}
	return true;
}

bool cli_args_flag(struct cli_args *a, const char *name)
{
	bool is_there = false;
	int i = 0;

	while (i < options_end(a)) {
		if (strcmp(a->list[i], name) == 0) {
			close_up(a, i, 1);
			is_there = true;
		} else {
			i++;
		}
	}
	return is_there;
}

const char *cli_args_stray(struct cli_args *a)
{
	int end = options_end(a);

	for (int i = 0; i < end; i++)
		if (a->list[i][0] == '-' && a->list[i][1])
			return a->list[i];
	if (end < a->count)
		close_up(a, end, 1);
	return NULL;
}
