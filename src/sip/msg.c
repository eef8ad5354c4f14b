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

#include "sip/call_id.h"
#include "sip/msg_priv.h"
#include "sip/number.h"
#include "sip/scan_priv.h"
#include "sip/tokens.h"
#include "sip/utf8.h"

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

/* A line end that is no CRLF. */
static void note_odd_end(struct reader *r, size_t start, size_t feed)
{
	msg_note(r->msg, SIP_REASON_LF_ONLY);
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
		msg_note(r->msg, SIP_REASON_BARE_CR);
		r->msg->reason = SIP_REASON_BARE_CR;
	}
	if (r->scan.has_control) {
		msg_note(r->msg, SIP_REASON_CONTROL_BYTE);
		r->msg->reason = SIP_REASON_CONTROL_BYTE;
	}
}

/* Joins the lines that continue this one, their line ends overwritten by
 * blanks. False: the bytes end within. */
static bool unfold(struct reader *r, struct line *line)
{
	while (line->next < r->scan.len && msg_is_blank(r->bytes[line->next])) {
		struct line more;

		if (!read_line(r, line->next, &more))
			return false;
		memset(r->bytes + line->end, ' ', line->next - line->end);
		line->end = more.end;
		line->next = more.next;
		msg_note(r->msg, SIP_REASON_FOLDED);
	}
	return true;
}

/* A name that is not one of ours as it stands: unknown, or with blanks behind it. */
static enum sip_header_id read_odd_name(struct sip_msg *m, struct view *name)
{
	struct view bare = *name;

	while (bare.len > 0 && msg_is_blank(bare.at[bare.len - 1]))
		bare.len--;
	if (!sip_token_is(bare))
		msg_note(m, SIP_REASON_NAME_NOT_TOKEN);
	if (bare.len == name->len)
		return SIP_HEADER_OTHER;
	msg_note(m, SIP_REASON_BLANK_BEFORE_COLON);
	*name = bare;
	return sip_header_of(bare);
}

void sip_msg_chain(struct sip_msg *m, enum sip_header_id id, uint8_t index)
{
	enum sip_times times = sip_header_times(id);

	m->headers[m->last[id]].next = index;
	if (times == SIP_TIMES_ONE)
		msg_note(m, SIP_REASON_DUPLICATE);
	else if (times == SIP_TIMES_FIRST)
		msg_note(m, SIP_REASON_DUPLICATE_IDLE);
}

void sip_msg_read_header(struct sip_msg *m, struct view line, const char *end)
{
	struct view name = view_first(line, view_find(line, ':', 0));
	const char *value = line.at + name.len + 1;
	enum sip_header_id id;

	if (name.len == line.len) {
		msg_note(m, SIP_REASON_NO_COLON);
		return;
	}
	id = sip_header_of(name);
	if (id == SIP_HEADER_OTHER)
		id = read_odd_name(m, &name);
	/* What ends a line is no blank. */
	while (msg_is_blank(*value))
		value++;
	while (end > value && msg_is_blank(end[-1]))
		end--;
	m->headers[m->count] = msg_header(id, name, (struct view){ value, (size_t)(end - value) });
	if (id != SIP_HEADER_OTHER)
		msg_link(m, m->count, id);
	m->count++;
}

/* `name_end` is where the header's first line ends, before any fold. */
static void read_header(struct reader *r, const struct line *line, size_t name_end)
{
	if (line->end - line->start > r->limits->header)
		msg_note(r->msg, SIP_REASON_HEADER_TOO_LONG);
	sip_msg_read_header(r->msg, (struct view){ r->bytes + line->start, name_end - line->start },
	                    r->bytes + line->end);
}

/* All headers and the empty line; the body's place in *ret. */
static bool read_headers(struct reader *r, size_t at, size_t *ret)
{
	struct line line;

	if (at < r->scan.len && msg_is_blank(r->bytes[at]))
		msg_note(r->msg, SIP_REASON_FOLD_FIRST);
	while (read_line(r, at, &line)) {
		size_t name_end = line.end;

		if (line.end == line.start) {
			settle(r, line.next - 1);
			*ret = line.next;
			return true;
		}
		if (line.next < r->scan.len && msg_is_blank(r->bytes[line.next]) &&
		    !unfold(r, &line))
			break;
		if (line.next - r->start > r->limits->headers) {
			msg_note(r->msg, SIP_REASON_HEADERS_TOO_LONG);
			return false;
		}
		if (r->msg->count == MAX_SIP_HEADERS) {
			msg_note(r->msg, SIP_REASON_TOO_MANY_HEADERS);
			return false;
		}
		read_header(r, &line, name_end);
		at = line.next;
	}
	msg_note(r->msg, SIP_REASON_NO_HEADER_END);
	settle(r, r->scan.len);
	return false;
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
	const uint8_t *first = m->first;

	/* All that stand there are below 0x80, NONE alone is not. */
	if (((first[SIP_HEADER_VIA] | first[SIP_HEADER_FROM] | first[SIP_HEADER_TO] |
	      first[SIP_HEADER_CALL_ID] | first[SIP_HEADER_CSEQ]) &
	     0x80) == 0)
		return;
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (first[needed[i].id] == SIP_HEADER_NONE)
			msg_note(m, needed[i].reason);
}

_Static_assert(MAX_SIP_HEADERS <= 0x80 && SIP_HEADER_NONE >= 0x80, "one bit tells NONE");

/* A method of ours has one name. */
static bool is_of_cseq(const struct sip_msg *m)
{
	return m->method != SIP_METHOD_OTHER ? m->method == m->cseq.method
	                                     : view_equal(m->cseq.method_text, m->method_text);
}

/* The values on which all else rests. */
static void check_values(struct sip_msg *m)
{
	const struct sip_header *h = sip_msg_header(m, SIP_HEADER_CALL_ID);
	uint32_t hops;

	if (h) {
		m->call_id = h->value;
		if (!sip_call_id_is_valid(h->value))
			msg_note(m, SIP_REASON_CALL_ID_BYTES);
	}
	h = sip_msg_header(m, SIP_HEADER_CSEQ);
	if (h && sip_cseq_parse(h->value, &m->cseq) != ERR_NONE)
		msg_note(m, SIP_REASON_CSEQ_SYNTAX);
	else if (h && m->is_request && m->method_text.len > 0 && !is_of_cseq(m))
		msg_note(m, SIP_REASON_CSEQ_METHOD);
	else if (!m->is_request)
		m->method = (uint8_t)m->cseq.method;
	h = sip_msg_header(m, SIP_HEADER_MAX_FORWARDS);
	if (h && sip_number_parse(h->value, 255, &hops) != ERR_NONE)
		msg_note(m, SIP_REASON_MAX_FORWARDS_SYNTAX);
	else if (!h && m->is_request)
		msg_note(m, SIP_REASON_NO_MAX_FORWARDS);
}

/* The body by Content-Length (RFC 3261 18.3); `at` is where it begins. */
static void delimit_body(struct reader *r, size_t at)
{
	struct sip_msg *m = r->msg;
	const struct sip_header *h = sip_msg_header(m, SIP_HEADER_CONTENT_LENGTH);
	size_t there = r->scan.len - at;
	uint32_t length = (uint32_t)there;

	if (h && sip_number_parse(h->value, r->limits->message, &length) != ERR_NONE)
		msg_note(m, SIP_REASON_CONTENT_LENGTH_SYNTAX);
	else if (!h && r->limits->framing == SIP_STREAM)
		msg_note(m, SIP_REASON_NO_CONTENT_LENGTH);
	else if (length > there)
		msg_note(m, SIP_REASON_CONTENT_LENGTH_LONG);
	else if (length < there)
		msg_note(m, SIP_REASON_TRAILING_BYTES);
	if (length > there)
		length = (uint32_t)there;
	m->body = (struct view){ r->bytes + at, length };
	m->text = (struct view){ r->bytes + r->start, at + length - r->start };
}

static void check_utf8(struct sip_msg *m)
{
	for (size_t i = 0; i < m->count; i++) {
		if (sip_utf8_is(m->headers[i].value))
			continue;
		m->headers[i].is_foreign = true;
		msg_note(m, SIP_REASON_NOT_UTF8);
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

static bool read_odd_head(struct reader *r, size_t *ret)
{
	struct line line;

	r->scan = scan_on(r->bytes, r->scan.len);
	do {
		if (!read_line(r, r->start, &line)) {
			msg_note(r->msg, r->start == r->scan.len ? SIP_REASON_EMPTY
			                                         : SIP_REASON_NO_HEADER_END);
			settle(r, r->scan.len);
			return false;
		}
		if (line.end > line.start)
			break;
		msg_note(r->msg, SIP_REASON_LEADING_LINES);
		r->start = line.next;
	} while (true);
	sip_start_line_read(r->msg, (struct view){ r->bytes + line.start, line.end - line.start },
	                    r->limits);
	if (r->msg->reason == SIP_REASON_NOT_SIP) {
		settle(r, line.next - 1);
		return false;
	}
	return read_headers(r, line.next, ret);
}

/* Where something is too long, the header with which it becomes so has to be found. */
static bool is_short(const struct sip_lines *lines, const struct sip_limits *limits)
{
	return lines->feeds[lines->count - 2] < limits->headers &&
	       lines->feeds[lines->count - 1] < limits->header;
}

/* What is not SIP by its first line is not read any further. Where a line proves odd, all is read
 * again. */
static bool read_head(struct reader *r, size_t *ret)
{
	struct sip_lines lines __attribute__((uninitialized)); /* its count guards it */
	struct view bytes = { r->bytes, r->scan.len };

	if (!sip_lines_find(bytes.at, bytes.len, &lines) || !is_short(&lines, r->limits) ||
	    bytes.at[lines.feeds[0] - 1] != '\r')
		return read_odd_head(r, ret);
	sip_start_line_read(r->msg, view_first(bytes, lines.feeds[0] - 1), r->limits);
	if (r->msg->reason == SIP_REASON_NOT_SIP)
		return false;
	if (!sip_sound_read(r->msg, bytes, &lines)) {
		empty(r->msg);
		return read_odd_head(r, ret);
	}
	r->scan.has_high = lines.has_high;
	*ret = lines.feeds[lines.count - 1] + 1;
	return true;
}

enum err sip_msg_parse(char *bytes, size_t len, const struct sip_limits *limits,
                       struct sip_msg *ret)
{
	struct reader r = { .msg = ret, .limits = limits, .bytes = bytes, .scan.len = len };
	size_t body = 0;

	empty(ret);
	if (len > limits->message) {
		msg_note(ret, SIP_REASON_TOO_LONG);
		return ERR_LIMIT;
	}
	if (!read_head(&r, &body))
		return refusal(ret->reason);
	check_present(ret);
	check_values(ret);
	delimit_body(&r, body);
	if (r.scan.has_high)
		check_utf8(ret);
	return ret->reason == SIP_REASON_NONE ? ERR_NONE : refusal(ret->reason);
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
