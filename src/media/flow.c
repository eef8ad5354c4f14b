/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of a datagram: narrowed in steps (source, rate, form, direction,
 * sequence, destination), each with its own verdict, and written anew at the end. */
#include "media/flow_priv.h"

#include "base/now.h"
#include "rtp/picture.h"
#include "rtp/udptl.h"
#include "sdp/media.h"

#include <string.h>

static bool is_single_host(const struct addr *a)
{
	enum addr_kind kind = addr_kind(a);

	return (a->family == 4 || a->family == 6) && kind != ADDR_MULTICAST &&
	       kind != ADDR_BROADCAST && kind != ADDR_UNSPECIFIED;
}

static bool is_leg_sound(const struct order_leg *l)
{
	if (l->trust > TRUST_PORT_AT_SIGNALLING || l->protection > PROTECTION_DTLS)
		return false;
	if (!l->is_known)
		return true;
	if (!is_single_host(&l->remote) || l->remote.port == 0)
		return false;
	if (l->rtcp.family != 0 && (l->rtcp.port == 0 || !addr_same_host(&l->rtcp, &l->remote)))
		return false;
	if (l->signalling.family == 0)
		return l->trust != TRUST_PORT_AT_SIGNALLING;
	return is_single_host(&l->signalling);
}

enum err media_flow_order_check(const struct order *o)
{
	bool is_sound = o->legs[0].port != o->legs[1].port && is_leg_sound(&o->legs[0]) &&
	                is_leg_sound(&o->legs[1]);

	/* Only RTP has a protection. */
	is_sound = is_sound && (o->form == MEDIA_RTP || (o->legs[0].protection == PROTECTION_NONE &&
	                                                 o->legs[1].protection == PROTECTION_NONE));
	for (size_t i = 0; i < 2; i++)
		is_sound = is_sound && o->legs[i].carrier <= MEDIA_TLS &&
		           (o->legs[i].carrier == MEDIA_UDP ||
		            o->legs[i].protection == PROTECTION_NONE) &&
		           (o->form != MEDIA_UDPTL || o->legs[i].carrier == MEDIA_UDP) &&
		           (o->form != MEDIA_MRCP || o->legs[i].carrier != MEDIA_UDP);
	return is_sound && o->form <= MEDIA_MRCP ? ERR_NONE : ERR_SYNTAX;
}

static void take_order(struct media_flow *f, const struct order *o)
{
	for (size_t i = 0; i < 2; i++)
		f->legs[i].order = o->legs[i];
	memcpy(f->formats, o->formats, sizeof(f->formats));
	f->packets_per_s = o->packets_per_s != 0 ? o->packets_per_s : FLOW_PACKETS_PER_S;
	f->is_held = o->is_held;
	f->is_barred = o->is_barred;
	f->form = o->form;
	f->hears_keys = o->hears_keys;
}

static void name_leg(struct flow_leg *leg, const uint8_t *seed)
{
	struct buffer b = BUFFER_ON(leg->cname);

	memcpy(&leg->ssrc_mask, seed, sizeof(leg->ssrc_mask));
	buffer_hex(&b, seed + sizeof(leg->ssrc_mask), RTCP_CNAME_SIZE / 2);
}

void media_flow_open(struct media_flow *f, const struct order *o,
                     const uint8_t seed[FLOW_SEED_SIZE], uint64_t now_us)
{
	memset(f, 0, sizeof(*f));
	take_order(f, o);
	f->last_packet_us = now_us;
	name_leg(&f->legs[0], seed);
	name_leg(&f->legs[1], seed + FLOW_SEED_SIZE / 2);
}

static bool is_same_leg(const struct order_leg *a, const struct order_leg *b)
{
	return a->trust == b->trust && a->is_known == b->is_known && a->is_mux == b->is_mux &&
	       addr_equal(&a->remote, &b->remote) && addr_equal(&a->rtcp, &b->rtcp) &&
	       addr_equal(&a->signalling, &b->signalling);
}

void media_flow_change(struct media_flow *f, const struct order *o, uint64_t now_us)
{
	bool is_same[2];

	for (size_t i = 0; i < 2; i++) {
		is_same[i] = is_same_leg(&f->legs[i].order, &o->legs[i]);
		/* What was learnt and what was proven are worth nothing to each other. */
		if ((f->legs[i].order.protection == PROTECTION_DTLS) !=
		    (o->legs[i].protection == PROTECTION_DTLS))
			f->legs[i].locked = f->legs[i].rtcp_locked = (struct addr){ 0 };
	}
	if (f->is_held && !o->is_held)
		f->last_packet_us = now_us;
	take_order(f, o);
	for (size_t i = 0; i < 2; i++)
		if (!is_same[i])
			media_source_changed(&f->legs[i]);
}

void media_flow_label(struct media_flow *f, size_t leg, struct view label)
{
	f->legs[leg].label_len = (uint8_t)label.len;
	memcpy(f->legs[leg].label, label.at, label.len);
}

bool media_flow_has_source(const struct media_flow *f, size_t leg, uint32_t ssrc)
{
	const struct flow_leg *other = &f->legs[leg ^ 1];

	for (size_t i = 0; i < MAX_FLOW_SOURCES; i++)
		if (other->sources[i].is_started &&
		    (other->sources[i].ssrc ^ other->ssrc_mask) == ssrc)
			return true;
	return false;
}

static bool bucket_takes(struct flow_bucket *b, uint32_t per_s, uint64_t now_us)
{
	uint64_t full = (uint64_t)per_s * SECOND_US;
	uint64_t passed_us = now_since(now_us, b->at_us);

	/* A second's worth may come at once; an empty bucket that never was used is full. */
	if (b->at_us == 0 || passed_us >= SECOND_US)
		b->micropackets = full;
	else
		b->micropackets += passed_us * per_s;
	if (b->micropackets > full)
		b->micropackets = full;
	b->at_us = now_us;
	if (b->micropackets < SECOND_US)
		return false;
	b->micropackets -= SECOND_US;
	return true;
}

static uint32_t clock_of(const struct media_flow *f, uint8_t payload_type)
{
	for (size_t i = 0; i < MAX_ORDER_FORMATS; i++)
		if (f->formats[i].clock_khz != 0 && f->formats[i].payload_type == payload_type)
			return f->formats[i].clock_khz * UINT32_C(1000);
	return sdp_static_clock_hz(payload_type);
}

static void note_heard(struct media_flow *f, struct flow_leg *leg, uint64_t now_us)
{
	leg->has_spoken = true;
	f->last_packet_us = now_us;
	f->is_silent = false;
}

/* Somebody else's host, named by an SDP, that never said a word: it is sent a
 * bounded amount, because it may be a victim and not a phone. */
static bool is_unconfirmed(const struct flow_leg *leg, const struct addr *to)
{
	return !leg->has_spoken && leg->order.carrier == MEDIA_UDP &&
	       leg->order.signalling.family != 0 && !addr_same_host(to, &leg->order.signalling) &&
	       leg->unconfirmed >= MAX_FLOW_UNCONFIRMED;
}

/* A fax's packet is walked as one of a source without a name. */
static enum err parse_packet(const struct media_flow *f, struct view bytes, struct rtp_packet *ret)
{
	struct udptl_packet fax;
	enum err err;

	if (f->form == MEDIA_RTP)
		return rtp_packet_parse(bytes, ret);
	err = udptl_packet_parse(bytes, &fax);
	if (err == ERR_NONE)
		*ret = (struct rtp_packet){ .payload = bytes, .sequence = fax.sequence };
	return err;
}

/* What came, as it was before its end protected it. */
static enum flow_verdict unlock(struct flow_leg *leg, struct flow_datagram *d, uint64_t now_us)
{
	enum err err = ERR_LIMIT;

	if (leg->order.protection == PROTECTION_NONE || d->is_open)
		return FLOW_SEND;
	if (leg->secure)
		err = media_secure_open(leg->secure, d->is_rtcp, d->bytes, &d->len, now_us);
	if (err == ERR_NONE)
		return FLOW_SEND;
	if (err == ERR_LIMIT)
		return FLOW_KEY;
	return err == ERR_STALE ? FLOW_REPLAY : FLOW_UNAUTHENTIC;
}

/* What is to go to a leg, as its end expects it: never otherwise. */
static enum flow_verdict lock(struct flow_leg *to, bool is_rtcp, char *bytes, size_t room,
                              size_t *len)
{
	enum err err = ERR_LIMIT;

	if (to->order.protection == PROTECTION_NONE)
		return FLOW_SEND;
	if (to->secure)
		err = media_secure_seal(to->secure, is_rtcp, bytes, room, len);
	if (err == ERR_NONE)
		return FLOW_SEND;
	return err == ERR_STALE ? FLOW_SEQUENCE : FLOW_KEY;
}

static enum flow_verdict judge_rtp(struct media_flow *f, struct flow_leg *leg,
                                   struct flow_datagram *d, uint64_t now_us, struct rtp_packet *ret)
{
	enum source_kind source = media_source_of_rtp(leg, &d->from);
	enum flow_verdict verdict;

	if (source == SOURCE_STRANGER)
		return FLOW_WRONG_SOURCE;
	/* First of all: what is forged uses up nobody's share and proves no source. */
	verdict = unlock(leg, d, now_us);
	if (verdict != FLOW_SEND)
		return verdict;
	/* Candidates are not counted, or a neighbour could use up the phone's share. */
	if (source == SOURCE_LOCKED && !bucket_takes(&leg->rtp_bucket, f->packets_per_s, now_us))
		return FLOW_RATE;
	if (parse_packet(f, view_bytes(d->bytes, d->len), ret) != ERR_NONE)
		return FLOW_MALFORMED;
	if (source == SOURCE_LOCKED)
		leg->has_spoken = true;
	if (!leg->order.is_sending)
		return FLOW_DIRECTION;
	if ((source == SOURCE_CANDIDATE || leg->is_relearning) &&
	    !media_source_learn(leg, &d->from, ret, now_us))
		return FLOW_LEARNING;
	/* Fax machines repeat a packet under its number, and are silent for long. */
	if (f->form == MEDIA_RTP &&
	    !media_source_continues(leg, ret, now_us, clock_of(f, ret->payload_type)))
		return FLOW_SEQUENCE;
	return FLOW_SEND;
}

/* A sender that begins its numbers anew would use those again that went out under a key:
 * the other end then sees a new sender. */
static bool has_begun_anew(const struct flow_leg *leg)
{
	return leg->sources[leg->newest].received <= 1;
}

static enum flow_verdict write_rtp(struct flow_leg *leg, struct flow_leg *other, char *bytes,
                                   struct rtp_packet *packet, struct view *ret)
{
	const struct view label = view_bytes(other->label, other->label_len);
	enum flow_verdict verdict = FLOW_SEND;
	struct view out;

	for (int i = 0; i < 2; i++) {
		out = label.len > 0 ? rtp_label_put(bytes, packet, leg->ssrc_mask, label)
		                    : rtp_packet_write_in_place(bytes, packet, leg->ssrc_mask);
		verdict = lock(other, false, bytes + (out.at - bytes), out.len + SRTP_MAX_TRAILER,
		               &out.len);
		if (verdict != FLOW_SEQUENCE || !has_begun_anew(leg))
			break;
		leg->ssrc_mask = leg->ssrc_mask * UINT32_C(0x9e3779b1) + 1;
	}
	if (verdict == FLOW_SEND)
		*ret = out;
	return verdict;
}

static enum flow_verdict receive_rtp(struct media_flow *f, struct flow_datagram *d, uint64_t now_us,
                                     struct flow_output *ret)
{
	struct flow_leg *leg = &f->legs[d->leg], *other = &f->legs[d->leg ^ 1];
	struct addr to = media_source_destination(other);
	struct rtp_packet packet;
	enum flow_verdict verdict = judge_rtp(f, leg, d, now_us, &packet);

	if (verdict != FLOW_SEND)
		return verdict;
	note_heard(f, leg, now_us);
	leg->totals.packets++;
	leg->totals.octets += packet.payload.len;
	leg->totals.payload_type = packet.payload_type;
	if (f->form == MEDIA_RTP && f->hears_keys & 1u << d->leg)
		media_digits_hear(&leg->ear, &packet, &leg->heard);
	if (other->order.is_known && !other->order.is_receiving)
		return FLOW_DIRECTION;
	if (to.family == 0 || is_unconfirmed(other, &to))
		return FLOW_UNREADY;
	other->unconfirmed += !other->has_spoken;
	if (f->form == MEDIA_RTP && other->digits.is_busy)
		media_digits_take(&other->digits, &packet, clock_of(f, packet.payload_type),
		                  d->bytes);
	ret->out = packet.payload;
	ret->to = to;
	return f->form == MEDIA_RTP ? write_rtp(leg, other, d->bytes, &packet, &ret->out)
	                            : FLOW_SEND;
}

/* Without it who has missed the first picture sees none (RFC 4585 6.3.1). */
static void write_pictures(struct view came, const struct rtcp_compound *c,
                           const struct rtcp_rewrite *how, struct buffer *out)
{
	struct rtcp_picture pictures[MAX_RTCP_PICTURES];

	if (c->dropped > 0)
		rtcp_pictures_write(out, pictures, rtcp_pictures_read(came, c, pictures), c->sender,
		                    how);
}

static enum flow_verdict receive_rtcp(struct media_flow *f, struct flow_datagram *d,
                                      struct buffer *scratch, uint64_t now_us,
                                      struct flow_output *ret)
{
	struct flow_leg *leg = &f->legs[d->leg], *other = &f->legs[d->leg ^ 1];
	struct addr to = media_source_rtcp_destination(other);
	struct rtcp_rewrite how = { .sender_mask = leg->ssrc_mask,
		                    .report_mask = other->ssrc_mask };
	struct rtcp_compound compound;
	enum flow_verdict verdict;

	if (media_source_of_rtcp(leg, &d->from) == SOURCE_STRANGER)
		return FLOW_WRONG_SOURCE;
	verdict = unlock(leg, d, now_us);
	if (verdict != FLOW_SEND)
		return verdict;
	if (!bucket_takes(&leg->rtcp_bucket, FLOW_RTCP_PER_S, now_us))
		return FLOW_RATE;
	if (rtcp_parse(view_bytes(d->bytes, d->len), &compound) != ERR_NONE)
		return FLOW_MALFORMED;
	if (leg->order.trust != TRUST_EXACT)
		leg->rtcp_locked = d->from;
	note_heard(f, leg, now_us);
	/* RTCP goes on while media is held (RFC 3264 5.1), so directions are not asked. */
	if (to.family == 0 || is_unconfirmed(other, &to))
		return FLOW_UNREADY;
	memcpy(how.cname, leg->cname, sizeof(how.cname));
	buffer_reset(scratch);
	rtcp_write(scratch, &compound, &how);
	write_pictures(view_bytes(d->bytes, d->len), &compound, &how, scratch);
	ret->to = to;
	verdict = lock(other, true, scratch->at, scratch->max, &scratch->len);
	ret->out = buffer_view(scratch);
	return verdict;
}

/* What goes to nobody for want of a key, or of a handshake, keeps no call alive. */
static bool is_in_vain(const struct flow_leg *to, enum flow_verdict verdict)
{
	return verdict == FLOW_KEY ||
	       (verdict == FLOW_UNREADY && to->order.protection != PROTECTION_NONE);
}

enum flow_verdict media_flow_receive(struct media_flow *f, const struct flow_datagram *d,
                                     struct buffer *scratch, uint64_t now_us,
                                     struct flow_output *ret)
{
	struct media_leg_statistics *totals = &f->legs[d->leg].totals;
	struct flow_datagram open = *d;
	enum flow_verdict verdict = FLOW_DIRECTION;
	uint64_t heard_us = f->last_packet_us;
	bool was_silent = f->is_silent;

	if (!f->is_barred)
		verdict = d->is_rtcp ? receive_rtcp(f, &open, scratch, now_us, ret)
		                     : receive_rtp(f, &open, now_us, ret);
	if (is_in_vain(&f->legs[d->leg ^ 1], verdict)) {
		f->last_packet_us = heard_us;
		f->is_silent = was_silent;
	}
	totals->dropped_source += verdict == FLOW_WRONG_SOURCE;
	totals->dropped_malformed += verdict == FLOW_MALFORMED;
	totals->dropped_direction += verdict == FLOW_DIRECTION;
	totals->dropped_auth += verdict == FLOW_UNAUTHENTIC;
	totals->dropped_replay += verdict == FLOW_REPLAY;
	return verdict;
}

bool media_flow_is_silent(struct media_flow *f, uint64_t timeout_us, uint64_t now_us)
{
	/* A channel says nothing for as long as its call has nothing to ask. */
	if (f->form == MEDIA_MRCP || f->is_held || f->is_silent ||
	    now_since(now_us, f->last_packet_us) < timeout_us)
		return false;
	f->is_silent = true;
	return true;
}

void media_flow_statistics(const struct media_flow *f, struct media_leg_statistics ret[2])
{
	for (size_t i = 0; i < 2; i++) {
		const struct flow_leg *leg = &f->legs[i];
		uint64_t lost = leg->retired_lost;

		for (size_t j = 0; j < MAX_FLOW_SOURCES; j++)
			if (leg->sources[j].is_started)
				lost += rtp_statistics_lost(&leg->sources[j]);
		ret[i] = leg->totals;
		ret[i].lost = lost < UINT32_MAX ? (uint32_t)lost : UINT32_MAX;
		ret[i].jitter_us = rtp_statistics_jitter_us(&leg->sources[leg->newest]);
		ret[i].is_learnt = leg->locked.family != 0;
		ret[i].learnt_port = leg->locked.port;
	}
}
