/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of a call's audio: judged, agreed, written. */
#include "border/reoffer_priv.h"

#include "base/hash.h"
#include "base/secret.h"

/* In the order in which they are offered: what every phone knows comes first, for some read
 * no further. Tags of 32 bits are taken where nothing else is offered, and never offered. */
static const uint8_t suites[MAX_SECURE_OFFERED] = { SUITE_CM_128_80, SUITE_GCM_128, SUITE_GCM_256,
	                                            SUITE_CM_256_80 };

uint8_t secure_policy(const struct border *b, const struct border_peer *peer,
                      const struct border_route *route)
{
	if (route && route->media_srtp != MEDIA_AS_PEER)
		return route->media_srtp;
	return peer ? peer->media_srtp : b->settings.subscribers.media_srtp;
}

bool secure_has_keys(const struct call *call, unsigned leg, unsigned stream)
{
	const struct sdp_media *m = &call->border->calls->came.media[stream];

	return call->facts->streams[stream].legs[leg].carrier == MEDIA_UDP &&
	       !sdp_media_is_fax(m) && !sdp_media_is_control(m);
}

/* What must be protected is under TLS then, or is no audio. */
static bool may_lack_keys(const struct call *call, unsigned leg, unsigned stream)
{
	return call->facts->legs[leg].media_srtp != SRTP_REQUIRED ||
	       call->facts->streams[stream].legs[leg].carrier == MEDIA_TLS ||
	       sdp_media_is_control(&call->border->calls->came.media[stream]);
}

static bool is_short(const struct sdp_crypto *c) { return suite_sizes(c->suite)->tag < 10; }

static const struct sdp_crypto *choose(const struct sdp_crypto *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!is_short(&list[i]))
			return &list[i];
	return count > 0 ? &list[0] : NULL;
}

static void draw_seed(const struct border *b, struct stream_secure *s)
{
	b->ports.random(b->ports.context, s->seed, sizeof(s->seed));
	s->is_seeded = 1;
}

static void take_key(const struct sdp_crypto *c, struct stream_secure *ret)
{
	ret->tag = c->tag;
	ret->theirs = (struct order_key){ .suite = c->suite };
	memcpy(ret->theirs.secret, c->secret, sizeof(ret->theirs.secret));
}

/* What a leg has without keys, where that may be. */
static enum refusal go_clear(bool may_be_clear, struct stream_secure *ret)
{
	if (!may_be_clear)
		return REFUSAL_SRTP_REQUIRED;
	/* Media forgets how far our key was used: the next time it is another one. The seed stays,
	 * for forks that answer what was offered with it. */
	if (ret->theirs.suite != SUITE_NONE)
		ret->is_seeded = 0;
	secret_wipe(&ret->theirs, sizeof(ret->theirs));
	return REFUSAL_COUNT;
}

static enum refusal judge_offer(const struct leg_facts *leg, const struct sdp_media *m,
                                const struct sdp_crypto *list, size_t count,
                                struct stream_secure *ret)
{
	bool is_strict = sdp_protocol_is_secure(m->protocol);
	bool may_be_clear = leg->media_srtp != SRTP_REQUIRED;

	if (leg->media_srtp == SRTP_FORBIDDEN)
		return is_strict ? REFUSAL_SRTP_FORBIDDEN : go_clear(may_be_clear, ret);
	if (!flow_is_secure(&leg->flow) && (is_strict || leg->media_srtp == SRTP_REQUIRED))
		return REFUSAL_SRTP_CLEAR;
	if (is_strict && count == 0)
		return REFUSAL_SRTP_KEYS;
	if (count == 0 || !flow_is_secure(&leg->flow))
		return go_clear(may_be_clear, ret);
	take_key(choose(list, count), ret);
	return REFUSAL_COUNT;
}

enum refusal secure_take_offer(struct call *call, unsigned from, unsigned stream,
                               struct stream_secure *ret)
{
	const struct sdp_session *came = &call->border->calls->came;
	const struct sdp_media *m = &came->media[stream];
	struct stream_secure s = call->facts->streams[stream].secure[from];
	struct order_key before;
	struct sdp_crypto list[MAX_SDP_CRYPTO];
	size_t written, count = sdp_crypto_read(came, m, list, &written);
	enum refusal why;

	if (secure_has_keys(call, from, stream) && shake_is_asked(call, stream))
		return shake_take_offer(call, from, stream, ret);
	shake_drop(&s);
	before = s.theirs;
	why = secure_has_keys(call, from, stream)
	            ? judge_offer(leg_of(call, from), m, list, count, &s)
	            : go_clear(may_lack_keys(call, from, stream), &s);

	/* A new key may mean a new device, which counts from the beginning: so does ours. */
	if (s.theirs.suite != SUITE_NONE &&
	    (!s.is_seeded ||
	     (before.suite != SUITE_NONE && memcmp(&before, &s.theirs, sizeof(before)) != 0)))
		draw_seed(call->border, &s);
	s.protocol = (uint8_t)(m->protocol + 1);
	if (why == REFUSAL_COUNT)
		*ret = s;
	secret_wipe(list, sizeof(list));
	secret_wipe(&before, sizeof(before));
	secret_wipe(&s, sizeof(s));
	return why;
}

enum plan { PLAN_CLEAR, PLAN_EITHER, PLAN_SECURE };

static enum plan plan_for(uint8_t policy, const struct flow *flow, const struct stream_secure *s,
                          enum offer_form form)
{
	if (policy == SRTP_FORBIDDEN || !flow_is_secure(flow))
		return PLAN_CLEAR;
	/* What is protected by its protocol already stays so. */
	if (policy == SRTP_REQUIRED ||
	    (s->theirs.suite != SUITE_NONE && s->protocol != 0 &&
	     sdp_protocol_is_secure((enum sdp_protocol)(s->protocol - 1))))
		return PLAN_SECURE;
	if (form == FORM_SAVP)
		return PLAN_SECURE;
	return form == FORM_CLEAR ? PLAN_CLEAR : PLAN_EITHER;
}

static enum plan plan_of(const struct call *call, unsigned to, unsigned stream)
{
	const struct leg_facts *leg = &call->facts->legs[to];

	return plan_for(leg->media_srtp, &leg->flow, &call->facts->streams[stream].secure[to],
	                (enum offer_form)leg->form);
}

enum refusal secure_can_offer(struct call *call, unsigned to, unsigned stream)
{
	const struct leg_facts *leg = leg_of(call, to);
	struct stream_secure *s = &call->facts->streams[stream].secure[to];

	if (shake_is_offered(call, to, stream))
		return shake_can_offer(call, to, stream);
	if (!secure_has_keys(call, to, stream))
		return may_lack_keys(call, to, stream) ? REFUSAL_COUNT : REFUSAL_SRTP_REQUIRED;
	if (leg->media_srtp == SRTP_REQUIRED && !flow_is_secure(&leg->flow))
		return REFUSAL_SRTP_CLEAR;
	if (plan_of(call, to, stream) != PLAN_CLEAR && !s->is_seeded)
		draw_seed(call->border, s);
	return REFUSAL_COUNT;
}

static const struct sdp_crypto *same_line(const struct sdp_crypto *list, size_t count,
                                          const struct sdp_crypto *wanted)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].tag == wanted->tag && list[i].suite == wanted->suite)
			return &list[i];
	return NULL;
}

/* RFC 4568 5.1.3: one line of those that were offered. */
static enum refusal judge_answer(const struct calls *c, const struct leg_facts *leg,
                                 unsigned stream, struct stream_secure *ret)
{
	const struct sdp_media *asked = &c->asked.media[stream], *given = &c->came.media[stream];
	struct sdp_crypto offered[MAX_SDP_CRYPTO], list[MAX_SDP_CRYPTO];
	size_t written, answered;
	size_t offered_count = sdp_crypto_read(&c->asked, asked, offered, &written);
	size_t count = sdp_crypto_read(&c->came, given, list, &answered);
	bool may_be_clear = leg->media_srtp != SRTP_REQUIRED;
	enum refusal why = REFUSAL_SRTP_KEYS;

	if (offered_count == 0 || (answered == 0 && !sdp_protocol_is_secure(asked->protocol)))
		why = go_clear(may_be_clear, ret);
	else if (answered == 0)
		why = REFUSAL_SRTP_REQUIRED;
	else if (count == 1 && answered == 1 && same_line(offered, offered_count, &list[0])) {
		take_key(&list[0], ret);
		why = REFUSAL_COUNT;
	}
	secret_wipe(offered, sizeof(offered));
	secret_wipe(list, sizeof(list));
	return why;
}

enum refusal secure_take_answer(struct call *call, unsigned from, unsigned stream,
                                struct stream_secure *ret)
{
	const struct calls *c = call->border->calls;
	const struct sdp_media *m = &c->came.media[stream];
	struct stream_secure s = call->facts->streams[stream].secure[from];
	enum refusal why;

	if (secure_has_keys(call, from, stream) &&
	    sdp_media_shakes(&c->asked, &c->asked.media[stream]))
		return shake_take_answer(call, from, stream, ret);
	shake_drop(&s);
	why = secure_has_keys(call, from, stream) ? judge_answer(c, leg_of(call, from), stream, &s)
	                                          : go_clear(may_lack_keys(call, from, stream), &s);
	s.protocol = (uint8_t)(m->protocol + 1);
	if (why == REFUSAL_COUNT)
		*ret = s;
	secret_wipe(&s, sizeof(s));
	return why;
}

/* ---- written ---- */

/* Two blocks hold the longest key and salt. */
static void make_key(const struct stream_secure *s, uint8_t suite, uint8_t ret[SUITE_MAX_SECRET])
{
	uint8_t blocks[2 * HASH_SHA256_SIZE];

	for (uint8_t i = 0; i < 2; i++) {
		const uint8_t text[2] = { suite, i };
		const struct view piece = view_bytes(text, sizeof(text));

		hash_hmac_sha256(view_bytes(s->seed, sizeof(s->seed)), &piece, 1,
		                 blocks + i * (size_t)HASH_SHA256_SIZE);
	}
	memset(ret, 0, SUITE_MAX_SECRET);
	memcpy(ret, blocks, suite_secret_size(suite));
	secret_wipe(blocks, sizeof(blocks));
}

static void write_key(const struct stream_secure *s, uint32_t tag, uint8_t suite,
                      struct sdp_crypto *ret)
{
	*ret = (struct sdp_crypto){ .tag = tag, .suite = suite };
	make_key(s, suite, ret->secret);
}

void secure_describe_offer(const struct call *call, unsigned to, unsigned stream,
                           struct sdp_local *local, struct sdp_crypto keys[MAX_SECURE_OFFERED])
{
	const struct sdp_media *m = &call->border->calls->came.media[stream];
	const struct stream_secure *s = &call->facts->streams[stream].secure[to];
	enum plan plan = plan_of(call, to, stream);
	enum sdp_protocol protocol;

	if (!secure_has_keys(call, to, stream))
		return;
	protocol = sdp_protocol_of(plan == PLAN_SECURE, sdp_protocol_has_feedback(m->protocol));
	if (protocol != m->protocol)
		local->protocol = (uint8_t)(protocol + 1);
	if (plan == PLAN_CLEAR)
		return;
	for (uint8_t i = 0; i < MAX_SECURE_OFFERED; i++)
		write_key(s, i + 1U, suites[i], &keys[i]);
	local->cryptos = keys;
	local->crypto_count = MAX_SECURE_OFFERED;
}

void secure_describe_answer(const struct call *call, unsigned to, unsigned stream,
                            struct sdp_local *local, struct sdp_crypto keys[1])
{
	const struct sdp_media *m = &call->border->calls->came.media[stream];
	const struct stream_secure *s = &call->facts->offered_secure[stream];

	if (!secure_has_keys(call, to, stream))
		return;
	/* Plain ones are let as they came: real devices mix them. */
	if (s->protocol != 0 && (sdp_protocol_is_secure(m->protocol) ||
	                         sdp_protocol_is_secure((enum sdp_protocol)(s->protocol - 1))))
		local->protocol = s->protocol;
	if (s->theirs.suite == SUITE_NONE)
		return;
	write_key(s, s->tag, s->theirs.suite, &keys[0]);
	local->cryptos = keys;
	local->crypto_count = 1;
}

/* ---- in use ---- */

void secure_settle(struct call *call, unsigned leg, unsigned stream,
                   const struct stream_secure *agreed)
{
	struct stream_facts *s = &call->facts->streams[stream];
	struct stream_secure fresh = *agreed;

	shake_keep(&s->secure[leg], &fresh);
	s->secure[leg] = fresh;
	secret_wipe(&fresh, sizeof(fresh));
	s->legs[leg].is_mux = agreed->shake.is_on && agreed->shake.has_mux;
	if (agreed->shake.is_on)
		s->legs[leg].protection = PROTECTION_DTLS;
	else
		s->legs[leg].protection =
			agreed->theirs.suite != SUITE_NONE ? PROTECTION_SDES : PROTECTION_NONE;
}

bool secure_keys(const struct call *call, unsigned leg, unsigned stream, struct order_keys *ret)
{
	const struct stream_secure *s = &call->facts->streams[stream].secure[leg];

	if (call->facts->streams[stream].legs[leg].protection != PROTECTION_SDES)
		return false;
	*ret = (struct order_keys){ .kind = ORDER_KEYS, .leg = (uint8_t)leg, .in = s->theirs };
	ret->out.suite = s->theirs.suite;
	make_key(s, s->theirs.suite, ret->out.secret);
	return true;
}

bool secure_is_alike(const struct call *call, uint8_t policy, const struct flow *flow)
{
	const struct stream_secure *s = &call->facts->streams[0].secure[LEG_CALLEE];
	const struct leg_facts *leg = &call->facts->legs[LEG_CALLEE];

	if (policy == SRTP_REQUIRED && !flow_is_secure(flow))
		return false;
	/* Each begins with the usual form, whatever the one before was offered in the end. */
	return plan_for(policy, flow, s, FORM_UNKNOWN) ==
	       plan_for(leg->media_srtp, &leg->flow, s, FORM_UNKNOWN);
}

void secure_wipe(struct call *call)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		secret_wipe(call->facts->streams[i].secure, sizeof(call->facts->streams[i].secure));
	secret_wipe(call->facts->offered_secure, sizeof(call->facts->offered_secure));
}
