/* SPDX-License-Identifier: Apache-2.0 */
/* What the scanner detector is told. */
#ifndef SCANNER_OPTIONS_H
#define SCANNER_OPTIONS_H

#include "conf/schema.h"

enum { MAX_SWEEP_TARGETS = 16, MAX_SHAPE_SOURCES = 32 };

struct scanner_settings {
	uint32_t max_sources; /* remembered at once */
	uint32_t max_shapes;
	uint32_t targets; /* asked for one user in a day: a sweep */
	uint32_t sources; /* of one shape in a day: one campaign */
};

/* The block `detector scanner`. */
struct scanner_options {
	uint8_t mode; /* enum mode */
	uint32_t targets, sources;
};

extern const struct conf_block scanner_block;

/* Without options (NULL): the defaults. */
void scanner_settings_of(const struct scanner_options *options, struct scanner_settings *ret);

#endif
