/* SPDX-License-Identifier: Apache-2.0 */
/* ringfence trace: asks the service for what passed since the last answer, and
 * draws it, or writes it as JSON lines, and into a capture file. */
#include "capture/pcapng_write.h"
#include "cli/args.h"
#include "cli/client.h"
#include "cli/text.h"
#include "cli/trace_ladder.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ASK_AGAIN_MS = 200, FILTER_MAX = 120, NUMBER_MAX = 24 };

struct tracing {
	struct cli *c;
	FILE *file; /* NULL: none is written */
	char filter[FILTER_MAX + 1];
	char after[NUMBER_MAX];
	bool is_watching;
};

static struct view text_of(const json_t *item, const char *name)
{
	const json_t *text = json_object_get(item, name);

	return view_bytes(json_string_value(text), json_string_length(text));
}

static bool write_bytes(FILE *file, const struct buffer *b)
{
	return b->err == ERR_NONE && fwrite(b->at, 1, b->len, file) == b->len && fflush(file) == 0;
}

static bool save(const struct tracing *t, const json_t *item)
{
	static char storage[MAX_CAPTURE_WRITTEN + CAPTURE_PCAPNG_OVERHEAD];
	struct buffer b = BUFFER_ON(storage);
	struct capture_datagram d = {
		.wall_us = json_integer_value(json_object_get(item, "time_us")),
		.payload = text_of(item, "text"),
	};

	/* One without an address goes as coming from nowhere. */
	(void)!addr_parse_port(text_of(item, "from"), &d.flow.remote);
	(void)!addr_parse_port(text_of(item, "to"), &d.flow.local);
	capture_pcapng_put(&b, &d);
	return write_bytes(t->file, &b);
}

static void draw(const struct tracing *t, const json_t *item)
{
	char line[CLI_TRACE_LINE_MAX];
	struct buffer b = BUFFER_ON(line);
	const struct cli_trace trace = {
		.time = text_of(item, "time"),
		.from = text_of(item, "from"),
		.to = text_of(item, "to"),
		.text = text_of(item, "text"),
		.side = (uint32_t)json_integer_value(json_object_get(item, "side")),
		.is_sent = json_is_true(json_object_get(item, "sent")),
		.is_watching = t->is_watching,
	};

	cli_trace_line(&b, &trace);
	(void)printf("%.*s\n", (int)b.len, b.at);
}

static enum cli_exit show(const struct tracing *t, const json_t *item)
{
	if (t->c->format == FORMAT_JSON || t->c->format == FORMAT_JSONL) {
		(void)json_dumpf(item, stdout, JSON_COMPACT);
		(void)putchar('\n');
	} else if (!t->c->is_quiet) {
		draw(t, item);
	}
	if (t->file && !save(t, item))
		return cli_fail(CLI_FAILED, "the file cannot be written any more");
	return CLI_DONE;
}

static enum cli_exit ask(struct tracing *t)
{
	struct cli_target target = cli_target_on("/api/v1/trace");
	json_t *answer = NULL, *item;
	json_int_t missed;
	size_t i;
	enum cli_exit code;

	cli_target_argument(&target, "filter", t->filter[0] ? t->filter : NULL);
	cli_target_argument(&target, "after", t->after);
	code = cli_get(t->c, &target, &answer);
	if (code != CLI_DONE)
		return code;
	t->is_watching = json_is_true(json_object_get(answer, "watching"));
	missed = json_integer_value(json_object_get(answer, "missed"));
	if (missed > 0)
		(void)fprintf(stderr, "%lld passed too fast to be kept\n", (long long)missed);
	json_array_foreach(json_object_get(answer, "items"), i, item) if (code == CLI_DONE) code =
		show(t, item);
	(void)fflush(stdout);
	(void)VIEW_COPY(text_of(answer, "next"), t->after);
	json_decref(answer);
	return code;
}

/* "30s", "5m", "1h"; without it, until the terminal says so. */
static bool read_length(const char *text, uint64_t *ret_s)
{
	static const struct {
		char unit;
		uint64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 } };
	size_t len = text ? strlen(text) : 0;
	uint64_t number;

	if (!text) {
		*ret_s = UINT64_MAX / 1000;
		return true;
	}
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (len > 1 && text[len - 1] == units[i].unit &&
		    view_decimal(view_bytes(text, len - 1), 1000000, &number)) {
			*ret_s = number * units[i].seconds;
			return true;
		}
	return false;
}

static enum cli_exit open_file(struct tracing *t, const char *path)
{
	char storage[CAPTURE_PCAPNG_HEAD];
	struct buffer b = BUFFER_ON(storage);

	if (!path)
		return CLI_DONE;
	t->file = fopen(path, "wbe");
	if (!t->file)
		return cli_fail(CLI_FAILED, "%s cannot be written", path);
	capture_pcapng_begin(&b);
	return write_bytes(t->file, &b) ? CLI_DONE
	                                : cli_fail(CLI_FAILED, "%s cannot be written", path);
}

static bool read_filter(struct tracing *t, int argc, char **argv)
{
	struct buffer b = buffer_on(t->filter, FILTER_MAX);

	for (int i = 0; i < argc; i++) {
		buffer_text(&b, i > 0 ? " " : "");
		buffer_text(&b, argv[i]);
	}
	t->filter[b.len] = '\0';
	return b.err == ERR_NONE;
}

enum cli_exit cli_trace(struct cli *c, int argc, char **argv)
{
	static const struct timespec pause = { 0, ASK_AGAIN_MS * 1000000L };
	struct tracing t = { .c = c, .after = "0" };
	struct cli_args args = { argc, argv };
	const char *path = NULL, *length = NULL;
	uint64_t length_s = 0;
	enum cli_exit code;

	if (!cli_args_value(&args, "-w", &path) || !cli_args_value(&args, "--for", &length) ||
	    cli_args_stray(&args) || !read_length(length, &length_s) ||
	    !read_filter(&t, args.count, args.list))
		return cli_usage(c);
	code = open_file(&t, path);
	for (uint64_t turns = length_s * 1000 / ASK_AGAIN_MS + 1; turns > 0 && code == CLI_DONE;
	     turns--) {
		code = ask(&t);
		if (turns > 1 && code == CLI_DONE)
			(void)nanosleep(&pause, NULL);
	}
	if (t.file)
		(void)fclose(t.file);
	return code;
}
