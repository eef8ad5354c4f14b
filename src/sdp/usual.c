/* SPDX-License-Identifier: Apache-2.0 */
/* Lines as nearly every device writes them, read from left to right in one go, their ends
 * included: names spelled right, a blank between two fields, numbers short. Nothing is kept of
 * a line until all of it is read; whatever is odd in any way is left to the careful readers,
 * which would have read the same (test_usual.c and fuzz/sdp_usual.c hold one against the other). */
#include "sdp/reader_priv.h"
#include "sdp/word_priv.h"

/* Where the reader stands: no further than `end`, which is that of the text. */
struct place {
	const char *at, *end;
};

static inline bool take_byte(struct place *p, char byte)
{
	if (p->at == p->end || *p->at != byte)
		return false;
	p->at++;
	return true;
}

static inline bool take_line_end(struct place *p)
{
	if (p->end - p->at < 2 || p->at[0] != '\r' || p->at[1] != '\n')
		return false;
	p->at += 2;
	return true;
}

/* Text of eight bytes, of which `len` count. */
static inline bool take_text(struct place *p, const char *text, unsigned len)
{
	if (p->end - p->at < SDP_WORD || !sdp_word_begins(sdp_word(p->at), text, len))
		return false;
	p->at += len;
	return true;
}

/* So few digits that no number is too large for its type. */
static inline bool take_number(struct place *p, uint32_t *ret)
{
	enum { MOST = 9 };
	const char *start = p->at, *at = start, *end = p->end;
	uint32_t number = 0;
	unsigned digit;

	while (at < end && (digit = (unsigned char)*at - (unsigned)'0') <= 9) {
		number = number * 10 + digit;
		at++;
	}
	p->at = at;
	*ret = number;
	return at > start && at - start <= MOST;
}

/* The same of any length, where the digits alone matter. */
static inline bool take_digits(struct place *p, struct view *ret)
{
	const char *start = p->at, *at = start;

	while (at < p->end && (unsigned char)*at - (unsigned)'0' <= 9)
		at++;
	p->at = at;
	*ret = (struct view){ start, (size_t)(at - start) };
	return at > start;
}

static inline bool take_payload_type(struct place *p, uint32_t *ret)
{
	return take_number(p, ret) && *ret <= MAX_SDP_PAYLOAD_TYPE;
}

/* What is left of the line, printable where `is_ascii`; may be empty. */
static inline bool take_rest(struct place *p, bool is_ascii, struct view *ret)
{
	const char *start = p->at;

	p->at = sdp_control_at(start, p->end, is_ascii);
	*ret = (struct view){ start, (size_t)(p->at - start) };
	return ret->len <= MAX_SDP_LINE / 2 && (ret->len == 0 || p->at[-1] != ' ') &&
	       take_line_end(p);
}

/* ---- lines of the session ---- */

static inline bool is_in_order(const struct sdp_reader *r, enum sdp_rank rank)
{
	return !r->media && r->rank <= rank;
}

static inline bool read_version(struct sdp_reader *r, struct place *p)
{
	if (r->has_version || !take_text(p, "v=0\r\n\0\0", 5))
		return false;
	r->has_version = true;
	r->rank = SDP_RANK_VERSION;
	return true;
}

/* "IN IP4 192.0.2.1" to the end of the line. Mostly all addresses of a description are one. */
static inline bool take_address(struct sdp_reader *r, struct place *p, struct addr *ret)
{
	struct view host;
	struct addr addr;

	if (!take_text(p, "IN IP4 ", 7))
		return false;
	host = (struct view){ p->at, (size_t)(p->end - p->at) };
	if (r->host.len > 0 && r->host.len < host.len && host.at[r->host.len] == '\r' &&
	    memcmp(host.at, r->host.at, r->host.len) == 0) {
		host.len = r->host.len;
	} else {
		host.len = addr_take_v4(host, &addr);
		if (host.len == 0)
			return false;
		r->host = host;
		r->host_addr = addr;
	}
	p->at += host.len;
	*ret = r->host_addr;
	return take_line_end(p);
}

static inline bool read_origin(struct sdp_reader *r, struct place *p)
{
	const char *start = p->at;
	struct sdp_origin read;

	p->at += 2;
	if (r->has_origin || !is_in_order(r, SDP_RANK_ORIGIN))
		return false;
	while (p->at < p->end && (unsigned char)*p->at > ' ' && *p->at != 0x7f)
		p->at++;
	if (p->at == start + 2 || !take_byte(p, ' ') || !take_digits(p, &read.session_id) ||
	    !take_byte(p, ' ') || !take_digits(p, &read.version) || !take_byte(p, ' ') ||
	    !take_address(r, p, &read.addr) || p->at - start > MAX_SDP_LINE)
		return false;
	r->session->origin = read;
	r->has_origin = true;
	r->rank = SDP_RANK_ORIGIN;
	return true;
}

static inline bool read_subject(struct sdp_reader *r, struct place *p)
{
	struct view rest;

	p->at += 2;
	if (!is_in_order(r, SDP_RANK_SUBJECT) || !take_rest(p, false, &rest))
		return false;
	r->has_subject = true;
	r->rank = SDP_RANK_SUBJECT;
	return true;
}

static inline bool read_connection(struct sdp_reader *r, struct place *p)
{
	enum { V4_AT = 12, MULTICAST = 224 };
	struct addr *connection = &r->level->connection, addr;

	p->at += 2;
	if (connection->family != 0 || !(r->media || is_in_order(r, SDP_RANK_CONNECTION)) ||
	    !take_address(r, p, &addr) || (addr.bytes[V4_AT] & 0xf0) == MULTICAST)
		return false;
	*connection = addr;
	r->rank = SDP_RANK_CONNECTION;
	return true;
}

static inline bool read_time(struct sdp_reader *r, struct place *p)
{
	if (!is_in_order(r, SDP_RANK_TIME) || !take_text(p, "t=0 0\r\n", 7))
		return false;
	r->has_time = true;
	r->rank = SDP_RANK_TIME;
	return true;
}

/* ---- m= ---- */

static inline bool take_kind(struct place *p, struct sdp_media *m)
{
	enum { LEN = 5 };

	if (take_text(p, "audio \0", LEN + 1))
		m->kind = SDP_KIND_AUDIO;
	else if (take_text(p, "video \0", LEN + 1))
		m->kind = SDP_KIND_VIDEO;
	else
		return false;
	m->kind_text = (struct view){ p->at - LEN - 1, LEN };
	return true;
}

static inline bool take_protocol(struct place *p, struct sdp_media *m)
{
	const char *start = p->at;

	if (take_text(p, "RTP/AVP ", SDP_WORD - 1))
		m->protocol = SDP_PROTOCOL_AVP;
	else if (take_text(p, "RTP/SAVP", SDP_WORD))
		m->protocol = SDP_PROTOCOL_SAVP;
	else if (take_text(p, "RTP/AVPF", SDP_WORD))
		m->protocol = SDP_PROTOCOL_AVPF;
	else
		return false;
	m->protocol_text = (struct view){ start, (size_t)(p->at - start) };
	return take_byte(p, ' ');
}

/* Each once, to the end of the line. */
static inline bool take_formats(struct sdp_reader *r, struct place *p, struct sdp_media *m)
{
	unsigned row = m->first_format;
	uint32_t payload_type;

	do {
		const char *start = p->at;

		if (row - m->first_format == MAX_SDP_MEDIA_FORMATS || row == MAX_SDP_FORMATS ||
		    !take_payload_type(p, &payload_type) || !sdp_list_format(r, payload_type, row))
			return false;
		r->session->formats[row++] = (struct sdp_format){
			.text = { start, (size_t)(p->at - start) },
			.payload_type = (uint8_t)payload_type,
			.clock_rate_hz = sdp_static_clock_hz((uint8_t)payload_type),
		};
	} while (take_byte(p, ' '));
	m->format_count = (uint16_t)(row - m->first_format);
	return take_line_end(p);
}

static inline bool read_media(struct sdp_reader *r, struct place *p)
{
	struct sdp_media *m;
	uint32_t port;

	p->at += 2;
	if (r->session->media_count == MAX_SDP_MEDIA)
		return false;
	m = sdp_begin_media(r);
	if (!take_kind(p, m) || !take_number(p, &port) || port > UINT16_MAX || !take_byte(p, ' ') ||
	    !take_protocol(p, m) || !take_formats(r, p, m))
		return false;
	m->port = (uint16_t)port;
	sdp_enter_media(r, m);
	r->rank = SDP_RANK_MEDIA;
	return true;
}

/* ---- a= ---- */

static bool read_rtpmap(struct sdp_reader *r, struct place *p)
{
	uint32_t payload_type, clock_hz, channels = 0;
	struct sdp_format *f;
	struct view name;

	if (!take_payload_type(p, &payload_type) || !take_byte(p, ' '))
		return false;
	f = sdp_format_of(r, payload_type);
	if (!f || f->encoding.len != 0)
		return false;
	name = (struct view){ p->at, (size_t)(p->end - p->at) };
	name.len = sdp_token_len(name);
	p->at += name.len;
	if (name.len == 0 || !take_byte(p, '/') || !take_number(p, &clock_hz) || clock_hz == 0 ||
	    clock_hz > SDP_CLOCK_RATE_MAX)
		return false;
	if (take_byte(p, '/') &&
	    (!take_number(p, &channels) || channels == 0 || channels > UINT8_MAX))
		return false;
	if (!take_line_end(p))
		return false;
	f->encoding = name;
	f->clock_rate_hz = clock_hz;
	f->channels = (uint8_t)channels;
	return true;
}

static bool read_fmtp(struct sdp_reader *r, struct place *p)
{
	struct view parameters;
	uint32_t payload_type;
	struct sdp_format *f;

	if (!take_payload_type(p, &payload_type) || !take_byte(p, ' '))
		return false;
	f = sdp_format_of(r, payload_type);
	if (!f || f->fmtp.len != 0 || !take_rest(p, true, &parameters) || parameters.len == 0 ||
	    parameters.at[0] == ' ')
		return false;
	f->fmtp = parameters;
	return true;
}

static bool read_ptime(struct sdp_reader *r, struct place *p)
{
	uint32_t ms;

	if (!r->media || r->media->ptime_ms != 0 || !take_number(p, &ms) || ms == 0 ||
	    ms > SDP_PTIME_MAX_MS || !take_line_end(p))
		return false;
	r->media->ptime_ms = (uint16_t)ms;
	return true;
}

static bool read_direction(struct sdp_reader *r, struct place *p, enum sdp_direction d)
{
	if (r->level->direction != SDP_DIRECTION_NONE || !take_line_end(p))
		return false;
	r->level->direction = d;
	return true;
}

static inline bool read_attribute(struct sdp_reader *r, struct place *p)
{
	const char *start = p->at += 2;
	size_t name = SDP_WORD;
	bool is_read;

	if (r->session->attribute_count == MAX_SDP_ATTRIBUTES)
		return false;
	if (take_text(p, "rtpmap:", 7)) {
		name = 6;
		is_read = read_rtpmap(r, p);
	} else if (take_text(p, "fmtp:\0\0", 5)) {
		name = 4;
		is_read = read_fmtp(r, p);
	} else if (take_text(p, "ptime:\0", 6)) {
		name = 5;
		is_read = read_ptime(r, p);
	} else if (take_text(p, "sendrecv", SDP_WORD)) {
		is_read = read_direction(r, p, SDP_SENDRECV);
	} else if (take_text(p, "sendonly", SDP_WORD)) {
		is_read = read_direction(r, p, SDP_SENDONLY);
	} else if (take_text(p, "recvonly", SDP_WORD)) {
		is_read = read_direction(r, p, SDP_RECVONLY);
	} else {
		is_read = take_text(p, "inactive", SDP_WORD) && read_direction(r, p, SDP_INACTIVE);
	}
	if (!is_read)
		return false;
	sdp_remember(r, view_bytes(start, (size_t)(p->at - 2 - start)), name)->is_field = true;
	r->rank = SDP_RANK_ATTRIBUTE;
	return true;
}

/* ---- which one ---- */

static inline bool read_line(struct sdp_reader *r, struct place *p)
{
	switch (p->at[0]) {
	case 'm':
		return read_media(r, p);
	case 'c':
		return read_connection(r, p);
	case 'v':
		return read_version(r, p);
	case 'o':
		return read_origin(r, p);
	case 's':
		return read_subject(r, p);
	case 't':
		return read_time(r, p);
	default:
		return false;
	}
}

const char *sdp_usual_lines(struct sdp_reader *r, const char *at, const char *end)
{
	struct place p = { at, end };
	unsigned count = r->session->line_count;

	/* The first is v=. */
	if (at == end || (count == 0 && *at != 'v'))
		return at;
	/* Half of them are attributes. */
	while (end - at >= SDP_WORD && at[1] == '=' &&
	       (at[0] == 'a' ? read_attribute(r, &p) : read_line(r, &p))) {
		at = p.at;
		count++;
	}
	r->session->line_count = (uint16_t)count;
	return at;
}
