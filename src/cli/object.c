/* SPDX-License-Identifier: Apache-2.0 */
/* One object for a person: names and values, objects indented, lists of
 * objects one after the other. */
#include "cli/output.h"
#include "cli/text.h"
#include <string.h>

enum { VALUE_TEXT_MAX = 32768, MAX_DEPTH = 6, NAME_WIDTH = 18 };

static void print_value(const struct cli *c, FILE *out, const json_t *object, const char *name)
{
	static char text[VALUE_TEXT_MAX];
	struct buffer b = BUFFER_ON(text);
	const char *value = json_string_value(json_object_get(object, name));
	bool is_time = value && strlen(value) == 24 && value[4] == '-' && value[10] == 'T' &&
	               value[23] == 'Z';
	struct cli_column column = { name, name, is_time ? CLI_TIME : CLI_TEXT };

	cli_write_member(c, &b, object, &column);
	(void)fprintf(out, "%.*s\n", VIEW_ARG(b.len ? buffer_view(&b) : VIEW("-")));
}

static void print_name(FILE *out, const char *name, int depth)
{
	char words[64];
	size_t i;

	for (i = 0; name[i] && i + 1 < sizeof(words); i++)
		words[i] = name[i] == '_' ? ' ' : (char)(name[i] < 0x20 ? '?' : name[i]);
	words[i] = 0;
	(void)fprintf(out, "%*s%-*s ", 2 * depth, "", NAME_WIDTH - 2 * depth, words);
}

static void print_list(const struct cli *c, FILE *out, const json_t *list, int depth)
{
	size_t i;
	json_t *item;

	json_array_foreach(list, i, item)
	{
		if (json_is_object(item)) {
			cli_print_object(c, out, item, depth);
			(void)fputs(i + 1 < json_array_size(list) ? "\n" : "", out);
		} else {
			json_t *holder = json_pack("{s:O}", "", item);

			(void)fprintf(out, "%*s", 2 * depth, "");
			print_value(c, out, holder, "");
			json_decref(holder);
		}
	}
}

void cli_print_object(const struct cli *c, FILE *out, const json_t *object, int depth)
{
	const char *name;
	json_t *value;

	if (depth > MAX_DEPTH)
		return;
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		print_name(out, name, depth);
		if (json_is_object(value)) {
			(void)fputc('\n', out);
			cli_print_object(c, out, value, depth + 1);
		} else if (json_is_array(value)) {
			(void)fputs(json_array_size(value) ? "\n" : "-\n", out);
			print_list(c, out, value, depth + 1);
		} else {
			print_value(c, out, object, name);
		}
	}
}
