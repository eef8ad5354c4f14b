/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the toll-fraud detector. */
#include "guard/toll_fraud/options.h"

#include "guard/detector_mode.h"

enum { MINUTE_S = 60, DAY_S = 86400, LEARNING_S = 7 * DAY_S };

/* As enum number_kind, from its second on. */
static const char *const kinds[] = { "premium", "shared-cost", "satellite", "global",    "personal",
	                             "voip",    "uan",         "pager",     "toll-free", NULL };

static const struct conf_option options[] = {
	DETECTOR_MODE(struct toll_fraud_options, "block"),
	{ "after", CONF_COUNT, CONF_AT(struct toll_fraud_options, strings), .min = 2,
	  .max = MAX_HUNTED_STRINGS, .unit = "ways to dial one number", .fallback = "3",
	  .help = "dial strings for one number that make it a hunt for a prefix" },
	{ "in", CONF_SECONDS, CONF_AT(struct toll_fraud_options, window_s), .min = 10 * MINUTE_S,
	  .max = 7 * DAY_S, .fallback = "1d", .help = "how long a dial string is remembered" },
	{ "learning", CONF_SECONDS, CONF_AT(struct toll_fraud_options, learning_s),
	  .min = 10 * MINUTE_S, .max = 90 * DAY_S, .fallback = "7d",
	  .help = "time after a start in which no destination is news" },
	{ "dear", CONF_FLAGS, CONF_AT(struct toll_fraud_options, dear), .choices = kinds,
	  .fallback = "premium satellite global", .help = "sorts of numbers that weigh more" },
	{ "burst", CONF_RATE, CONF_AT(struct toll_fraud_options, burst), .min = 2,
	  .max = MAX_BURST_CALLS, .fallback = "10 in 10m",
	  .help = "calls of one account to where it never called that are a burst" },
};

const struct conf_block toll_fraud_block = {
	.word = "detector toll-fraud",
	.help = "finds those who look for a way to dial at our expense",
	CONF_ROWS(struct toll_fraud_options, options),
};

void toll_fraud_settings_of(const struct toll_fraud_options *row, struct toll_fraud_settings *ret)
{
	static const struct toll_fraud_options fallback = {
		.strings = 3,
		.window_s = DAY_S,
		.learning_s = LEARNING_S,
		.dear = (1U << NUMBER_PREMIUM | 1U << NUMBER_SATELLITE | 1U << NUMBER_GLOBAL) >> 1,
		.burst = { 10, 10 * MINUTE_S * 1000 },
	};

	if (!row)
		row = &fallback;
	*ret = (struct toll_fraud_settings){
		.strings = row->strings,
		.window_s = row->window_s,
		.learning_s = row->learning_s,
		.dear = row->dear << 1,
		.burst = row->burst,
	};
}
