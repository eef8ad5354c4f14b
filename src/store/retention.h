/* SPDX-License-Identifier: Apache-2.0 */
/* Forgetting: by age per kind, and by size (samples first, then the oldest of
 * everything but the audit trail), in steps of few rows so that writing never
 * waits long. And shedding: a disk nearly full keeps out samples, then
 * details, never what is kept for ever (calls, blocks, audit). */
#ifndef STORE_RETENTION_H
#define STORE_RETENTION_H

#include "store/store.h"

struct store_keep {
	int64_t age_us[RECORD_KIND_COUNT]; /* by enum record_kind; 0 keeps for ever */
	uint64_t at_most_bytes;            /* 0: no limit */
};

struct store_size {
	uint64_t used_bytes; /* pages in use, free ones not counted */
	uint64_t free_bytes; /* left to us on that disk */
	uint64_t disk_bytes;
};

enum store_pressure { PRESSURE_NONE, PRESSURE_SAMPLES, PRESSURE_DETAILS };

enum { RETENTION_STEP_ROWS = 500 };

/* One step, one transaction. ret_is_more: another step would find work. ERR_IO. */
enum err store_forget(struct store *s, const struct store_keep *keep, int64_t now_wall_us,
                      bool *ret_is_more) MUST_USE;

enum err store_measure(struct store *s, struct store_size *ret) MUST_USE;
/* What that size asks for; knows where `before` stood, so as not to swing. */
enum store_pressure store_pressure_at(const struct store_size *size, enum store_pressure before);
/* From now on store_write sheds what is below. */
void store_press(struct store *s, enum store_pressure pressure);
const char *store_pressure_name(enum store_pressure p); /* "none", "samples", "details" */

#endif
