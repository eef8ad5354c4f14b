/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of what of a capture was left out, and why. One set belongs to whoever
 * reads the capture; all stages count into it. */
#ifndef CAPTURE_SKIP_H
#define CAPTURE_SKIP_H

#include <stdint.h>

enum capture_skip {
#define SKIP(name, text) CAPTURE_SKIP_##name,
#include "capture/skip.def"
#undef SKIP
	CAPTURE_SKIP_COUNT
};

struct capture_skipped {
	uint64_t counts[CAPTURE_SKIP_COUNT];
};

/* As a report writes it ("bad-fragment"); static storage. */
const char *capture_skip_name(enum capture_skip skip);
uint64_t capture_skipped_total(const struct capture_skipped *s);

#endif
