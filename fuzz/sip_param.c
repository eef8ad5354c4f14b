/* SPDX-License-Identifier: Apache-2.0 */
/* Covers sip_param_write and the quoted texts of sip/param.c: a parameter that can be written is
 * read as the same again. Name and value, with an = between them. */
#include <stdlib.h>

#include "sip/param.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char text[1 << 14], plain[1 << 14];
	struct view bytes = view_first(view_bytes(data, size), 4096);
	size_t end = view_find(bytes, '=', 0);
	struct sip_param p = { .name = view_first(bytes, end),
		               .value = view_after(bytes, end + 1) };

	p.has_value = end < bytes.len;
	for (p.is_quoted = false;; p.is_quoted = true) {
		struct buffer out = BUFFER_ON(text), value = BUFFER_ON(plain);
		struct sip_param again;

		sip_param_write(&out, &p);
		if (out.err == ERR_NONE) {
			struct cursor in = cursor_on(buffer_view(&out));

			if (!sip_params_next(&in, &again) || !cursor_is_at_end(&in) ||
			    !view_equal(again.name, p.name) || again.has_value != p.has_value)
				abort();
			sip_quoted_decode(&value, again.value);
			if (!view_equal(p.is_quoted || !again.is_quoted ? again.value
			                                                : buffer_view(&value),
			                p.value))
				abort();
		}
		if (p.is_quoted)
			return 0;
	}
}
