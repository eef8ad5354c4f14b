/* SPDX-License-Identifier: Apache-2.0 */
/* The option table of `store { ... }`. */
#include "store/options.h"

enum { DAY_S = 86400, TEN_YEARS_S = 3650 * DAY_S };

#define KEEP(what, member, length, sentence)                                                       \
	{                                                                                          \
		"keep " what, CONF_SECONDS, CONF_AT(struct store_settings, member),                \
			.min = DAY_S, .max = TEN_YEARS_S, .fallback = length, .help = sentence     \
	}

static const struct conf_option options[] = {
	{ "sqlite", CONF_PATH, CONF_AT(struct store_settings, sqlite), .min = 1, .max = 255,
	  .fallback = "/var/lib/ringfence/ringfence.db", .help = "file of the embedded database" },
	KEEP("calls", keep_calls_s, "90d", "how long calls are kept"),
	KEEP("incidents", keep_incidents_s, "400d",
	     "how long incidents are kept after their last fact"),
	KEEP("samples", keep_samples_s, "30d", "how long sample messages of incidents are kept"),
	KEEP("blocks", keep_blocks_s, "400d", "how long blocks are kept after their end"),
	KEEP("audit", keep_audit_s, "400d", "how long the audit trail is kept"),
	{ "at-most", CONF_SIZE, CONF_AT(struct store_settings, at_most_bytes), .min = 64 << 20,
	  .max = UINT64_C(1) << 46, .fallback = "10 GB",
	  .help = "size beyond which samples, then the oldest incidents and calls go" },
};

const struct conf_block store_block = {
	.word = "store",
	.help = "where calls, incidents, blocks and changes are kept, and how long",
	CONF_ROWS(struct store_settings, options),
};

void store_keep_of(const struct store_settings *settings, struct store_keep *ret)
{
	const uint32_t seconds[RECORD_KIND_COUNT] = {
		[RECORD_CALL] = settings->keep_calls_s,
		[RECORD_INCIDENT] = settings->keep_incidents_s,
		[RECORD_SAMPLE] = settings->keep_samples_s,
		[RECORD_BLOCK] = settings->keep_blocks_s,
		[RECORD_AUDIT] = settings->keep_audit_s,
	};

	for (size_t kind = 0; kind < RECORD_KIND_COUNT; kind++)
		ret->age_us[kind] = (int64_t)seconds[kind] * 1000000;
	ret->at_most_bytes = settings->at_most_bytes;
}
