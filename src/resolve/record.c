/* SPDX-License-Identifier: Apache-2.0 */
/* What may be a name. */
#include "resolve/record.h"

static bool is_label(struct view label)
{
	for (size_t i = 0; i < label.len; i++) {
		char c = label.at[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_'))
			return false;
	}
	return label.len > 0 && label.len < 64 && label.at[0] != '-';
}

bool resolve_is_name(struct view text)
{
	size_t at = 0;

	if (text.len == 0 || text.len >= RESOLVE_NAME_SIZE - 2)
		return false;
	while (at <= text.len) {
		size_t dot = view_find(text, '.', at);

		if (!is_label(view_first(view_after(text, at), dot - at)))
			return false;
		at = dot + 1;
	}
	return true;
}
