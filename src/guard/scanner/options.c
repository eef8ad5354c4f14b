/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the scanner detector. */
#include "guard/scanner/options.h"

#include "guard/detector_mode.h"

static const struct conf_option options[] = {
	DETECTOR_MODE(struct scanner_options, "block"),
	{ "targets", CONF_COUNT, CONF_AT(struct scanner_options, targets), .min = 3,
	  .max = MAX_SWEEP_TARGETS, .unit = "a day", .fallback = "5",
	  .help = "targets asked for the same user by one address that make a sweep" },
	{ "from", CONF_COUNT, CONF_AT(struct scanner_options, sources), .min = 2,
	  .max = MAX_SHAPE_SOURCES, .unit = "addresses a day", .fallback = "4",
	  .help = "addresses sending what one tool writes that are told as one" },
};

const struct conf_block scanner_block = {
	.word = "detector scanner",
	.help = "finds the message shapes and sweeps of scanning tools",
	CONF_ROWS(struct scanner_options, options),
};

void scanner_settings_of(const struct scanner_options *row, struct scanner_settings *ret)
{
	*ret = (struct scanner_settings){
		.max_sources = 8192,
		.max_shapes = 1024,
		.targets = row ? row->targets : 5,
		.sources = row ? row->sources : 4,
	};
}
