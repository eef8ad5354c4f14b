/* SPDX-License-Identifier: Apache-2.0 */
/* The m= line, and what it means together with the session level. */
#include "sdp/reader_priv.h"

#include <string.h>

static const struct view kind_names[SDP_KIND_OTHER] = {
	[SDP_KIND_AUDIO] = { "audio", 5 },
	[SDP_KIND_VIDEO] = { "video", 5 },
	[SDP_KIND_TEXT] = { "text", 4 },
	[SDP_KIND_IMAGE] = { "image", 5 },
	[SDP_KIND_APPLICATION] = { "application", 11 },
	[SDP_KIND_MESSAGE] = { "message", 7 },
};

static const struct view protocol_names[SDP_PROTOCOL_OTHER] = {
	[SDP_PROTOCOL_AVP] = { "RTP/AVP", 7 },
	[SDP_PROTOCOL_AVPF] = { "RTP/AVPF", 8 },
	[SDP_PROTOCOL_SAVP] = { "RTP/SAVP", 8 },
	[SDP_PROTOCOL_SAVPF] = { "RTP/SAVPF", 9 },
	[SDP_PROTOCOL_DTLS_SAVP] = { "UDP/TLS/RTP/SAVP", 16 },
	[SDP_PROTOCOL_DTLS_SAVPF] = { "UDP/TLS/RTP/SAVPF", 17 },
	[SDP_PROTOCOL_UDPTL] = { "udptl", 5 },
	[SDP_PROTOCOL_TCP_AVP] = { "TCP/RTP/AVP", 11 },
	[SDP_PROTOCOL_TLS_AVP] = { "TCP/TLS/RTP/AVP", 15 },
	[SDP_PROTOCOL_MRCP] = { "TCP/MRCPv2", 10 },
	[SDP_PROTOCOL_TLS_MRCP] = { "TCP/TLS/MRCPv2", 14 },
};

/* RFC 3551 6, tables 4 and 5. */
/* clang-format off */
static const uint32_t static_clocks[] = {
	[0] = 8000, [3] = 8000, [4] = 8000, [5] = 8000, [6] = 16000, [7] = 8000,
	[8] = 8000, [9] = 8000,
	[10] = 44100, [11] = 44100, [12] = 8000, [13] = 8000, [14] = 90000, [15] = 8000,
	[16] = 11025, [17] = 22050,
	[18] = 8000, [25] = 90000, [26] = 90000, [28] = 90000, [31] = 90000, [32] = 90000,
	[33] = 90000, [34] = 90000,
};
/* clang-format on */

uint32_t sdp_static_clock_hz(uint8_t payload_type)
{
	return payload_type < sizeof(static_clocks) / sizeof(static_clocks[0])
	             ? static_clocks[payload_type]
	             : 0;
}

bool sdp_protocol_is_rtp(enum sdp_protocol p)
{
	return p < SDP_PROTOCOL_UDPTL || p == SDP_PROTOCOL_TCP_AVP || p == SDP_PROTOCOL_TLS_AVP;
}

struct view sdp_protocol_text(enum sdp_protocol p)
{
	return (unsigned)p < SDP_PROTOCOL_OTHER ? protocol_names[p] : VIEW_EMPTY;
}

static bool is_protocol_text(struct view v)
{
	if (v.len > MAX_SDP_TOKEN)
		return false;
	for (;;) {
		size_t slash = view_find(v, '/', 0);

		if (!sdp_is_token(view_first(v, slash)))
			return false;
		if (slash == v.len)
			return true;
		v = view_after(v, slash + 1);
	}
}

static enum sdp_kind kind_of(struct view name)
{
	for (unsigned i = 0; i < SDP_KIND_OTHER; i++)
		if (view_equal(name, kind_names[i]))
			return (enum sdp_kind)i;
	return SDP_KIND_OTHER;
}

static enum sdp_protocol protocol_of(struct view name)
{
	for (unsigned i = 0; i < SDP_PROTOCOL_OTHER; i++)
		if (view_equal_nocase(name, protocol_names[i]))
			return (enum sdp_protocol)i;
	return SDP_PROTOCOL_OTHER;
}

static enum sdp_reason read_format(struct sdp_reader *r, struct view field)
{
	struct sdp_session *s = r->session;
	struct sdp_media *m = r->media;
	struct sdp_format format = { .text = field };
	uint64_t number;

	if (m->format_count == MAX_SDP_MEDIA_FORMATS || s->format_count == MAX_SDP_FORMATS)
		return SDP_FORMAT_COUNT;
	if (sdp_protocol_is_rtp(m->protocol)) {
		/* A number is a token, as long as it is no longer than one. */
		if (field.len > MAX_SDP_TOKEN ||
		    !view_decimal(field, MAX_SDP_PAYLOAD_TYPE, &number))
			return sdp_is_token(field) ? SDP_PAYLOAD_TYPE : SDP_MEDIA;
		format.payload_type = (uint8_t)number;
		format.clock_rate_hz = sdp_static_clock_hz(format.payload_type);
		if (!sdp_list_format(r, format.payload_type, s->format_count)) {
			sdp_note(r, SDP_REPEATED);
			format.is_dropped = true;
		}
	} else if (!sdp_is_token(field)) {
		return SDP_MEDIA;
	}
	s->formats[s->format_count++] = format;
	m->format_count++;
	return SDP_FINE;
}

static enum sdp_reason read_port(struct view field, uint16_t *ret)
{
	size_t slash = view_find(field, '/', 0);
	uint64_t port;

	for (size_t i = 0; i < slash; i++)
		if (field.at[i] < '0' || field.at[i] > '9')
			return SDP_MEDIA;
	if (slash == 0)
		return SDP_MEDIA;
	if (!view_decimal(view_first(field, slash), UINT16_MAX, &port))
		return SDP_MEDIA_PORT;
	if (slash != field.len)
		return SDP_MEDIA_PORTS;
	*ret = (uint16_t)port;
	return SDP_FINE;
}

struct sdp_media *sdp_begin_media(struct sdp_reader *r)
{
	struct sdp_session *s = r->session;
	struct sdp_media *m = &s->media[s->media_count];

	memset(m, 0, sizeof(*m));
	m->level.direction = SDP_DIRECTION_NONE;
	m->level.first_attribute = s->attribute_count;
	m->first_format = s->format_count;
	r->listed[0] = r->listed[1] = 0;
	return m;
}

void sdp_enter_media(struct sdp_reader *r, struct sdp_media *m)
{
	r->session->media_count++;
	r->session->format_count = (uint16_t)(m->first_format + m->format_count);
	r->media = m;
	r->level = &m->level;
}

enum sdp_reason sdp_read_media(struct sdp_reader *r, struct view value)
{
	struct sdp_media *m;
	struct view port;
	enum sdp_reason reason;

	if (r->session->media_count == MAX_SDP_MEDIA)
		return SDP_MEDIA_COUNT;
	m = sdp_begin_media(r);
	sdp_enter_media(r, m);
	m->kind_text = sdp_field(r, &value);
	port = sdp_field(r, &value);
	m->protocol_text = sdp_field(r, &value);
	m->kind = kind_of(m->kind_text);
	m->protocol = protocol_of(m->protocol_text);
	/* What is known by its name is written as it should be. */
	if ((m->kind == SDP_KIND_OTHER && !sdp_is_token(m->kind_text)) ||
	    (m->protocol == SDP_PROTOCOL_OTHER && !is_protocol_text(m->protocol_text)) ||
	    value.len == 0)
		return SDP_MEDIA;
	reason = read_port(port, &m->port);
	while (reason == SDP_FINE && value.len > 0)
		reason = read_format(r, sdp_field(r, &value));
	return reason;
}

/* A dynamic number without a name means nothing on the other side. On a line
 * that is refused anyway it is only a place holder. */
static void drop_unmapped(struct sdp_reader *r, const struct sdp_media *m)
{
	if (!sdp_protocol_is_rtp(m->protocol) || m->port == 0)
		return;
	for (size_t i = 0; i < m->format_count; i++) {
		struct sdp_format *f = &r->session->formats[m->first_format + i];

		if (f->clock_rate_hz == 0 && !f->is_dropped) {
			f->is_dropped = true;
			sdp_note(r, SDP_UNMAPPED_FORMAT);
		}
	}
}

static bool is_whole_zero(const struct addr *a)
{
	static const uint8_t zero[16];
	enum { V4_AT = 12 };

	return a->family == 4 ? memcmp(a->bytes + V4_AT, zero, sizeof(zero) - V4_AT) == 0
	                      : memcmp(a->bytes, zero, sizeof(zero)) == 0;
}

enum sdp_reason sdp_finish_media(struct sdp_reader *r, struct sdp_media *m)
{
	const struct sdp_level *session = &r->session->level;
	const struct addr *connection =
		m->level.connection.family ? &m->level.connection : &session->connection;

	if (connection->family == 0 && m->port != 0)
		return SDP_CONNECTION_NONE;
	drop_unmapped(r, m);
	m->direction = m->level.direction != SDP_DIRECTION_NONE ? m->level.direction
	             : session->direction != SDP_DIRECTION_NONE ? session->direction
	                                                        : SDP_SENDRECV;
	m->rtp = *connection;
	m->rtp.port = m->port;
	m->is_held_by_address = connection->family != 0 && is_whole_zero(connection);
	if (m->port == 0 || m->is_held_by_address)
		return SDP_FINE;
	m->rtcp = *connection;
	if (m->has_rtcp_attribute) {
		m->rtcp.port = m->rtcp_attribute.port;
		if (m->rtcp_attribute.family != 0 &&
		    !addr_same_host(&m->rtcp_attribute, connection))
			m->rtcp = (struct addr){ 0 };
	} else if (m->port < UINT16_MAX) {
		m->rtcp.port = (uint16_t)(m->port + 1);
	} else {
		m->rtcp = (struct addr){ 0 };
	}
	return SDP_FINE;
}

bool sdp_media_is_sending(const struct sdp_media *m)
{
	return m->port != 0 && (m->direction & SDP_SENDONLY) != 0;
}

bool sdp_media_is_receiving(const struct sdp_media *m)
{
	return m->port != 0 && !m->is_held_by_address && (m->direction & SDP_RECVONLY) != 0;
}

const char *sdp_direction_text(enum sdp_direction d)
{
	static const char *const texts[] = { "inactive", "sendonly", "recvonly", "sendrecv", "" };

	return (unsigned)d < sizeof(texts) / sizeof(texts[0]) ? texts[d] : "";
}
