/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a message in one pass from left to right. What is hostile is noted
 * and reading goes on where the framing still holds, so that a refused request
 * of a known flow can be answered; nothing that was noted is ever forgotten.
 *
 * One canonical reading: a line ends in CRLF (or, sloppy, in LF), a line that
 * begins with a blank continues the one before, a name ends at its colon or at
 * the blanks before it. Whoever reads otherwise behind us reads what we have
 * written anew, not these bytes. */
#include "sip/msg.h"

#include <string.h>

#include "base/run.h"
#include "header_slots.h"
#include "sip/call_id.h"
#include "sip/header_priv.h"
#include "sip/lines_priv.h"
#include "sip/number.h"
#include "sip/scan_priv.h"
#include "sip/tokens.h"
#include "sip/utf8_priv.h"

const struct sip_limits sip_limits_default = {
	.method = 64,
	.uri = 1024,
	.header = 8192,
	.headers = 16384,
	.message = 65536,
	.framing = SIP_DATAGRAM,
};

struct reader {
	struct sip_msg *msg;
	const struct sip_limits *limits;
	char *bytes;
	size_t start; /* of the start line */
	struct scan scan;
};

struct line {
	size_t start, end, next; /* end: before CR or LF; next: after LF */
};

static void note(struct sip_msg *m, enum sip_reason r)
{
	m->anomalies |= sip_reason_bit(r);
	if (m->reason == SIP_REASON_NONE && sip_reason_grade(r) == SIP_GRADE_HOSTILE)
		m->reason = (uint8_t)r;
}

/* A line end that is no CRLF. */
static void note_odd_end(struct reader *r, size_t start, size_t feed)
{
	note(r->msg, SIP_REASON_LF_ONLY);
	/* What stands before an LF is no stray to the scan. */
	if (feed > start &&
	    ((unsigned char)r->bytes[feed - 1] < 0x20 || r->bytes[feed - 1] == 0x7f))
		scan_note_stray(&r->scan, r->bytes[feed - 1]);
}

/* The line from `start` to its end. False: there is none. */
static inline bool read_line(struct reader *r, size_t start, struct line *ret)
{
	size_t feed = scan_next(&r->scan), end = feed;

	if (feed == r->scan.len)
		return false;
	if (feed > start && r->bytes[feed - 1] == '\r')
		end--;
	else
		note_odd_end(r, start, feed);
	*ret = (struct line){ start, end, feed + 1 };
	return true;
}

/* What the scan has found up to the byte at `last` outranks all other reasons:
 * with control bytes in it, nothing that was read can be trusted. */
static void settle(struct reader *r, size_t last)
{
	scan_settle(&r->scan, last);
	if (r->scan.has_bare_cr) {
		note(r->msg, SIP_REASON_BARE_CR);
		r->msg->reason = SIP_REASON_BARE_CR;
	}
	if (r->scan.has_control) {
		note(r->msg, SIP_REASON_CONTROL_BYTE);
		r->msg->reason = SIP_REASON_CONTROL_BYTE;
	}
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Joins the lines that continue this one, their line ends overwritten by
 * blanks. False: the bytes end within. */
static bool unfold(struct reader *r, struct line *line)
{
	while (line->next < r->scan.len && is_blank(r->bytes[line->next])) {
		struct line more;

		if (!read_line(r, line->next, &more))
			return false;
		memset(r->bytes + line->end, ' ', line->next - line->end);
		line->end = more.end;
		line->next = more.next;
		note(r->msg, SIP_REASON_FOLDED);
	}
	return true;
}

/* A name that is not one of ours as it stands: unknown, or with blanks behind it. */
static enum sip_header_id read_odd_name(struct sip_msg *m, struct view *name)
{
	struct view bare = *name;

	while (bare.len > 0 && is_blank(bare.at[bare.len - 1]))
		bare.len--;
	if (!sip_token_is(bare))
		note(m, SIP_REASON_NAME_NOT_TOKEN);
	if (bare.len == name->len)
		return SIP_HEADER_OTHER;
	note(m, SIP_REASON_BLANK_BEFORE_COLON);
	*name = bare;
	return sip_header_of(bare);
}

static inline void append(struct sip_msg *m, enum sip_header_id id, struct view name,
                          struct view value)
{
	uint8_t index = m->count++;
	struct sip_header *h = &m->headers[index];

	h->name = name;
	h->value = value;
	h->id = (uint8_t)id;
	h->next = SIP_HEADER_NONE;
	h->is_foreign = false;
	if (id == SIP_HEADER_OTHER)
		return;
	if (m->first[id] == SIP_HEADER_NONE) {
		m->first[id] = index;
	} else {
		enum sip_times times = sip_header_times(id);

		m->headers[m->last[id]].next = index;
		if (times == SIP_TIMES_ONE)
			note(m, SIP_REASON_DUPLICATE);
		else if (times == SIP_TIMES_FIRST)
			note(m, SIP_REASON_DUPLICATE_IDLE);
	}
	m->last[id] = index;
}

/* Where 16 bytes may be loaded from the name's start on: its length is the place of the colon
 * among them, its row is compared whole. One branch, where comparing byte for byte would be
 * mispredicted at every name. */
static inline enum sip_header_id find_name(const char *at, size_t *len)
{
	uint32_t colons = scan_equal_16(at, ':');
	const struct header_row *row;
	uint8_t id;

	/* None; an empty name; a compact form. */
	if (colons == 0 || (colons & 3) != 0) {
		*len = 1;
		return (colons & 3) == 2 ? sip_header_of((struct view){ at, 1 }) : SIP_HEADER_OTHER;
	}
	*len = (size_t)__builtin_ctz(colons);
	id = sip_header_slots[header_slot(at, *len, HEADER_FACTOR)];
	row = &sip_header_rows[id];
	if (row->len == *len && (~scan_same_16(at, row->name) & ((UINT32_C(1) << *len) - 1)) == 0)
		return id;
	return SIP_HEADER_OTHER;
}

/* Any name: compact, long, unknown, at the end of the bytes. False: no colon. */
static bool find_odd_name(struct sip_msg *m, struct view line, struct view *ret_name,
                          enum sip_header_id *ret)
{
	struct view name = view_first(line, view_find(line, ':', 0));

	if (name.len == line.len) {
		note(m, SIP_REASON_NO_COLON);
		return false;
	}
	*ret = sip_header_of(name);
	if (*ret == SIP_HEADER_OTHER)
		*ret = read_odd_name(m, &name);
	*ret_name = name;
	return true;
}

static inline void read_value(struct sip_msg *m, enum sip_header_id id, struct view name,
                              const char *value, const char *end)
{
	/* What ends a line is no blank. */
	while (is_blank(*value))
		value++;
	while (end > value && is_blank(end[-1]))
		end--;
	append(m, id, name, (struct view){ value, (size_t)(end - value) });
}

/* One header: `name_end` is where its first line ends, before any fold. */
static void read_header(struct reader *r, const struct line *line, size_t name_end)
{
	struct view first = { r->bytes + line->start, name_end - line->start }, name;
	enum sip_header_id id;

	if (line->end - line->start > r->limits->header)
		note(r->msg, SIP_REASON_HEADER_TOO_LONG);
	if (find_odd_name(r->msg, first, &name, &id))
		read_value(r->msg, id, name, first.at + view_find(first, ':', 0) + 1,
		           r->bytes + line->end);
}

/* The same where every line is sound: the bytes of a name of ours hold no line end, and no CR
 * that would pass for a hyphen. */
static void read_sound(const struct reader *r, const struct sip_lines *lines)
{
	struct sip_msg *m = r->msg;
	const char *bytes = r->bytes, *at = bytes + lines->feeds[0] + 1, *next;
	const char *last = bytes + r->scan.len - SCAN_LOAD; /* where a name may be loaded */
	size_t max = r->limits->header;

	for (uint32_t i = 1; i + 1 < lines->count; i++, at = next) {
		const char *end = bytes + lines->feeds[i] - 1, *value;
		struct view line = { at, (size_t)(end - at) }, name = { at, 0 };
		enum sip_header_id id = at <= last ? find_name(at, &name.len) : SIP_HEADER_OTHER;

		next = end + 2;
		value = at + name.len + 1;
		if (line.len > max)
			note(m, SIP_REASON_HEADER_TOO_LONG);
		if (id == SIP_HEADER_OTHER) {
			if (!find_odd_name(m, line, &name, &id))
				continue;
			value = at + view_find(line, ':', 0) + 1;
		}
		read_value(m, id, name, value, end);
	}
}

/* All headers and the empty line; the body's place in *ret. */
static bool read_headers(struct reader *r, size_t at, size_t *ret)
{
	struct line line;

	if (at < r->scan.len && is_blank(r->bytes[at]))
		note(r->msg, SIP_REASON_FOLD_FIRST);
	while (read_line(r, at, &line)) {
		size_t name_end = line.end;

		if (line.end == line.start) {
			settle(r, line.next - 1);
			*ret = line.next;
			return true;
		}
		if (line.next < r->scan.len && is_blank(r->bytes[line.next]) && !unfold(r, &line))
			break;
		if (line.next - r->start > r->limits->headers) {
			note(r->msg, SIP_REASON_HEADERS_TOO_LONG);
			return false;
		}
		if (r->msg->count == MAX_SIP_HEADERS) {
			note(r->msg, SIP_REASON_TOO_MANY_HEADERS);
			return false;
		}
		read_header(r, &line, name_end);
		at = line.next;
	}
	note(r->msg, SIP_REASON_NO_HEADER_END);
	settle(r, r->scan.len);
	return false;
}

/* "SIP/2.0 200 OK" */
static void read_status_line(struct sip_msg *m, struct view line)
{
	struct view code = view_first(view_after(line, 8), 3);
	struct view rest = view_after(line, 11);
	uint64_t status = 0;

	m->is_request = false;
	if (!view_equal(view_first(view_after(line, 4), 3), VIEW("2.0"))) {
		note(m, SIP_REASON_VERSION);
		return;
	}
	if (line.len < 8 || line.at[7] != ' ') {
		note(m, SIP_REASON_NOT_SIP);
		return;
	}
	if (code.len < 3 || !view_decimal(code, 699, &status) || status < 100 ||
	    (rest.len > 0 && rest.at[0] != ' ')) {
		note(m, SIP_REASON_STATUS);
		return;
	}
	if (rest.len == 0)
		note(m, SIP_REASON_NO_REASON_SPACE);
	m->status = (uint16_t)status;
	m->phrase = view_after(rest, 1);
}

/* Bytes that may stand in some URI: what must not be there would let one
 * reader see another target than the next. */
static bool is_uri_bytes(struct view uri)
{
	static const struct run_set good = {
		.rows = RUN_ROWS((~UINT64_C(0) << '!') & ~RUN_BYTE('<') & ~RUN_BYTE('>') &
		                         ~RUN_BYTE('"'),
		                 ~RUN_BYTE(0x7f)),
	};

	return uri.len > 0 && run_end(uri.at, uri.at + uri.len, &good) == uri.at + uri.len;
}

static void check_version(struct sip_msg *m, struct view version)
{
	struct view trimmed;

	if (view_equal(version, VIEW("SIP/2.0")) || view_equal_nocase(version, VIEW("SIP/2.0")))
		return;
	trimmed = view_trim(version);
	if (view_find(trimmed, ' ', 0) != trimmed.len || trimmed.len != version.len)
		note(m, SIP_REASON_START_LINE_BLANKS);
	else if (view_starts_nocase(version, VIEW("SIP/")))
		note(m, SIP_REASON_VERSION);
	else
		note(m, SIP_REASON_NOT_SIP);
}

/* "INVITE sip:anna@example.com SIP/2.0" */
static void read_request_line(struct sip_msg *m, struct view line, const struct sip_limits *limits)
{
	size_t method_end = view_find(line, ' ', 0);
	size_t uri_end = view_find(line, ' ', method_end + 1);

	m->is_request = true;
	if (uri_end >= line.len) {
		note(m, SIP_REASON_NOT_SIP);
		return;
	}
	m->method_text = view_first(line, method_end);
	m->uri = (struct view){ line.at + method_end + 1, uri_end - method_end - 1 };
	check_version(m, view_after(line, uri_end + 1));
	m->method = (uint8_t)sip_method_of(m->method_text);
	if (m->method_text.len > limits->method)
		note(m, SIP_REASON_METHOD_TOO_LONG);
	else if (m->method == SIP_METHOD_OTHER && !sip_token_is(m->method_text))
		note(m, SIP_REASON_METHOD_NOT_TOKEN);
	if (m->uri.len > limits->uri)
		note(m, SIP_REASON_URI_TOO_LONG);
	else if (m->uri.len == 0)
		note(m, SIP_REASON_START_LINE_BLANKS);
	else if (m->uri.at[0] == '<')
		note(m, SIP_REASON_URI_IN_BRACKETS);
	else if (!is_uri_bytes(m->uri))
		note(m, SIP_REASON_URI_BYTES);
}

static void check_present(struct sip_msg *m)
{
	static const struct {
		uint8_t id, reason;
	} needed[] = {
		{ SIP_HEADER_VIA, SIP_REASON_NO_VIA },
		{ SIP_HEADER_FROM, SIP_REASON_NO_FROM },
		{ SIP_HEADER_TO, SIP_REASON_NO_TO },
		{ SIP_HEADER_CALL_ID, SIP_REASON_NO_CALL_ID },
		{ SIP_HEADER_CSEQ, SIP_REASON_NO_CSEQ },
	};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (m->first[needed[i].id] == SIP_HEADER_NONE)
			note(m, needed[i].reason);
}

/* The values on which all else rests. */
static void check_values(struct sip_msg *m)
{
	const struct sip_header *h = sip_msg_header(m, SIP_HEADER_CALL_ID);
	uint32_t hops;

	if (h) {
		m->call_id = h->value;
		if (!sip_call_id_is_valid(h->value))
			note(m, SIP_REASON_CALL_ID_BYTES);
	}
	h = sip_msg_header(m, SIP_HEADER_CSEQ);
	if (h && sip_cseq_parse(h->value, &m->cseq) != ERR_NONE)
		note(m, SIP_REASON_CSEQ_SYNTAX);
	else if (h && m->is_request && m->method_text.len > 0 &&
	         !view_equal(m->cseq.method_text, m->method_text))
		note(m, SIP_REASON_CSEQ_METHOD);
	else if (!m->is_request)
		m->method = (uint8_t)m->cseq.method;
	h = sip_msg_header(m, SIP_HEADER_MAX_FORWARDS);
	if (h && sip_number_parse(h->value, 255, &hops) != ERR_NONE)
		note(m, SIP_REASON_MAX_FORWARDS_SYNTAX);
	else if (!h && m->is_request)
		note(m, SIP_REASON_NO_MAX_FORWARDS);
}

/* The body by Content-Length (RFC 3261 18.3); `at` is where it begins. */
static void delimit_body(struct reader *r, size_t at)
{
	struct sip_msg *m = r->msg;
	const struct sip_header *h = sip_msg_header(m, SIP_HEADER_CONTENT_LENGTH);
	size_t there = r->scan.len - at;
	uint64_t length = there;

	if (h && !view_decimal(h->value, r->limits->message, &length))
		note(m, SIP_REASON_CONTENT_LENGTH_SYNTAX);
	else if (!h && r->limits->framing == SIP_STREAM)
		note(m, SIP_REASON_NO_CONTENT_LENGTH);
	else if (length > there)
		note(m, SIP_REASON_CONTENT_LENGTH_LONG);
	else if (length < there)
		note(m, SIP_REASON_TRAILING_BYTES);
	if (length > there)
		length = there;
	m->body = (struct view){ r->bytes + at, (size_t)length };
	m->text = (struct view){ r->bytes + r->start, at + (size_t)length - r->start };
}

static void check_utf8(struct sip_msg *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (sip_utf8_is(m->headers[i].value))
			continue;
		m->headers[i].is_foreign = true;
		note(m, SIP_REASON_NOT_UTF8);
	}
}

static enum err refusal(enum sip_reason r)
{
	switch (r) {
	case SIP_REASON_NONE:
		return ERR_NONE;
	case SIP_REASON_TOO_LONG:
	case SIP_REASON_METHOD_TOO_LONG:
	case SIP_REASON_URI_TOO_LONG:
	case SIP_REASON_HEADER_TOO_LONG:
	case SIP_REASON_HEADERS_TOO_LONG:
	case SIP_REASON_TOO_MANY_HEADERS:
		return ERR_LIMIT;
	case SIP_REASON_EMPTY:
	case SIP_REASON_NO_HEADER_END:
	case SIP_REASON_CONTENT_LENGTH_LONG:
		return ERR_SHORT;
	default:
		return ERR_SYNTAX;
	}
}

/* All but the table of headers, which `count` guards. */
static void empty(struct sip_msg *m)
{
	memset(m, 0, offsetof(struct sip_msg, parts));
	m->parts.known = 0;
	memset(m->first, SIP_HEADER_NONE, sizeof(m->first));
}

static void read_start_line(struct sip_msg *m, struct view line, const struct sip_limits *limits)
{
	m->start_line = line;
	if (line.len > 3 && (line.at[0] | 0x20) == 's' && view_starts_nocase(line, VIEW("SIP/")))
		read_status_line(m, line);
	else
		read_request_line(m, line, limits);
}

/* What is not SIP by its first line is not read any further. */
static bool read_sound_head(struct reader *r, const struct sip_lines *lines, size_t *ret)
{
	read_start_line(r->msg, (struct view){ r->bytes, lines->feeds[0] - 1 }, r->limits);
	*ret = lines->feeds[lines->count - 1] + 1;
	r->scan = (struct scan){ .len = r->scan.len, .has_high = lines->has_high };
	if (r->msg->reason == SIP_REASON_NOT_SIP)
		return false;
	read_sound(r, lines);
	return true;
}

static bool read_odd_head(struct reader *r, size_t *ret)
{
	struct line line;

	r->scan = scan_on(r->bytes, r->scan.len);
	do {
		if (!read_line(r, r->start, &line)) {
			note(r->msg,
			     r->start == r->scan.len ? SIP_REASON_EMPTY : SIP_REASON_NO_HEADER_END);
			settle(r, r->scan.len);
			return false;
		}
		if (line.end > line.start)
			break;
		note(r->msg, SIP_REASON_LEADING_LINES);
		r->start = line.next;
	} while (true);
	read_start_line(r->msg, (struct view){ r->bytes + line.start, line.end - line.start },
	                r->limits);
	if (r->msg->reason == SIP_REASON_NOT_SIP) {
		settle(r, line.next - 1);
		return false;
	}
	return read_headers(r, line.next, ret);
}

/* Where the headers are too long, the one with which they become so has to be found. */
static bool is_short(const struct sip_lines *lines, const struct sip_limits *limits)
{
	return lines->feeds[lines->count - 2] < limits->headers;
}

enum err sip_msg_parse(char *bytes, size_t len, const struct sip_limits *limits,
                       struct sip_msg *ret)
{
	struct reader r = { .msg = ret, .limits = limits, .bytes = bytes, .scan.len = len };
	struct sip_lines lines __attribute__((uninitialized)); /* its count guards it */
	size_t body = 0;

	empty(ret);
	if (len > limits->message) {
		note(ret, SIP_REASON_TOO_LONG);
		return ERR_LIMIT;
	}
	if (sip_lines_find(bytes, len, &lines) && is_short(&lines, limits)
	            ? !read_sound_head(&r, &lines, &body)
	            : !read_odd_head(&r, &body))
		return refusal(ret->reason);
	check_present(ret);
	check_values(ret);
	delimit_body(&r, body);
	if (r.scan.has_high)
		check_utf8(ret);
	return refusal(ret->reason);
}

bool sip_msg_is_answerable(const struct sip_msg *m)
{
	static const uint8_t needed[] = { SIP_HEADER_FROM, SIP_HEADER_TO, SIP_HEADER_CALL_ID,
		                          SIP_HEADER_CSEQ };
	const uint64_t unreadable =
		sip_reason_bit(SIP_REASON_NOT_SIP) | sip_reason_bit(SIP_REASON_CONTROL_BYTE) |
		sip_reason_bit(SIP_REASON_BARE_CR) | sip_reason_bit(SIP_REASON_NO_HEADER_END) |
		sip_reason_bit(SIP_REASON_CSEQ_SYNTAX) | sip_reason_bit(SIP_REASON_CALL_ID_BYTES);

	if (!m->is_request || m->method == SIP_METHOD_ACK ||
	    m->first[SIP_HEADER_VIA] == SIP_HEADER_NONE || (m->anomalies & unreadable) != 0)
		return false;
	for (size_t i = 0; i < sizeof(needed); i++)
		if (m->first[needed[i]] == SIP_HEADER_NONE ||
		    m->first[needed[i]] != m->last[needed[i]])
			return false;
	return true;
}

const struct sip_header *sip_msg_header(const struct sip_msg *m, enum sip_header_id id)
{
	uint8_t index = m->first[id];

	return index == SIP_HEADER_NONE ? NULL : &m->headers[index];
}

const struct sip_header *sip_msg_next(const struct sip_msg *m, const struct sip_header *h)
{
	return h->next == SIP_HEADER_NONE ? NULL : &m->headers[h->next];
}

struct view sip_msg_value(const struct sip_msg *m, enum sip_header_id id)
{
	const struct sip_header *h = sip_msg_header(m, id);

	return h ? h->value : VIEW_EMPTY;
}

const struct sip_header *sip_msg_find(const struct sip_msg *m, struct view name)
{
	enum sip_header_id id = sip_header_of(name);

	if (id != SIP_HEADER_OTHER)
		return sip_msg_header(m, id);
	for (size_t i = 0; i < m->count; i++)
		if (view_equal_nocase(m->headers[i].name, name))
			return &m->headers[i];
	return NULL;
}
