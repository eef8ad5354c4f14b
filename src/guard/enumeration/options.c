/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the enumeration detector. */
#include "guard/enumeration/options.h"

#include "guard/detector_mode.h"

static const struct conf_option options[] = {
	DETECTOR_MODE(struct enumeration_options, "block"),
	{ "users", CONF_COUNT, CONF_AT(struct enumeration_options, users), .min = 3,
	  .max = MAX_TRIED_USERS, .unit = "per address", .fallback = "12",
	  .help = "users tried in vain by one address in the window that make an enumeration" },
	{ "in", CONF_SECONDS, CONF_AT(struct enumeration_options, window_s), .min = 60, .max = 3600,
	  .fallback = "10m", .help = "window in which such users are counted" },
	{ "daily", CONF_COUNT, CONF_AT(struct enumeration_options, daily), .min = 3,
	  .max = MAX_TRIED_USERS, .unit = "users per address", .fallback = "30",
	  .help = "users tried in vain by one address in a day that make an enumeration" },
};

const struct conf_block enumeration_block = {
	.word = "detector enumeration",
	.help = "finds those who try which users there are",
	CONF_ROWS(struct enumeration_options, options),
};

void enumeration_settings_of(const struct enumeration_options *row,
                             struct enumeration_settings *ret)
{
	*ret = (struct enumeration_settings){
		.max_sources = 8192,
		.max_friends = 32768,
		.users = row ? row->users : 12,
		.window_s = row ? row->window_s : 600,
		.daily = row ? row->daily : 30,
	};
}
