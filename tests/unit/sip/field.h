/* SPDX-License-Identifier: Apache-2.0 */
/* Every field that sip parses and builds, as one table: a name, a function
 * that parses and writes anew, and samples that must be accepted. What holds
 * for all of them (truncation, tampering, ladders, repetition) is tested once. */
#ifndef UNIT_SIP_FIELD_H
#define UNIT_SIP_FIELD_H

#include "base/buffer.h"
#include "base/view.h"

enum { MAX_SAMPLES = 16 };

struct field {
	const char *name;
	/* Parses text; on success writes it anew into b. */
	enum err (*rewrite)(struct view text, struct buffer *b);
	const char *samples[MAX_SAMPLES];
};

extern const struct field fields[];
extern const size_t field_count;

#endif
