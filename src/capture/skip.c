/* SPDX-License-Identifier: Apache-2.0 */
/* Names and sum of what was left out. */
#include "capture/skip.h"

const char *capture_skip_name(enum capture_skip skip)
{
	static const char *const names[] = {
#define SKIP(name, text) [CAPTURE_SKIP_##name] = text,
#include "capture/skip.def"
#undef SKIP
	};

	return (unsigned)skip < CAPTURE_SKIP_COUNT ? names[skip] : "unknown";
}

uint64_t capture_skipped_total(const struct capture_skipped *s)
{
	uint64_t total = 0;

	for (int i = 0; i < CAPTURE_SKIP_COUNT; i++)
		total += s->counts[i];
	return total;
}
