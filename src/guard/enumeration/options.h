/* SPDX-License-Identifier: Apache-2.0 */
/* What the enumeration detector is told. */
#ifndef ENUMERATION_OPTIONS_H
#define ENUMERATION_OPTIONS_H

#include "conf/schema.h"

struct enumeration_settings {
	uint32_t max_sources; /* remembered at once */
};

/* The block `detector enumeration`. */
struct enumeration_options {
	uint8_t mode; /* enum mode */
};

extern const struct conf_block enumeration_block;

/* Without options (NULL): the defaults. */
void enumeration_settings_of(const struct enumeration_options *options,
                             struct enumeration_settings *ret);

#endif
