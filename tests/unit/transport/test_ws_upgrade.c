/* SPDX-License-Identifier: Apache-2.0 */
/* The upgrade: what browsers write passes, however it is cut; each thing that they do not write
 * has its own answer. */
#include "base/hash.h"
#include "runner/test.h"
#include "transport/ws_upgrade.h"

#include <stdlib.h>
#include <string.h>

#define KEY  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define REST "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n"
#define PAGE "Origin: https://phone.example.com\r\n"
#define UP   "Host: pbx.example.com:8443\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define GET  "GET /ws HTTP/1.1\r\n"
/* As Chromium writes it, in its order. */
#define BROWSER                                                                                    \
	"GET / HTTP/1.1\r\nHost: 192.0.2.10:8080\r\nConnection: Upgrade\r\nPragma: no-cache\r\n"   \
	"Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0\r\nUpgrade: websocket\r\n" PAGE        \
	"Sec-WebSocket-Version: 13\r\nAccept-Encoding: gzip, deflate\r\n"                          \
	"Accept-Language: en-GB,en;q=0.9\r\nCookie: a=b; c=\xc3\xa4\r\n" KEY                       \
	"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"                 \
	"Sec-WebSocket-Protocol: sip\r\n\r\n"

static const struct ws_origins origins = {
	{ "https://other.example.com", "https://phone.example.com", "null" }, 3
};

static enum ws_answer read_at(struct view bytes, size_t each, struct ws_upgrade *ret)
{
	uint32_t seen = 0;
	enum ws_answer answer = WS_MORE;

	for (size_t end = each; answer == WS_MORE; end += each) {
		answer = ws_upgrade_read(view_first(bytes, end), &origins, &seen, ret);
		if (end >= bytes.len)
			break;
	}
	return answer;
}

TEST(upgrade_cases, "each request has its answer, however its bytes are cut")
{
	static const struct {
		const char *name;
		struct view bytes;
		enum ws_answer answer;
	} cases[] = {
#define CASE(name, text, answer) { name, VIEW(text), answer }
		CASE("a browser's", BROWSER, WS_YES),
		CASE("the least", GET UP KEY REST PAGE "\r\n", WS_YES),
		CASE("several values of a list",
		     GET "Host: x\r\nUpgrade: WebSocket\r\nConnection: keep-alive, upgrade\r\n" KEY
		         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: msrp, sip\r\n" PAGE
		         "\r\n",
		     WS_YES),
		CASE("a list on several lines",
		     GET "Host: x\r\nUpgrade: websocket\r\nConnection: keep-alive\r\n"
		         "connection:upgrade\r\n" KEY REST "Sec-WebSocket-Protocol: x\r\n" PAGE
		         "\r\n",
		     WS_YES),
		CASE("a page of no server", GET UP KEY REST "Origin: null\r\n\r\n", WS_YES),
		CASE("not whole", GET UP KEY REST PAGE "\r", WS_MORE),
		/* What any page can make a browser do. */
		CASE("a foreign page", GET UP KEY REST "Origin: https://evil.example.net\r\n\r\n",
		     WS_ORIGIN),
		CASE("a page with our name in front",
		     GET UP KEY REST "Origin: https://phone.example.com.evil.example.net\r\n\r\n",
		     WS_ORIGIN),
		CASE("the page in clear",
		     GET UP KEY REST "Origin: http://phone.example.com\r\n\r\n", WS_ORIGIN),
		CASE("an empty origin", GET UP KEY REST "Origin: \r\n\r\n", WS_ORIGIN),
		CASE("no origin", GET UP KEY REST "\r\n", WS_ORIGIN),
		CASE("a page", GET "Host: x\r\n\r\n", WS_PLAIN),
		CASE("another upgrade",
		     GET "Host: x\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", WS_PLAIN),
		CASE("no subprotocol", GET UP KEY PAGE "Sec-WebSocket-Version: 13\r\n\r\n",
		     WS_PROTOCOL),
		CASE("another one",
		     GET UP KEY PAGE
		     "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sips, SIP\r\n\r\n",
		     WS_PROTOCOL),
		/* What no browser writes. */
		CASE("no Connection", GET "Host: x\r\nUpgrade: websocket\r\n" KEY REST PAGE "\r\n",
		     WS_CONNECTION),
		CASE("another Connection",
		     GET "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrades\r\n" KEY REST PAGE
		         "\r\n",
		     WS_CONNECTION),
		CASE("version 8",
		     GET UP KEY PAGE
		     "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Protocol: sip\r\n\r\n",
		     WS_VERSION),
		CASE("no key", GET UP REST PAGE "\r\n", WS_KEY),
		CASE("a short key", GET UP REST PAGE "Sec-WebSocket-Key: dGhlIA==\r\n\r\n", WS_KEY),
		CASE("a key in another spelling",
		     GET UP REST PAGE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZR==\r\n\r\n",
		     WS_KEY),
		CASE("a key of 17 bytes",
		     GET UP REST PAGE "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZXg=\r\n\r\n",
		     WS_KEY),
		CASE("frames before the answer", GET UP KEY REST PAGE "\r\n\x81\x80", WS_EARLY),
		CASE("no Host",
		     GET "Upgrade: websocket\r\nConnection: Upgrade\r\n" KEY REST PAGE "\r\n",
		     WS_MALFORMED),
		CASE("two Hosts", GET "Host: y\r\n" UP KEY REST PAGE "\r\n", WS_MALFORMED),
		CASE("two keys", GET UP KEY KEY REST PAGE "\r\n", WS_MALFORMED),
		CASE("two origins", GET UP KEY REST PAGE PAGE "\r\n", WS_MALFORMED),
		CASE("two Upgrades", GET UP "Upgrade: h2c\r\n" KEY REST PAGE "\r\n", WS_MALFORMED),
		CASE("a body", GET UP KEY REST PAGE "Content-Length: 5\r\n\r\n", WS_MALFORMED),
		CASE("a body in pieces", GET UP KEY REST PAGE "Transfer-Encoding: chunked\r\n\r\n",
		     WS_MALFORMED),
		CASE("HTTP/1.0", "GET / HTTP/1.0\r\n" UP KEY REST PAGE "\r\n", WS_MALFORMED),
		CASE("no version", "GET /\r\n" UP KEY REST PAGE "\r\n", WS_MALFORMED),
		CASE("a blank more", "GET /  HTTP/1.1\r\n" UP KEY REST PAGE "\r\n", WS_MALFORMED),
		CASE("a blank before the colon", GET UP KEY REST PAGE "Cookie : a\r\n\r\n",
		     WS_MALFORMED),
		CASE("a folded line", GET UP KEY REST PAGE "Cookie: a\r\n b\r\n\r\n", WS_MALFORMED),
		CASE("a bare line feed", GET UP KEY REST "Cookie: a\n" PAGE "\r\n", WS_MALFORMED),
		CASE("a zero byte", GET UP KEY REST PAGE "Cookie: a\0b\r\n\r\n", WS_MALFORMED),
		CASE("a line without a colon", GET UP KEY REST PAGE "Cookie\r\n\r\n", WS_MALFORMED),
		/* No request of that kind: known by the first bytes. */
		CASE("another method", "POST / HTTP/1.1\r\n", WS_NOT_HTTP),
		CASE("a whole address", "GET http://192.0.2.10/ HTTP/1.1\r\n", WS_NOT_HTTP),
		CASE("SIP", "REGISTER sip:example.com SIP/2.0\r\n", WS_NOT_HTTP),
		CASE("a frame", "\x81\x85\1\2\3\4", WS_NOT_HTTP),
		CASE("TLS", "\x16\x03\x01\x02", WS_TLS),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t each = 1; each <= cases[i].bytes.len; each++) {
			struct ws_upgrade asked;

			CHECK_CASE(
				read_at(cases[i].bytes, each, &asked) == cases[i].answer ||
					/* What stands behind it need not have come yet. */
					(cases[i].answer == WS_EARLY && each < cases[i].bytes.len),
				cases[i].name);
		}
	}
	return ERR_NONE;
}

TEST(upgrade_truncated, "a request that ends anywhere is waited for, and never read beyond")
{
	struct view whole = VIEW(BROWSER);

	for (size_t len = 1; len < whole.len; len++) {
		char *exact = malloc(len);
		struct ws_upgrade asked;
		uint32_t seen = 0;
		enum ws_answer answer;

		if (!exact)
			return ERR_NO_MEMORY;
		memcpy(exact, whole.at, len);
		answer = ws_upgrade_read(view_bytes(exact, len), &origins, &seen, &asked);
		free(exact);
		CHECK(answer == WS_MORE);
	}
	return ERR_NONE;
}

TEST(upgrade_bounds, "headers without end, too many of them and long targets are refused")
{
	static char bytes[WS_UPGRADE_MAX + 1];
	struct buffer b = BUFFER_ON(bytes);
	struct ws_upgrade asked;
	uint32_t seen = 0;

	buffer_text(&b, GET "Cookie: ");
	memset(bytes + b.len, 'a', sizeof(bytes) - b.len);
	CHECK(ws_upgrade_read(view_bytes(bytes, WS_UPGRADE_MAX - 1), &origins, &seen, &asked) ==
	      WS_MORE);
	CHECK(ws_upgrade_read(view_bytes(bytes, WS_UPGRADE_MAX), &origins, &seen, &asked) ==
	      WS_TOO_LONG);
	for (unsigned extra = 0; extra < 2; extra++) {
		buffer_reset(&b);
		buffer_text(&b, GET UP KEY REST PAGE);
		for (unsigned i = 7; i < MAX_WS_HEADERS + extra; i++)
			buffer_text(&b, "X: y\r\n");
		buffer_text(&b, "\r\n");
		CHECK(read_at(buffer_view(&b), b.len, &asked) == (extra ? WS_MALFORMED : WS_YES));
	}
	for (unsigned extra = 0; extra < 2; extra++) {
		buffer_reset(&b);
		buffer_text(&b, "GET /");
		for (unsigned i = 1; i < 1024 + extra; i++)
			buffer_char(&b, 'a');
		buffer_text(&b, " HTTP/1.1\r\n" UP KEY REST PAGE "\r\n");
		CHECK(read_at(buffer_view(&b), b.len, &asked) == (extra ? WS_MALFORMED : WS_YES));
	}
	return ERR_NONE;
}

TEST(upgrade_origins, "any and none stand for what they say, and no browser can write them")
{
	static const struct {
		const char *listed, *header;
		enum ws_answer answer;
	} cases[] = {
		{ "any", "", WS_YES },
		{ "any", "Origin: https://evil.example.net\r\n", WS_YES },
		{ "none", "", WS_YES },
		{ "none", "Origin: https://evil.example.net\r\n", WS_ORIGIN },
		{ "none", "Origin: none\r\n", WS_ORIGIN },
		{ "https://a.example", "Origin: https://a.example\r\n", WS_YES },
		{ "https://a.example", "", WS_ORIGIN },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ws_origins one = { .count = 1 };
		struct ws_upgrade asked;
		uint32_t seen = 0;
		char text[512];
		struct buffer b = BUFFER_ON(text);

		(void)VIEW_COPY(view_of(cases[i].listed), one.names[0]);
		buffer_text(&b, GET UP KEY REST);
		buffer_text(&b, cases[i].header);
		buffer_text(&b, "\r\n");
		CHECK_CASE(ws_upgrade_read(buffer_view(&b), &one, &seen, &asked) == cases[i].answer,
		           cases[i].header);
	}
	return ERR_NONE;
}

TEST(upgrade_origin_sound, "an origin is written as browsers write it")
{
	static const char *const good[] = { "https://phone.example.com",
		                            "http://192.0.2.1:8080",
		                            "https://[2001:db8::1]",
		                            "null",
		                            "any",
		                            "none",
		                            "chrome-extension://abcdef" };
	static const char *const bad[] = { "phone.example.com",
		                           "https://",
		                           "https://Phone.example.com",
		                           "https://phone.example.com/",
		                           "https://phone.example.com:443",
		                           "http://phone.example.com:80",
		                           "https://*.example.com",
		                           "://x",
		                           "HTTPS://x",
		                           "" };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		CHECK_CASE(ws_origin_is_sound(view_of(good[i])), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_CASE(!ws_origin_is_sound(view_of(bad[i])), bad[i]);
	return ERR_NONE;
}

TEST(upgrade_replies,
     "the answer to the sample of RFC 6455 1.3, and a whole reply for each refusal")
{
	struct ws_upgrade asked = { .key = VIEW("dGhlIHNhbXBsZSBub25jZQ==") };
	char text[WS_REPLY_MAX];
	struct buffer b = BUFFER_ON(text);

	TRY(hash_prepare());
	ws_upgrade_reply(WS_YES, &asked, &b);
	CHECK(b.err == ERR_NONE);
	CHECK(view_contains(buffer_view(&b), VIEW("\r\nSec-WebSocket-Accept: "
	                                          "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n")));
	CHECK(view_contains(buffer_view(&b), VIEW("\r\nSec-WebSocket-Protocol: sip\r\n\r\n")));
	for (enum ws_answer a = WS_YES + 1; a < WS_ANSWER_COUNT; a++) {
		buffer_reset(&b);
		ws_upgrade_reply(a, &asked, &b);
		CHECK(b.err == ERR_NONE);
		CHECK((a == WS_NOT_HTTP || a == WS_TLS || a == WS_FRAMES) == (b.len == 0));
		CHECK(b.len == 0 || view_contains(buffer_view(&b), VIEW("Connection: close\r\n")));
	}
	return ERR_NONE;
}
