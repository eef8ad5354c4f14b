/* SPDX-License-Identifier: Apache-2.0 */
/* Legs that shake hands: checks of ICE answered, handshakes carried from the first hello to the
 * keys of the flow. */
#include "media/relay_priv.h"

#include "base/secret.h"
#include "os/socket.h"
#include "rtp/kind.h"

#include <stdlib.h>
#include <sys/socket.h>

_Static_assert((int)ICE_UFRAG_SIZE == (int)ORDER_UFRAG_SIZE &&
                       (int)ICE_PWD_SIZE == (int)ORDER_PWD_SIZE,
               "an order carries what ICE says");
_Static_assert((int)MEDIA_HASH_COUNT == (int)DTLS_HASH_COUNT &&
                       (int)MAX_ORDER_FINGERPRINT == (int)MAX_DTLS_FINGERPRINT,
               "an order carries any fingerprint");
_Static_assert((int)DTLS_MAX_SECRET == (int)SUITE_MAX_SECRET, "handshakes give what suites take");

static void count(struct media_relay *r, enum counter which)
{
	counters_add(r->ports.counters, which, 1);
}

static void put(struct media_relay *r, uint32_t pair, struct view datagram, const struct addr *to)
{
	struct sockaddr_storage name;
	socklen_t len = socket_name_of(to, &name);

	if (sendto(r->pairs[pair].sockets[RELAY_RTP].fd, datagram.at, datagram.len, MSG_DONTWAIT,
	           (struct sockaddr *)&name, len) < 0)
		count(r, COUNT_media_send_failures);
}

static void send_flight(void *context, const struct dtls_leg *leg, struct view datagram,
                        const struct addr *to)
{
	struct media_relay *r = context;
	const struct relay_shake *shake = HOLDER(leg, struct relay_shake, dtls);

	put(r, (uint32_t)(shake - r->shakes), datagram, to);
}

enum err media_shake_open(struct media_relay *r, uint32_t room)
{
	struct media_dtls_ports ports = {
		.context = r,
		.send = send_flight,
		.cookie = r->ports.table,
	};
	enum err err;

	r->shakes = calloc(room, sizeof(*r->shakes));
	r->bundles = calloc(room, sizeof(*r->bundles));
	err = r->shakes && r->bundles ? media_dtls_new(&ports, 0, &r->dtls) : ERR_NO_MEMORY;
	if (err != ERR_NONE)
		return err;
	/* Ends that connect see the certificate that datagrams see. */
	return media_relay_use_certificate(r, media_dtls_certificate(r->dtls),
	                                   media_dtls_key(r->dtls));
}

void media_shake_close(struct media_relay *r)
{
	for (uint32_t i = 0; r->dtls && i < r->pair_count; i++)
		media_shake_end(r, i);
	media_dtls_free(&r->dtls);
	free(r->shakes);
	free(r->bundles);
}

const uint8_t *media_relay_fingerprint(const struct media_relay *r)
{
	return media_dtls_fingerprint(r->dtls);
}

void media_relay_advance(struct media_relay *r, uint64_t now_us)
{
	media_dtls_advance(r->dtls, now_us);
}

uint64_t media_relay_wait_us(const struct media_relay *r, uint64_t now_us)
{
	return media_dtls_wait_us(r->dtls, now_us);
}

/* --- orders ---------------------------------------------------------------- */

enum err media_shake_check(const struct order_shake *o)
{
	return o->leg <= 1 && o->hash < MEDIA_HASH_COUNT ? ERR_NONE : ERR_SYNTAX;
}

static struct media_flow *flow_of(const struct media_relay *r, uint32_t pair)
{
	return &r->pairs[pair].stream->flow;
}

static void prove(struct media_relay *r, uint32_t pair, const struct addr *place)
{
	media_flow_prove(flow_of(r, pair), r->pairs[pair].leg, place);
	media_bundle_prove(r, pair, place);
}

/* Where our own handshake goes: where ICE has found the peer, else where the description says, if
 * that is to be believed. */
static void begin_ours(struct media_relay *r, uint32_t pair, uint64_t now_us)
{
	struct relay_shake *shake = &r->shakes[pair];
	const struct order_leg *leg = &flow_of(r, pair)->legs[r->pairs[pair].leg].order;

	if (shake->has_ice && shake->ice.place.family != 0)
		media_dtls_connect(r->dtls, &shake->dtls, &shake->ice.place, now_us);
	else if (!shake->has_ice && leg->is_known && leg->trust != TRUST_PORT_AT_SIGNALLING)
		media_dtls_connect(r->dtls, &shake->dtls, &leg->remote, now_us);
}

static bool is_same_peer(const struct dtls_peer *a, const struct dtls_peer *b)
{
	return a->hash == b->hash && a->is_active == b->is_active &&
	       a->is_proven_path == b->is_proven_path && a->association == b->association &&
	       memcmp(a->fingerprint, b->fingerprint, sizeof(a->fingerprint)) == 0;
}

/* The path anew (RFC 8445 2.4): the place counts until another is nominated. */
static void begin_ice(struct relay_shake *shake, const struct order_shake *o)
{
	struct ice_credentials ours;

	memcpy(ours.ufrag, o->ufrag, sizeof(ours.ufrag));
	memcpy(ours.pwd, o->pwd, sizeof(ours.pwd));
	if (o->has_ice && (!shake->has_ice || memcmp(&ours, &shake->ice.ours, sizeof(ours)) != 0))
		media_ice_begin(&shake->ice, &ours);
	shake->has_ice = o->has_ice != 0;
}

void media_shake_begin(struct media_relay *r, struct relay_stream *s, const struct order_shake *o,
                       uint64_t now_us)
{
	uint32_t pair = s->pairs[o->leg];
	struct relay_shake *shake = &r->shakes[pair];
	struct dtls_peer peer = {
		.hash = o->hash,
		.is_active = o->is_active != 0,
		.is_proven_path = o->has_ice != 0,
		.association = o->association,
	};

	memcpy(peer.fingerprint, o->fingerprint, sizeof(peer.fingerprint));
	begin_ice(shake, o);
	if (shake->dtls.state == DTLS_NONE || !is_same_peer(&shake->dtls.peer, &peer)) {
		bool was_other = shake->dtls.state != DTLS_NONE;

		/* Whoever comes next is somebody else: nothing of the last one counts. */
		if (was_other) {
			media_secure_stop(relay_secure_of(r, pair));
			prove(r, pair, &(struct addr){ 0 });
		}
		media_dtls_begin(r->dtls, &shake->dtls, &peer,
		                 (uint64_t)s->generation << 32 | pair);
		if (!was_other && o->tuple.family != 0) {
			media_dtls_resume(&shake->dtls, &o->tuple);
			prove(r, pair, &o->tuple);
		}
	}
	begin_ours(r, pair, now_us);
}

void media_shake_end(struct media_relay *r, uint32_t pair)
{
	struct relay_shake *shake = &r->shakes[pair];

	if (shake->dtls.state == DTLS_NONE)
		return;
	media_dtls_end(r->dtls, &shake->dtls);
	secret_wipe(&shake->ice, sizeof(shake->ice));
	shake->has_ice = false;
}

/* --- datagrams ------------------------------------------------------------- */

/* The keys that the flow has are those of this handshake: the peer is where ICE has it now. */
static void follow(struct media_relay *r, uint32_t pair)
{
	struct relay_shake *shake = &r->shakes[pair];

	media_dtls_move(&shake->dtls, &shake->ice.place);
	if (shake->dtls.state == DTLS_KEYED)
		prove(r, pair, &shake->ice.place);
	shake->is_consented = true;
}

static void take_check(struct media_relay *r, uint32_t pair, const struct flow_datagram *d,
                       uint64_t now_us)
{
	struct relay_shake *shake = &r->shakes[pair];
	char storage[MAX_ICE_ANSWER];
	struct buffer answer = BUFFER_ON(storage);
	enum ice_verdict verdict = ICE_STRANGE;

	if (shake->has_ice)
		verdict = media_ice_receive(&shake->ice, view_bytes(d->bytes, d->len), &d->from,
		                            now_us, &answer);
	if (verdict != ICE_ANSWERED && verdict != ICE_NOMINATED) {
		count(r, COUNT_stun_dropped);
		return;
	}
	put(r, pair, buffer_view(&answer), &d->from);
	count(r, COUNT_stun_answered);
	if (verdict == ICE_NOMINATED ||
	    (!shake->is_consented && addr_equal(&shake->ice.place, &d->from)))
		follow(r, pair);
	begin_ours(r, pair, now_us);
}

/* Of suites that OpenSSL agrees on (RFC 5764 4.1.2, RFC 7714 14.2). */
static enum suite suite_of(uint16_t profile)
{
	static const uint8_t suites[] = {
		[1] = SUITE_CM_128_80,
		[2] = SUITE_CM_128_32,
		[7] = SUITE_GCM_128,
		[8] = SUITE_GCM_256,
	};

	return profile < sizeof(suites) ? (enum suite)suites[profile] : SUITE_NONE;
}

static void tell(struct media_relay *r, uint32_t pair, const struct media_agreed *agreed)
{
	const struct relay_stream *s = r->pairs[pair].stream;
	struct media_event event = {
		.kind = MEDIA_AGREED,
		.owner = s->owner,
		.generation = s->generation,
		.stream = s->number,
	};

	event.agreed = *agreed;
	/* Without it the call goes on, but not beyond media's end. */
	(void)r->ports.event(r->ports.context, &event);
	secret_wipe(&event, sizeof(event));
}

static void take_keys(struct media_relay *r, uint32_t pair, const struct dtls_keys *keys,
                      uint64_t now_us)
{
	struct relay_shake *shake = &r->shakes[pair];
	struct media_agreed agreed = { .tuple = shake->dtls.tuple,
		                       .leg = r->pairs[pair].leg,
		                       .association = shake->dtls.peer.association };

	agreed.in.suite = agreed.out.suite = (uint8_t)suite_of(keys->profile);
	memcpy(agreed.in.secret, keys->in, sizeof(agreed.in.secret));
	memcpy(agreed.out.secret, keys->out, sizeof(agreed.out.secret));
	if (media_secure_key(relay_secure_of(r, pair), &r->tools, &agreed.in, &agreed.out,
	                     now_us) == ERR_NONE) {
		prove(r, pair, &shake->dtls.tuple);
		tell(r, pair, &agreed);
	}
	secret_wipe(&agreed, sizeof(agreed));
}

static bool may_shake(const struct media_relay *r, uint32_t pair, const struct addr *from)
{
	const struct relay_shake *shake = &r->shakes[pair];

	if (shake->has_ice)
		return addr_equal(&shake->ice.place, from);
	return media_flow_may_shake(flow_of(r, pair), r->pairs[pair].leg, from);
}

static void take_flight(struct media_relay *r, uint32_t pair, const struct flow_datagram *d,
                        uint64_t now_us)
{
	static const enum counter counters[DTLS_VERDICT_COUNT] = {
		[DTLS_AGREED] = COUNT_dtls_agreed, [DTLS_IGNORED] = COUNT_dtls_ignored,
		[DTLS_FAILED] = COUNT_dtls_failed, [DTLS_STRANGER] = COUNT_dtls_wrong_certificate,
		[DTLS_BUSY] = COUNT_dtls_busy,
	};
	const struct dtls_datagram datagram = { view_bytes(d->bytes, d->len), d->from };
	enum dtls_verdict verdict = DTLS_IGNORED;
	struct dtls_keys keys;

	if (may_shake(r, pair, &d->from))
		verdict = media_dtls_receive(r->dtls, &r->shakes[pair].dtls, &datagram, now_us,
		                             &keys);
	if (verdict != DTLS_TAKEN)
		count(r, counters[verdict]);
	if (verdict != DTLS_AGREED)
		return;
	take_keys(r, pair, &keys, now_us);
	secret_wipe(&keys, sizeof(keys));
}

bool media_shake_receive(struct media_relay *r, uint32_t pair, const struct flow_datagram *d,
                         uint64_t now_us)
{
	switch (rtp_kind_of(view_bytes(d->bytes, d->len))) {
	case RTP_KIND_STUN:
		take_check(r, pair, d, now_us);
		return true;
	case RTP_KIND_DTLS:
		take_flight(r, pair, d, now_us);
		return true;
	default:
		return false;
	}
}

/* --- time ------------------------------------------------------------------- */

void media_shake_heard(struct media_relay *r, uint32_t pair, const struct addr *from,
                       uint64_t now_us)
{
	if (r->shakes[pair].has_ice)
		media_ice_heard(&r->shakes[pair].ice, from, now_us);
}

void media_shake_tick(struct media_relay *r, struct relay_stream *s, uint64_t now_us)
{
	uint64_t consent_us = r->options.consent_s * (uint64_t)SECOND_US;

	for (size_t i = 0; i < 2; i++) {
		struct relay_shake *shake = &r->shakes[s->pairs[i]];

		if (shake->dtls.state == DTLS_NONE)
			continue;
		begin_ours(r, s->pairs[i], now_us);
		if (!shake->has_ice || !shake->is_consented ||
		    media_ice_may_send(&shake->ice, consent_us, now_us))
			continue;
		prove(r, s->pairs[i], &(struct addr){ 0 });
		shake->is_consented = false;
	}
}
