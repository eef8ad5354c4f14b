/* SPDX-License-Identifier: Apache-2.0 */
/* Covers the splitting of lists: sip/values.c. Values lie within the text, in
 * order, none is empty, and splitting a value again gives it whole. */
#include <assert.h>

#include "sip/values.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_bytes(data, size), value, again;
	struct sip_values w = sip_values_on(text);
	const char *after = text.at;

	while (sip_values_next(&w, &value)) {
		struct sip_values inner = sip_values_on(value);

		assert(value.len > 0 && value.at >= after &&
		       value.at + value.len <= text.at + text.len);
		assert(sip_values_next(&inner, &again) && view_equal(value, again));
		assert(!sip_values_next(&inner, &again));
		after = value.at + value.len;
	}
	return 0;
}
