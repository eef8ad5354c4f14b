/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the first line. The order is that of cost: first byte, method,
 * scheme, and only then the search for the line's end. */
#include "capture/sip_find.h"

#include "base/cursor.h"

enum { MAX_METHOD = 32, MAX_RESEMBLANCE = 1024 };

const char *capture_kind_name(enum capture_kind kind)
{
	static const char *const names[] = {
		[CAPTURE_SIP] = "sip",     [CAPTURE_HTTP] = "http",
		[CAPTURE_TLS] = "tls",     [CAPTURE_SSDP] = "ssdp",
		[CAPTURE_RTSP] = "rtsp",   [CAPTURE_KEEPALIVE] = "keepalive",
		[CAPTURE_NOISE] = "noise",
	};

	return (size_t)kind < CAPTURE_KIND_COUNT ? names[kind] : "?";
}

struct view capture_sip_skip_lines(struct view bytes)
{
	size_t at = 0;

	while (at < bytes.len && (bytes.at[at] == '\r' || bytes.at[at] == '\n'))
		at++;
	return view_after(bytes, at);
}

bool capture_is_blank(struct view bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.at[i] != '\r' && bytes.at[i] != '\n' && bytes.at[i] != '\0' &&
		    bytes.at[i] != ' ')
			return false;
	return true;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* One of `prefixes`, or the beginning of one where the bytes end. */
static enum err starts_with(struct view bytes, const struct view *prefixes, size_t count)
{
	enum err err = ERR_SYNTAX;

	for (size_t i = 0; i < count; i++) {
		if (view_starts_nocase(bytes, prefixes[i]))
			return ERR_NONE;
		if (view_starts_nocase(prefixes[i], bytes))
			err = ERR_SHORT;
	}
	return err;
}

static enum err response_starts(struct view bytes)
{
	static const struct view name[] = { { "SIP/", 4 } };
	enum err err = starts_with(bytes, name, 1);

	if (err != ERR_NONE || bytes.len == 4)
		return err == ERR_NONE ? ERR_SHORT : err;
	return is_digit(bytes.at[4]) ? ERR_NONE : ERR_SYNTAX;
}

/* " SIP/2.0" at the end of a line without its CR. */
static bool has_version(struct view line)
{
	struct view text = view_trim(line), end;

	if (text.len < 9)
		return false;
	end = view_after(text, text.len - 8);
	return end.at[0] == ' ' && view_starts_nocase(view_after(end, 1), VIEW("SIP/")) &&
	       is_digit(end.at[5]) && is_digit(end.at[7]);
}

static enum err request_starts(struct view bytes)
{
	static const struct view schemes[] = { { "sip:", 4 }, { "sips:", 5 }, { "tel:", 4 } };
	size_t at = 0, end;
	enum err err;

	while (at < bytes.len && at <= MAX_METHOD && cursor_is_token_byte(bytes.at[at]))
		at++;
	if (at == bytes.len)
		return at <= MAX_METHOD ? ERR_SHORT : ERR_SYNTAX;
	if (at == 0 || bytes.at[at] != ' ')
		return ERR_SYNTAX;
	err = starts_with(view_after(bytes, at + 1), schemes, sizeof(schemes) / sizeof(schemes[0]));
	if (err != ERR_SYNTAX)
		return err;
	bytes = view_first(bytes, MAX_CAPTURE_START_LINE);
	end = view_find(bytes, '\n', at);
	if (has_version(view_first(bytes, end)))
		return ERR_NONE;
	return end == bytes.len && bytes.len < MAX_CAPTURE_START_LINE ? ERR_SHORT : ERR_SYNTAX;
}

/* What nearly all messages begin with, letter for letter; all else is looked at with care. */
static bool starts_plainly(struct view bytes)
{
	const char *at = bytes.at;

	if (bytes.len < MAX_METHOD + 8)
		return false;
	if (memcmp(at, "SIP/2.0 ", 8) == 0)
		return true;
	while (*at >= 'A' && *at <= 'Z' && at < bytes.at + MAX_METHOD)
		at++;
	return at > bytes.at && memcmp(at, " sip:", 5) == 0;
}

enum err capture_sip_starts(struct view bytes)
{
	enum err response, request;

	if (starts_plainly(bytes))
		return ERR_NONE;
	if (bytes.len == 0)
		return ERR_SHORT;
	if (!cursor_is_token_byte(bytes.at[0]))
		return ERR_SYNTAX;
	response = response_starts(bytes);
	if (response == ERR_NONE)
		return ERR_NONE;
	request = request_starts(bytes);
	return request == ERR_SYNTAX ? response : request;
}

size_t capture_sip_find(struct view bytes, size_t from)
{
	while (from < bytes.len) {
		if (capture_sip_starts(view_after(bytes, from)) != ERR_SYNTAX)
			return from;
		from = view_find(bytes, '\n', from) + 1;
	}
	return bytes.len;
}

static bool is_http_method(struct view line)
{
	static const char *const methods[] = { "GET ",     "POST ",   "HEAD ",     "PUT ",
		                               "CONNECT ", "DELETE ", "PRI * HTTP" };

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (view_starts(line, view_of(methods[i])))
			return true;
	return false;
}

/* The protocols that share SIP's grammar of a first line. */
static enum capture_kind kind_of_line(struct view line)
{
	if (view_starts(line, VIEW("NOTIFY * HTTP/")) ||
	    view_starts(line, VIEW("M-SEARCH * HTTP/")))
		return CAPTURE_SSDP;
	if (view_starts(line, VIEW("RTSP/")) || view_contains(line, VIEW(" RTSP/1.")))
		return CAPTURE_RTSP;
	if (view_starts(line, VIEW("HTTP/")) || view_contains(line, VIEW(" HTTP/1.")) ||
	    is_http_method(line))
		return CAPTURE_HTTP;
	return CAPTURE_NOISE;
}

static bool is_tls(struct view bytes)
{
	return bytes.len >= 3 && bytes.at[0] == 0x16 && bytes.at[1] == 0x03 &&
	       (uint8_t)bytes.at[2] <= 4;
}

static bool is_keepalive(struct view bytes)
{
	static const char *const words[] = { "hello",     "ping",       "pong",
		                             "keepalive", "keep-alive", "jaK" };

	if (bytes.len <= 2)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (bytes.len <= 32 && view_starts_nocase(bytes, view_of(words[i])))
			return true;
	return false;
}

/* The first line may be what is broken: then the headers tell. */
static bool resembles_sip(struct view bytes)
{
	static const char *const lines[] = { "Via:", "v:", "Call-ID:", "CSeq:", "i:" };
	struct view head = view_first(bytes, MAX_RESEMBLANCE);

	if (view_contains(head, VIEW("SIP/2.0")))
		return true;
	for (size_t at = 0; at < head.len; at = view_find(head, '\n', at) + 1)
		for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
			if (at > 0 && view_starts_nocase(view_after(head, at), view_of(lines[i])))
				return true;
	return false;
}

enum capture_kind capture_kind_of(struct view bytes)
{
	struct view text = capture_sip_skip_lines(bytes);
	struct view head = view_first(text, MAX_CAPTURE_START_LINE);
	enum capture_kind kind;

	if (capture_sip_starts(text) == ERR_NONE)
		return CAPTURE_SIP;
	if (is_tls(bytes))
		return CAPTURE_TLS;
	kind = kind_of_line(view_first(head, view_find(head, '\n', 0)));
	if (kind != CAPTURE_NOISE)
		return kind;
	if (is_keepalive(text))
		return CAPTURE_KEEPALIVE;
	return resembles_sip(bytes) ? CAPTURE_SIP : CAPTURE_NOISE;
}
