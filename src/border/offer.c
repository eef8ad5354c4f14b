/* SPDX-License-Identifier: Apache-2.0 */
/* Offer and answer across a call: each description is judged, then written
 * anew with our addresses, and media is ordered when both ends are known. */
#include "border/call_priv.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/reoffer_priv.h"

#include "base/secret.h"
#include "sip/content_type.h"

enum offer_verdict offer_kind(const struct sip_msg *msg)
{
	struct sip_content_type type;

	if (view_is_empty(msg->body))
		return OFFER_ABSENT;
	if (sip_msg_header(msg, SIP_HEADER_CONTENT_ENCODING) ||
	    sip_content_type_parse(sip_msg_value(msg, SIP_HEADER_CONTENT_TYPE), &type) !=
	            ERR_NONE ||
	    !sip_content_type_is(&type, VIEW("application"), VIEW("sdp")))
		return OFFER_UNSUPPORTED;
	return OFFER_FITS;
}

/* A PBX, board or speech server stands inside; phones, carriers and customers outside. */
static bool is_inside(const struct border *b, const struct leg_facts *leg)
{
	const struct border_peer *peer = leg_peer(b, leg);

	return peer && peer->kind != PEER_CARRIER && peer->kind != PEER_CUSTOMER;
}

/* ---- where media comes from ---- */

/* Where a peer's audio is elsewhere, those networks are believed, private ones too, and no
 * others but its own addresses. */
static bool may_be_media(const struct border *b, const struct border_peer *peer,
                         const struct addr *a, enum sdp_address_verdict *ret)
{
	if (!peer || peer->media_count == 0)
		return true;
	for (unsigned i = 0; i < peer->media_count; i++) {
		if (!addr_net_holds(&peer->media_from[i], a))
			continue;
		if (*ret == SDP_ADDRESS_BEHIND_NAT)
			*ret = SDP_ADDRESS_PORT_LEARNT;
		return true;
	}
	return party_is_from(b, peer, a);
}

static bool is_address_fine(struct call *call, unsigned from, const struct sdp_media *m,
                            enum sdp_address_verdict *ret)
{
	const struct leg_facts *leg = leg_of(call, from);
	bool is_inner = is_inside(call->border, leg);
	enum port_owner owner = stream_owner(call, &m->rtp);

	*ret = sdp_address_check(&m->rtp, &leg->flow.local, &leg->flow.remote,
	                         is_inner ? SDP_FROM_INSIDE : SDP_FROM_OUTSIDE);
	if (*ret == SDP_ADDRESS_FORBIDDEN)
		return false;
	if (*ret != SDP_ADDRESS_HOLD &&
	    !may_be_media(call->border, leg_peer(call->border, leg), &m->rtp, ret))
		return false;
	/* Our own live port, from the inside: the other half of a call that comes back to us. */
	return owner == PORT_NOT_OURS || (owner == PORT_LIVE && is_inner);
}

/* By which payload type that end takes keys; 0: by none. */
static uint8_t event_type_of(const struct sdp_session *s, const struct sdp_media *m)
{
	for (unsigned i = 0; i < m->format_count; i++) {
		const struct sdp_format *f = &s->formats[m->first_format + i];

		if (!f->is_dropped && view_equal_nocase(f->encoding, VIEW("telephone-event")))
			return f->payload_type;
	}
	return 0;
}

static void fill_leg(const struct call *call, unsigned from, const struct sdp_media *m,
                     enum sdp_address_verdict verdict, struct order_leg *ret)
{
	const struct leg_facts *leg = &call->facts->legs[from];

	ret->event_type = event_type_of(&call->border->calls->came, m);
	ret->is_sending = sdp_media_is_sending(m);
	ret->is_receiving = sdp_media_is_receiving(m) && verdict != SDP_ADDRESS_HOLD;
	if (verdict == SDP_ADDRESS_HOLD)
		return; /* where it was before still counts */
	ret->trust = TRUST_EXACT;
	if (verdict == SDP_ADDRESS_PORT_LEARNT)
		ret->trust = TRUST_PORT_AT_SDP;
	else if (verdict == SDP_ADDRESS_BEHIND_NAT)
		ret->trust = TRUST_PORT_AT_SIGNALLING;
	ret->is_known = 1;
	ret->remote = m->rtp;
	ret->rtcp = m->rtcp;
	ret->signalling = is_inside(call->border, leg) ? (struct addr){ 0 } : leg->flow.remote;
}

static void fill_formats(const struct sdp_session *s, const struct sdp_media *m,
                         struct order_format ret[MAX_ORDER_FORMATS])
{
	unsigned count = 0;

	for (unsigned i = 0; i < MAX_ORDER_FORMATS; i++)
		ret[i] = (struct order_format){ 0 };
	for (unsigned i = 0; i < m->format_count && count < MAX_ORDER_FORMATS; i++) {
		const struct sdp_format *f = &s->formats[m->first_format + i];

		if (f->is_dropped || f->clock_rate_hz / 1000 == 0 ||
		    f->clock_rate_hz / 1000 > UINT8_MAX)
			continue;
		ret[count++] = (struct order_format){ f->payload_type,
			                              (uint8_t)(f->clock_rate_hz / 1000) };
	}
}

/* ---- written anew ---- */

static bool is_carried(const struct sdp_session *s, unsigned line)
{
	return line < s->media_count && line < MAX_CALL_STREAMS &&
	       sdp_media_is_carried(s, &s->media[line]);
}

/* Who is held by command hears that it is, whatever the other end says meanwhile. */
static void mask_held(struct call *call, unsigned to, enum sdp_direction before[MAX_CALL_STREAMS])
{
	struct sdp_session *s = &call->border->calls->came;
	unsigned allowed = SDP_SENDRECV;

	if (call->facts->held & 1u << to)
		allowed &= SDP_SENDONLY;
	if (call->facts->held & (unsigned)CALL_SILENT << to)
		allowed &= SDP_RECVONLY;
	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < s->media_count; i++) {
		before[i] = s->media[i].direction;
		s->media[i].direction = (enum sdp_direction)(before[i] & allowed);
	}
}

enum description_role { AS_OFFER, AS_ANSWER };

static enum err write_once(struct call *call, unsigned to, enum description_role role,
                           struct buffer *out)
{
	/* `locals` say which of them are there. */
	struct sdp_crypto keys[MAX_CALL_STREAMS][MAX_SECURE_OFFERED] __attribute__((uninitialized));
	struct shake_lines shakes[MAX_CALL_STREAMS] __attribute__((uninitialized));
	struct calls *c = call->border->calls;
	struct leg_facts *leg = leg_of(call, to);
	struct sdp_local locals[MAX_CALL_STREAMS] = { 0 };
	struct sdp_rewrite how = {
		.session_id = leg->session_id,
		.version = leg->session_version,
		.locals = locals,
		.local_count = MAX_CALL_STREAMS,
		.address = party_our_address(call->border, &leg->flow),
	};
	enum sdp_direction directions[MAX_CALL_STREAMS];
	enum err err;

	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		if (!is_carried(&c->came, i) || !call->facts->streams[i].has_ports)
			continue;
		locals[i].rtp = stream_address(call, i, to);
		locals[i].rtcp = locals[i].rtp;
		locals[i].rtcp.port++;
		how.address = locals[i].rtp;
		bearer_fill_local(call, to, i, &locals[i]);
		if (role == AS_OFFER) {
			secure_describe_offer(call, to, i, &locals[i], keys[i]);
			shake_describe_offer(call, to, i, &locals[i], &shakes[i]);
		} else {
			secure_describe_answer(call, to, i, &locals[i], keys[i]);
			shake_describe_answer(call, to, i, &locals[i], &shakes[i]);
		}
	}
	how.address.port = 0;
	*out = BUFFER_ON(c->body);
	mask_held(call, to, directions);
	err = sdp_write(&c->came, &how, out);
	secret_wipe(keys, sizeof(keys));
	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < c->came.media_count; i++)
		c->came.media[i].direction = directions[i];
	return err;
}

/* The version rises when something else is said than last time (RFC 3264 8). */
static enum err describe(struct call *call, unsigned to, enum description_role role,
                         struct view *ret)
{
	struct leg_facts *leg = leg_of(call, to);
	const struct border *b = call->border;
	bool is_first = leg->session_hash == 0;
	struct buffer out;
	uint64_t hash;
	enum err err;

	leg->session_version += is_first;
	err = write_once(call, to, role, &out);
	hash = fact_hash(b, buffer_view(&out));
	if (err == ERR_NONE && !is_first && hash != leg->session_hash) {
		leg->session_version++;
		err = write_once(call, to, role, &out);
		hash = fact_hash(b, buffer_view(&out));
	}
	if (err != ERR_NONE)
		return err;
	leg->session_hash = hash;
	*ret = buffer_view(&out);
	return ERR_NONE;
}

/* ---- offer ---- */

static bool is_refused(struct calls *c, enum refusal why)
{
	if (why == REFUSAL_COUNT)
		return false;
	c->why = why;
	return true;
}

static enum offer_verdict read_offer(struct call *call, unsigned from, const struct sip_msg *msg)
{
	struct calls *c = call->border->calls;
	enum offer_verdict kind = offer_kind(msg);
	enum sdp_address_verdict verdict;
	enum refusal why;

	c->why = REFUSAL_OFFER;
	if (kind != OFFER_FITS)
		return kind;
	if (sdp_parse(msg->body, &c->came) != SDP_FINE)
		return OFFER_REFUSED;
	shake_prepare(call, from, true);
	if (shake_is_torn(call, from))
		return OFFER_REFUSED;
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		call->facts->offered[i] = call->facts->streams[i].legs[from];
	why = bearer_take_offer(call, from);
	if (why != REFUSAL_COUNT) {
		c->why = why;
		return OFFER_REFUSED;
	}
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		if (!is_carried(&c->came, i))
			continue;
		if (!is_address_fine(call, from, &c->came.media[i], &verdict))
			return OFFER_REFUSED;
		fill_leg(call, from, &c->came.media[i], verdict, &call->facts->offered[i]);
		if (is_refused(c,
		               secure_take_offer(call, from, i, &call->facts->offered_secure[i])))
			return OFFER_REFUSED;
		reoffer_offered(call, from, i, &call->facts->offered_secure[i]);
	}
	return OFFER_FITS;
}

void offer_drop(struct call *call)
{
	bool is_any = false;

	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		if (!(call->drawn & 1u << i) || call->facts->streams[i].is_open ||
		    call->facts->carried[i].is_closing)
			continue;
		stream_give_ports(call, i);
		is_any = true;
	}
	call->drawn = 0;
	/* Another call may have them from now on: who takes this one up must not claim them. */
	if (is_any && call->state == CALL_UP)
		(void)call_save(call);
}

static enum offer_verdict take(struct call *call, unsigned from, const struct sip_msg *msg,
                               struct view *ret)
{
	struct calls *c = call->border->calls;
	enum offer_verdict verdict = read_offer(call, from, msg);
	unsigned carried = 0;
	bool had_ports;

	if (verdict != OFFER_FITS)
		return verdict;
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		if (!is_carried(&c->came, i))
			continue;
		carried++;
		if (is_refused(c, secure_can_offer(call, leg_other(from), i)))
			return OFFER_REFUSED;
		had_ports = call->facts->streams[i].has_ports;
		if (stream_take_ports(call, i) != ERR_NONE) {
			border_count(call->border, COUNT_limit_ports);
			c->why = REFUSAL_PORTS;
			return OFFER_FULL;
		}
		if (!had_ports)
			call->drawn |= (uint16_t)(1u << i);
		/* read_offer saw the leg before it had a port. */
		call->facts->offered[i].port = call->facts->streams[i].legs[from].port;
	}
	/* One without any line is an offer of streams that may come later (RFC 3264 5). */
	if (carried == 0 && c->came.media_count > 0)
		return OFFER_REFUSED;
	return describe(call, leg_other(from), AS_OFFER, ret) == ERR_NONE ? OFFER_FITS
	                                                                  : OFFER_REFUSED;
}

enum offer_verdict offer_take(struct call *call, unsigned from, const struct sip_msg *msg,
                              struct view *ret)
{
	enum offer_verdict verdict;

	call->drawn = 0;
	verdict = take(call, from, msg, ret);
	if (verdict != OFFER_FITS)
		offer_drop(call);
	return verdict;
}

/* ---- answer ---- */

/* Body of a message of ours, whose headers end at the first empty line. */
struct view offer_body(struct view message)
{
	for (size_t at = view_find(message, '\r', 0); at + 4 <= message.len;
	     at = view_find(message, '\r', at + 1)) {
		if (view_starts(view_after(message, at), VIEW("\r\n\r\n")))
			return view_after(message, at + 4);
	}
	return VIEW_EMPTY;
}

/* Of each stream what its answer says. */
struct answered {
	enum sdp_address_verdict verdicts[MAX_CALL_STREAMS];
	struct stream_secure secure[MAX_CALL_STREAMS];
};

/* In what the answer differs that the policy of its end cares for. */
static enum refusal why_unfit(const struct call *call, unsigned from)
{
	const struct calls *c = call->border->calls;

	for (unsigned i = 0;
	     i < c->came.media_count && i < c->asked.media_count && i < MAX_CALL_STREAMS; i++) {
		const struct sdp_media *given = &c->came.media[i], *asked = &c->asked.media[i];

		if (given->port == 0 || given->protocol == asked->protocol)
			continue;
		if (sdp_media_is_control(asked))
			return REFUSAL_CHANNEL;
		if (call->facts->streams[i].legs[from].carrier != MEDIA_UDP)
			return REFUSAL_CARRIER;
		if (call->facts->legs[from].media_srtp == SRTP_REQUIRED)
			return REFUSAL_SRTP_REQUIRED;
	}
	return REFUSAL_ANSWER;
}

static bool read_answer(struct call *call, unsigned from, struct view description,
                        struct view asked, struct answered *ret)
{
	struct calls *c = call->border->calls;

	c->why = REFUSAL_ANSWER;
	if (sdp_parse(description, &c->came) != SDP_FINE ||
	    sdp_parse(offer_body(asked), &c->asked) != SDP_FINE)
		return false;
	if (sdp_answer_check(&c->asked, &c->came) != SDP_ANSWER_FITS) {
		c->why = why_unfit(call, from);
		return false;
	}
	if (is_refused(c, bearer_take_answer(call, from)))
		return false;
	shake_prepare(call, from, false);
	if (shake_is_torn(call, from))
		return false;
	shake_choose_host(call);
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		if (!is_carried(&c->came, i))
			continue;
		if (!is_address_fine(call, from, &c->came.media[i], &ret->verdicts[i]))
			return false;
		if (is_refused(c, secure_take_answer(call, from, i, &ret->secure[i]))) {
			reoffer_misfit(call, from, i);
			return false;
		}
		reoffer_answered(call, from, i, &ret->secure[i]);
	}
	return true;
}

static void settle(struct call *call, unsigned stream, unsigned from, const struct answered *answer)
{
	struct calls *c = call->border->calls;
	struct stream_facts *s = &call->facts->streams[stream];
	unsigned other = leg_other(from);
	uint32_t port = s->legs[other].port;

	if (!is_carried(&c->came, stream) || !s->has_ports) {
		if (s->is_open)
			stream_close(call, stream);
		else
			stream_give_ports(call, stream);
		return;
	}
	s->legs[other] = call->facts->offered[stream];
	s->legs[other].port = port;
	fill_leg(call, from, &c->came.media[stream], answer->verdicts[stream], &s->legs[from]);
	shake_answered(call, stream, &call->facts->offered_secure[stream]);
	secure_settle(call, other, stream, &call->facts->offered_secure[stream]);
	secure_settle(call, from, stream, &answer->secure[stream]);
	fill_formats(&c->came, &c->came.media[stream], call->facts->carried[stream].formats);
	s->is_held = !(s->legs[0].is_sending && s->legs[1].is_sending);
	s->form = bearer_form(&c->came.media[stream]);
	bearer_settle(call, from, stream);
	stream_order(call, stream);
}

enum offer_verdict offer_answer(struct call *call, unsigned from, const struct sip_msg *msg,
                                struct view asked, struct view *ret)
{
	enum offer_verdict kind = offer_kind(msg);

	call->border->calls->why = REFUSAL_ANSWER;
	return kind == OFFER_FITS ? offer_answer_text(call, from, msg->body, asked, ret) : kind;
}

enum offer_verdict offer_answer_text(struct call *call, unsigned from, struct view description,
                                     struct view asked, struct view *ret)
{
	struct answered answer = { 0 };
	bool is_fine = read_answer(call, from, description, asked, &answer) &&
	               describe(call, leg_other(from), AS_ANSWER, ret) == ERR_NONE;

	for (unsigned i = 0; i < MAX_CALL_STREAMS && is_fine; i++)
		settle(call, i, from, &answer);
	if (is_fine)
		call->drawn = 0;
	secret_wipe(&answer, sizeof(answer));
	return is_fine ? OFFER_FITS : OFFER_REFUSED;
}

/* ---- alone ---- */

/* Of what a leg offers anew that which is in use stays, where any of it is there: payload types
 * keep their meaning within a session (RFC 3264 8.3.2). */
static void keep_formats(struct call *call, unsigned stream)
{
	struct sdp_session *s = &call->border->calls->came;
	const struct sdp_media *m = &s->media[stream];
	const struct order_format *used = call->facts->carried[stream].formats;
	bool is_kept[MAX_SDP_MEDIA_FORMATS] = { false }, is_any = false;

	for (unsigned i = 0; i < m->format_count && i < MAX_SDP_MEDIA_FORMATS; i++) {
		const struct sdp_format *f = &s->formats[m->first_format + i];

		for (unsigned k = 0; k < MAX_ORDER_FORMATS && !f->is_dropped; k++)
			is_kept[i] |= used[k].clock_khz && used[k].payload_type == f->payload_type;
		is_any |= is_kept[i];
	}
	for (unsigned i = 0; i < m->format_count && i < MAX_SDP_MEDIA_FORMATS && is_any; i++)
		s->formats[m->first_format + i].is_dropped |= !is_kept[i];
}

/* What we say is what the other leg does. */
static void turn_direction(struct call *call, unsigned from, unsigned stream)
{
	struct sdp_media *m = &call->border->calls->came.media[stream];
	const struct order_leg *other = &call->facts->streams[stream].legs[leg_other(from)];
	unsigned direction = SDP_INACTIVE;

	if (sdp_media_is_receiving(m) && other->is_sending)
		direction |= SDP_SENDONLY;
	if (sdp_media_is_sending(m) && other->is_receiving)
		direction |= SDP_RECVONLY;
	m->direction = (enum sdp_direction)direction;
	m->is_held_by_address = false;
}

enum offer_verdict offer_answer_alone(struct call *call, unsigned from, const struct sip_msg *msg,
                                      struct view *ret)
{
	struct calls *c = call->border->calls;
	enum offer_verdict verdict = read_offer(call, from, msg);

	if (verdict != OFFER_FITS)
		return verdict == OFFER_ABSENT ? OFFER_REFUSED : verdict;
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		struct stream_facts *s = &call->facts->streams[i];
		uint32_t port = s->legs[from].port;

		if (!is_carried(&c->came, i) || !s->is_open)
			continue;
		s->legs[from] = call->facts->offered[i];
		s->legs[from].port = port;
		shake_answered(call, i, &call->facts->offered_secure[i]);
		secure_settle(call, from, i, &call->facts->offered_secure[i]);
		keep_formats(call, i);
		turn_direction(call, from, i);
		stream_order(call, i);
	}
	return describe(call, from, AS_ANSWER, ret) == ERR_NONE ? OFFER_FITS : OFFER_REFUSED;
}
