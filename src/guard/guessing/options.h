/* SPDX-License-Identifier: Apache-2.0 */
/* What the guessing detector is told. */
#ifndef GUESSING_OPTIONS_H
#define GUESSING_OPTIONS_H

#include "conf/schema.h"

enum { MAX_FREE_FAILURES = 16, MAX_FAILING_ACCOUNTS = 31, MAX_DISTRIBUTED_SOURCES = 32 };

struct guessing_settings {
	uint32_t free_failures; /* failed logins at score 0 per account and source in the window */
	uint32_t window_s;
	uint32_t failures_a_day; /* per account and source, before each blocks */
	uint32_t accounts_a_day; /* failing at one source, before each more blocks */
	uint32_t max_accounts;   /* with more accounts failing at a source nothing is free there */
	uint32_t distributed_sources; /* so many failing at one account in a day: an incident */
};

/* The block `detector guessing`. */
struct guessing_options {
	uint8_t mode; /* enum mode */
	uint32_t free_failures, window_s, max_accounts, distributed_sources;
	uint32_t failures_a_day, accounts_a_day;
};

extern const struct conf_block guessing_block;

/* Without options (NULL): the defaults. */
void guessing_settings_of(const struct guessing_options *options, struct guessing_settings *ret);

#endif
