/* SPDX-License-Identifier: Apache-2.0 */
/* Our credentials within a trunk's dialog: the ACK bears those of its INVITE,
 * and what is challenged anew is said once more. */
#include "border/call_pending_priv.h"
#include "border/call_priv.h"
#include "border/leg_priv.h"
#include "border/trunk.h"
#include "border/turn_priv.h"

#include <string.h>

/* What was sent, read into the scratch. False: it is gone, or too long for it. */
static bool read_sent(struct border *b, const struct turn *turn)
{
	struct view sent = ua_client_request(b->ua, turn->client);
	struct calls *c = b->calls;

	if (view_is_empty(sent) || sent.len > sizeof(c->again_text))
		return false;
	memcpy(c->again_text, sent.at, sent.len);
	return sip_msg_parse(c->again_text, sent.len, &sip_limits_default, &c->again) == ERR_NONE;
}

void leg_copy_credentials(struct border *b, const struct leg_facts *leg, const struct turn *turn,
                          struct buffer *out)
{
	if (!trunk_is(b, leg->peer) || !read_sent(b, turn))
		return;
	sip_build_copy(out, &b->calls->again, SIP_HEADER_AUTHORIZATION);
	sip_build_copy(out, &b->calls->again, SIP_HEADER_PROXY_AUTHORIZATION);
}

/* Those that leg_request writes, and what is written last. */
static bool is_of_dialog(enum sip_header_id id)
{
	return id == SIP_HEADER_VIA || id == SIP_HEADER_MAX_FORWARDS || id == SIP_HEADER_FROM ||
	       id == SIP_HEADER_TO || id == SIP_HEADER_CALL_ID || id == SIP_HEADER_CSEQ ||
	       id == SIP_HEADER_ROUTE || id == SIP_HEADER_AUTHORIZATION ||
	       id == SIP_HEADER_PROXY_AUTHORIZATION || id == SIP_HEADER_CONTENT_LENGTH;
}

static void write_rest(const struct sip_msg *sent, struct buffer *out)
{
	for (unsigned i = 0; i < sent->count; i++) {
		const struct sip_header *h = &sent->headers[i];

		if (!is_of_dialog((enum sip_header_id)h->id))
			sip_build_named(out, h->name, h->value);
	}
	sip_build_body(out, sent->body);
}

bool leg_login_again(struct border *b, const struct inbound *in, struct call *call,
                     struct turn *turn)
{
	struct leg_facts *leg = leg_of(call, leg_other(turn->from));
	enum purpose purpose =
		turn->method == SIP_METHOD_INVITE ? PURPOSE_CALL : PURPOSE_CALL_REQUEST;
	struct pool_handle client;
	struct request r;
	uint32_t cseq;

	if ((in->msg->status != 401 && in->msg->status != 407) || turn->has_login ||
	    turn->is_cancelled || !in->peer || in->peer != leg_peer(b, leg) ||
	    !trunk_learn(b, leg->peer, in->msg) || !read_sent(b, turn) ||
	    ua_dialog_next_cseq(&leg->dialog, &cseq) != ERR_NONE)
		return false;
	r = leg_request(b, leg, b->calls->again.method_text, cseq, &b->calls->again);
	write_rest(&b->calls->again, &r.out);
	if (r.out.err != ERR_NONE ||
	    request_send(b, &r, purpose, turn_handle(b, turn), &client) != ERR_NONE)
		return false;
	turn->client = client;
	turn->has_client = turn->has_login = true;
	turn->sent_cseq = cseq;
	if (turn->method == SIP_METHOD_INVITE)
		call_pending_again(call, turn, &r);
	(void)call_save(call);
	return true;
}
