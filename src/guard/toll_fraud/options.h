/* SPDX-License-Identifier: Apache-2.0 */
/* What the toll-fraud detector is told. */
#ifndef TOLL_FRAUD_OPTIONS_H
#define TOLL_FRAUD_OPTIONS_H

#include "conf/schema.h"

struct toll_fraud_settings {
	uint32_t max_sources; /* remembered at once */
};

/* The block `detector toll-fraud`. */
struct toll_fraud_options {
	uint8_t mode; /* enum mode */
};

extern const struct conf_block toll_fraud_block;

/* Without options (NULL): the defaults. */
void toll_fraud_settings_of(const struct toll_fraud_options *options,
                            struct toll_fraud_settings *ret);

#endif
