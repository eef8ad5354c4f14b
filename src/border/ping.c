/* SPDX-License-Identifier: Apache-2.0 */
/* A limited server of STUN on the ports of SIP. */
#include "border/ping.h"

#include "rtp/stun.h"

enum { MAX_PONG = 128 };

/* Credentials prove nothing here and are not asked for (RFC 5626 8); with a FINGERPRINT comes
 * who wants one back. */
static enum err write_pong(const struct stun_message *asked, const struct flow *flow,
                           struct buffer *out)
{
	struct stun_message pong = { .class = STUN_SUCCESS, .method = STUN_BINDING };

	memcpy(pong.transaction, asked->transaction, sizeof(pong.transaction));
	if (asked->unknown_count == 0) {
		pong.mapped = flow->remote;
	} else {
		pong.class = STUN_ERROR; /* RFC 8489 6.3.1 */
		pong.error_code = STUN_UNKNOWN_ATTRIBUTE;
		pong.unknown_count = asked->unknown_count;
		memcpy(pong.unknown, asked->unknown, sizeof(pong.unknown));
	}
	return asked->has_fingerprint ? stun_write(out, &pong, VIEW_EMPTY)
	                              : stun_write_bare(out, &pong);
}

bool ping_answers(struct border *b, const struct inbound *in, struct view bytes)
{
	struct stun_message asked;
	char text[MAX_PONG];
	struct buffer out = BUFFER_ON(text);

	if (in->flow->transport != TRANSPORT_UDP || !in->known ||
	    !registration_on_flow(&b->registrations, in->flow))
		return false;
	if (!guard_bucket_take(&in->known->others_budget, &b->settings.door.known_flow,
	                       b->now.us)) {
		border_count(b, COUNT_dropped_budget);
		return true;
	}
	if (stun_parse(bytes, &asked) != ERR_NONE || asked.class != STUN_REQUEST ||
	    asked.method != STUN_BINDING || write_pong(&asked, in->flow, &out) != ERR_NONE)
		return false;
	border_count(b, COUNT_pings_answered);
	b->ports.send(b->ports.context, in->flow, buffer_view(&out));
	return true;
}
