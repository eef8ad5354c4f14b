/* SPDX-License-Identifier: Apache-2.0 */
/* Covers conf_format and conf_load: the standard form of a file means what the
 * file means, is a standard form itself, and is refused where the file is. Read once more where
 * an allocation fails. */
#include "scarce.h"
#include "unit/conf/sample.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char form[1 << 18], again[1 << 18], old[1 << 15], new[1 << 15];
	struct buffer once = BUFFER_ON(form), twice = BUFFER_ON(again);
	struct view text = view_bytes(data, size);
	size_t len = sample_blob(text, old, sizeof(old));
	struct conf_token bad;

	scarce_from_here(size % 64 + 1);
	(void)sample_blob(text, new, sizeof(new));
	scarce_from_here(0);
	if (conf_format(text, &once, &bad) != ERR_NONE) {
		if (len > 0 && once.err == ERR_NONE)
			abort();
	} else if (conf_format(buffer_view(&once), &twice, &bad) != ERR_NONE ||
	           !view_equal(buffer_view(&once), buffer_view(&twice)) ||
	           sample_blob(buffer_view(&once), new, sizeof(new)) != len ||
	           memcmp(old, new, len) != 0) {
		abort();
	}
	return 0;
}
