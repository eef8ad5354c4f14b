/* SPDX-License-Identifier: Apache-2.0 */
/* What the anomaly detector is told. */
#ifndef ANOMALY_OPTIONS_H
#define ANOMALY_OPTIONS_H

#include "conf/schema.h"

struct anomaly_settings {
	uint32_t max_sources; /* remembered at once */
};

/* The block `detector anomaly`. */
struct anomaly_options {
	uint8_t mode; /* enum mode */
};

extern const struct conf_block anomaly_block;

/* Without options (NULL): the defaults. */
void anomaly_settings_of(const struct anomaly_options *options, struct anomaly_settings *ret);

#endif
