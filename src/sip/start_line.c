/* SPDX-License-Identifier: Apache-2.0 */
/* Request and status lines: as nearly all are written, at a glance; any other part by part, with
 * what is wrong noted. */
#include <string.h>

#include "base/run.h"
#include "sip/glance_priv.h"
#include "sip/msg_priv.h"
#include "sip/tokens.h"

static const struct view version = { "SIP/2.0", 7 };

/* "SIP/2.0 200 OK" */
static void read_status_line(struct sip_msg *m, struct view line)
{
	struct view code = view_first(view_after(line, 8), 3);
	struct view rest = view_after(line, 11);
	uint64_t status = 0;

	m->is_request = false;
	if (!view_equal(view_first(view_after(line, 4), 3), VIEW("2.0"))) {
		msg_note(m, SIP_REASON_VERSION);
		return;
	}
	if (line.len < 8 || line.at[7] != ' ') {
		msg_note(m, SIP_REASON_NOT_SIP);
		return;
	}
	if (code.len < 3 || !view_decimal(code, 699, &status) || status < 100 ||
	    (rest.len > 0 && rest.at[0] != ' ')) {
		msg_note(m, SIP_REASON_STATUS);
		return;
	}
	if (rest.len == 0)
		msg_note(m, SIP_REASON_NO_REASON_SPACE);
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

static void check_version(struct sip_msg *m, struct view text)
{
	struct view trimmed;

	if (view_equal(text, version) || view_equal_nocase(text, version))
		return;
	trimmed = view_trim(text);
	if (view_find(trimmed, ' ', 0) != trimmed.len || trimmed.len != text.len)
		msg_note(m, SIP_REASON_START_LINE_BLANKS);
	else if (view_starts_nocase(text, VIEW("SIP/")))
		msg_note(m, SIP_REASON_VERSION);
	else
		msg_note(m, SIP_REASON_NOT_SIP);
}

/* "INVITE sip:anna@example.com SIP/2.0" */
static void read_request_line(struct sip_msg *m, struct view line, const struct sip_limits *limits)
{
	size_t method_end = view_find(line, ' ', 0);
	size_t uri_end = view_find(line, ' ', method_end + 1);

	m->is_request = true;
	if (uri_end >= line.len) {
		msg_note(m, SIP_REASON_NOT_SIP);
		return;
	}
	m->method_text = view_first(line, method_end);
	m->uri = (struct view){ line.at + method_end + 1, uri_end - method_end - 1 };
	check_version(m, view_after(line, uri_end + 1));
	m->method = (uint8_t)sip_method_of(m->method_text);
	if (m->method_text.len > limits->method)
		msg_note(m, SIP_REASON_METHOD_TOO_LONG);
	else if (m->method == SIP_METHOD_OTHER && !sip_token_is(m->method_text))
		msg_note(m, SIP_REASON_METHOD_NOT_TOKEN);
	if (m->uri.len > limits->uri)
		msg_note(m, SIP_REASON_URI_TOO_LONG);
	else if (m->uri.len == 0)
		msg_note(m, SIP_REASON_START_LINE_BLANKS);
	else if (m->uri.at[0] == '<')
		msg_note(m, SIP_REASON_URI_IN_BRACKETS);
	else if (!is_uri_bytes(m->uri))
		msg_note(m, SIP_REASON_URI_BYTES);
}

/* A method of ours, bytes of a URI, the version as it should be, a blank between each. False:
 * nothing was set. */
static bool read_usual_request(struct sip_msg *m, struct view line, const struct sip_limits *limits)
{
	size_t uri_end = line.len - 8, method_end;
	uint32_t blanks;
	struct view method, uri;
	enum sip_method known;

	if (line.len < GLANCE || memcmp(line.at + uri_end, " SIP/2.0", 8) != 0)
		return false;
	blanks = glance_equal(line.at, ' ');
	method_end = blanks != 0 ? (size_t)__builtin_ctz(blanks) : uri_end;
	if (method_end >= uri_end || method_end > limits->method)
		return false;
	method = view_first(line, method_end);
	uri = (struct view){ line.at + method_end + 1, uri_end - method_end - 1 };
	known = sip_method_of(method);
	if (known == SIP_METHOD_OTHER || uri.len > limits->uri || !is_uri_bytes(uri))
		return false;
	m->is_request = true;
	m->method = (uint8_t)known;
	m->method_text = method;
	m->uri = uri;
	return true;
}

void sip_start_line_read(struct sip_msg *m, struct view line, const struct sip_limits *limits)
{
	m->start_line = line;
	if (line.len > 3 && (line.at[0] | 0x20) == 's' && view_starts_nocase(line, VIEW("SIP/")))
		read_status_line(m, line);
	else if (!read_usual_request(m, line, limits))
		read_request_line(m, line, limits);
}
