/* SPDX-License-Identifier: Apache-2.0 */
/* Who may speak on a leg: the source by address, learnt where the order allows
 * it, and the SSRCs on that source. */
#include "media/flow_priv.h"

#include "base/now.h"

static const struct addr *allowed_host(const struct flow_leg *leg)
{
	return leg->order.trust == TRUST_PORT_AT_SIGNALLING ? &leg->order.signalling
	                                                    : &leg->order.remote;
}

static bool is_named_by_sdp(const struct flow_leg *leg, const struct addr *from)
{
	return leg->order.trust == TRUST_PORT_AT_SDP && addr_equal(from, &leg->order.remote);
}

/* A leg that shakes hands is where a handshake or ICE has proven it to be, and nowhere else. */
static bool is_proven_alone(const struct flow_leg *leg)
{
	return leg->order.protection == PROTECTION_DTLS;
}

void media_flow_prove(struct media_flow *f, size_t leg, const struct addr *place)
{
	struct flow_leg *l = &f->legs[leg];

	l->locked = *place;
	l->has_spoken |= place->family != 0;
}

bool media_flow_may_shake(const struct media_flow *f, size_t leg, const struct addr *from)
{
	const struct flow_leg *l = &f->legs[leg];

	if (!l->order.is_known || !is_proven_alone(l))
		return false;
	return l->order.trust == TRUST_EXACT ? addr_equal(from, &l->order.remote)
	                                     : addr_same_host(from, allowed_host(l));
}

enum source_kind media_source_of_rtp(const struct flow_leg *leg, const struct addr *from)
{
	if (!leg->order.is_known)
		return SOURCE_STRANGER;
	/* Who may connect was settled when the connection was made. */
	if (leg->order.carrier != MEDIA_UDP)
		return SOURCE_LOCKED;
	if (is_proven_alone(leg))
		return leg->locked.family != 0 && addr_equal(from, &leg->locked) ? SOURCE_LOCKED
		                                                                 : SOURCE_STRANGER;
	if (leg->order.trust == TRUST_EXACT)
		return addr_equal(from, &leg->order.remote) ? SOURCE_LOCKED : SOURCE_STRANGER;
	if (leg->locked.family != 0 && addr_equal(from, &leg->locked))
		return SOURCE_LOCKED;
	if (!addr_same_host(from, allowed_host(leg)))
		return SOURCE_STRANGER;
	if (leg->locked.family == 0 || leg->is_relearning || is_named_by_sdp(leg, from))
		return SOURCE_CANDIDATE;
	return SOURCE_STRANGER;
}

/* RTCP locks nothing but its own port, and only where RTP has locked the host
 * (a 4-byte RTCP packet must not open a leg). */
enum source_kind media_source_of_rtcp(const struct flow_leg *leg, const struct addr *from)
{
	if (!leg->order.is_known || leg->order.carrier != MEDIA_UDP)
		return SOURCE_STRANGER;
	if (leg->order.is_mux)
		return media_source_of_rtp(leg, from) == SOURCE_LOCKED ? SOURCE_LOCKED
		                                                       : SOURCE_STRANGER;
	/* RTCP apart would need a handshake of its own (RFC 5764 4.1). */
	if (is_proven_alone(leg))
		return SOURCE_STRANGER;
	if (leg->order.trust == TRUST_EXACT)
		return addr_equal(from, &leg->order.rtcp) ? SOURCE_LOCKED : SOURCE_STRANGER;
	if (leg->locked.family == 0 || !addr_same_host(from, &leg->locked))
		return SOURCE_STRANGER;
	if (leg->rtcp_locked.family == 0)
		return SOURCE_CANDIDATE;
	return addr_equal(from, &leg->rtcp_locked) ? SOURCE_LOCKED : SOURCE_STRANGER;
}

/* The row of that source, a free one, or the one that began first: it had the
 * longest time to prove itself. */
static struct flow_candidate *candidate_for(struct flow_leg *leg, const struct addr *from)
{
	struct flow_candidate *oldest = &leg->candidates[0];

	for (size_t i = 0; i < MAX_FLOW_CANDIDATES; i++)
		if (addr_equal(&leg->candidates[i].from, from))
			return &leg->candidates[i];
	for (size_t i = 0; i < MAX_FLOW_CANDIDATES; i++) {
		if (leg->candidates[i].from.family == 0)
			return &leg->candidates[i];
		if (leg->candidates[i].first_us < oldest->first_us)
			oldest = &leg->candidates[i];
	}
	oldest->from = (struct addr){ 0 };
	return oldest;
}

static void begin(struct flow_candidate *c, const struct addr *from, const struct rtp_packet *p,
                  uint64_t now_us)
{
	*c = (struct flow_candidate){
		.from = *from,
		.first_us = now_us,
		.ssrc = p->ssrc,
		.next_sequence = (uint16_t)(p->sequence + 1),
		.count = 1,
	};
}

/* Loss breaks the sequence but not the time that a source has been heard. */
static void proceed(struct flow_candidate *c, const struct rtp_packet *p)
{
	bool is_next = p->sequence == c->next_sequence;

	if (is_next && c->count < UINT16_MAX)
		c->count++;
	else if (!is_next)
		c->count = 1;
	c->next_sequence = (uint16_t)(p->sequence + 1);
}

static void lock(struct flow_leg *leg, const struct addr *from)
{
	/* The same host may be another device behind its NAT: RTCP is learnt anew too. */
	if (!addr_equal(&leg->locked, from))
		leg->rtcp_locked = (struct addr){ 0 };
	leg->locked = *from;
	leg->is_relearning = false;
	for (size_t i = 0; i < MAX_FLOW_CANDIDATES; i++)
		leg->candidates[i] = (struct flow_candidate){ 0 };
}

bool media_source_learn(struct flow_leg *leg, const struct addr *from, const struct rtp_packet *p,
                        uint64_t now_us)
{
	bool is_locked = addr_equal(&leg->locked, from);
	struct flow_candidate *c;
	bool is_old_enough;

	if (leg->locked.family == 0 && is_named_by_sdp(leg, from)) {
		lock(leg, from);
		return true;
	}
	c = candidate_for(leg, from);
	if (c->from.family == 0 || c->ssrc != p->ssrc)
		begin(c, from, p, now_us);
	else
		proceed(c, p);
	is_old_enough =
		now_since(now_us, c->first_us) >= FLOW_LEARN_US && c->count >= FLOW_LEARN_LEAST;
	/* While learning again, the old source wins only by lasting: what it sends at once may
	 * have been on its way before the device moved. */
	if (is_old_enough || (!is_locked && c->count >= FLOW_LEARN_PACKETS)) {
		lock(leg, from);
		return true;
	}
	return is_locked;
}

void media_source_changed(struct flow_leg *leg)
{
	for (size_t i = 0; i < MAX_FLOW_CANDIDATES; i++)
		leg->candidates[i] = (struct flow_candidate){ 0 };
	leg->is_relearning = false;
	leg->unconfirmed = 0;
	if (is_proven_alone(leg))
		return;
	leg->has_spoken = false;
	if (leg->order.trust == TRUST_EXACT || !leg->order.is_known ||
	    !addr_same_host(&leg->locked, allowed_host(leg))) {
		leg->locked = leg->rtcp_locked = (struct addr){ 0 };
		return;
	}
	leg->is_relearning = !addr_equal(&leg->locked, &leg->order.remote);
}

struct addr media_source_destination(const struct flow_leg *leg)
{
	if (!leg->order.is_known)
		return (struct addr){ 0 };
	if (leg->order.carrier != MEDIA_UDP)
		return leg->order.remote;
	if (is_proven_alone(leg) || (leg->order.trust != TRUST_EXACT && leg->locked.family != 0))
		return leg->locked;
	return leg->order.trust == TRUST_PORT_AT_SIGNALLING ? (struct addr){ 0 }
	                                                    : leg->order.remote;
}

struct addr media_source_rtcp_destination(const struct flow_leg *leg)
{
	if (leg->order.is_mux)
		return media_source_destination(leg);
	if (!leg->order.is_known || is_proven_alone(leg) || leg->order.carrier != MEDIA_UDP)
		return (struct addr){ 0 };
	if (leg->order.trust != TRUST_EXACT && leg->rtcp_locked.family != 0)
		return leg->rtcp_locked;
	return leg->order.trust == TRUST_PORT_AT_SIGNALLING ? (struct addr){ 0 } : leg->order.rtcp;
}

static void take_source(struct flow_leg *leg, uint8_t index, const struct rtp_packet *p,
                        uint64_t now_us, uint32_t clock_hz)
{
	struct rtp_statistics *s = &leg->sources[index];

	leg->retired_lost += rtp_statistics_lost(s);
	rtp_statistics_start(s, p, now_us, clock_hz);
	leg->newest = index;
	leg->probation = (struct flow_candidate){ 0 };
}

/* Two SSRCs at a time, because some devices send their key tones under one of
 * their own. A further one must send two packets in sequence (RFC 3550 A.1), so
 * that a single forged packet displaces nobody. */
bool media_source_continues(struct flow_leg *leg, const struct rtp_packet *p, uint64_t now_us,
                            uint32_t clock_hz)
{
	uint8_t next = (uint8_t)(leg->newest ^ 1);

	for (uint8_t i = 0; i < MAX_FLOW_SOURCES; i++) {
		if (!leg->sources[i].is_started || leg->sources[i].ssrc != p->ssrc)
			continue;
		if (!rtp_statistics_note(&leg->sources[i], p, now_us, clock_hz))
			return false;
		leg->newest = i;
		return true;
	}
	if (!leg->sources[leg->newest].is_started)
		next = leg->newest;
	else if (leg->probation.count == 0 || leg->probation.ssrc != p->ssrc ||
	         leg->probation.next_sequence != p->sequence) {
		begin(&leg->probation, &leg->locked, p, now_us);
		return false;
	}
	take_source(leg, next, p, now_us, clock_hz);
	return true;
}
