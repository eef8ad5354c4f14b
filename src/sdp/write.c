/* SPDX-License-Identifier: Apache-2.0 */
/* The description for the other side, written anew from fields. */
#include "sdp/offer.h"
#include "sdp/reader_priv.h"
#include "sdp/word_priv.h"

enum value_rule { FLAG, VALUE, WORD };

static const struct {
	struct view name;
	enum value_rule rule;
} allowed[] = {
#define SDP_ATTRIBUTE(name, rule) { { name, sizeof(name) - 1 }, rule },
#include "sdp/attribute.def"
#undef SDP_ATTRIBUTE
};

static bool is_word(struct view v)
{
	for (size_t i = 0; i < v.len; i++)
		if (!((v.at[i] >= 'a' && v.at[i] <= 'z') || (v.at[i] >= 'A' && v.at[i] <= 'Z') ||
		      (v.at[i] >= '0' && v.at[i] <= '9')))
			return false;
	return v.len > 0;
}

static bool is_allowed(const struct sdp_attribute *a)
{
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
		if (!view_equal(a->name, allowed[i].name))
			continue;
		if (allowed[i].rule == WORD)
			return !a->has_value || is_word(a->value);
		return a->has_value == (allowed[i].rule == VALUE) &&
		       sdp_is_printable(a->value.at, a->value.len);
	}
	return false;
}

static void put_address(struct buffer *b, const struct addr *a)
{
	buffer_text(b, a->family == 6 ? "IN IP6 " : "IN IP4 ");
	addr_write(b, a);
	buffer_text(b, "\r\n");
}

static void put_number(struct buffer *b, const char *before, uint64_t number)
{
	buffer_text(b, before);
	buffer_decimal(b, number);
	buffer_text(b, "\r\n");
}

/* What lines with a handshake say for the whole session (RFC 8839 5.3, RFC 8843 7). */
static void put_shakes(struct buffer *b, const struct sdp_session *s, const struct sdp_rewrite *how)
{
	bool is_lite = false, has_group = false;

	for (size_t i = 0; i < how->local_count && i < s->media_count; i++) {
		const struct sdp_shake *shake = how->locals[i].shake;

		if (!shake || how->locals[i].rtp.port == 0)
			continue;
		if (shake->ufrag.len > 0 && !is_lite)
			buffer_text(b, "a=ice-lite\r\n");
		is_lite |= shake->ufrag.len > 0;
	}
	for (size_t i = 0; i < how->local_count && i < s->media_count; i++) {
		const struct sdp_shake *shake = how->locals[i].shake;

		if (!shake || how->locals[i].rtp.port == 0 || !shake->is_bundled)
			continue;
		buffer_text(b, has_group ? " " : "a=group:BUNDLE ");
		buffer_put(b, shake->mid);
		has_group = true;
	}
	buffer_text(b, has_group ? "\r\n" : "");
}

static void put_head(struct buffer *b, const struct sdp_session *s, const struct sdp_rewrite *how)
{
	buffer_text(b, "v=0\r\no=- ");
	buffer_decimal(b, how->session_id);
	buffer_char(b, ' ');
	buffer_decimal(b, how->version);
	buffer_char(b, ' ');
	put_address(b, &how->address);
	buffer_text(b, "s=-\r\nc=");
	put_address(b, &how->address);
	if (s->level.bandwidth_as_kbit != 0)
		put_number(b, "b=AS:", s->level.bandwidth_as_kbit);
	buffer_text(b, "t=0 0\r\n");
	put_shakes(b, s, how);
}

static void put_format(struct buffer *b, const struct sdp_format *f)
{
	if (f->encoding.len != 0) {
		buffer_text(b, "a=rtpmap:");
		buffer_decimal(b, f->payload_type);
		buffer_char(b, ' ');
		buffer_put(b, f->encoding);
		buffer_char(b, '/');
		buffer_decimal(b, f->clock_rate_hz);
		if (f->channels != 0) {
			buffer_char(b, '/');
			buffer_decimal(b, f->channels);
		}
		buffer_text(b, "\r\n");
	}
	if (f->fmtp.len != 0) {
		buffer_text(b, "a=fmtp:");
		buffer_decimal(b, f->payload_type);
		buffer_char(b, ' ');
		buffer_put(b, f->fmtp);
		buffer_text(b, "\r\n");
	}
}

/* `local` may be NULL. */
static void put_line(struct buffer *b, const struct sdp_media *m, uint16_t port,
                     const struct sdp_local *local)
{
	buffer_text(b, "m=");
	buffer_put(b, m->kind_text);
	buffer_char(b, ' ');
	buffer_decimal(b, port);
	buffer_char(b, ' ');
	buffer_put(b, local && local->protocol != 0
	                      ? sdp_protocol_text((enum sdp_protocol)(local->protocol - 1))
	                      : m->protocol_text);
}

/* RFC 3264 6: a refused line still lists a format; which one means nothing. */
static void put_refused(struct buffer *b, const struct sdp_session *s, const struct sdp_media *m,
                        const struct sdp_local *local)
{
	put_line(b, m, 0, local);
	buffer_char(b, ' ');
	buffer_put(b, s->formats[m->first_format].text);
	buffer_text(b, "\r\n");
}

/* Nobody may send to 0.0.0.0, so what was held by its address says so by its direction. */
static enum sdp_direction direction_of(const struct sdp_media *m)
{
	return m->is_held_by_address ? (enum sdp_direction)(m->direction & SDP_SENDONLY)
	                             : m->direction;
}

static uint32_t put_allowed(struct buffer *b, const struct sdp_session *s,
                            const struct sdp_media *m)
{
	uint32_t passed = 0;

	for (size_t i = 0; i < m->level.attribute_count; i++) {
		const struct sdp_attribute *a = &s->attributes[m->level.first_attribute + i];

		if (!is_allowed(a))
			continue;
		passed++;
		buffer_text(b, "a=");
		buffer_put(b, a->name);
		if (a->has_value) {
			buffer_char(b, ':');
			buffer_put(b, a->value);
		}
		buffer_text(b, "\r\n");
	}
	return passed;
}

static bool is_over_tcp(const struct sdp_media *m, const struct sdp_local *local)
{
	struct sdp_media written = { .protocol = m->protocol };

	if (local->protocol != 0)
		written.protocol = (enum sdp_protocol)(local->protocol - 1);
	return sdp_media_carrier(&written) != SDP_OVER_UDP;
}

static void put_carried_line(struct buffer *b, const struct sdp_session *s,
                             const struct sdp_media *m, const struct sdp_rewrite *how,
                             const struct sdp_local *local)
{
	const struct sdp_format *formats = &s->formats[m->first_format];

	put_line(b, m, local->rtp.port, local);
	for (size_t i = 0; i < m->format_count; i++) {
		if (formats[i].is_dropped)
			continue;
		buffer_char(b, ' ');
		buffer_put(b, formats[i].text);
	}
	buffer_text(b, "\r\n");
	if (!addr_same_host(&local->rtp, &how->address)) {
		buffer_text(b, "c=");
		put_address(b, &local->rtp);
	}
	if (m->level.bandwidth_as_kbit != 0)
		put_number(b, "b=AS:", m->level.bandwidth_as_kbit);
	/* RFC 4571 4: there will be no connection for RTCP. */
	if (is_over_tcp(m, local) && sdp_protocol_is_rtp(m->protocol))
		buffer_text(b, "b=RS:0\r\nb=RR:0\r\n");
}

/* A fax has neither RTP's formats nor its times, RTCP and directions; readers of T.38
 * differ in what they make of a direction. */
static uint32_t put_fax(struct buffer *b, const struct sdp_session *s, const struct sdp_media *m,
                        const struct sdp_rewrite *how, const struct sdp_local *local)
{
	put_carried_line(b, s, m, how, local);
	return put_allowed(b, s, m);
}

static void put_text(struct buffer *b, const char *before, struct view text)
{
	if (text.len == 0)
		return;
	buffer_text(b, before);
	buffer_put(b, text);
	buffer_text(b, "\r\n");
}

static void put_connection(struct buffer *b, const struct sdp_local *local)
{
	if (local->setup != SDP_SETUP_NONE) {
		put_text(b, "a=setup:", view_of(sdp_setup_text(local->setup)));
		put_text(b, "a=connection:", local->is_existing ? VIEW("existing") : VIEW("new"));
	}
	if (local->fingerprint) {
		buffer_text(b, "a=fingerprint:");
		sdp_fingerprint_write(b, local->fingerprint);
		buffer_text(b, "\r\n");
	}
}

/* A channel of MRCPv2: what it is called and what it is about, nothing else. */
static uint32_t put_control(struct buffer *b, const struct sdp_session *s,
                            const struct sdp_media *m, const struct sdp_rewrite *how,
                            const struct sdp_local *local)
{
	struct sdp_connection c;

	put_carried_line(b, s, m, how, local);
	put_connection(b, local);
	if (sdp_connection_read(s, m, &c) != ERR_NONE)
		return 0;
	put_text(b, "a=resource:", c.resource);
	put_text(b, "a=channel:", c.channel);
	put_text(b, "a=cmid:", c.cmid);
	return (c.resource.len > 0 ? 1U : 0) + (c.channel.len > 0 ? 1U : 0) +
	       (c.cmid.len > 0 ? 1U : 0);
}

static bool has_control(const struct sdp_session *s)
{
	for (size_t i = 0; i < s->media_count; i++)
		if (sdp_media_is_control(&s->media[i]))
			return true;
	return false;
}

/* The name of an audio line, where a channel may speak of it. */
static uint32_t put_mid(struct buffer *b, const struct sdp_session *s, const struct sdp_media *m)
{
	for (size_t i = 0; i < m->level.attribute_count; i++) {
		const struct sdp_attribute *a = &s->attributes[m->level.first_attribute + i];

		if (!view_equal(a->name, VIEW("mid")) || !sdp_is_token(a->value) || !has_control(s))
			continue;
		put_text(b, "a=mid:", a->value);
		return 1;
	}
	return 0;
}

/* RFC 4585 4.2: of a format that is written, or of all. */
static bool is_of_format(const struct sdp_session *s, const struct sdp_media *m, struct view format)
{
	bool is_any = view_equal(format, VIEW("*"));

	for (size_t i = 0; i < m->format_count && !is_any; i++)
		is_any = !s->formats[m->first_format + i].is_dropped &&
		         view_equal(s->formats[m->first_format + i].text, format);
	return is_any;
}

/* Of feedback the border carries what asks for a picture (rtp/picture.h). */
static uint32_t put_feedback(struct buffer *b, const struct sdp_session *s,
                             const struct sdp_media *m, const struct sdp_local *local)
{
	uint8_t own = local->protocol;
	uint32_t passed = 0;

	if (!sdp_protocol_has_feedback(own != 0 ? (enum sdp_protocol)(own - 1) : m->protocol))
		return 0;
	for (size_t i = 0; i < m->level.attribute_count; i++) {
		const struct sdp_attribute *a = &s->attributes[m->level.first_attribute + i];
		size_t blank = view_find(a->value, ' ', 0);
		struct view kind = view_after(a->value, blank);

		if (!view_equal(a->name, VIEW("rtcp-fb")) ||
		    !is_of_format(s, m, view_first(a->value, blank)) ||
		    (!view_equal(kind, VIEW(" nack pli")) && !view_equal(kind, VIEW(" ccm fir"))))
			continue;
		put_text(b, "a=rtcp-fb:", a->value);
		passed++;
	}
	return passed;
}

static void put_keys(struct buffer *b, const struct sdp_local *local)
{
	for (size_t i = 0; i < local->crypto_count; i++) {
		buffer_text(b, "a=crypto:");
		sdp_crypto_write(b, &local->cryptos[i]);
		buffer_text(b, "\r\n");
	}
}

static uint32_t put_carried(struct buffer *b, const struct sdp_session *s,
                            const struct sdp_media *m, const struct sdp_rewrite *how,
                            const struct sdp_local *local)
{
	const struct sdp_format *formats = &s->formats[m->first_format];
	uint32_t passed;

	put_carried_line(b, s, m, how, local);
	for (size_t i = 0; i < m->format_count; i++)
		if (!formats[i].is_dropped)
			put_format(b, &formats[i]);
	if (m->ptime_ms != 0)
		put_number(b, "a=ptime:", m->ptime_ms);
	if (m->maxptime_ms >= m->ptime_ms && m->maxptime_ms != 0)
		put_number(b, "a=maxptime:", m->maxptime_ms);
	passed = put_allowed(b, s, m) + put_feedback(b, s, m, local);
	if (local->shake)
		sdp_shake_write(b, local->shake, &local->rtp);
	else
		passed += put_mid(b, s, m);
	if (is_over_tcp(m, local))
		put_connection(b, local);
	else if (local->rtcp.port != 0 && local->rtcp.port != local->rtp.port + 1)
		put_number(b, "a=rtcp:", local->rtcp.port);
	put_keys(b, local);
	buffer_text(b, "a=");
	buffer_text(b, sdp_direction_text(direction_of(m)));
	buffer_text(b, "\r\n");
	return passed;
}

static uint32_t count_dropped(const struct sdp_session *s)
{
	uint32_t count = 0;

	for (size_t i = 0; i < s->attribute_count; i++)
		count += !s->attributes[i].is_field;
	return count;
}

typedef uint32_t put_media(struct buffer *b, const struct sdp_session *s, const struct sdp_media *m,
                           const struct sdp_rewrite *how, const struct sdp_local *local);

static put_media *put_of(const struct sdp_media *m)
{
	if (sdp_media_is_control(m))
		return put_control;
	return sdp_media_is_fax(m) ? put_fax : put_carried;
}

enum err sdp_write(const struct sdp_session *s, const struct sdp_rewrite *how, struct buffer *b)
{
	uint32_t dropped = count_dropped(s);

	put_head(b, s, how);
	for (size_t i = 0; i < s->media_count; i++) {
		const struct sdp_media *m = &s->media[i];

		const struct sdp_local *local = i < how->local_count ? &how->locals[i] : NULL;

		if (local && local->rtp.port != 0 && sdp_media_is_carried(s, m))
			dropped -= put_of(m)(b, s, m, how, local);
		else
			put_refused(b, s, m, local);
	}
	if (b->err == ERR_NONE && how->dropped_attributes)
		*how->dropped_attributes = dropped;
	return b->err;
}
