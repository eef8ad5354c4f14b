/* SPDX-License-Identifier: Apache-2.0 */
/* JSON, JSON lines and CSV of the service's lists. */
#include "cli/output.h"
#include "cli/args.h"
#include "cli/stored.h"
#include "cli/text.h"
#include <stdlib.h>
#include <string.h>

enum {
	CELL_MAX = 4096,
	FIRST_PAGE_ROWS = 50,
	PAGE_ROWS = 200,
	MAX_ROWS = 100000,
	FILTER_MAX = 128
};

static const json_t *member_of(const json_t *object, const char *path)
{
	if (!*path)
		return json_object_get(object, "");
	while (object && *path) {
		size_t len = strcspn(path, ".");
		char name[64];

		(void)VIEW_COPY(((struct view){ path, len }), name);
		object = json_object_get(object, name);
		path += len + (path[len] == '.');
	}
	return object;
}

/* Any value as plain text, not yet escaped; of a list its texts. */
static void write_plain(struct buffer *b, const json_t *value)
{
	char number[32];
	size_t i;
	json_t *item;

	switch (value ? json_typeof(value) : JSON_NULL) {
	case JSON_STRING:
		buffer_put(b, view_bytes(json_string_value(value), json_string_length(value)));
		break;
	case JSON_INTEGER:
		(void)snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
		               json_integer_value(value));
		buffer_text(b, number);
		break;
	case JSON_REAL:
		(void)snprintf(number, sizeof(number), "%.3f", json_real_value(value));
		buffer_text(b, number);
		break;
	case JSON_TRUE:
		buffer_text(b, "yes");
		break;
	case JSON_FALSE:
		buffer_text(b, "no");
		break;
	case JSON_ARRAY:
		json_array_foreach(value, i, item)
		{
			buffer_text(b, i && json_is_string(item) ? "," : "");
			buffer_put(b,
			           view_bytes(json_string_value(item), json_string_length(item)));
		}
		break;
	default:
		break;
	}
}

static bool is_for_person(const struct cli *c) { return c->is_terminal && cli_is_for_reading(c); }

void cli_write_member(const struct cli *c, struct buffer *b, const json_t *object,
                      const struct cli_column *column)
{
	char plain[CELL_MAX];
	char escaped[8 * CELL_MAX];
	struct buffer p = BUFFER_ON(plain), e = BUFFER_ON(escaped);

	write_plain(&p, member_of(object, column->member));
	if (c->format == FORMAT_CSV) {
		/* A file is looked at on a terminal sooner or later. */
		cli_text_write(&e, buffer_view(&p));
		cli_text_write_csv(b, buffer_view(&e));
	} else if (column->kind == CLI_TIME && is_for_person(c))
		cli_text_write_time(b, buffer_view(&p));
	else
		cli_text_write(b, buffer_view(&p));
}

void cli_print_member(const struct cli *c, FILE *out, const json_t *object, const char *member,
                      enum cli_column_kind kind)
{
	static char text[8 * CELL_MAX];
	struct buffer b = BUFFER_ON(text);
	const struct cli_column column = { member, member, kind };

	cli_write_member(c, &b, object, &column);
	(void)fprintf(out, "%.*s", VIEW_ARG(buffer_view(&b)));
}

static void write_json(FILE *out, const json_t *json, size_t flags)
{
	char *text = json_dumps(json, flags | JSON_ENSURE_ASCII);

	(void)fputs(text ? text : "", out);
	(void)fputc('\n', out);
	free(text);
}

static void write_csv(const struct cli *c, FILE *out, const struct cli_table *t,
                      const json_t *items)
{
	size_t row;
	json_t *item;

	for (size_t i = 0; i < t->count; i++)
		(void)fprintf(out, "%s%s", i ? "," : "", t->columns[i].member);
	(void)fputs("\r\n", out);
	json_array_foreach(items, row, item)
	{
		for (size_t i = 0; i < t->count; i++) {
			char cell[16 * CELL_MAX + 4];
			struct buffer b = BUFFER_ON(cell);

			cli_write_member(c, &b, item, &t->columns[i]);
			(void)fprintf(out, "%s%.*s", i ? "," : "", VIEW_ARG(buffer_view(&b)));
		}
		(void)fputs("\r\n", out);
	}
}

void cli_write_list(const struct cli *c, FILE *out, const struct cli_table *t, const json_t *items)
{
	size_t row;
	json_t *item;

	switch (c->format) {
	case FORMAT_JSON:
		write_json(out, items, JSON_INDENT(2));
		return;
	case FORMAT_JSONL:
		json_array_foreach(items, row, item) write_json(out, item, JSON_COMPACT);
		return;
	case FORMAT_CSV:
		write_csv(c, out, t, items);
		return;
	case FORMAT_AUTO:
	case FORMAT_TABLE:
		break;
	}
	if (json_array_size(items) > 0)
		cli_write_table(c, out, t, items);
	else if (!c->is_quiet)
		(void)fprintf(stderr, "%s\n", t->empty);
}

void cli_write_object(const struct cli *c, FILE *out, const json_t *object)
{
	if (c->format == FORMAT_JSON || c->format == FORMAT_JSONL)
		write_json(out, object, c->format == FORMAT_JSON ? JSON_INDENT(2) : JSON_COMPACT);
	else
		cli_print_object(c, out, object, 0);
}

enum cli_exit cli_show(struct cli *c, const struct cli_target *target)
{
	json_t *answer;
	enum cli_exit code = c->format == FORMAT_CSV
	                           ? cli_fail(CLI_USAGE, "csv is for lists: -o json tells this")
	                           : cli_get(c, target, &answer);

	if (code != CLI_DONE)
		return code;
	cli_write_object(c, stdout, answer);
	json_decref(answer);
	return CLI_DONE;
}

/* Operands are words of the filter; the shell has taken their quotes away. */
static enum cli_exit join_filter(const struct cli_args *args, char *ret, size_t size)
{
	struct buffer b = buffer_on(ret, size - 1);

	for (int i = 0; i < args->count; i++) {
		struct view word = view_of(args->list[i]);
		size_t equals = view_find(word, '=', 0);
		bool needs_quotes =
			view_find(word, ' ', 0) < word.len && view_find(word, '"', 0) == word.len;

		buffer_text(&b, i ? " " : "");
		if (equals == word.len)
			return cli_fail(CLI_USAGE, "'%s' is no word of a filter: field=value",
			                args->list[i]);
		buffer_put(&b, view_first(word, equals + 1));
		buffer_text(&b, needs_quotes ? "\"" : "");
		buffer_put(&b, view_after(word, equals + 1));
		buffer_text(&b, needs_quotes ? "\"" : "");
	}
	if (b.err != ERR_NONE)
		return cli_fail(CLI_USAGE, "the filter is longer than %zu bytes", size - 1);
	ret[b.len] = 0;
	return CLI_DONE;
}

/* Takes --limit and --all: how many rows in all. */
static enum cli_exit take_limit(const struct cli *c, struct cli_args *args, size_t *ret)
{
	const char *limit = NULL;
	uint64_t number = FIRST_PAGE_ROWS;
	bool is_all = cli_args_flag(args, "--all");

	if (!cli_args_value(args, "--limit", &limit) || cli_args_stray(args))
		return cli_usage(c);
	if (limit && (!view_decimal(view_of(limit), MAX_ROWS, &number) || number == 0))
		return cli_fail(CLI_USAGE, "--limit takes a number from 1 to %d", MAX_ROWS);
	*ret = is_all ? MAX_ROWS : (size_t)number;
	return CLI_DONE;
}

static enum cli_exit read_pages(const struct cli *c, const struct cli_target *base, size_t limit,
                                json_t *items)
{
	char next[32] = "", page[16];
	enum cli_exit code = CLI_DONE;

	do {
		struct cli_target target = *base;
		size_t left = limit - json_array_size(items);
		json_t *answer = NULL;
		const char *after;

		(void)snprintf(page, sizeof(page), "%zu",
		               left < PAGE_ROWS ? left : (size_t)PAGE_ROWS);
		if (!c->command->arguments[0])
			page[0] = 0;
		cli_target_argument(&target, "limit", page[0] ? page : NULL);
		cli_target_argument(&target, "after", next[0] ? next : NULL);
		code = cli_get(c, &target, &answer);
		if (code != CLI_DONE)
			return code;
		(void)json_array_extend(items, json_object_get(answer, "items"));
		after = json_string_value(json_object_get(answer, "next"));
		next[0] = 0;
		(void)VIEW_COPY(view_of(after), next);
		json_decref(answer);
	} while (next[0] && json_array_size(items) < limit);
	if (next[0] && !c->is_quiet)
		(void)fprintf(stderr, "there are more: --limit N or --all\n");
	return CLI_DONE;
}

enum cli_exit cli_show_list(const struct cli *c, struct cli_target target, struct cli_args *args,
                            const struct cli_table *t)
{
	char filter[FILTER_MAX];
	json_t *items;
	size_t limit;
	enum cli_exit code = take_limit(c, args, &limit);

	if (code == CLI_DONE)
		code = join_filter(args, filter, sizeof(filter));
	if (code != CLI_DONE)
		return code;
	items = json_array();
	if (!items)
		return cli_fail(CLI_FAILED, "out of memory");
	if (c->store) {
		struct cli_stored wanted = { target.text, NULL, filter, limit };

		code = cli_stored_read(c, &wanted, items);
	} else {
		cli_target_argument(&target, "filter", filter[0] ? filter : NULL);
		code = read_pages(c, &target, limit, items);
	}
	if (code == CLI_DONE)
		cli_write_list(c, stdout, t, items);
	json_decref(items);
	return code;
}
