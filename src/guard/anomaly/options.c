/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the anomaly detector. */
#include "guard/anomaly/options.h"

#include "guard/detector_mode.h"

static const struct conf_option options[] = {
	DETECTOR_MODE(struct anomaly_options, "block"),
};

const struct conf_block anomaly_block = {
	.word = "detector anomaly",
	.help = "finds messages that are built to break a parser",
	CONF_ROWS(struct anomaly_options, options),
};

void anomaly_settings_of(const struct anomaly_options *row, struct anomaly_settings *ret)
{
	(void)row;
	*ret = (struct anomaly_settings){ .max_sources = 4096 };
}
