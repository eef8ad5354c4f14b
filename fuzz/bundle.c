/* SPDX-License-Identifier: Apache-2.0 */
/* Row by row, and all of them once more from what was written. */
#include "bundle.h"

#include <string.h>

bool bundle_is_kept(const struct keys_bundle *b)
{
	static char text[1 << 16];
	struct buffer out = BUFFER_ON(text);
	struct keys_bundle again;
	struct keys_row one, two;
	size_t at = 0, other = 0;
	struct view first;

	while (keys_bundle_next(b, &at, &one)) {
		if (keys_bundle_put(&out, one.kind, view_of(one.name), one.bytes) != ERR_NONE)
			return true;
		if (!keys_bundle_find(b, one.kind, view_of(one.name), &first))
			return false;
	}
	if (keys_bundle_open(buffer_view(&out), &again) != ERR_NONE || again.count != b->count)
		return false;
	for (at = 0; keys_bundle_next(b, &at, &one);)
		if (!keys_bundle_next(&again, &other, &two) || one.kind != two.kind ||
		    strcmp(one.name, two.name) != 0 || !view_equal(one.bytes, two.bytes))
			return false;
	return true;
}
