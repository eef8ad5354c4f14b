/* SPDX-License-Identifier: Apache-2.0 */
/* The short codes of refusals: border writes them for known flows and peers
 * into `Warning: 399 ringfence "10 words"`, `ringfence why 10` explains them.
 * Strangers are never told a reason. */
#ifndef EVENT_REFUSAL_H
#define EVENT_REFUSAL_H

#include "base/buffer.h"

enum refusal {
#define REFUSAL(code, name, words, meaning, remedy) REFUSAL_##name,
#include "event/refusal.def"
#undef REFUSAL
	REFUSAL_COUNT
};

struct refusal_row {
	uint8_t code;
	const char *words, *meaning, *remedy;
};

const struct refusal_row *refusal_row(enum refusal r);
/* The one with that code; NULL: there is none. */
const struct refusal_row *refusal_of_code(uint64_t code);
/* `399 ringfence "10 words"`: a Warning's value. */
void refusal_write_warning(struct buffer *b, enum refusal r);

#endif
