/* SPDX-License-Identifier: Apache-2.0 */
/* The program behind `ringfence analyse`: the configuration, which it alone may
 * know as a whole, and the analysis. */
#include "cli/analyse.h"
#include "border/options.h"
#include "conf/tree.h"
#include "proc/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void show_faults(const char *path, enum err err, const struct conf_report *report)
{
	for (uint32_t i = 0; i < report->kept; i++)
		(void)fprintf(stderr, "%s\n", report->faults[i].text);
	if (report->count == 0)
		(void)fprintf(stderr, "ringfence: %s: %s\n", path, err_text(err));
}

static void take_rows(const struct conf_tree *t, struct guard_judge_settings *ret)
{
	const struct border_numbers *numbers = conf_get(t, &border_numbers_block, NULL);
	struct guard_rows rows = {
		.mode = conf_get(t, &guard_mode_block, NULL),
		.term = conf_get(t, &guard_term_block, NULL),
		.never = conf_get(t, &guard_never_block, NULL),
		.scanner = conf_get(t, &scanner_block, NULL),
		.enumeration = conf_get(t, &enumeration_block, NULL),
		.guessing = conf_get(t, &guessing_block, NULL),
		.toll_fraud = conf_get(t, &toll_fraud_block, NULL),
		.plan = numbers ? &numbers->plan : NULL,
		.anomaly = conf_get(t, &anomaly_block, NULL),
		.non_sip = conf_get(t, &non_sip_block, NULL),
	};

	guard_judge_settings_of(&rows, ret);
}

static bool is_full(const struct cli_analyse *a) { return a->inside_count == MAX_WATCH_INSIDE; }

/* PBXs are what is protected; nobody has to say so again by --inside. */
static void take_peers(const struct conf_tree *t, struct cli_analyse *ret)
{
	size_t count = 0;
	const struct border_peer *peers = conf_get(t, &border_peer_block, &count);

	for (size_t i = 0; i < count && !is_full(ret); i++) {
		struct addr_net net = { .base = peers[i].address, .prefix = 128 };

		net.base.port = 0;
		if (net.base.family != 0)
			ret->inside[ret->inside_count++] = net;
		for (uint32_t k = 0; k < peers[i].from_count && !is_full(ret); k++)
			ret->inside[ret->inside_count++] = peers[i].from[k];
	}
}

static enum cli_exit configure(const char *path, struct cli_analyse *ret)
{
	static struct conf_report report;
	struct conf_tree *t = NULL;
	enum err err;

	guard_judge_defaults(&ret->judge);
	if (path) {
		err = settings_read(path, &t, &report);
		if (err != ERR_NONE) {
			show_faults(path, err, &report);
			return err == ERR_SYNTAX    ? CLI_CONFIG_INVALID
			     : err == ERR_NOT_FOUND ? CLI_NOT_FOUND
			     : err == ERR_DENIED    ? CLI_NOT_ALLOWED
			                            : CLI_FAILED;
		}
		take_rows(t, &ret->judge);
		take_peers(t, ret);
		conf_tree_free(&t);
	}
	cli_analyse_judge_all(&ret->judge);
	return CLI_DONE;
}

/* A report of calls is some hundred bytes each; the C library would write 4 KiB at a time. */
static void widen_output(void)
{
	static char output[64 << 10];

	(void)setvbuf(stdout, output, _IOFBF, sizeof(output));
}

int main(int argc, char **argv)
{
	static struct cli_analyse order;
	struct cli c = { .is_terminal = isatty(STDOUT_FILENO) == 1 };
	enum cli_exit code;

	if (argc > 1 && view_equal(view_of(argv[1]), VIEW("--list")))
		return (int)cli_analyse_list(argc - 2, argv + 2);
	c.is_colour = c.is_terminal && !getenv("NO_COLOR");
	code = cli_analyse_read(&c, argc > 0 ? argc - 1 : 0, argv + (argc > 0), &order);
	if (code == CLI_DONE)
		code = configure(c.configuration, &order);
	if (c.format == FORMAT_JSON && !c.is_terminal)
		widen_output();
	if (code == CLI_DONE)
		code = cli_analyse_run(&order);
	return (int)code;
}
