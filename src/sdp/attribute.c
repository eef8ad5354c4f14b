/* SPDX-License-Identifier: Apache-2.0 */
/* a= lines: those that we understand become fields, all are remembered. */
#include "sdp/reader_priv.h"
#include "sdp/word_priv.h"

struct known_attribute {
	struct view name;
	enum sdp_reason (*read)(struct sdp_reader *r, struct view value);
};

/* "name/clock" or "name/clock/channels"; `slash`: where the token at its beginning ends. */
static enum sdp_reason read_encoding(struct view text, size_t slash, struct sdp_format *ret)
{
	size_t second = view_find(text, '/', slash + 1);
	struct view clock =
		view_first(view_after(text, slash + 1), second > slash ? second - slash - 1 : 0);
	uint64_t clock_hz, channels = 0;

	if (slash == 0 || slash == text.len || text.at[slash] != '/' ||
	    !view_decimal(clock, SDP_CLOCK_RATE_MAX, &clock_hz) || clock_hz == 0)
		return SDP_RTPMAP;
	if (second != text.len &&
	    (!view_decimal(view_after(text, second + 1), UINT8_MAX, &channels) || channels == 0))
		return SDP_RTPMAP;
	ret->encoding = view_first(text, slash);
	ret->clock_rate_hz = (uint32_t)clock_hz;
	ret->channels = (uint8_t)channels;
	return SDP_FINE;
}

static enum sdp_reason read_rtpmap(struct sdp_reader *r, struct view value)
{
	struct view number = sdp_field(r, &value), encoding = sdp_field(r, &value);
	struct sdp_format mapped = { 0 }, *format;
	size_t token = sdp_token_len(encoding);
	uint64_t payload_type;
	enum sdp_reason reason;

	if (!view_decimal(number, MAX_SDP_PAYLOAD_TYPE, &payload_type))
		return SDP_PAYLOAD_TYPE;
	if (value.len != 0)
		return SDP_RTPMAP;
	/* RFC 4475's own messages have it; such a line tells nothing. */
	if (token > 0 && token == encoding.len) {
		sdp_note(r, SDP_RTPMAP_FORM);
		return SDP_FINE;
	}
	reason = read_encoding(encoding, token, &mapped);
	if (reason != SDP_FINE)
		return reason;
	format = sdp_format_of(r, (unsigned)payload_type);
	if (!format) {
		sdp_note(r, SDP_STRAY_FORMAT);
		return SDP_FINE;
	}
	if (format->encoding.len != 0) {
		sdp_note(r, SDP_REPEATED);
		return view_equal_nocase(format->encoding, mapped.encoding) &&
		                       format->clock_rate_hz == mapped.clock_rate_hz &&
		                       format->channels == mapped.channels
		             ? SDP_FINE
		             : SDP_RTPMAP_CONFLICT;
	}
	format->encoding = mapped.encoding;
	format->clock_rate_hz = mapped.clock_rate_hz;
	format->channels = mapped.channels;
	return SDP_FINE;
}

static enum sdp_reason read_fmtp(struct sdp_reader *r, struct view value)
{
	struct view number = sdp_field(r, &value), parameters = view_trim(value);
	struct sdp_format *format;
	uint64_t payload_type;

	/* Other protocols put tokens of their own here. */
	if (r->media && !sdp_protocol_is_rtp(r->media->protocol))
		return SDP_FINE;
	if (!view_decimal(number, MAX_SDP_PAYLOAD_TYPE, &payload_type))
		return SDP_PAYLOAD_TYPE;
	if (parameters.len == 0 || !sdp_is_printable(parameters.at, parameters.len))
		return SDP_FMTP;
	format = sdp_format_of(r, (unsigned)payload_type);
	if (!format)
		sdp_note(r, SDP_STRAY_FORMAT);
	else if (format->fmtp.len != 0)
		sdp_note(r, SDP_REPEATED);
	else
		format->fmtp = parameters;
	return SDP_FINE;
}

/* RFC 8866 6.4 allows a fraction; whole milliseconds are enough for everybody. */
static enum sdp_reason read_milliseconds(struct sdp_reader *r, struct view value, uint16_t *ret)
{
	size_t point = view_find(value, '.', 0);
	uint64_t ms, fraction;

	if (!view_decimal(view_first(value, point), SDP_PTIME_MAX_MS, &ms) || ms == 0)
		return SDP_PTIME;
	if (point != value.len &&
	    !view_decimal(view_after(value, point + 1), UINT64_MAX, &fraction))
		return SDP_PTIME;
	if (*ret != 0)
		sdp_note(r, SDP_REPEATED);
	else
		*ret = (uint16_t)ms;
	return SDP_FINE;
}

static enum sdp_reason read_ptime(struct sdp_reader *r, struct view value)
{
	uint16_t of_session = 0;

	return read_milliseconds(r, value, r->media ? &r->media->ptime_ms : &of_session);
}

static enum sdp_reason read_maxptime(struct sdp_reader *r, struct view value)
{
	uint16_t of_session = 0;

	return read_milliseconds(r, value, r->media ? &r->media->maxptime_ms : &of_session);
}

/* RFC 3605 2.1: port, and an address where it is another than that of c=. */
static enum sdp_reason read_rtcp(struct sdp_reader *r, struct view value)
{
	struct addr addr = { 0 };
	uint64_t port;
	enum sdp_reason reason;

	if (!view_decimal(sdp_field(r, &value), UINT16_MAX, &port) || port == 0)
		return SDP_RTCP;
	if (value.len != 0) {
		reason = sdp_read_address(r, value, SDP_RTCP, &addr);
		if (reason != SDP_FINE)
			return reason;
	}
	addr.port = (uint16_t)port;
	if (!r->media)
		return SDP_FINE;
	if (r->media->has_rtcp_attribute) {
		sdp_note(r, SDP_REPEATED);
		return SDP_FINE;
	}
	r->media->has_rtcp_attribute = true;
	r->media->rtcp_attribute = addr;
	return SDP_FINE;
}

static enum sdp_reason note_direction(struct sdp_reader *r, struct view value, enum sdp_direction d)
{
	if (value.len != 0)
		return SDP_ATTRIBUTE;
	if (r->level->direction != SDP_DIRECTION_NONE) {
		sdp_note(r, SDP_REPEATED);
		return r->level->direction == d ? SDP_FINE : SDP_DIRECTION_TWICE;
	}
	r->level->direction = d;
	return SDP_FINE;
}

static enum sdp_reason read_sendrecv(struct sdp_reader *r, struct view value)
{
	return note_direction(r, value, SDP_SENDRECV);
}

static enum sdp_reason read_sendonly(struct sdp_reader *r, struct view value)
{
	return note_direction(r, value, SDP_SENDONLY);
}

static enum sdp_reason read_recvonly(struct sdp_reader *r, struct view value)
{
	return note_direction(r, value, SDP_RECVONLY);
}

static enum sdp_reason read_inactive(struct sdp_reader *r, struct view value)
{
	return note_direction(r, value, SDP_INACTIVE);
}

/* clang-format off */
#define KNOWN(name) { { #name, sizeof(#name) - 1 }, read_##name }
static const struct known_attribute known[] = {
	KNOWN(rtpmap), KNOWN(fmtp), KNOWN(ptime), KNOWN(maxptime), KNOWN(rtcp),
	KNOWN(sendrecv), KNOWN(sendonly), KNOWN(recvonly), KNOWN(inactive),
};
#undef KNOWN
/* clang-format on */

static const struct known_attribute *find_known(struct view name)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (view_equal(name, known[i].name))
			return &known[i];
	return NULL;
}

enum sdp_reason sdp_read_attribute(struct sdp_reader *r, struct view value)
{
	size_t token = sdp_token_len(value);
	const struct known_attribute *found;
	struct sdp_attribute *a;

	if (r->session->attribute_count == MAX_SDP_ATTRIBUTES)
		return SDP_ATTRIBUTE_COUNT;
	if (token == 0 || (token != value.len && value.at[token] != ':'))
		return SDP_ATTRIBUTE;
	a = sdp_remember(r, value, token);
	found = find_known(a->name);
	a->is_field = found != NULL;
	r->level->has_keys |= !found && (view_equal(a->name, VIEW("crypto")) ||
	                                 view_equal(a->name, VIEW("fingerprint")));
	return found ? found->read(r, a->value) : SDP_FINE;
}
