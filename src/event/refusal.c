/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of refusal.def, found by name and by code. */
#include "event/refusal.h"

static const struct refusal_row rows[REFUSAL_COUNT] = {
#define REFUSAL(code, name, words, meaning, remedy) { code, words, meaning, remedy },
#include "event/refusal.def"
#undef REFUSAL
};

/* Two rows of one code do not compile. */
enum refusal_code {
#define REFUSAL(code, name, words, meaning, remedy) REFUSAL_CODE_##code,
#include "event/refusal.def"
#undef REFUSAL
};

const struct refusal_row *refusal_row(enum refusal r) { return &rows[r]; }

const struct refusal_row *refusal_of_code(uint64_t code)
{
	for (unsigned i = 0; i < REFUSAL_COUNT; i++)
		if (rows[i].code == code)
			return &rows[i];
	return NULL;
}

void refusal_write_warning(struct buffer *b, enum refusal r)
{
	buffer_text(b, "399 ringfence \"");
	buffer_decimal(b, rows[r].code);
	buffer_char(b, ' ');
	buffer_text(b, rows[r].words);
	buffer_char(b, '"');
}
