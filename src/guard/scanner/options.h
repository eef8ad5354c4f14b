/* SPDX-License-Identifier: Apache-2.0 */
/* What the scanner detector is told. */
#ifndef SCANNER_OPTIONS_H
#define SCANNER_OPTIONS_H

#include "conf/schema.h"

struct scanner_settings {
	uint32_t max_sources; /* remembered at once */
};

/* The block `detector scanner`. */
struct scanner_options {
	uint8_t mode; /* enum mode */
};

extern const struct conf_block scanner_block;

/* Without options (NULL): the defaults. */
void scanner_settings_of(const struct scanner_options *options, struct scanner_settings *ret);

#endif
