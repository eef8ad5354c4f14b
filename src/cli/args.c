/* SPDX-License-Identifier: Apache-2.0 */
/* Options may stand anywhere among the operands, as people type them. */
#include "cli/args.h"
#include "conf/report.h"
#include <ctype.h>
#include <string.h>

enum { MAX_OPTIONS = 16 };

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

/* Options of a synopsis; has_value: something else than the bracket follows. */
struct known {
	size_t count;
	char names[MAX_OPTIONS][CLI_OPTION_SIZE];
	bool has_value[MAX_OPTIONS];
};

static struct known read_synopsis(const char *synopsis)
{
	struct known known = { 0 };

	for (const char *at = synopsis; *at; at++) {
		size_t len = strcspn(at, " ]|");

		if (*at != '-' || (at > synopsis && !strchr(" [|", at[-1])) || len < 2 ||
		    known.count == MAX_OPTIONS ||
		    !view_copy(view_bytes(at, len), known.names[known.count], CLI_OPTION_SIZE))
			continue;
		known.has_value[known.count++] =
			at[len] == ' ' && isalnum((unsigned char)at[len + 1]);
	}
	return known;
}

/* Without the value of `--name=VALUE`. */
static struct view name_of(const char *text)
{
	return view_first(view_of(text), strcspn(text, "="));
}

static size_t find_known(const struct known *known, const char *text)
{
	size_t i = 0;

	while (i < known->count && !view_equal(view_of(known->names[i]), name_of(text)))
		i++;
	return i;
}

const char *cli_args_unknown(const struct cli_args *a, const char *synopsis,
                             char ret_nearest[CLI_OPTION_SIZE])
{
	const struct known known = read_synopsis(synopsis);
	const char *names[MAX_OPTIONS], *nearest;

	for (size_t k = 0; k < known.count; k++)
		names[k] = known.names[k];
	for (int i = 0, end = options_end(a); i < end; i++) {
		const char *text = a->list[i];
		size_t at = find_known(&known, text);

		if (at < known.count) {
			i += known.has_value[at] && !strchr(text, '=');
		} else if (text[0] == '-' && text[1]) {
			/* Of one letter any other is near. */
			nearest = text[1] == '-' ? conf_nearest(name_of(text), names, known.count)
			                         : NULL;
			(void)view_copy(view_of(nearest ? nearest : ""), ret_nearest,
			                CLI_OPTION_SIZE);
			return text;
		}
	}
	return NULL;
}
