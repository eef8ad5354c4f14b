/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes of a call's audio: judged, agreed, written, ordered. */
#include "border/call_priv.h"
#include "border/cover.h"
#include "border/offer_priv.h"

#include "base/secret.h"

_Static_assert((int)MAX_SDP_FINGERPRINT == (int)MAX_ORDER_FINGERPRINT &&
                       (int)SDP_HASH_COUNT == (int)MEDIA_HASH_COUNT &&
                       (int)SDP_UFRAG_SIZE == (int)ORDER_UFRAG_SIZE &&
                       (int)SDP_PWD_SIZE == (int)ORDER_PWD_SIZE,
               "an order says what a description does");

static const struct sdp_media *line_of(const struct call *call, unsigned stream)
{
	return &call->border->calls->came.media[stream];
}

bool shake_is_asked(const struct call *call, unsigned stream)
{
	return sdp_media_shakes(&call->border->calls->came, line_of(call, stream));
}

static bool is_browser(const struct leg_facts *leg)
{
	return leg->flow.transport == TRANSPORT_WS || leg->flow.transport == TRANSPORT_WSS;
}

bool shake_is_offered(const struct call *call, unsigned to, unsigned stream)
{
	const struct leg_facts *leg = &call->facts->legs[to];
	const struct stream_facts *s = &call->facts->streams[stream];
	const struct sdp_media *m = line_of(call, stream);

	return leg->media_srtp != SRTP_FORBIDDEN && s->legs[to].carrier == MEDIA_UDP &&
	       !sdp_media_is_fax(m) && !sdp_media_is_control(m) &&
	       (s->secure[to].shake.is_on || is_browser(leg) ||
	        (leg->form == FORM_DTLS && s->secure[to].theirs.suite == SUITE_NONE));
}

/* ---- judged ---- */

static void draw(const struct border *b, struct stream_shake *k)
{
	b->ports.random(b->ports.context, k->random, sizeof(k->random));
	k->is_drawn = 1;
}

void shake_drop(struct stream_secure *s)
{
	if (s->shake.is_on)
		secret_wipe(&s->theirs, sizeof(s->theirs));
	secret_wipe(&s->shake, sizeof(s->shake));
}

static void begin_association(struct stream_secure *s)
{
	secret_wipe(&s->theirs, sizeof(s->theirs));
	secret_wipe(&s->shake.out, sizeof(s->shake.out));
	s->shake.tuple = (struct addr){ 0 };
	s->shake.association++;
}

/* Who checks paths may change his as he likes. */
static bool has_moved(const struct call *call, unsigned leg, unsigned stream,
                      const struct sdp_handshake *h)
{
	const struct order_leg *now = &call->facts->streams[stream].legs[leg];
	const struct sdp_media *m = line_of(call, stream);

	return !h->has_ice && now->is_known && !m->is_held_by_address &&
	       !addr_equal(&now->remote, &m->rtp);
}

/* RFC 8842 4: who shows another certificate, changes roles or is elsewhere begins anew, and keys
 * of before are nothing to it. */
static void take_certificate(struct stream_secure *s, const struct sdp_handshake *h, bool is_active,
                             bool is_elsewhere)
{
	struct stream_shake *k = &s->shake;

	/* Media forgets how far a key of the description was used: it never comes back. */
	if (!k->is_on)
		s->is_seeded = 0;
	if (!k->is_on || k->hash != h->hash || k->is_active != is_active || is_elsewhere ||
	    memcmp(k->fingerprint, h->fingerprint, sizeof(k->fingerprint)) != 0)
		begin_association(s);
	k->is_on = 1;
	k->is_active = is_active;
	k->hash = h->hash;
	memcpy(k->fingerprint, h->fingerprint, sizeof(k->fingerprint));
}

/* Who is told another one of ours begins anew as well: media has one for its life. */
static void tell_own(const struct border *b, const uint8_t *fingerprint, struct stream_secure *s)
{
	uint32_t own = (uint32_t)fact_hash(b, view_bytes(fingerprint, MEDIA_FINGERPRINT_SIZE));

	if (s->shake.own != 0 && s->shake.own != own)
		begin_association(s);
	s->shake.own = own;
}

void shake_answered(const struct call *call, unsigned stream, struct stream_secure *fresh)
{
	if (fresh->shake.is_on)
		tell_own(call->border, stream_fingerprint(call, stream), fresh);
}

void shake_keep(const struct stream_secure *now, struct stream_secure *fresh)
{
	if (!now->shake.is_on || !fresh->shake.is_on ||
	    now->shake.association != fresh->shake.association)
		return;
	fresh->theirs = now->theirs;
	fresh->shake.out = now->shake.out;
	fresh->shake.tuple = now->shake.tuple;
}

static void take_path(struct call *call, unsigned stream, const struct sdp_handshake *h,
                      struct stream_shake *k)
{
	const struct stream_shake line = { .bundle = call->border->calls->bundle[stream] };
	uint64_t path = shake_path_of(call, shake_host_of(&line, stream));

	/* RFC 8839 4.4.1.1: who names itself anew hears new names of ours. */
	if (h->has_ice && (!k->is_drawn || (k->path != 0 && k->path != path)))
		draw(call->border, k);
	k->path = path;
	k->has_ice = h->has_ice;
	k->has_mux = h->has_mux;
	if (h->mid.len > 0 && h->mid.len <= sizeof(k->mid)) {
		k->mid_len = (uint8_t)h->mid.len;
		memcpy(k->mid, h->mid.at, h->mid.len);
	}
}

static enum refusal judge(const struct call *call, unsigned leg, unsigned stream,
                          struct sdp_handshake *ret)
{
	const struct calls *c = call->border->calls;

	if (call->facts->legs[leg].media_srtp == SRTP_FORBIDDEN)
		return REFUSAL_SRTP_FORBIDDEN;
	if (!stream_has_certificates(call->border))
		return REFUSAL_SHAKE_AWAY;
	if (sdp_handshake_read(&c->came, line_of(call, stream), ret) != ERR_NONE ||
	    !ret->has_fingerprint)
		return REFUSAL_SHAKE;
	/* A check would prove a path to a host that the kernel was not asked about. */
	ret->has_ice = ret->has_ice && !cover_is_needed(call, leg);
	return REFUSAL_COUNT;
}

enum refusal shake_take_offer(struct call *call, unsigned from, unsigned stream,
                              struct stream_secure *ret)
{
	struct stream_secure s = call->facts->streams[stream].secure[from];
	bool is_active = s.shake.is_active;
	struct sdp_handshake h;
	enum refusal why = judge(call, from, stream, &h);

	if (why != REFUSAL_COUNT)
		return why;
	if (h.setup == SDP_HOLDCONN)
		return REFUSAL_SHAKE;
	/* Roles stay as they are where the other end leaves it to us (RFC 8842 5.5). */
	if (h.setup != SDP_ACTPASS || !s.shake.is_on)
		is_active = sdp_setup_answer((enum sdp_setup)h.setup) == SDP_ACTIVE;
	take_certificate(&s, &h, is_active, has_moved(call, from, stream, &h));
	take_path(call, stream, &h, &s.shake);
	s.shake.bundle = call->border->calls->bundle[stream];
	s.mid_id = h.mid_id;
	s.protocol = (uint8_t)(line_of(call, stream)->protocol + 1);
	*ret = s;
	secret_wipe(&s, sizeof(s));
	return REFUSAL_COUNT;
}

enum refusal shake_can_offer(struct call *call, unsigned to, unsigned stream)
{
	struct stream_shake *k = &call->facts->streams[stream].secure[to].shake;

	if (!stream_has_certificates(call->border))
		return REFUSAL_SHAKE_AWAY;
	if (!k->is_drawn)
		draw(call->border, k);
	return REFUSAL_COUNT;
}

enum refusal shake_take_answer(struct call *call, unsigned from, unsigned stream,
                               struct stream_secure *ret)
{
	struct stream_secure s = call->facts->streams[stream].secure[from];
	const struct sdp_session *asked = &call->border->calls->asked;
	struct sdp_handshake h, told;
	enum refusal why = judge(call, from, stream, &h);
	bool is_active;

	if (why != REFUSAL_COUNT)
		return why;
	if (!shake_is_asked(call, stream) ||
	    !sdp_setup_fits(SDP_ACTPASS, (enum sdp_setup)h.setup, &is_active))
		return REFUSAL_SHAKE;
	/* Who answered begins, or we do. */
	take_certificate(&s, &h, !is_active, has_moved(call, from, stream, &h));
	take_path(call, stream, &h, &s.shake);
	if (sdp_handshake_read(asked, &asked->media[stream], &told) == ERR_NONE &&
	    told.has_fingerprint)
		tell_own(call->border, told.fingerprint, &s);
	s.protocol = (uint8_t)(line_of(call, stream)->protocol + 1);
	*ret = s;
	secret_wipe(&s, sizeof(s));
	return REFUSAL_COUNT;
}

/* ---- written ---- */

static void describe(const uint8_t *fingerprint, const struct stream_shake *k,
                     struct sdp_local *local, struct shake_lines *ret)
{
	ret->shake.fingerprint = fingerprint;
	ret->shake.mid = view_bytes(k->mid, k->mid_len);
	if (ret->shake.has_mux)
		local->rtcp = local->rtp;
	local->cryptos = NULL;
	local->crypto_count = 0;
	local->shake = &ret->shake;
}

static void describe_path(const struct stream_shake *k, struct shake_lines *ret)
{
	sdp_ice_draw(k->random, ret->ufrag, ret->pwd);
	ret->shake.ufrag = view_bytes(ret->ufrag, sizeof(ret->ufrag));
	ret->shake.pwd = view_bytes(ret->pwd, sizeof(ret->pwd));
}

/* What its host says of the path is said of it. */
static void be_guest(struct sdp_local *local, struct shake_lines *ret)
{
	ret->shake.is_guest = true;
	local->rtcp = (struct addr){ 0 };
}

/* As it was agreed, as that end writes it, or as the RFC does. */
static uint8_t protocol_of(const struct call *call, unsigned to, unsigned stream)
{
	const struct stream_secure *s = &call->facts->streams[stream].secure[to];
	const struct leg_facts *leg = &call->facts->legs[to];

	if (s->shake.is_on)
		return s->protocol;
	if (leg->form_protocol != 0)
		return leg->form_protocol;
	return 1 + (is_browser(leg) || sdp_protocol_has_feedback(line_of(call, stream)->protocol)
	                    ? SDP_PROTOCOL_DTLS_SAVPF
	                    : SDP_PROTOCOL_DTLS_SAVP);
}

/* What the leg's line is, or will be once the answer is taken. */
static const struct stream_secure *row_of(const struct call *call, unsigned to, unsigned stream,
                                          bool is_answer)
{
	return is_answer ? &call->facts->offered_secure[stream]
	                 : &call->facts->streams[stream].secure[to];
}

/* Packets need say whose they are only where another line of `came` is on that port. */
static uint8_t mid_id_of(const struct call *call, unsigned to, unsigned stream, bool is_answer)
{
	const struct sdp_session *came = &call->border->calls->came;
	const struct stream_secure *own = row_of(call, to, stream, is_answer);
	unsigned host = shake_host_of(&own->shake, stream);

	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < came->media_count; i++) {
		const struct stream_shake *k = &row_of(call, to, i, is_answer)->shake;

		if (i != stream && came->media[i].port != 0 && k->is_on &&
		    k->bundle != SHAKE_ALONE && shake_host_of(k, i) == host)
			return own->mid_id;
	}
	return 0;
}

static bool has_bundle(const struct call *call, unsigned leg)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		if (call->facts->streams[i].secure[leg].shake.bundle != SHAKE_ALONE)
			return true;
	return false;
}

void shake_describe_offer(const struct call *call, unsigned to, unsigned stream,
                          struct sdp_local *local, struct shake_lines *ret)
{
	static const char mids[MAX_CALL_STREAMS + 1] = "0123";
	const struct stream_secure *s = &call->facts->streams[stream].secure[to];
	unsigned host;

	if (!shake_is_offered(call, to, stream))
		return;
	host = shake_host_of(&s->shake, stream);
	if (host != stream)
		local->rtp = stream_address(call, host, to);
	*ret = (struct shake_lines){ .shake = { .setup = SDP_ACTPASS, .has_mux = true } };
	local->protocol = protocol_of(call, to, stream);
	describe(stream_fingerprint(call, stream), &s->shake, local, ret);
	if (s->shake.mid_len == 0 && is_browser(&call->facts->legs[to]))
		ret->shake.mid = view_bytes(&mids[stream], 1);
	ret->shake.is_bundled = ret->shake.mid.len > 0 && (s->shake.bundle != SHAKE_ALONE ||
	                                                   (stream == 0 && !has_bundle(call, to)));
	ret->shake.mid_id = mid_id_of(call, to, stream, false);
	if (host != stream)
		be_guest(local, ret);
	else if (!cover_is_needed(call, to) &&
	         (s->shake.is_on ? s->shake.has_ice : is_browser(&call->facts->legs[to])))
		describe_path(&s->shake, ret);
}

void shake_describe_answer(const struct call *call, unsigned to, unsigned stream,
                           struct sdp_local *local, struct shake_lines *ret)
{
	const struct stream_secure *s = &call->facts->offered_secure[stream];
	unsigned host = shake_host_of(&s->shake, stream);

	if (!s->shake.is_on) {
		/* The other end shakes, this one spoke in the clear or has keys. */
		if (shake_is_asked(call, stream))
			local->protocol = s->protocol != 0 ? s->protocol : SDP_PROTOCOL_AVP + 1;
		return;
	}
	if (host != stream)
		local->rtp = stream_address(call, host, to);
	*ret = (struct shake_lines){ .shake = { .has_mux = s->shake.has_mux,
		                                .is_bundled = s->shake.bundle != SHAKE_ALONE,
		                                .mid_id = mid_id_of(call, to, stream, true) } };
	ret->shake.setup = s->shake.is_active ? SDP_ACTIVE : SDP_PASSIVE;
	local->protocol = s->protocol;
	describe(stream_fingerprint(call, stream), &s->shake, local, ret);
	if (host != stream)
		be_guest(local, ret);
	else if (s->shake.has_ice)
		describe_path(&s->shake, ret);
}

/* ---- ordered ---- */

bool shake_order(const struct call *call, unsigned leg, unsigned stream, struct order_shake *ret)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	const struct stream_shake *k = &s->secure[leg].shake;

	if (s->legs[leg].protection != PROTECTION_DTLS || shake_host_of(k, stream) != stream)
		return false;
	*ret = (struct order_shake){ .kind = ORDER_SHAKE,
		                     .leg = (uint8_t)leg,
		                     .hash = k->hash,
		                     .is_active = k->is_active,
		                     .has_ice = k->has_ice && !cover_is_needed(call, leg),
		                     .association = k->association,
		                     .tuple = k->tuple };
	sdp_ice_draw(k->random, ret->ufrag, ret->pwd);
	memcpy(ret->fingerprint, k->fingerprint, sizeof(ret->fingerprint));
	return true;
}

bool shake_keys(const struct call *call, unsigned leg, unsigned stream, struct order_keys *ret)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	const struct stream_secure *secure = &s->secure[leg];

	if (s->legs[leg].protection != PROTECTION_DTLS || secure->shake.tuple.family == 0)
		return false;
	*ret = (struct order_keys){ .kind = ORDER_KEYS,
		                    .leg = (uint8_t)leg,
		                    .in = secure->theirs,
		                    .out = secure->shake.out };
	return true;
}

bool shake_is_awaited(const struct call *call, unsigned leg, unsigned stream)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	unsigned host = shake_host_of(&s->secure[leg].shake, stream);

	return s->legs[leg].protection == PROTECTION_DTLS &&
	       call->facts->streams[host].secure[leg].theirs.suite == SUITE_NONE;
}

void shake_agreed(struct call *call, unsigned stream, const struct media_agreed *agreed)
{
	struct stream_facts *s = &call->facts->streams[stream];

	/* A new description may have crossed it. */
	if (agreed->leg >= CALL_LEGS || s->legs[agreed->leg].protection != PROTECTION_DTLS ||
	    s->secure[agreed->leg].shake.association != agreed->association)
		return;
	s->secure[agreed->leg].theirs = agreed->in;
	s->secure[agreed->leg].shake.out = agreed->out;
	s->secure[agreed->leg].shake.tuple = agreed->tuple;
	/* A successor could not ask the end for another handshake. */
	if (call->state == CALL_UP)
		(void)call_save(call);
}
