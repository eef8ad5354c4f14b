/* SPDX-License-Identifier: Apache-2.0 */
/* What may be configured of the store. */
#ifndef STORE_OPTIONS_H
#define STORE_OPTIONS_H

#include "conf/schema.h"
#include "store/retention.h"

struct store_settings {
	char sqlite[256]; /* path of the database */
	uint64_t at_most_bytes;
	uint32_t keep_calls_s, keep_incidents_s, keep_samples_s, keep_blocks_s, keep_audit_s;
};

extern const struct conf_block store_block;

void store_keep_of(const struct store_settings *settings, struct store_keep *ret);

#endif
