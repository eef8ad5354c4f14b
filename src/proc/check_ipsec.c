/* SPDX-License-Identifier: Apache-2.0 */
/* Media that relies on IPsec, against a kernel that has to have it. */
#include "proc/check_priv.h"

#include "border/options.h"
#include "os/socket.h"

void check_ipsec(const struct conf_tree *t, struct conf_report *report)
{
	size_t count;
	const struct border_peer *peers = conf_get(t, &border_peer_block, &count);

	for (size_t i = 0; i < count; i++) {
		struct conf_check own = { t, &border_peer_block, i, report };
		int fd = -1;

		if (!peers[i].needs_ipsec)
			continue;
		if (socket_ipsec_open(false, &fd) == ERR_UNSUPPORTED)
			conf_object(&own, "media ipsec", NULL,
			            "this kernel has no IPsec that could be asked",
			            "load the module xfrm_user, or leave `media ipsec` out");
		socket_close(&fd);
		return;
	}
}
