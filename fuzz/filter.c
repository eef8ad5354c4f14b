/* SPDX-License-Identifier: Apache-2.0 */
/* Covers store/filter.c: the filter of lists, for each kind of record. What it
 * takes stays within its arrays, is bound to a column, and reads the same twice. */
#include "store/filter.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static struct filter filter, again;

	for (int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		char words[512];
		struct buffer why = BUFFER_ON(words);

		filter = again = (struct filter){ 0 };
		if (filter_parse(view_bytes(bytes, len), (enum record_kind)kind, 1, &why,
		                 &filter) != ERR_NONE)
			continue;
		if (filter_parse(view_bytes(bytes, len), (enum record_kind)kind, 1, &why, &again) !=
		            ERR_NONE ||
		    filter.count > MAX_FILTER_WORDS || memcmp(&filter, &again, sizeof(filter)) != 0)
			abort();
		for (size_t i = 0; i < filter.count; i++)
			if (!filter.words[i].columns[0] ||
			    !memchr(filter.words[i].text, 0, FILTER_VALUE_MAX))
				abort();
	}
	return 0;
}
