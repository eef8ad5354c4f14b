/* SPDX-License-Identifier: Apache-2.0 */
/* What is written towards a leg: requests within its dialog, Contact, ACK and
 * BYE. */
#include "border/call_priv.h"
#include "border/leg_priv.h"
#include "border/peers.h"
#include "border/trunk.h"

const struct border_peer *leg_peer(const struct border *b, const struct leg_facts *leg)
{
	return leg->peer < b->settings.peer_count ? &b->settings.peers[leg->peer] : NULL;
}

void leg_copy_headers(struct call *call, unsigned to, const struct sip_msg *msg, struct buffer *out)
{
	struct border *b = call->border;

	party_copy_headers(b, leg_peer(b, leg_of(call, leg_other(to))),
	                   leg_peer(b, leg_of(call, to)), msg, out);
}

void leg_part(struct call *call, unsigned number)
{
	peers_count(call->border, call->legs[number].counted, false);
	call->legs[number].counted = CALL_PHONE;
}

void leg_count(struct call *call, unsigned number)
{
	leg_part(call, number);
	call->legs[number].counted = leg_of(call, number)->peer;
	call->legs[number].is_phone = leg_of(call, number)->peer == CALL_PHONE;
	peers_count(call->border, call->legs[number].counted, true);
}

void leg_join(struct call *call, unsigned number, const struct border_peer *peer)
{
	struct leg_facts *leg = leg_of(call, number);

	leg->peer = peer ? (uint16_t)(peer - call->border->settings.peers) : CALL_PHONE;
	leg->is_outer = !peer || party_is_outer(peer);
	leg->media_srtp = secure_policy(call->border, peer, NULL);
	leg_count(call, number);
}

void leg_name(struct border *b, struct leg_facts *leg)
{
	b->ports.random(b->ports.context, &leg->serial, sizeof(leg->serial));
	b->ports.random(b->ports.context, &leg->session_id, sizeof(leg->session_id));
	leg->session_id >>= 1;
}

void leg_write_name(const struct border *b, const struct leg_facts *leg, enum ua_name_kind kind,
                    char ret[UA_NAME_LEN + 1])
{
	struct buffer out = buffer_on(ret, UA_NAME_LEN);

	ua_name_write(&out, &b->namer, kind, leg->serial);
	ret[out.len] = 0;
}

enum err leg_begin(const struct border *b, struct leg_facts *leg, struct ua_dialog_start start)
{
	char tag[UA_NAME_LEN + 1], call_id[UA_NAME_LEN + 1];

	leg_write_name(b, leg, UA_NAME_TAG, tag);
	leg_write_name(b, leg, UA_NAME_CALL_ID, call_id);
	start.is_secure = view_starts_nocase(start.target, VIEW("sips:"));
	start.local_tag = view_of(tag);
	start.call_id = view_of(call_id);
	return ua_dialog_begin(&start, &leg->dialog);
}

enum err leg_hold(struct call *call, unsigned number)
{
	struct border *b = call->border;
	struct known_flow *known = NULL;
	enum err err;

	if (leg_of(call, number)->peer != CALL_PHONE)
		return ERR_NONE;
	err = known_hold(&b->known, &leg_of(call, number)->flow, &known);
	if (err != ERR_NONE)
		return err;
	known_release(&b->known, &call->legs[number].known);
	call->legs[number].known = known;
	return ERR_NONE;
}

void leg_write_contact(const struct border *b, const struct leg_facts *leg, struct buffer *out)
{
	bool is_sips = leg->dialog.is_secure && flow_is_secure(&leg->flow);
	struct addr ours = party_our_address(b, &leg->flow);
	/* Of what buffers write into, here and below, no more is read than was written. */
	char text[UA_NAME_LEN + ADDR_TEXT_MAX + 24] __attribute__((uninitialized));
	struct buffer uri = BUFFER_ON(text);

	/* RFC 3261 8.1.1.8, 12.1.1: who was called by sips: is called so by us. */
	buffer_text(&uri, is_sips ? "sips:" : "sip:");
	ua_name_write(&uri, &b->namer, UA_NAME_CONTACT, leg->serial);
	buffer_char(&uri, '@');
	addr_write_port(&uri, &ours);
	/* It says TLS by itself (26.2.2). */
	if (!is_sips || leg->flow.transport != TRANSPORT_TLS)
		party_write_transport(&uri, &leg->flow);
	sip_build_name_addr(out, SIP_HEADER_CONTACT, VIEW_EMPTY, buffer_view(&uri), VIEW_EMPTY);
}

struct request leg_request(struct border *b, const struct leg_facts *leg, struct view method,
                           uint32_t cseq, const struct sip_msg *came)
{
	struct request r = { .out = BUFFER_ON(b->out), .to = leg->flow };
	char text[256] __attribute__((uninitialized));
	struct buffer via = BUFFER_ON(text);
	struct ua_dialog_line line = { .method = method,
		                       .cseq = cseq,
		                       .max_forwards = request_hops_left(came) };
	enum err err;

	b->ports.random(b->ports.context, &r.serial, sizeof(r.serial));
	if (!view_equal(method, VIEW("ACK")))
		ua_client_expect(b->ua, r.serial);
	request_via(b, &leg->flow, r.serial, &via);
	line.via = buffer_view(&via);
	err = via.err != ERR_NONE ? via.err : ua_dialog_write(&leg->dialog, &line, &r.out);
	if (err != ERR_NONE)
		buffer_fail(&r.out, err);
	else if (!view_equal(method, VIEW("ACK")))
		trunk_authorize(b, leg->peer, method, view_of(leg->dialog.remote_target), &r.out);
	return r;
}

void leg_acknowledge(struct border *b, const struct leg_facts *leg, const struct turn *turn,
                     struct view lines, struct view body)
{
	struct request r = leg_request(b, leg, VIEW("ACK"), turn->sent_cseq, NULL);
	enum err err;

	leg_copy_credentials(b, leg, turn, &r.out);
	buffer_put(&r.out, lines);
	if (!view_is_empty(body))
		sip_build_header(&r.out, SIP_HEADER_CONTENT_TYPE, VIEW("application/sdp"));
	sip_build_body(&r.out, body);
	if (r.out.err != ERR_NONE)
		return;
	err = ua_client_acknowledge(b->ua, turn->client, buffer_view(&r.out), b->now.us);
	/* Its transaction may be over, or belong to another fork: the ACK goes by itself then. */
	if (err == ERR_NOT_FOUND || err == ERR_DENIED)
		b->ports.send(b->ports.context, &leg->flow, buffer_view(&r.out));
}

void leg_bye(struct call *call, unsigned number) { leg_bye_because(call, number, VIEW_EMPTY); }

void leg_bye_because(struct call *call, unsigned number, struct view lines)
{
	struct border *b = call->border;
	struct leg_facts *leg = leg_of(call, number);
	struct pool_handle none = { 0 }, client;
	struct request r;
	uint32_t cseq;
	enum err err;

	if (leg->dialog.state != UA_DIALOG_CONFIRMED ||
	    ua_dialog_next_cseq(&leg->dialog, &cseq) != ERR_NONE)
		return;
	leg->dialog.state = UA_DIALOG_ENDED;
	r = leg_request(b, leg, VIEW("BYE"), cseq, NULL);
	buffer_put(&r.out, lines);
	sip_build_body(&r.out, VIEW_EMPTY);
	err = request_send(b, &r, PURPOSE_NONE, none, &client);
	if (err != ERR_NONE) /* counted there; better said once without state than not at all */
		b->ports.send(b->ports.context, &leg->flow, buffer_view(&r.out));
}
