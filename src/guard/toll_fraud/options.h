/* SPDX-License-Identifier: Apache-2.0 */
/* What the toll-fraud detector is told. */
#ifndef TOLL_FRAUD_OPTIONS_H
#define TOLL_FRAUD_OPTIONS_H

#include "conf/schema.h"
#include "guard/number/number.h"
#include "guard/rate.h"

enum { MAX_HUNTED_STRINGS = 8, MAX_BURST_CALLS = 32 };

struct toll_fraud_settings {
	struct number_plan plan; /* how one dials here; empty: nobody said */
	uint32_t strings;        /* ways to dial one number that are too many */
	uint32_t window_s;       /* how long a dial string is remembered */
	uint32_t learning_s;     /* how long every destination is new, and no news */
	uint32_t dear;           /* set of 1 << enum number_kind: what weighs more */
	struct guard_rate burst; /* calls abroad of an account that are too many */
};

/* The block `detector toll-fraud`. */
struct toll_fraud_options {
	uint8_t mode; /* enum mode */
	uint32_t strings, window_s, learning_s;
	uint32_t dear; /* places in the list of kinds, which begins behind ORDINARY */
	struct guard_rate burst;
};

extern const struct conf_block toll_fraud_block;

/* Without options (NULL): the defaults. The plan is left empty. */
void toll_fraud_settings_of(const struct toll_fraud_options *options,
                            struct toll_fraud_settings *ret);

#endif
