/* SPDX-License-Identifier: Apache-2.0 */
/* Covers certificates_name_read: what is taken is printable, has no comma (which parts names where
 * they are listed), and is taken again as the same, with a host that is a name of its own. */
#include "cli/certificates.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct certificates_name n, same;

	if (size == 0 || certificates_name_read(view_bytes(data + 1, size - 1), data[0] & 1, &n))
		return 0;
	for (const char *at = n.text; *at; at++)
		if (*at <= ' ' || *at > '~' || *at == ',')
			abort();
	if (certificates_name_read(view_of(n.text), data[0] & 1, &same) != ERR_NONE ||
	    same.kind != n.kind || same.prefix != n.prefix || strcmp(same.text, n.text) != 0)
		abort();
	if (n.kind == CERTIFICATES_URI &&
	    (certificates_name_read(certificates_name_host(&n), false, &same) != ERR_NONE ||
	     same.kind == CERTIFICATES_URI))
		abort();
	return 0;
}
