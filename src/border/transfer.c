/* SPDX-License-Identifier: Apache-2.0 */
/* Transfers within a call (RFC 3515): REFER between a phone and its PBX, which
 * alone begins what it asks for, and the NOTIFYs that tell how it went. */
#include "border/call_priv.h"
#include "border/challenge.h"
#include "border/command.h"
#include "border/extensions.h"
#include "border/leg_priv.h"
#include "border/reference.h"
#include "border/turn_priv.h"

#include "sip/content_type.h"
#include "sip/event.h"
#include "sip/status.h"

/* A phone asks the PBX where it is registered, or that PBX a phone. Who is outside may
 * not have calls made, unless its configuration says so. */
static bool may_refer(const struct border *b, const struct call *call)
{
	const struct leg_facts *legs = call->facts->legs;
	const struct border_peer *peers[CALL_LEGS] = { leg_peer(b, &legs[0]),
		                                       leg_peer(b, &legs[1]) };

	for (unsigned i = 0; i < CALL_LEGS; i++) {
		const struct border_peer *peer = peers[leg_other(i)];

		if (!peer || peer->kind != PEER_PBX)
			continue;
		if (legs[i].peer == CALL_PHONE || (peers[i] && party_may(peers[i], MAY_TRANSFER)))
			return true;
	}
	return false;
}

/* A peer is told that it is its own right that is missing. */
static enum refusal refusal_why(const struct inbound *in)
{
	bool is_peers =
		in->peer && in->peer->kind != PEER_PBX && !party_may(in->peer, MAY_TRANSFER);

	return is_peers ? REFUSAL_PEER_TRANSFER : REFUSAL_TRANSFER;
}

static void write_referrer(const struct border *b, struct buffer *out, const struct sip_msg *msg,
                           const struct identity_reader *reader)
{
	const struct identity by = { .id = SIP_HEADER_REFERRED_BY,
		                     .value = sip_msg_value(msg, SIP_HEADER_REFERRED_BY) };

	if (!view_is_empty(by.value))
		identity_write(b, out, &by, reader);
}

static void write_credentials(struct border *b, const struct inbound *in,
                              const struct leg_facts *to, struct buffer *out)
{
	char text[MAX_CHALLENGE_ROWS * (CHALLENGE_ROW_SIZE + 256)];
	struct buffer lines = BUFFER_ON(text);

	if (!leg_peer(b, to))
		return;
	(void)credentials_pass(b, in, CREDENTIALS_ANY, &lines);
	buffer_put(out, lines.err == ERR_NONE ? buffer_view(&lines) : VIEW_EMPTY);
}

/* The id of a refer's subscription is the CSeq of its REFER (2.4.6): remembered for NOTIFY. */
static void remember(struct call *call, const struct turn *turn)
{
	struct refer *r = &call->facts->refers[call->facts->next_refer++ % MAX_CALL_REFERS];

	*r = (struct refer){ .came_cseq = turn->came_cseq,
		             .sent_cseq = turn->sent_cseq,
		             .from = turn->from };
}

static enum err send_refer(struct border *b, const struct inbound *in, struct call *call,
                           struct turn *turn)
{
	struct leg_facts *to = leg_of(call, leg_other(turn->from));
	const struct identity_reader reader = { .peer = leg_peer(b, to), .flow = &to->flow };
	struct request r;
	enum err err = ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq);

	if (err != ERR_NONE)
		return err;
	r = leg_request(b, to, VIEW("REFER"), turn->sent_cseq, in->msg);
	leg_write_contact(b, to, &r.out);
	reference_write_refer_to(b, &r.out, in->msg, &reader);
	write_referrer(b, &r.out, in->msg, &reader);
	reference_write_dialogs(b, &r.out, in->msg);
	party_copy_headers(b, in->peer, leg_peer(b, to), in->msg, &r.out);
	extensions_copy(&r.out, in->msg);
	write_credentials(b, in, to, &r.out);
	sip_build_body(&r.out, VIEW_EMPTY);
	if (r.out.err != ERR_NONE)
		return r.out.err;
	err = request_send(b, &r, PURPOSE_CALL_REQUEST, turn_handle(b, turn), &turn->client);
	turn->has_client = err == ERR_NONE;
	return err;
}

static uint16_t refusal_of(enum err err)
{
	switch (err) {
	case ERR_NOT_FOUND: /* it would replace a call that is not ours */
	case ERR_DENIED:
		return 403;
	case ERR_FULL:
		return 503;
	default:
		return 400;
	}
}

void transfer_refer(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	struct turn *turn;
	enum err err;

	if (!may_refer(b, call)) {
		reply_refusal(b, in, 403, refusal_why(in), VIEW_EMPTY);
		return;
	}
	turn = turn_open(b, in, call, from);
	if (!turn)
		return;
	err = send_refer(b, in, call, turn);
	if (err == ERR_NONE) {
		remember(call, turn);
		(void)call_save(call);
		return;
	}
	reply_status(b, turn->server, refusal_of(err), VIEW_EMPTY, VIEW_EMPTY);
	turn_give(b, turn);
}

/* ---- NOTIFY ---- */

/* The first line alone says how it went; what follows may name hosts (RFC 3420). */
void transfer_write_fragment(struct buffer *out, struct view body)
{
	struct view line = view_trim(view_first(body, view_find(body, '\n', 0)));
	uint64_t status;

	if (!view_starts_nocase(line, VIEW("SIP/2.0 ")) ||
	    !view_decimal(view_first(view_after(line, 8), 3), 699, &status) || status < 100) {
		buffer_fail(out, ERR_UNSUPPORTED);
		return;
	}
	sip_build_status(out, (unsigned)status, VIEW_EMPTY);
}

static bool is_fragment(const struct sip_msg *msg)
{
	struct sip_content_type type;

	return sip_content_type_parse(sip_msg_value(msg, SIP_HEADER_CONTENT_TYPE), &type) ==
	               ERR_NONE &&
	       sip_content_type_is(&type, VIEW("message"), VIEW("sipfrag"));
}

/* As the side that referred counts; without a number where we do not know it. */
static void write_event(struct buffer *out, const struct call *call, unsigned from,
                        const struct sip_event *came)
{
	size_t begun = sip_build_begin(out, SIP_HEADER_EVENT);
	uint64_t id;

	buffer_text(out, "refer");
	for (unsigned i = 0; i < MAX_CALL_REFERS; i++) {
		const struct refer *r = &call->facts->refers[i];

		if (r->is_ours || r->came_cseq == 0 || r->from == from ||
		    !view_decimal(came->id, UINT32_MAX, &id) || r->sent_cseq != id)
			continue;
		buffer_text(out, ";id=");
		buffer_decimal(out, r->came_cseq);
		break;
	}
	sip_build_finish(out, begun);
}

static enum err send_notify(struct border *b, const struct inbound *in, struct call *call,
                            struct turn *turn)
{
	struct leg_facts *to = leg_of(call, leg_other(turn->from));
	char text[128];
	struct buffer body = BUFFER_ON(text);
	struct sip_event event;
	struct request r;
	enum err err = sip_event_parse(sip_msg_value(in->msg, SIP_HEADER_EVENT), &event);

	if (!view_is_empty(in->msg->body))
		transfer_write_fragment(&body, in->msg->body);
	if (err == ERR_NONE)
		err = body.err;
	if (err == ERR_NONE)
		err = ua_dialog_next_cseq(&to->dialog, &turn->sent_cseq);
	if (err != ERR_NONE)
		return err;
	r = leg_request(b, to, VIEW("NOTIFY"), turn->sent_cseq, in->msg);
	leg_write_contact(b, to, &r.out);
	write_event(&r.out, call, turn->from, &event);
	party_copy_headers(b, in->peer, leg_peer(b, to), in->msg, &r.out);
	extensions_copy(&r.out, in->msg);
	write_credentials(b, in, to, &r.out);
	if (body.len > 0)
		sip_build_header(&r.out, SIP_HEADER_CONTENT_TYPE,
		                 VIEW("message/sipfrag;version=2.0"));
	sip_build_body(&r.out, buffer_view(&body));
	err = request_send(b, &r, PURPOSE_CALL_REQUEST, turn_handle(b, turn), &turn->client);
	turn->has_client = err == ERR_NONE;
	return err;
}

void transfer_notify(struct border *b, struct inbound *in, struct call *call, unsigned from)
{
	struct sip_event event;
	struct turn *turn;
	enum err err;

	if (sip_event_parse(sip_msg_value(in->msg, SIP_HEADER_EVENT), &event) != ERR_NONE ||
	    !view_equal_nocase(event.package, VIEW("refer"))) {
		reply_at_once(b, in, 489, VIEW("Allow-Events: refer\r\n"));
		return;
	}
	if (command_hears(b, in, call, from, &event))
		return;
	/* Who never asked for a transfer is told of none (RFC 6665 4.1.3). */
	if (call->facts->next_refer == 0) {
		reply_at_once(b, in, 481, VIEW_EMPTY);
		return;
	}
	if (!view_is_empty(in->msg->body) && !is_fragment(in->msg)) {
		reply_at_once(b, in, 415, VIEW("Accept: message/sipfrag\r\n"));
		return;
	}
	turn = turn_open(b, in, call, from);
	if (!turn)
		return;
	err = send_notify(b, in, call, turn);
	if (err == ERR_NONE) {
		(void)call_save(call);
		return;
	}
	reply_status(b, turn->server, err == ERR_FULL ? 503 : 400, VIEW_EMPTY, VIEW_EMPTY);
	turn_give(b, turn);
}
