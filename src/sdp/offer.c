/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a description may be acted on: its addresses, and an answer against
 * its offer. */
#include "sdp/offer.h"

enum sdp_address_verdict sdp_address_check(const struct addr *a, const struct addr *listener,
                                           const struct addr *signalling, enum sdp_side side)
{
	enum addr_kind kind = addr_kind(a), of_listener = addr_kind(listener);
	bool is_at_signalling = addr_same_host(a, signalling);
	bool is_zero = a->family != 0;

	for (size_t i = a->family == 4 ? 12 : 0; i < sizeof(a->bytes); i++)
		is_zero = is_zero && a->bytes[i] == 0;
	if (is_zero)
		return SDP_ADDRESS_HOLD;
	if (a->family == 0 || kind == ADDR_MULTICAST || kind == ADDR_BROADCAST ||
	    kind == ADDR_UNSPECIFIED)
		return SDP_ADDRESS_FORBIDDEN;
	if ((kind == ADDR_LOOPBACK || kind == ADDR_LINK_LOCAL) && kind != of_listener)
		return SDP_ADDRESS_FORBIDDEN;
	if (side == SDP_FROM_INSIDE || is_at_signalling)
		return SDP_ADDRESS_EXACT;
	/* The same private network may stand behind every NAT, also where we listen on one. */
	return kind == ADDR_PRIVATE ? SDP_ADDRESS_BEHIND_NAT : SDP_ADDRESS_PORT_LEARNT;
}

bool sdp_media_is_control(const struct sdp_media *m)
{
	return m->kind == SDP_KIND_APPLICATION &&
	       (m->protocol == SDP_PROTOCOL_MRCP || m->protocol == SDP_PROTOCOL_TLS_MRCP);
}

/* RFC 6787 4.2: a channel's one format is 1. */
static bool is_usable(const struct sdp_session *s, const struct sdp_media *m)
{
	if (sdp_media_is_control(m))
		return m->format_count == 1 &&
		       view_equal(s->formats[m->first_format].text, VIEW("1"));
	for (size_t i = 0; i < m->format_count; i++)
		if (!s->formats[m->first_format + i].is_dropped)
			return true;
	return false;
}

bool sdp_media_is_fax(const struct sdp_media *m)
{
	return m->kind == SDP_KIND_IMAGE && m->protocol == SDP_PROTOCOL_UDPTL;
}

bool sdp_media_is_carried(const struct sdp_session *s, const struct sdp_media *m)
{
	bool is_sound =
		(m->kind == SDP_KIND_AUDIO || m->kind == SDP_KIND_VIDEO) &&
		(m->protocol <= SDP_PROTOCOL_DTLS_SAVPF || m->protocol == SDP_PROTOCOL_TCP_AVP ||
	         m->protocol == SDP_PROTOCOL_TLS_AVP);

	return m->port != 0 && (is_sound || sdp_media_is_fax(m) || sdp_media_is_control(m)) &&
	       is_usable(s, m);
}

size_t sdp_carried_count(const struct sdp_session *s)
{
	size_t count = 0;

	for (size_t i = 0; i < s->media_count; i++)
		count += sdp_media_is_carried(s, &s->media[i]);
	return count;
}

static enum sdp_protocol without_feedback(enum sdp_protocol p)
{
	if (p == SDP_PROTOCOL_DTLS_SAVPF)
		return SDP_PROTOCOL_DTLS_SAVP;
	return p <= SDP_PROTOCOL_SAVPF ? sdp_protocol_of(sdp_protocol_is_secure(p), false) : p;
}

enum sdp_answer_verdict sdp_answer_check(const struct sdp_session *offer,
                                         const struct sdp_session *answer)
{
	if (offer->media_count != answer->media_count)
		return SDP_ANSWER_COUNT;
	for (size_t i = 0; i < offer->media_count; i++) {
		const struct sdp_media *asked = &offer->media[i], *given = &answer->media[i];

		if (!view_equal(asked->kind_text, given->kind_text))
			return SDP_ANSWER_KIND;
		/* Some devices refuse a line with another protocol than was asked. */
		if (given->port != 0 &&
		    without_feedback(asked->protocol) != without_feedback(given->protocol))
			return SDP_ANSWER_KIND;
		if (given->port != 0 && asked->port == 0)
			return SDP_ANSWER_REFUSED;
	}
	/* To no line at all none is the answer (RFC 3264 5). */
	return offer->media_count > 0 && sdp_carried_count(answer) == 0 ? SDP_ANSWER_EMPTY
	                                                                : SDP_ANSWER_FITS;
}

const char *sdp_answer_text(enum sdp_answer_verdict v)
{
	static const char *const texts[] = {
		[SDP_ANSWER_FITS] = "fits the offer",
		[SDP_ANSWER_COUNT] = "has another number of media lines than the offer",
		[SDP_ANSWER_KIND] = "has a media line of another kind than the offer",
		[SDP_ANSWER_REFUSED] = "takes up a media line that was not offered",
		[SDP_ANSWER_EMPTY] = "leaves no media that can be carried",
	};

	return (unsigned)v < sizeof(texts) / sizeof(texts[0]) ? texts[v] : "?";
}
