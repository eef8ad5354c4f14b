/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of `ringfence analyse`. */
#include "cli/analyse.h"
#include "runner/test.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { MAX_WORDS = 16 };

/* What is complained of goes nowhere. */
static enum cli_exit read_quietly(struct cli *c, const char *const *words, struct cli_analyse *ret)
{
	char *argv[MAX_WORDS + 1], copies[MAX_WORDS][64];
	int count = 0, kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	enum cli_exit code;

	for (; words[count]; count++) {
		(void)view_copy(view_of(words[count]), copies[count], sizeof(copies[count]));
		argv[count] = copies[count];
	}
	argv[count] = NULL;
	(void)dup2(nowhere, STDERR_FILENO);
	code = cli_analyse_read(c, count, argv, ret);
	(void)dup2(kept, STDERR_FILENO);
	(void)close(kept);
	(void)close(nowhere);
	return code;
}

static const struct {
	const char *name;
	const char *words[MAX_WORDS];
	enum cli_exit want;
	size_t files, inside, keys, key_logs;
} lines[] = {
	{ "a file", { "a.pcap" }, CLI_DONE, 1, 0, 0, 0 },
	{ "standard input", { "-" }, CLI_DONE, 1, 0, 0, 0 },
	{ "several files", { "a.pcap", "b.pcap" }, CLI_DONE, 2, 0, 0, 0 },
	{ "a file with a dash", { "--", "-a.pcap" }, CLI_DONE, 1, 0, 0, 0 },
	{ "networks",
	  { "--inside", "192.0.2.0/24", "a", "--inside=2001:db8::/32" },
	  CLI_DONE,
	  1,
	  2,
	  0,
	  0 },
	{ "keys", { "--key", "k.pem", "--keylog=l", "--key", "m.pem", "a" }, CLI_DONE, 1, 0, 2, 1 },
	{ "all formats", { "-o", "jsonl", "-q", "--no-color", "a" }, CLI_DONE, 1, 0, 0, 0 },
	{ "no file", { "-o", "json" }, CLI_USAGE, 0, 0, 0, 0 },
	{ "a table for spreadsheets", { "-o", "csv", "a" }, CLI_USAGE, 0, 0, 0, 0 },
	{ "a network that is none", { "--inside", "192.0.2.1/24", "a" }, CLI_USAGE, 0, 0, 0, 0 },
	{ "an option without its value", { "a", "--inside" }, CLI_USAGE, 0, 0, 0, 0 },
	{ "a key without its value", { "a", "--key" }, CLI_USAGE, 0, 0, 0, 0 },
	{ "a store without its value", { "a", "--store" }, CLI_USAGE, 0, 0, 0, 0 },
	{ "an option that is not known", { "--outside", "a" }, CLI_USAGE, 0, 0, 0, 0 },
};

TEST(analyse_lines, "understands its command line or says what is wrong with it")
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct cli_analyse *a = calloc(1, sizeof(*a));
		struct cli c = { 0 };
		enum cli_exit code;
		bool is_right;

		if (!a)
			return ERR_NO_MEMORY;
		code = read_quietly(&c, lines[i].words, a);
		is_right =
			code == lines[i].want &&
			(code != CLI_DONE ||
		         (a->file_count == lines[i].files && a->inside_count == lines[i].inside &&
		          a->key_count == lines[i].keys && a->key_log_count == lines[i].key_logs));
		free(a);
		CHECK_CASE(is_right, lines[i].name);
	}
	return ERR_NONE;
}

TEST(analyse_networks, "refuses more networks than there is room for")
{
	struct cli_analyse *a = calloc(1, sizeof(*a));
	char words[2 * MAX_WATCH_INSIDE + 3][16], *argv[2 * MAX_WATCH_INSIDE + 4];
	struct cli c = { 0 };
	int count = 0, kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	enum cli_exit code;

	if (!a)
		return ERR_NO_MEMORY;
	for (int i = 0; i <= MAX_WATCH_INSIDE; i++) {
		(void)VIEW_COPY(VIEW("--inside"), words[count]);
		argv[count] = words[count];
		count++;
		(void)VIEW_COPY(VIEW("192.0.2.1"), words[count]);
		argv[count] = words[count];
		count++;
	}
	argv[count] = NULL;
	(void)dup2(nowhere, STDERR_FILENO);
	code = cli_analyse_read(&c, count, argv, a);
	(void)dup2(kept, STDERR_FILENO);
	(void)close(kept);
	(void)close(nowhere);
	free(a);
	CHECK(code == CLI_USAGE);
	return ERR_NONE;
}

TEST(analyse_modes, "judges what observes as if it acted, and leaves off what is off")
{
	struct guard_judge_settings *s = calloc(1, sizeof(*s));
	bool is_right;

	if (!s)
		return ERR_NO_MEMORY;
	s->mode = MODE_OBSERVE;
	s->detector_modes[DETECTOR_GUESSING] = MODE_OBSERVE;
	s->detector_modes[DETECTOR_SCANNER] = MODE_OFF;
	cli_analyse_judge_all(s);
	is_right = s->mode == MODE_BLOCK && s->detector_modes[DETECTOR_GUESSING] == MODE_BLOCK &&
	           s->detector_modes[DETECTOR_SCANNER] == MODE_OFF;
	free(s);
	CHECK(is_right);
	return ERR_NONE;
}
