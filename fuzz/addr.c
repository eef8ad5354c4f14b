/* SPDX-License-Identifier: Apache-2.0 */
/* Covers addr_parse_port, addr_net_parse (and addr_parse within) and their
 * writers: what was read is written in a form that reads as the same value. */
#include "base/addr.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct view text = view_bytes(data, size);
	char storage[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(storage);
	struct addr_net net, same_net;
	struct addr a, same;

	if (addr_parse_port(text, &a) == ERR_NONE &&
	    (addr_parse_port(view_of(addr_text(&a, storage)), &same) != ERR_NONE ||
	     !addr_equal(&a, &same)))
		abort();
	if (addr_net_parse(text, &net) != ERR_NONE)
		return 0;
	addr_net_write(&b, &net);
	if (addr_net_parse(buffer_view(&b), &same_net) != ERR_NONE ||
	    memcmp(&net, &same_net, sizeof(net)) != 0)
		abort();
	return 0;
}
