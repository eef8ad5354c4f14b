/* SPDX-License-Identifier: Apache-2.0 */
/* Reading line by line once the request is whole, and both answers. */
#include "transport/ws_upgrade.h"

#include "base/cursor.h"
#include "base/hash.h"

enum { TARGET_MAX = 1024, KEY_LEN = 24, KEY_LETTERS = 22, TLS_HANDSHAKE = 0x16 };

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static const struct {
	uint16_t status;
	const char *words;
} refusals[WS_ANSWER_COUNT] = {
#define WS_REFUSAL(name, status, words, counter, sort, proof) [WS_##name] = { status, words },
#include "transport/ws_refusal.def"
#undef WS_REFUSAL
};

/* Headers that count, each at most once but for the lists. */
enum header {
	HEADER_HOST,
	HEADER_UPGRADE,
	HEADER_CONNECTION,
	HEADER_KEY,
	HEADER_VERSION,
	HEADER_PROTOCOL,
	HEADER_ORIGIN,
	HEADER_LENGTH,
	HEADER_ENCODING,
	HEADERS,
};

static const struct {
	struct view name;
	struct view wanted; /* an element of a list; empty: no list */
} headers[HEADERS] = {
	[HEADER_HOST] = { { "Host", 4 }, { NULL, 0 } },
	[HEADER_UPGRADE] = { { "Upgrade", 7 }, { "websocket", 9 } },
	[HEADER_CONNECTION] = { { "Connection", 10 }, { "Upgrade", 7 } },
	[HEADER_KEY] = { { "Sec-WebSocket-Key", 17 }, { NULL, 0 } },
	[HEADER_VERSION] = { { "Sec-WebSocket-Version", 21 }, { NULL, 0 } },
	[HEADER_PROTOCOL] = { { "Sec-WebSocket-Protocol", 22 }, { "sip", 3 } },
	[HEADER_ORIGIN] = { { "Origin", 6 }, { NULL, 0 } },
	[HEADER_LENGTH] = { { "Content-Length", 14 }, { NULL, 0 } },
	[HEADER_ENCODING] = { { "Transfer-Encoding", 17 }, { NULL, 0 } },
};

struct request {
	struct view values[HEADERS];
	bool is_there[HEADERS];
	bool is_listed[HEADERS]; /* the wanted element was among its values */
};

/* ---- lines ---- */

/* Up to CR LF, which is taken; no other control byte but HTAB. */
static struct view take_line(struct cursor *in)
{
	struct view line = cursor_until(in, '\r');

	cursor_expect(in, '\r');
	cursor_expect(in, '\n');
	for (size_t i = 0; i < line.len; i++)
		if (((unsigned char)line.at[i] < ' ' && line.at[i] != '\t') || line.at[i] == 0x7f)
			cursor_fail(in, ERR_SYNTAX);
	return line;
}

static bool is_visible(struct view text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.at[i] <= ' ' || text.at[i] >= 0x7f)
			return false;
	return text.len > 0;
}

/* RFC 9112 3: origin-form alone. */
static bool is_request_line(struct view line)
{
	struct view rest = view_after(line, 4);
	size_t end = view_find(rest, ' ', 0);
	struct view target = view_first(rest, end);

	return view_starts(line, VIEW("GET /")) && is_visible(target) && target.len <= TARGET_MAX &&
	       view_equal(view_after(rest, end), VIEW(" HTTP/1.1"));
}

static struct view without_blanks(struct view text)
{
	while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
		text = view_after(text, 1);
	while (text.len > 0 && (text.at[text.len - 1] == ' ' || text.at[text.len - 1] == '\t'))
		text.len--;
	return text;
}

static bool lists(struct view value, enum header h)
{
	for (size_t at = 0; at <= value.len; at = view_find(value, ',', at) + 1) {
		struct view rest = view_after(value, at);
		struct view element = without_blanks(view_first(rest, view_find(rest, ',', 0)));

		/* The name of a subprotocol is one spelling (RFC 6455 11.5). */
		if (h == HEADER_PROTOCOL ? view_equal(element, headers[h].wanted)
		                         : view_equal_nocase(element, headers[h].wanted))
			return true;
	}
	return false;
}

static bool note(struct request *r, enum header h, struct view value)
{
	bool is_list = !view_is_empty(headers[h].wanted);

	/* Two that contradict: which of them counts, each reader decides for itself. */
	if (r->is_there[h] && (!is_list || h == HEADER_UPGRADE))
		return false;
	r->is_there[h] = true;
	r->values[h] = value;
	r->is_listed[h] = r->is_listed[h] || (is_list && lists(value, h));
	return true;
}

/* RFC 9112 5: no blank before the colon, no folded line. */
static bool read_header(struct view line, struct request *r)
{
	size_t colon = view_find(line, ':', 0);
	struct view name = view_first(line, colon);

	if (colon == 0 || colon >= line.len)
		return false;
	for (size_t i = 0; i < name.len; i++)
		if (!cursor_is_token_byte(name.at[i]))
			return false;
	for (unsigned h = 0; h < HEADERS; h++)
		if (view_equal_nocase(name, headers[h].name))
			return note(r, h, without_blanks(view_after(line, colon + 1)));
	return true;
}

static bool read_request(struct view bytes, struct request *ret)
{
	struct cursor in = cursor_on(bytes);

	if (!is_request_line(take_line(&in)))
		return false;
	for (unsigned count = 0; !cursor_is_at_end(&in); count++) {
		struct view line = take_line(&in);

		if (in.err == ERR_NONE && line.len == 0)
			return true;
		if (count == MAX_WS_HEADERS || !read_header(line, ret))
			return false;
	}
	return false;
}

/* ---- what it asks ---- */

/* 16 bytes in base64, in the one spelling that they have. */
static bool is_key(struct view key)
{
	if (key.len != KEY_LEN || key.at[KEY_LETTERS] != '=' || key.at[KEY_LETTERS + 1] != '=')
		return false;
	for (size_t i = 0; i < KEY_LETTERS; i++)
		if (key.at[i] == '\0' || !strchr(base64, key.at[i]))
			return false;
	return strchr("AQgw", key.at[KEY_LETTERS - 1]) != NULL;
}

static bool is_allowed(const struct ws_origins *origins, const struct request *r)
{
	struct view origin = r->values[HEADER_ORIGIN];

	for (unsigned i = 0; i < origins->count; i++) {
		struct view name = view_of(origins->names[i]);

		if (view_equal(name, VIEW("any")))
			return true;
		if (r->is_there[HEADER_ORIGIN]
		            ? view_equal(name, origin) && !view_equal(name, VIEW("none"))
		            : view_equal(name, VIEW("none")))
			return true;
	}
	return false;
}

static enum ws_answer judge(const struct request *r, const struct ws_origins *origins)
{
	if (!r->is_there[HEADER_HOST] || !is_visible(r->values[HEADER_HOST]) ||
	    r->is_there[HEADER_LENGTH] || r->is_there[HEADER_ENCODING])
		return WS_MALFORMED;
	if (!r->is_there[HEADER_UPGRADE])
		return r->is_there[HEADER_KEY] ? WS_MALFORMED : WS_PLAIN;
	if (!view_equal_nocase(r->values[HEADER_UPGRADE], headers[HEADER_UPGRADE].wanted))
		return WS_PLAIN;
	if (!r->is_listed[HEADER_CONNECTION])
		return WS_CONNECTION;
	if (!view_equal(r->values[HEADER_VERSION], VIEW("13")))
		return WS_VERSION;
	if (!is_key(r->values[HEADER_KEY]))
		return WS_KEY;
	if (!is_allowed(origins, r))
		return WS_ORIGIN;
	return r->is_listed[HEADER_PROTOCOL] ? WS_YES : WS_PROTOCOL;
}

/* Behind the empty line; 0: it is not there. */
static size_t end_of_request(struct view bytes, uint32_t seen)
{
	size_t at = seen > 3 ? seen - 3 : 0;

	for (at = view_find(bytes, '\n', at); at < bytes.len; at = view_find(bytes, '\n', at + 1))
		if (view_starts(view_after(bytes, at), VIEW("\n\r\n")))
			return at + 3;
	return 0;
}

enum ws_answer ws_upgrade_read(struct view bytes, const struct ws_origins *origins, uint32_t *seen,
                               struct ws_upgrade *ret)
{
	struct view head = VIEW("GET /");
	struct request r = { 0 };
	enum ws_answer answer;
	size_t end;

	if (!view_equal(view_first(bytes, head.len), view_first(head, bytes.len)))
		return bytes.at[0] == TLS_HANDSHAKE ? WS_TLS : WS_NOT_HTTP;
	end = end_of_request(view_first(bytes, WS_UPGRADE_MAX), *seen);
	*seen = (uint32_t)(bytes.len < WS_UPGRADE_MAX ? bytes.len : WS_UPGRADE_MAX);
	if (end == 0)
		return bytes.len < WS_UPGRADE_MAX ? WS_MORE : WS_TOO_LONG;
	if (!read_request(view_first(bytes, end), &r))
		return WS_MALFORMED;
	answer = judge(&r, origins);
	/* RFC 6455 4.1: nothing is sent before the answer is there. */
	if (answer == WS_YES && bytes.len > end)
		answer = WS_EARLY;
	*ret = (struct ws_upgrade){ r.values[HEADER_KEY], r.values[HEADER_ORIGIN] };
	return answer;
}

/* ---- origins ---- */

static bool is_host_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
	       c == '_' || c == '[' || c == ']' || c == ':';
}

bool ws_origin_is_sound(struct view text)
{
	size_t slashes = 0;
	struct view scheme, host;

	if (view_equal(text, VIEW("any")) || view_equal(text, VIEW("none")) ||
	    view_equal(text, VIEW("null")))
		return true;
	while (slashes < text.len && !view_starts(view_after(text, slashes), VIEW("://")))
		slashes++;
	scheme = view_first(text, slashes);
	host = view_after(text, slashes + 3);
	if (view_is_empty(scheme) || view_is_empty(host) || host.at[0] == ':')
		return false;
	for (size_t i = 0; i < scheme.len; i++)
		if (!((scheme.at[i] >= 'a' && scheme.at[i] <= 'z') ||
		      (i > 0 && scheme.at[i] == '-')))
			return false;
	for (size_t i = 0; i < host.len; i++)
		if (!is_host_byte(host.at[i]))
			return false;
	/* A browser leaves the usual port out. */
	return !(host.len > 4 && view_equal(scheme, VIEW("https")) &&
	         view_equal(view_after(host, host.len - 4), VIEW(":443"))) &&
	       !(host.len > 3 && view_equal(scheme, VIEW("http")) &&
	         view_equal(view_after(host, host.len - 3), VIEW(":80")));
}

/* ---- answers ---- */

static void write_accept(struct view key, struct buffer *out)
{
	const struct view pieces[] = { key, VIEW("258EAFA5-E914-47DA-95CA-C5AB0DC85B11") };
	uint8_t digest[HASH_MAX_SIZE] = { 0 };
	size_t size = hash_digest(HASH_SHA1, pieces, 2, digest);

	/* 20 bytes: 6 groups of three, and two that are left. */
	for (size_t i = 0; i < size; i += 3) {
		uint32_t group = (uint32_t)digest[i] << 16 |
		                 (uint32_t)(i + 1 < size ? digest[i + 1] : 0) << 8 |
		                 (uint32_t)(i + 2 < size ? digest[i + 2] : 0);

		for (unsigned k = 0; k < 4; k++)
			buffer_char(out, i + k > size ? '=' : base64[group >> (18 - 6 * k) & 63]);
	}
}

void ws_upgrade_reply(enum ws_answer answer, const struct ws_upgrade *upgrade, struct buffer *ret)
{
	const char *words = refusals[answer].words;
	uint16_t status = refusals[answer].status;

	if (answer == WS_YES) {
		buffer_text(ret, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
		                 "Connection: Upgrade\r\nSec-WebSocket-Accept: ");
		write_accept(upgrade->key, ret);
		buffer_text(ret, "\r\nSec-WebSocket-Protocol: sip\r\n\r\n");
		return;
	}
	if (status == 0)
		return;
	buffer_text(ret, status == 403   ? "HTTP/1.1 403 Forbidden\r\n"
	                 : status == 426 ? "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\n"
	                                   "Sec-WebSocket-Version: 13\r\n"
	                                 : "HTTP/1.1 400 Bad Request\r\n");
	buffer_text(ret, "Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ");
	buffer_decimal(ret, strlen(words) + 2);
	buffer_text(ret, "\r\n\r\n");
	buffer_text(ret, words);
	buffer_text(ret, "\r\n");
}
