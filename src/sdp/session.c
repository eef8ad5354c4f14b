/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts the text into lines and reads those of the session; m= lines and
 * attributes have files of their own. */
#include "sdp/reader_priv.h"
#include "sdp/word_priv.h"

#include "base/run.h"

enum line_level { SESSION, BOTH };

struct line_kind {
	enum sdp_rank rank;
	enum line_level where;
	enum sdp_reason (*read)(struct sdp_reader *r, struct view value);
};

/* All but the blanks. */
static const struct run_set field_bytes = {
	.rows = RUN_ROWS(~RUN_BYTE(' ') & ~RUN_BYTE('\t'), ~UINT64_C(0)),
	.has_high = true,
};

struct view sdp_field(struct sdp_reader *r, struct view *line)
{
	const char *start = line->at, *end, *at;

	if (line->len == 0)
		return VIEW_EMPTY;
	end = start + line->len;
	at = start;
	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	if (at - start > 1 || (at > start && *start == '\t'))
		sdp_note(r, SDP_TRAILING_BLANK);
	start = at;
	at = run_end(start, end, &field_bytes);
	*line = (struct view){ at, (size_t)(end - at) };
	return (struct view){ start, (size_t)(at - start) };
}

size_t sdp_token_len(struct view v)
{
	/* RFC 8866 9, token-char. */
	static const struct run_set token_bytes = {
		.rows = RUN_ROWS(UINT64_C(0x03ff6cfa00000000), UINT64_C(0x7fffffffc7fffffe)),
	};
	size_t len = v.len > 0 ? (size_t)(run_end(v.at, v.at + v.len, &token_bytes) - v.at) : 0;

	return len <= MAX_SDP_TOKEN ? len : 0;
}

bool sdp_is_token(struct view v) { return v.len > 0 && sdp_token_len(v) == v.len; }

static bool is_host_name(struct view v)
{
	bool has_letter = false;

	for (size_t i = 0; i < v.len; i++) {
		char c = v.at[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!is_letter && !(c >= '0' && c <= '9') && c != '.' && c != '-' && c != '_')
			return false;
		has_letter |= is_letter;
	}
	return has_letter;
}

enum sdp_reason sdp_read_address(struct sdp_reader *r, struct view line, enum sdp_reason broken,
                                 struct addr *ret)
{
	struct view network = sdp_field(r, &line), type = sdp_field(r, &line),
		    host = sdp_field(r, &line);
	bool is_v6 = view_equal_nocase(type, VIEW("IP6"));
	struct addr addr;

	if (host.len == 0 || line.len != 0)
		return broken;
	if (!view_equal_nocase(network, VIEW("IN")) ||
	    (!is_v6 && !view_equal_nocase(type, VIEW("IP4"))))
		return SDP_NETWORK;
	if (view_find(host, '/', 0) != host.len)
		return SDP_MULTICAST;
	if (host.at[0] == '[' || addr_parse(host, &addr) != ERR_NONE)
		return is_host_name(host) ? SDP_NAME : broken;
	/* An IPv4-mapped address is written under IP6 and is the IPv4 address (RFC 5118 4.8);
	 * the other mixtures have no meaning. */
	if (is_v6 != (view_find(host, ':', 0) != host.len))
		return broken;
	if (addr_kind(&addr) == ADDR_MULTICAST)
		return SDP_MULTICAST;
	*ret = addr;
	return SDP_FINE;
}

static enum sdp_reason read_version(struct sdp_reader *r, struct view value)
{
	if (r->has_version || !view_equal(value, VIEW("0")))
		return SDP_VERSION;
	r->has_version = true;
	return SDP_FINE;
}

static bool is_number(struct sdp_reader *r, struct view v)
{
	if (v.len > 1 && v.at[0] == '-') {
		sdp_note(r, SDP_ORIGIN_FORM);
		v = view_after(v, 1);
	}
	for (size_t i = 0; i < v.len; i++)
		if (v.at[i] < '0' || v.at[i] > '9')
			return false;
	return v.len > 0;
}

/* The user comes first and may hold blanks on some devices, or be absent on
 * others, so the fields are counted from the end. */
static enum sdp_reason read_origin(struct sdp_reader *r, struct view value)
{
	enum { FIELDS = 5, ALL = 6, MAX_FIELDS = 16 };
	struct view fields[MAX_FIELDS], *last;
	size_t count = 0;
	struct sdp_origin *origin = &r->session->origin;

	if (r->has_origin || r->media)
		return SDP_ORIGIN;
	r->has_origin = true;
	while (value.len > 0 && count < MAX_FIELDS)
		fields[count++] = sdp_field(r, &value);
	if (value.len > 0 || count < FIELDS)
		return SDP_ORIGIN;
	if (count != ALL)
		sdp_note(r, SDP_ORIGIN_FORM);
	last = &fields[count - FIELDS];
	if (!is_number(r, last[0]) || !is_number(r, last[1]))
		return SDP_ORIGIN;
	origin->session_id = last[0];
	origin->version = last[1];
	if (addr_parse(last[4], &origin->addr) != ERR_NONE) {
		origin->addr = (struct addr){ 0 };
		sdp_note(r, SDP_ORIGIN_FORM);
	}
	return SDP_FINE;
}

static enum sdp_reason read_subject(struct sdp_reader *r, struct view value)
{
	(void)value;
	r->has_subject = true;
	return SDP_FINE;
}

static enum sdp_reason read_connection(struct sdp_reader *r, struct view value)
{
	if (r->level->connection.family != 0)
		return SDP_CONNECTION_TWICE;
	return sdp_read_address(r, value, SDP_CONNECTION, &r->level->connection);
}

static enum sdp_reason read_bandwidth(struct sdp_reader *r, struct view value)
{
	size_t colon = view_find(value, ':', 0);
	struct view type = view_first(value, colon);
	uint64_t kbit;

	if (colon == value.len || !sdp_is_token(type) ||
	    !view_decimal(view_after(value, colon + 1), UINT32_MAX, &kbit))
		return SDP_BANDWIDTH;
	if (view_equal(type, VIEW("AS")))
		r->level->bandwidth_as_kbit = (uint32_t)kbit;
	return SDP_FINE;
}

static enum sdp_reason read_time(struct sdp_reader *r, struct view value)
{
	uint64_t number;

	if (!view_decimal(sdp_field(r, &value), UINT64_MAX, &number) ||
	    !view_decimal(sdp_field(r, &value), UINT64_MAX, &number) || value.len != 0)
		return SDP_TIME;
	r->has_time = true;
	return SDP_FINE;
}

static enum sdp_reason skip_line(struct sdp_reader *r, struct view value)
{
	(void)r, (void)value;
	return SDP_FINE;
}

#define LETTER(c) ((c) - 'a')

/* clang-format off */
static const struct line_kind kinds[LETTER('z') + 1] = {
	[LETTER('v')] = { SDP_RANK_VERSION,       BOTH,    read_version },
	[LETTER('o')] = { SDP_RANK_ORIGIN,        BOTH,    read_origin },
	[LETTER('s')] = { SDP_RANK_SUBJECT,       SESSION, read_subject },
	[LETTER('i')] = { SDP_RANK_INFORMATION,   BOTH,    skip_line },
	[LETTER('u')] = { SDP_RANK_URI,           SESSION, skip_line },
	[LETTER('e')] = { SDP_RANK_EMAIL,         SESSION, skip_line },
	[LETTER('p')] = { SDP_RANK_PHONE,         SESSION, skip_line },
	[LETTER('c')] = { SDP_RANK_CONNECTION,    BOTH,    read_connection },
	[LETTER('b')] = { SDP_RANK_BANDWIDTH,     BOTH,    read_bandwidth },
	[LETTER('t')] = { SDP_RANK_TIME,          SESSION, read_time },
	[LETTER('r')] = { SDP_RANK_REPEAT,        SESSION, skip_line },
	[LETTER('z')] = { SDP_RANK_ZONE,          SESSION, skip_line },
	[LETTER('k')] = { SDP_RANK_KEY,           BOTH,    skip_line },
	[LETTER('a')] = { SDP_RANK_ATTRIBUTE,     BOTH,    sdp_read_attribute },
	[LETTER('m')] = { SDP_RANK_MEDIA,         BOTH,    sdp_read_media },
};
/* clang-format on */

/* `letter` is a small one. */
static enum sdp_reason read_line(struct sdp_reader *r, char letter, struct view value)
{
	const struct line_kind *kind = &kinds[LETTER(letter)];

	if (!kind->read) {
		sdp_note(r, SDP_UNKNOWN_LINE);
		return SDP_FINE;
	}
	if (r->media && kind->where == SESSION) {
		sdp_note(r, SDP_LINE_ORDER);
		return SDP_FINE;
	}
	/* A further t= behind r= begins the next period; of b= and a= there may be many. */
	if (!r->media && kind->rank < r->rank && kind->rank != SDP_RANK_TIME)
		sdp_note(r, SDP_LINE_ORDER);
	r->rank = kind->rank;
	return kind->read(r, value);
}

/* All that is no control byte, the blank among them aside. */
static const struct run_set text_bytes = {
	.rows = RUN_ROWS((~UINT64_C(0) << ' ') | RUN_BYTE('\t'), ~RUN_BYTE(0x7f)),
	.has_high = true,
};

/* A line without its end, and what is behind it: any. */
static enum sdp_reason cut_odd_line(struct sdp_reader *r, struct view *text, struct view *ret)
{
	size_t end = view_find(*text, '\n', 0);
	struct view line = view_first(*text, end);

	if (end == text->len)
		sdp_note(r, SDP_LAST_LINE_OPEN);
	*text = view_after(*text, end + 1);
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	else
		sdp_note(r, SDP_LINE_FEED_ALONE);
	if (line.len > MAX_SDP_LINE)
		return SDP_LINE_LENGTH;
	if (line.len > 0 && run_end(line.at, line.at + line.len, &text_bytes) != line.at + line.len)
		return SDP_CONTROL_BYTE;
	*ret = line;
	return SDP_FINE;
}

/* Takes the next line without its end. Mostly the first control byte is it. */
static enum sdp_reason cut_line(struct sdp_reader *r, struct view *text, struct view *ret)
{
	const char *start = text->at, *end = start + text->len;
	const char *at = sdp_control_at(start, end, false);
	struct view line = { start, (size_t)(at - start) };

	if (end - at >= 2 && at[0] == '\r' && at[1] == '\n' && line.len <= MAX_SDP_LINE) {
		*text = (struct view){ at + 2, (size_t)(end - at) - 2 };
	} else {
		enum sdp_reason reason = cut_odd_line(r, text, &line);

		if (reason != SDP_FINE)
			return reason;
	}
	while (line.len > 2 && (line.at[line.len - 1] == ' ' || line.at[line.len - 1] == '\t')) {
		sdp_note(r, SDP_TRAILING_BLANK);
		line.len--;
	}
	*ret = line;
	return SDP_FINE;
}

static enum sdp_reason finish(struct sdp_reader *r)
{
	struct sdp_session *s = r->session;

	if (!r->has_version)
		return SDP_VERSION;
	if (!r->has_origin)
		return SDP_ORIGIN;
	if (!r->has_subject)
		sdp_note(r, SDP_NO_SUBJECT);
	if (!r->has_time)
		sdp_note(r, SDP_NO_TIME);
	for (size_t i = 0; i < s->media_count; i++) {
		enum sdp_reason reason = sdp_finish_media(r, &s->media[i]);

		if (reason != SDP_FINE)
			return reason;
	}
	return SDP_FINE;
}

static enum sdp_reason parse(struct view text, bool is_plain, struct sdp_session *ret)
{
	struct sdp_reader r = { .session = ret, .level = &ret->level };
	enum sdp_reason reason = SDP_FINE;

	if (text.len > MAX_SDP_BYTES)
		return SDP_TOO_LONG;
	/* The tables are filled up to their counts and read no further. */
	memset(ret, 0, offsetof(struct sdp_session, media));
	ret->level.direction = SDP_DIRECTION_NONE;
	while (text.len > 0 && reason == SDP_FINE) {
		struct view line;

		if (!is_plain) {
			const char *end = text.at + text.len;

			text.at = sdp_usual_lines(&r, text.at, end);
			text.len = (size_t)(end - text.at);
			if (text.len == 0)
				break;
		}
		reason = cut_line(&r, &text, &line);
		if (reason != SDP_FINE)
			break;
		if (line.len == 0) {
			sdp_note(&r, SDP_EMPTY_LINE);
			continue;
		}
		if (line.len < 2 || line.at[1] != '=' || line.at[0] < 'a' || line.at[0] > 'z')
			return SDP_LINE_FORM;
		if (ret->line_count++ == 0 && line.at[0] != 'v')
			return SDP_VERSION;
		reason = read_line(&r, line.at[0], view_after(line, 2));
	}
	return reason == SDP_FINE ? finish(&r) : reason;
}

enum sdp_reason sdp_parse(struct view text, struct sdp_session *ret)
{
	return parse(text, false, ret);
}

enum sdp_reason sdp_parse_plain(struct view text, struct sdp_session *ret)
{
	return parse(text, true, ret);
}
