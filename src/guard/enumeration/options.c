/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the enumeration detector. */
#include "guard/enumeration/options.h"

#include "guard/detector_mode.h"

static const struct conf_option options[] = {
	DETECTOR_MODE(struct enumeration_options, "block"),
};

const struct conf_block enumeration_block = {
	.word = "detector enumeration",
	.help = "finds those who try which users there are",
	CONF_ROWS(struct enumeration_options, options),
};

void enumeration_settings_of(const struct enumeration_options *row,
                             struct enumeration_settings *ret)
{
	(void)row;
	*ret = (struct enumeration_settings){ .max_sources = 16384 };
}
