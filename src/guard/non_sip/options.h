/* SPDX-License-Identifier: Apache-2.0 */
/* What the non-sip detector is told. */
#ifndef NON_SIP_OPTIONS_H
#define NON_SIP_OPTIONS_H

#include "conf/schema.h"

struct non_sip_settings {
	uint32_t max_sources; /* remembered at once */
};

/* The block `detector non-sip`. */
struct non_sip_options {
	uint8_t mode; /* enum mode */
};

extern const struct conf_block non_sip_block;

/* Without options (NULL): the defaults. */
void non_sip_settings_of(const struct non_sip_options *options, struct non_sip_settings *ret);

#endif
