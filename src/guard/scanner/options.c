/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the scanner detector. */
#include "guard/scanner/options.h"

#include "guard/detector_mode.h"

static const struct conf_option options[] = {
	DETECTOR_MODE(struct scanner_options, "block"),
};

const struct conf_block scanner_block = {
	.word = "detector scanner",
	.help = "finds the message shapes and sweeps of scanning tools",
	CONF_ROWS(struct scanner_options, options),
};

void scanner_settings_of(const struct scanner_options *row, struct scanner_settings *ret)
{
	(void)row;
	*ret = (struct scanner_settings){ .max_sources = 16384 };
}
