/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes of a call's audio: judged, agreed, written, ordered. */
#include "border/call_priv.h"
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

/* ---- lines of one port ---- */

static bool shares_type(const struct sdp_session *s, const struct sdp_media *a,
                        const struct sdp_media *b)
{
	for (unsigned i = 0; i < a->format_count; i++)
		for (unsigned k = 0; k < b->format_count; k++)
			if (s->formats[a->first_format + i].payload_type ==
			    s->formats[b->first_format + k].payload_type)
				return true;
	return false;
}

static bool may_bundle(const struct sdp_session *s, const struct sdp_media *m,
                       struct sdp_handshake *ret)
{
	return (m->port != 0 || sdp_media_is_bundle_only(s, m)) && sdp_media_shakes(s, m) &&
	       sdp_handshake_read(s, m, ret) == ERR_NONE && ret->is_bundled &&
	       ret->mid.len <= SHAKE_MID_SIZE;
}

static uint64_t ice_names_of(const struct call *call, unsigned stream)
{
	const struct calls *c = call->border->calls;
	const struct sdp_level *levels[] = { &line_of(call, stream)->level, &c->came.level };
	uint64_t path = 0;

	for (unsigned i = 0; i < 2; i++)
		for (unsigned k = 0; k < levels[i]->attribute_count; k++) {
			const struct sdp_attribute *a =
				&c->came.attributes[levels[i]->first_attribute + k];

			if (view_starts(a->name, VIEW("ice-ufrag")) ||
			    view_starts(a->name, VIEW("ice-pwd")))
				path = path * 31 + fact_hash(call->border, a->value);
		}
	return path;
}

/* It says that it is where the host is, or nothing of where it is (RFC 8843 7.2.1); who checks
 * paths tells by their names, and browsers give no port then. */
static bool is_at_host(const struct call *call, unsigned stream, unsigned host)
{
	const struct sdp_media *m = line_of(call, stream), *first = line_of(call, host);
	uint64_t names = ice_names_of(call, stream), path = ice_names_of(call, host);

	if (m->port == 0)
		return true;
	if (path == 0)
		return addr_equal(&m->rtp, &first->rtp);
	return (m->port == first->port || m->port == SDP_PORT_DISCARD) &&
	       (names == 0 || names == path);
}

/* One that has a port keeps it, ours or its own: who wants no more than a port gets that. What an
 * answer shares is what was offered so. */
static bool may_share(const struct call *call, unsigned from, unsigned stream, unsigned host,
                      bool is_offer)
{
	const struct stream_facts *s = &call->facts->streams[stream];

	if (s->is_open || !is_offer)
		return s->secure[from].shake.bundle == SHAKE_GUEST + host;
	return is_at_host(call, stream, host) &&
	       (!s->has_ports || (call->facts->streams[host].has_ports &&
	                          stream_worker(call, stream) == stream_worker(call, host)));
}

static bool is_one_group(const struct sdp_handshake *first, const struct sdp_handshake *h)
{
	return first->has_ice == h->has_ice && first->has_mux && h->has_mux &&
	       view_equal(first->mid, first->tag) && view_equal(first->tag, h->tag) &&
	       (first->mid_id == h->mid_id || first->mid_id == 0 || h->mid_id == 0) &&
	       first->hash == h->hash &&
	       memcmp(first->fingerprint, h->fingerprint, sizeof(h->fingerprint)) == 0;
}

/* Neither its name nor a payload type is that of a line before it on the same port. */
static bool is_told_apart(const struct calls *c, const struct sdp_handshake *lines, unsigned stream)
{
	for (unsigned i = 0; i < stream; i++)
		if (c->bundle[i] != SHAKE_ALONE &&
		    (view_equal(lines[i].mid, lines[stream].mid) ||
		     shares_type(&c->came, &c->came.media[i], &c->came.media[stream])))
			return false;
	return true;
}

static void gather(struct call *call, unsigned from, bool is_offer)
{
	struct sdp_handshake lines[MAX_CALL_STREAMS];
	struct calls *c = call->border->calls;
	unsigned host = MAX_CALL_STREAMS;

	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		struct sdp_media *m = &c->came.media[i];

		c->bundle[i] = SHAKE_ALONE;
		if (i >= c->came.media_count || (m->port == 0 && !is_offer) ||
		    !may_bundle(&c->came, m, &lines[i]))
			continue;
		if (host == MAX_CALL_STREAMS && m->port != 0) {
			host = i;
			c->bundle[i] = SHAKE_HOST;
		} else if (host < i && is_one_group(&lines[host], &lines[i]) &&
		           is_told_apart(c, lines, i) && may_share(call, from, i, host, is_offer)) {
			c->bundle[i] = (uint8_t)(SHAKE_GUEST + host);
			sdp_media_take_bundled(&c->came, m, &c->came.media[host]);
		}
	}
}

/* The row of the host; the stream itself where it is no guest. */
static unsigned host_of(const struct stream_shake *k, unsigned stream)
{
	unsigned host = k->bundle >= SHAKE_GUEST ? k->bundle - (unsigned)SHAKE_GUEST : stream;

	return host < MAX_CALL_STREAMS ? host : stream;
}

unsigned shake_host(const struct call *call, unsigned stream)
{
	const struct stream_shake k = { .bundle = call->border->calls->bundle[stream] };
	unsigned host = host_of(&k, stream);

	return host < stream && call->facts->streams[host].has_ports ? host : stream;
}

bool shake_is_torn(const struct call *call, unsigned from)
{
	const struct sdp_session *came = &call->border->calls->came;

	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < came->media_count; i++) {
		const struct stream_facts *s = &call->facts->streams[i];

		for (unsigned leg = 0; leg < CALL_LEGS; leg++) {
			const struct stream_shake *k = &s->secure[leg].shake;
			unsigned host = host_of(k, i);

			if (!s->is_open || host == i || came->media[i].port == 0)
				continue;
			if (came->media[host].port == 0 ||
			    (leg == from && call->border->calls->bundle[i] != k->bundle))
				return true;
		}
	}
	return false;
}

void shake_choose_host(struct call *call)
{
	const struct sdp_session *came = &call->border->calls->came;
	struct stream_secure *offered = call->facts->offered_secure;
	unsigned host = MAX_CALL_STREAMS;

	for (unsigned i = 0; i < MAX_CALL_STREAMS && host == MAX_CALL_STREAMS; i++)
		if (offered[i].shake.is_on && offered[i].shake.bundle != SHAKE_ALONE &&
		    i < came->media_count && came->media[i].port != 0)
			host = i;
	for (unsigned i = 0; i < MAX_CALL_STREAMS && host < MAX_CALL_STREAMS; i++)
		if (offered[i].shake.is_on && offered[i].shake.bundle != SHAKE_ALONE)
			offered[i].shake.bundle =
				(uint8_t)(i == host ? SHAKE_HOST : SHAKE_GUEST + host);
}

bool shake_bundle(const struct call *call, unsigned leg, unsigned stream, struct order_bundle *ret)
{
	const struct stream_facts *s = &call->facts->streams[stream];
	const struct stream_secure *secure = &s->secure[leg];
	unsigned host = host_of(&secure->shake, stream);
	bool has_guest = host != stream;

	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		has_guest |= secure->shake.bundle == SHAKE_HOST && i != stream &&
		             call->facts->streams[i].secure[leg].shake.is_on &&
		             host_of(&call->facts->streams[i].secure[leg].shake, i) == stream;
	if (s->legs[leg].protection != PROTECTION_DTLS || !has_guest)
		return false;
	*ret = (struct order_bundle){ .kind = ORDER_BUNDLE,
		                      .leg = (uint8_t)leg,
		                      .stream = stream,
		                      .host = host,
		                      .mid_id = secure->mid_id,
		                      .mid_len = secure->shake.mid_len };
	memcpy(ret->mid, secure->shake.mid, secure->shake.mid_len);
	return true;
}

void shake_prepare(struct call *call, unsigned from, bool is_offer)
{
	struct sdp_session *came = &call->border->calls->came;
	const struct leg_facts *leg = leg_of(call, from);
	struct sdp_handshake h __attribute__((uninitialized)); /* filled before it is read */

	gather(call, from, is_offer);
	for (unsigned i = 0; i < came->media_count && i < MAX_CALL_STREAMS; i++) {
		struct sdp_media *m = &came->media[i];

		if (m->port == 0 || !sdp_media_shakes(came, m) ||
		    sdp_handshake_read(came, m, &h) != ERR_NONE || !h.has_ice)
			continue;
		m->rtp = leg->flow.remote;
		m->rtcp = (struct addr){ 0 };
		m->is_held_by_address = false; /* browsers hide where they are */
	}
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

/* Who shows another certificate is another end: keys of the last one are nothing to it. */
static void take_certificate(struct stream_secure *s, const struct sdp_handshake *h)
{
	struct stream_shake *k = &s->shake;

	/* Media forgets how far a key of the description was used: it never comes back. */
	if (!k->is_on)
		s->is_seeded = 0;
	if (!k->is_on || k->hash != h->hash ||
	    memcmp(k->fingerprint, h->fingerprint, sizeof(k->fingerprint)) != 0) {
		secret_wipe(&s->theirs, sizeof(s->theirs));
		secret_wipe(&k->out, sizeof(k->out));
		k->tuple = (struct addr){ 0 };
	}
	k->is_on = 1;
	k->hash = h->hash;
	memcpy(k->fingerprint, h->fingerprint, sizeof(k->fingerprint));
}

static void take_path(struct call *call, unsigned stream, const struct sdp_handshake *h,
                      struct stream_shake *k)
{
	const struct stream_shake line = { .bundle = call->border->calls->bundle[stream] };
	uint64_t path = ice_names_of(call, host_of(&line, stream));

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
	return REFUSAL_COUNT;
}

enum refusal shake_take_offer(struct call *call, unsigned from, unsigned stream,
                              struct stream_secure *ret)
{
	struct stream_secure s = call->facts->streams[stream].secure[from];
	bool was_on = s.shake.is_on;
	struct sdp_handshake h;
	enum refusal why = judge(call, from, stream, &h);

	if (why != REFUSAL_COUNT)
		return why;
	if (h.setup == SDP_HOLDCONN)
		return REFUSAL_SHAKE;
	take_certificate(&s, &h);
	take_path(call, stream, &h, &s.shake);
	/* Roles stay as they are where the other end leaves it to us (RFC 8842 5.5). */
	if (h.setup != SDP_ACTPASS || !was_on)
		s.shake.is_active = sdp_setup_answer((enum sdp_setup)h.setup) == SDP_ACTIVE;
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
	struct sdp_handshake h;
	enum refusal why = judge(call, from, stream, &h);
	bool is_active;

	if (why != REFUSAL_COUNT)
		return why;
	if (!shake_is_asked(call, stream) ||
	    !sdp_setup_fits(SDP_ACTPASS, (enum sdp_setup)h.setup, &is_active))
		return REFUSAL_SHAKE;
	take_certificate(&s, &h);
	take_path(call, stream, &h, &s.shake);
	s.shake.is_active = !is_active; /* who answered begins, or we do */
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
	unsigned host = host_of(&own->shake, stream);

	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < came->media_count; i++) {
		const struct stream_shake *k = &row_of(call, to, i, is_answer)->shake;

		if (i != stream && came->media[i].port != 0 && k->is_on &&
		    k->bundle != SHAKE_ALONE && host_of(k, i) == host)
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
	host = host_of(&s->shake, stream);
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
	else if (s->shake.is_on ? s->shake.has_ice : is_browser(&call->facts->legs[to]))
		describe_path(&s->shake, ret);
}

void shake_describe_answer(const struct call *call, unsigned to, unsigned stream,
                           struct sdp_local *local, struct shake_lines *ret)
{
	const struct stream_secure *s = &call->facts->offered_secure[stream];
	unsigned host = host_of(&s->shake, stream);

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

	if (s->legs[leg].protection != PROTECTION_DTLS || host_of(k, stream) != stream)
		return false;
	*ret = (struct order_shake){ .kind = ORDER_SHAKE,
		                     .leg = (uint8_t)leg,
		                     .hash = k->hash,
		                     .is_active = k->is_active,
		                     .has_ice = k->has_ice,
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
	unsigned host = host_of(&s->secure[leg].shake, stream);

	return s->legs[leg].protection == PROTECTION_DTLS &&
	       call->facts->streams[host].secure[leg].theirs.suite == SUITE_NONE;
}

void shake_agreed(struct call *call, unsigned stream, const struct media_agreed *agreed)
{
	struct stream_facts *s = &call->facts->streams[stream];

	if (agreed->leg >= CALL_LEGS || s->legs[agreed->leg].protection != PROTECTION_DTLS)
		return;
	s->secure[agreed->leg].theirs = agreed->in;
	s->secure[agreed->leg].shake.out = agreed->out;
	s->secure[agreed->leg].shake.tuple = agreed->tuple;
	/* A successor could not ask the end for another handshake. */
	if (call->state == CALL_UP)
		(void)call_save(call);
}
