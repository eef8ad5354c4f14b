/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of the toll-fraud detector. */
#include "guard/toll_fraud/options.h"

#include "guard/detector_mode.h"

static const struct conf_option options[] = {
	DETECTOR_MODE(struct toll_fraud_options, "block"),
};

const struct conf_block toll_fraud_block = {
	.word = "detector toll-fraud",
	.help = "finds those who look for a way to dial at our expense",
	CONF_ROWS(struct toll_fraud_options, options),
};

void toll_fraud_settings_of(const struct toll_fraud_options *row, struct toll_fraud_settings *ret)
{
	(void)row;
	*ret = (struct toll_fraud_settings){ .max_sources = 16384 };
}
