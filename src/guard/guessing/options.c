/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the guessing detector. */
#include "guard/guessing/options.h"

#include "guard/detector_mode.h"

enum { HOUR_S = 3600 };

static const struct conf_option options[] = {
	DETECTOR_MODE(struct guessing_options, "block"),
	{ "free", CONF_COUNT, CONF_AT(struct guessing_options, free_failures), .min = 0,
	  .max = MAX_FREE_FAILURES, .unit = "wrong passwords per account", .fallback = "4",
	  .help = "failed logins of one account at one source without score" },
	{ "in", CONF_SECONDS, CONF_AT(struct guessing_options, window_s), .min = 60, .max = HOUR_S,
	  .fallback = "10m", .help = "window in which failed logins are counted" },
	{ "at-most", CONF_COUNT, CONF_AT(struct guessing_options, max_accounts), .min = 1,
	  .max = MAX_FAILING_ACCOUNTS, .unit = "failing accounts per address", .fallback = "20",
	  .help = "accounts that may fail at one source before no failure there is free" },
	{ "a-day", CONF_COUNT, CONF_AT(struct guessing_options, failures_a_day), .min = 5,
	  .max = 10000, .unit = "wrong passwords per account", .fallback = "20",
	  .help = "failed logins of one account at one source in a day, none accepted" },
	{ "accounts-a-day", CONF_COUNT, CONF_AT(struct guessing_options, accounts_a_day), .min = 5,
	  .max = 500, .unit = "failing accounts per address", .fallback = "40",
	  .help = "accounts that may fail at one source in a day, none of them let in" },
	{ "across", CONF_COUNT, CONF_AT(struct guessing_options, distributed_sources), .min = 2,
	  .max = MAX_DISTRIBUTED_SOURCES, .unit = "addresses a day", .fallback = "8",
	  .help = "addresses failing at one account that make an incident" },
};

const struct conf_block guessing_block = {
	.word = "detector guessing",
	.help = "finds those who try passwords",
	CONF_ROWS(struct guessing_options, options),
};

void guessing_settings_of(const struct guessing_options *row, struct guessing_settings *ret)
{
	*ret = (struct guessing_settings){
		.free_failures = row ? row->free_failures : 4,
		.window_s = row ? row->window_s : 600,
		.failures_a_day = row ? row->failures_a_day : 20,
		.accounts_a_day = row ? row->accounts_a_day : 40,
		.max_accounts = row ? row->max_accounts : 20,
		.distributed_sources = row ? row->distributed_sources : 8,
	};
}
