/* SPDX-License-Identifier: Apache-2.0 */
/* What can be asked of a configuration without a running Ringfence. A program
 * of its own, which `ringfence config` starts: it alone knows all modules' tables,
 * and the command that anybody may start stays as small as it is. */
#include "proc/config_facts.h"
#include "proc/config_files.h"
#include "proc/config_ipsec.h"
#include "proc/schema.h"
#include "proc/settings.h"

#include "conf/grammar.h"
#include "conf/manual.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* As everywhere in the command line. */
enum { DONE, FAILED, USAGE, INVALID, NOT_ALLOWED, NOT_FOUND };

enum { TEXT_MAX = 2 * MAX_CONF_FILE };

static char *storage; /* TEXT_MAX bytes for what is written */

static const char default_path[] = "/etc/ringfence/ringfence.conf";

/* A command line: options taken out, operands left. */
struct request {
	const char *path;
	bool is_dry, is_write, is_json;
	int count;
	char **operands;
};

static int complain(const char *subject, const char *problem, int status)
{
	(void)fprintf(stderr, "ringfence: %s: %s\n", subject, problem);
	return status;
}

static int status_of(enum err err)
{
	switch (err) {
	case ERR_SYNTAX:
		return INVALID;
	case ERR_DENIED:
		return NOT_ALLOWED;
	case ERR_NOT_FOUND:
		return NOT_FOUND;
	default:
		return FAILED;
	}
}

static int put_out(const struct buffer *b)
{
	if (b->err != ERR_NONE)
		return complain("output", err_text(b->err), FAILED);
	return fwrite(b->at, 1, b->len, stdout) == b->len && fflush(stdout) == 0 ? DONE : FAILED;
}

static void show_faults(const char *path, enum err err, const struct conf_report *report)
{
	for (uint32_t i = 0; i < report->kept; i++)
		(void)fprintf(stderr, "%s\n", report->faults[i].text);
	if (report->count > report->kept)
		(void)fprintf(stderr, "%s: %u more\n", path, report->count - report->kept);
	if (report->count == 0)
		(void)complain(path, err_text(err), 0);
}

static void show_doubts(const struct conf_report *doubts)
{
	for (uint32_t i = 0; i < doubts->kept; i++)
		(void)fprintf(stderr, "warning: %s\n", doubts->faults[i].text);
}

/* A path or a file's bytes may be no UTF-8. */
static json_t *text_of(const char *text)
{
	json_t *value = json_string(text);

	return value ? value : json_string("?");
}

static json_t *fault_of(const struct conf_fault *fault)
{
	return json_pack("{s:i, s:i, s:o}", "line", (int)fault->line, "column", (int)fault->column,
	                 "text", text_of(fault->text));
}

static json_t *faults_of(const struct conf_report *report)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < report->kept; i++)
		(void)json_array_append_new(list, fault_of(&report->faults[i]));
	return list;
}

/* For programs, on standard output whatever the verdict is. */
static void write_verdict(const char *path, enum err err, const struct conf_report *report,
                          const struct conf_report *doubts)
{
	json_t *verdict =
		json_pack("{s:o, s:b, s:s, s:i, s:o, s:o}", "file", text_of(path), "valid",
	                  err == ERR_NONE, "result", err_text(err), "count", (int)report->count,
	                  "faults", faults_of(report), "warnings", faults_of(doubts));

	(void)json_dumpf(verdict, stdout, JSON_INDENT(2));
	(void)putchar('\n');
	json_decref(verdict);
}

static int check(const struct request *q)
{
	static struct conf_report report, doubts;
	struct conf_tree *t = NULL;
	enum err err = q->is_dry ? settings_check(q->path, VIEW_EMPTY, &t, &report)
	                         : settings_load(q->path, &t, &report);

	if (err == ERR_NONE && !q->is_dry) {
		config_files_check(t, &report);
		err = report.count > 0 ? ERR_SYNTAX : ERR_NONE;
	}
	if (err == ERR_NONE)
		proc_doubt(t, &doubts);
	if (q->is_json) {
		write_verdict(q->path, err, &report, &doubts);
	} else if (err == ERR_NONE) {
		show_doubts(&doubts);
		(void)printf("%s: valid\n", q->path);
	} else {
		show_faults(q->path, err, &report);
	}
	conf_tree_free(&t);
	return err == ERR_NONE ? DONE : status_of(err);
}

/* What there is to ask for. */
static int explain_blocks(void)
{
	for (size_t i = 0; i < proc_schema.count; i++) {
		const struct conf_block *block = proc_schema.blocks[i];

		(void)printf("%s%s { ... }%s%s%s\n    %s\n", block->word,
		             block->label ? " NAME" : "", block->within ? "  (within " : "",
		             block->within ? block->within : "", block->within ? ")" : "",
		             block->help);
	}
	return DONE;
}

static int explain(const struct request *q)
{
	struct buffer b = buffer_on(storage, TEXT_MAX);
	char words[256];
	struct buffer phrase = BUFFER_ON(words);
	const char *nearest = NULL;
	enum err err;

	if (q->count == 0)
		return explain_blocks();
	for (int i = 0; i < q->count; i++) {
		buffer_text(&phrase, i > 0 ? " " : "");
		buffer_text(&phrase, q->operands[i]);
	}
	err = conf_explain(&proc_schema, buffer_view(&phrase), &b, &nearest);
	if (err == ERR_NONE)
		return put_out(&b);
	(void)fprintf(stderr, "ringfence: no word of the configuration: %.*s",
	              VIEW_ARG(buffer_view(&phrase)));
	if (nearest)
		(void)fprintf(stderr, "; did you mean \"%s\"?", nearest);
	(void)fputc('\n', stderr);
	return NOT_FOUND;
}

/* Beside the file, then in its place: a reader sees the old text or the new one. */
static int write_over(const char *path, struct view text)
{
	char beside[MAX_CONF_PATH];
	struct stat old;
	int fd, length = snprintf(beside, sizeof(beside), "%s.new", path);
	bool is_written;

	if (length < 0 || (size_t)length >= sizeof(beside) || stat(path, &old) != 0)
		return complain(path, "cannot be written", FAILED);
	fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return complain(beside, "cannot be made", NOT_ALLOWED);
	is_written = write(fd, text.at, text.len) == (ssize_t)text.len &&
	             fchown(fd, old.st_uid, old.st_gid) == 0 &&
	             fchmod(fd, old.st_mode & 07777) == 0 && fsync(fd) == 0;
	if (close(fd) != 0 || !is_written || rename(beside, path) != 0) {
		(void)unlink(beside);
		return complain(path, "cannot be written", FAILED);
	}
	return DONE;
}

static int format(const struct request *q)
{
	struct buffer b = buffer_on(storage, TEXT_MAX);
	struct conf_token bad = { 0 };
	char *text = NULL;
	size_t len = 0;
	enum err err = settings_text(q->path, &text, &len);
	int status;

	if (err != ERR_NONE)
		return complain(q->path, err_text(err), status_of(err));
	err = conf_format(view_bytes(text, len), &b, &bad);
	if (err == ERR_SYNTAX)
		(void)fprintf(stderr,
		              "%s:%u:%u: braces do not match, or a byte cannot stand here\n",
		              q->path, bad.line, bad.column);
	if (err != ERR_NONE)
		status = err == ERR_SYNTAX ? INVALID : complain(q->path, err_text(err), FAILED);
	else if (!q->is_write)
		status = put_out(&b);
	else if (view_equal(buffer_view(&b), view_bytes(text, len)))
		status = DONE;
	else
		status = write_over(q->path, buffer_view(&b));
	free(text);
	return status;
}

static enum err read_input(char **ret, size_t *ret_len)
{
	char *text = malloc(MAX_CONF_FILE);
	size_t len;

	if (!text)
		return ERR_NO_MEMORY;
	len = fread(text, 1, MAX_CONF_FILE, stdin);
	if (ferror(stdin) || len == MAX_CONF_FILE) {
		free(text);
		return ERR_LIMIT;
	}
	*ret = text;
	*ret_len = len;
	return ERR_NONE;
}

/* One change a line. */
static void compare(const struct conf_tree *old, const struct conf_tree *new, struct buffer *b)
{
	struct view rest;

	(void)settings_compare(old, new, b);
	for (rest = buffer_view(b); rest.len > 0;) {
		size_t end = view_find(rest, ';', 0);

		(void)printf("%.*s\n", VIEW_ARG(view_first(rest, end)));
		rest = view_trim(view_after(rest, end + 1));
	}
}

/* OLD "-": the standard input, as if it stood in the file's place. */
static int diff(const struct request *q)
{
	static struct conf_report report;
	struct buffer b = buffer_on(storage, TEXT_MAX);
	struct conf_tree *old = NULL, *new = NULL;
	bool is_input = view_equal(view_of(q->operands[0]), VIEW("-"));
	const char *old_path = is_input ? q->path : q->operands[0];
	char *text = NULL;
	size_t len = 0;
	enum err err = is_input ? read_input(&text, &len) : ERR_NONE;

	if (err == ERR_NONE)
		err = settings_check(old_path, view_bytes(text, len), &old, &report);
	if (err == ERR_NONE)
		err = settings_check(q->path, VIEW_EMPTY, &new, &report);
	if (err == ERR_NONE)
		compare(old, new, &b);
	else
		show_faults(old ? q->path : old_path, err, &report);
	conf_tree_free(&old);
	conf_tree_free(&new);
	free(text);
	return err == ERR_NONE ? DONE : status_of(err);
}

/* For `ringfence doctor`, which may not read secrets and has no need to. */
static int facts(const struct request *q)
{
	static struct conf_report report;
	struct conf_tree *t = NULL;
	enum err err = settings_check(q->path, VIEW_EMPTY, &t, &report);

	if (err != ERR_NONE)
		show_faults(q->path, err, &report);
	else
		err = config_facts_write(t, stdout);
	conf_tree_free(&t);
	return err == ERR_NONE ? DONE : status_of(err);
}

static int ipsec(const struct request *q)
{
	static struct conf_report report;
	struct conf_tree *t = NULL;
	enum err err = settings_check(q->path, VIEW_EMPTY, &t, &report);

	if (err != ERR_NONE)
		show_faults(q->path, err, &report);
	else
		err = config_ipsec_write(t, view_of(q->operands[0]), stdout);
	if (err == ERR_NOT_FOUND)
		(void)complain(q->operands[0], "no peer of that name", NOT_FOUND);
	conf_tree_free(&t);
	return err == ERR_NONE ? DONE : status_of(err);
}

static const char manual_head[] =
	"ringfence.conf(5)\n\n"
	"# NAME\n\n"
	"ringfence.conf - what Ringfence does, and for whom\n\n"
	"# DESCRIPTION\n\n"
	"One file of blocks, /etc/ringfence/ringfence.conf where *-c* names no other. A block is a word, a name where it "
	"has one, and its options between braces; a block of few options may stand on one line without them. An option is "
	"a word and its value, lists are values side by side. What follows # is a comment, _include PATH_ reads another "
	"file. Units are written: 60s, 10m, 90d. Secrets stand in files (_file:PATH_) or the environment (_env:NAME_); "
	"paths that are not absolute count from the file's folder.\n\n"
	"*ringfence config check* names what is wrong by file, line and column, and reads the files that are named. "
	"*ringfence config explain* _WORD_ tells of one word, without a word it lists the blocks.\n\n"
	"\tmode observe\n\n"
	"\tlisten outside { udp 192.0.2.10:5060 }\n\n";

static int manual(const struct request *q)
{
	struct buffer b = buffer_on(storage, TEXT_MAX);
	struct view form = view_of(q->operands[0]);

	if (!view_equal(form, VIEW("markdown")) && !view_equal(form, VIEW("scdoc")))
		return USAGE;
	if (view_equal(form, VIEW("scdoc")))
		buffer_text(&b, manual_head);
	conf_manual_write(&proc_schema,
	                  view_equal(form, VIEW("scdoc")) ? CONF_SCDOC : CONF_MARKDOWN, &b);
	if (view_equal(form, VIEW("scdoc")))
		buffer_text(&b, "# SEE ALSO\n\n*ringfence*(1)\n");
	return put_out(&b);
}

static const struct {
	const char *verb, *arguments;
	int least, most; /* operands */
	int (*run)(const struct request *q);
} verbs[] = {
	{ "check", "[-c FILE] [--without-secrets]", 0, 0, check },
	{ "explain", "[WORD...]", 0, 8, explain },
	{ "fmt", "[-c FILE] [--write]", 0, 0, format },
	{ "diff", "[-c FILE] OLD-FILE|-", 1, 1, diff },
	{ "facts", "[-c FILE]", 0, 0, facts },
	{ "ipsec", "[-c FILE] PEER", 1, 1, ipsec },
	{ "manual", "markdown|scdoc", 1, 1, manual },
};

/* False for an option that is not known, or without its value. */
static bool take_options(int argc, char **argv, struct request *ret)
{
	*ret = (struct request){ .path = default_path, .operands = argv };
	for (int i = 0; i < argc; i++) {
		struct view word = view_of(argv[i]);

		if (view_equal(word, VIEW("--without-secrets")))
			ret->is_dry = true;
		else if (view_equal(word, VIEW("--json")))
			ret->is_json = true;
		else if (view_equal(word, VIEW("--write")))
			ret->is_write = true;
		else if (view_equal(word, VIEW("-c")) && i + 1 < argc)
			ret->path = argv[++i];
		else if (word.len > 1 && word.at[0] == '-')
			return false;
		else
			argv[ret->count++] = argv[i];
	}
	return true;
}

int main(int argc, char **argv)
{
	struct request q;
	int status = USAGE;

	storage = malloc(TEXT_MAX);
	if (!storage)
		return complain("memory", err_text(ERR_NO_MEMORY), FAILED);
	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (view_equal(view_of(argv[1]), view_of(verbs[i].verb)) &&
		    take_options(argc - 2, argv + 2, &q) && q.count >= verbs[i].least &&
		    q.count <= verbs[i].most)
			status = verbs[i].run(&q);
	free(storage);
	for (size_t i = 0; status == USAGE && i < sizeof(verbs) / sizeof(*verbs); i++)
		if (argc < 2 || view_equal(view_of(argv[1]), view_of(verbs[i].verb)))
			(void)fprintf(stderr, "usage: ringfence config %s %s\n", verbs[i].verb,
			              verbs[i].arguments);
	return status;
}
