/* SPDX-License-Identifier: Apache-2.0 */
/* What is allowed and can hardly be meant. */
#include "proc/schema.h"

#include "border/options.h"

/* INVITE, the ACK to its 2xx and BYE: what a call takes of its caller's budget at least. */
enum { CALL_REQUESTS = 3 };

static void doubt_budget(const struct border_peer *peer, struct conf_check *own)
{
	uint64_t called = (uint64_t)peer->max_new_calls * CALL_REQUESTS * peer->budget.window_ms;

	if (called > (uint64_t)peer->budget.count * 1000)
		conf_object(own, "at-most new calls per second", "requests",
		            "its requests are used up before that many calls have begun, at three "
		            "a call, and what is beyond is dropped unheard",
		            "write `requests` of at least four times as many a second, or a lower "
		            "`at-most`");
}

void proc_doubt(const struct conf_tree *tree, struct conf_report *report)
{
	size_t count;
	const struct border_peer *peers = conf_get(tree, &border_peer_block, &count);

	for (size_t i = 0; i < count; i++) {
		struct conf_check own = { tree, &border_peer_block, i, report };

		doubt_budget(&peers[i], &own);
	}
}
