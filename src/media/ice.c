/* SPDX-License-Identifier: Apache-2.0 */
/* Checks answered, nominations taken. */
#include "media/ice.h"

#include "rtp/stun.h"

void media_ice_begin(struct ice *i, const struct ice_credentials *ours)
{
	*i = (struct ice){ .ours = *ours };
}

static struct view pwd_of(const struct ice *i) { return view_bytes(i->ours.pwd, ICE_PWD_SIZE); }

/* RFC 8445 7.3: our fragment, a colon, theirs, which is not looked at. */
static bool is_for_us(const struct ice *i, struct view username)
{
	return username.len > ICE_UFRAG_SIZE && username.at[ICE_UFRAG_SIZE] == ':' &&
	       memcmp(username.at, i->ours.ufrag, ICE_UFRAG_SIZE) == 0;
}

static bool is_within_rate(struct ice *i, uint64_t now_us)
{
	if (i->second_us == 0 || now_since(now_us, i->second_us) >= SECOND_US) {
		i->second_us = now_us;
		i->checks = 0;
	}
	return i->checks++ < ICE_CHECKS_PER_S;
}

static bool takes_place(const struct ice *i, const struct stun_message *m, uint64_t now_us)
{
	return i->place.family == 0 || m->priority > i->priority ||
	       now_since(now_us, i->heard_us) >= ICE_SETTLED_US;
}

/* A request that the peer signed. */
static bool take(struct ice *i, const struct stun_message *m, const struct addr *from,
                 uint64_t now_us)
{
	bool is_new = !addr_equal(&i->place, from);

	media_ice_heard(i, from, now_us);
	if (!m->is_nominating || (is_new && !takes_place(i, m, now_us)))
		return false;
	i->place = *from;
	i->priority = m->priority;
	i->heard_us = now_us;
	return is_new;
}

static enum ice_verdict answer(struct ice *i, const struct stun_message *m, const struct addr *from,
                               uint64_t now_us, struct buffer *b)
{
	struct stun_message out = { .class = STUN_ERROR, .method = m->method };
	enum ice_verdict verdict = ICE_ANSWERED;

	memcpy(out.transaction, m->transaction, sizeof(out.transaction));
	if (m->unknown_count > 0) {
		out.error_code = STUN_UNKNOWN_ATTRIBUTE;
		out.unknown_count = m->unknown_count;
		memcpy(out.unknown, m->unknown, sizeof(out.unknown));
	} else if (m->role == STUN_CONTROLLED) {
		/* We are lite, and never the one that controls (RFC 8445 6.1.1). */
		out.error_code = STUN_ROLE_CONFLICT;
	} else if (m->role == STUN_ROLE_NONE || !m->has_priority) {
		out.error_code = STUN_BAD_REQUEST;
	} else {
		out.class = STUN_SUCCESS;
		out.mapped = *from;
		if (take(i, m, from, now_us))
			verdict = ICE_NOMINATED;
	}
	return stun_write(b, &out, pwd_of(i)) == ERR_NONE ? verdict : ICE_MALFORMED;
}

enum ice_verdict media_ice_receive(struct ice *i, struct view datagram, const struct addr *from,
                                   uint64_t now_us, struct buffer *b)
{
	struct stun_message m;

	if (stun_parse(datagram, &m) != ERR_NONE)
		return ICE_MALFORMED;
	if (m.class != STUN_REQUEST)
		return ICE_IDLE;
	if (m.method != STUN_BINDING || !m.has_fingerprint) /* RFC 8445 7.3: it must be there */
		return ICE_MALFORMED;
	if (!is_for_us(i, m.username) || !stun_is_signed(datagram, &m, pwd_of(i)))
		return ICE_STRANGE;
	if (!is_within_rate(i, now_us))
		return ICE_RATE;
	return answer(i, &m, from, now_us, b);
}

void media_ice_heard(struct ice *i, const struct addr *from, uint64_t now_us)
{
	if (i->place.family != 0 && addr_equal(&i->place, from))
		i->heard_us = now_us;
}

bool media_ice_may_send(const struct ice *i, uint64_t consent_us, uint64_t now_us)
{
	return i->place.family != 0 &&
	       (consent_us == 0 || now_since(now_us, i->heard_us) < consent_us);
}
