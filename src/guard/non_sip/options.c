/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the non-sip detector. */
#include "guard/non_sip/options.h"

#include "guard/detector_mode.h"

static const struct conf_option options[] = {
	DETECTOR_MODE(struct non_sip_options, "block"),
};

const struct conf_block non_sip_block = {
	.word = "detector non-sip",
	.help = "finds those who send something else than SIP to a SIP port",
	CONF_ROWS(struct non_sip_options, options),
};

void non_sip_settings_of(const struct non_sip_options *row, struct non_sip_settings *ret)
{
	(void)row;
	*ret = (struct non_sip_settings){ .max_sources = 4096 };
}
