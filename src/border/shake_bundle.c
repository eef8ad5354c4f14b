/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of one port: which may share it, which do, and which would have to leave it. */
#include "border/call_priv.h"
#include "border/cover.h"
#include "border/offer_priv.h"

static const struct sdp_media *line_of(const struct call *call, unsigned stream)
{
	return &call->border->calls->came.media[stream];
}

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

uint64_t shake_path_of(const struct call *call, unsigned stream)
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
	uint64_t names = shake_path_of(call, stream), path = shake_path_of(call, host);

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

unsigned shake_host_of(const struct stream_shake *k, unsigned stream)
{
	unsigned host = k->bundle >= SHAKE_GUEST ? k->bundle - (unsigned)SHAKE_GUEST : stream;

	return host < MAX_CALL_STREAMS ? host : stream;
}

unsigned shake_host(const struct call *call, unsigned stream)
{
	const struct stream_shake k = { .bundle = call->border->calls->bundle[stream] };
	unsigned host = shake_host_of(&k, stream);

	return host < stream && call->facts->streams[host].has_ports ? host : stream;
}

bool shake_is_torn(const struct call *call, unsigned from)
{
	const struct sdp_session *came = &call->border->calls->came;

	for (unsigned i = 0; i < MAX_CALL_STREAMS && i < came->media_count; i++) {
		const struct stream_facts *s = &call->facts->streams[i];

		for (unsigned leg = 0; leg < CALL_LEGS; leg++) {
			const struct stream_shake *k = &s->secure[leg].shake;
			unsigned host = shake_host_of(k, i);

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
	unsigned host = shake_host_of(&secure->shake, stream);
	bool has_guest = host != stream;

	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		has_guest |= secure->shake.bundle == SHAKE_HOST && i != stream &&
		             call->facts->streams[i].secure[leg].shake.is_on &&
		             shake_host_of(&call->facts->streams[i].secure[leg].shake, i) == stream;
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

		if (cover_is_needed(call, from) || m->port == 0 || !sdp_media_shakes(came, m) ||
		    sdp_handshake_read(came, m, &h) != ERR_NONE || !h.has_ice)
			continue;
		m->rtp = leg->flow.remote;
		m->rtcp = (struct addr){ 0 };
		m->is_held_by_address = false; /* browsers hide where they are */
	}
}
