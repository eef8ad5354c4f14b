/* SPDX-License-Identifier: Apache-2.0 */
/* What begins a SIP message, what is something else, and what cannot be told yet. */
#include "capture/sip_find.h"
#include "capture/sip_ports.h"
#include "runner/test.h"

static const struct {
	const char *name;
	struct view bytes;
	enum err want;
} starts[] = {
	{ "a request", VIEW("OPTIONS sip:b@example.com SIP/2.0\r\n"), ERR_NONE },
	{ "a response", VIEW("SIP/2.0 200 OK\r\n"), ERR_NONE },
	{ "a method of somebody's own", VIEW("FROB sip:b@example.com SIP/2.0\n"), ERR_NONE },
	{ "a request to any URI", VIEW("OPTIONS http://example.com SIP/2.0\r\n"), ERR_NONE },
	{ "a request to nothing known", VIEW("OPTIONS * SIP/2.0\r\n"), ERR_NONE },
	{ "small letters", VIEW("invite sip:b@example.com sip/2.0\r\n"), ERR_NONE },
	{ "another version", VIEW("INVITE sip:b@example.com SIP/7.1\r\n"), ERR_NONE },
	{ "no version", VIEW("INVITE sip:b@example.com\r\n"), ERR_NONE },
	{ "a telephone number", VIEW("INVITE tel:+442079460000\r\n"), ERR_NONE },
	{ "a request that is not whole", VIEW("INVITE sips:b"), ERR_NONE },
	{ "a response of another version", VIEW("SIP/3.0 200 OK\r\n"), ERR_NONE },
	{ "nothing", VIEW(""), ERR_SHORT },
	{ "half a method", VIEW("INVI"), ERR_SHORT },
	{ "a method", VIEW("INVITE "), ERR_SHORT },
	{ "half a scheme", VIEW("INVITE si"), ERR_SHORT },
	{ "half a name", VIEW("SIP"), ERR_SHORT },
	{ "a name without a version", VIEW("SIP/"), ERR_SHORT },
	{ "a line without an end", VIEW("OPTIONS http://exa"), ERR_SHORT },
	{ "HTTP", VIEW("GET / HTTP/1.1\r\n"), ERR_SYNTAX },
	{ "SSDP", VIEW("NOTIFY * HTTP/1.1\r\n"), ERR_SYNTAX },
	{ "RTSP", VIEW("OPTIONS * RTSP/1.0\r\n"), ERR_SYNTAX },
	{ "an empty line before it", VIEW("\r\nSIP/2.0 200 OK\r\n"), ERR_SYNTAX },
	{ "a word too long for a method", VIEW("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJ sip:b\r\n"),
	  ERR_SYNTAX },
	{ "such a word, and a blank behind the end",
	  { "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG sip:b\r\n", 33 },
	  ERR_SYNTAX },
	{ "the version in the second line", VIEW("HELLO there\r\n SIP/2.0\r\n"), ERR_SYNTAX },
	{ "RTP", VIEW("\x80\x00\x00\x07\x00\x00\x00\xa0\x12\x34\x56\x78"), ERR_SYNTAX },
	{ "the name and no digit", VIEW("SIP/x.y 200 OK\r\n"), ERR_SYNTAX },
};

TEST(sip_starts, "knows SIP by its first line, whole, broken or half there")
{
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		CHECK_CASE(capture_sip_starts(starts[i].bytes) == starts[i].want, starts[i].name);
	return ERR_NONE;
}

static const struct {
	const char *name;
	struct view bytes;
	enum capture_kind want;
} kinds[] = {
	{ "a request", VIEW("\r\n\r\nBYE sip:b@example.com SIP/2.0\r\n"), CAPTURE_SIP },
	{ "headers under a broken line", VIEW("\x01\x02\x03\r\nVia: SIP/2.0/UDP h\r\n"),
	  CAPTURE_SIP },
	{ "headers under no line", VIEW("x y\r\nCSeq: 1 OPTIONS\r\n"), CAPTURE_SIP },
	{ "HTTP", VIEW("GET / HTTP/1.1\r\nHost: h\r\n\r\n"), CAPTURE_HTTP },
	{ "HTTP of the first version", VIEW("GET /\r\n"), CAPTURE_HTTP },
	{ "an answer in HTTP", VIEW("HTTP/1.0 400 Bad Request\r\n"), CAPTURE_HTTP },
	{ "a ClientHello", VIEW("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), CAPTURE_TLS },
	{ "a device that tells of itself", VIEW("NOTIFY * HTTP/1.1\r\nNTS: ssdp:alive\r\n"),
	  CAPTURE_SSDP },
	{ "a search for devices", VIEW("M-SEARCH * HTTP/1.1\r\n"), CAPTURE_SSDP },
	{ "RTSP", VIEW("DESCRIBE rtsp://h/ RTSP/1.0\r\n"), CAPTURE_RTSP },
	{ "an answer in RTSP", VIEW("RTSP/1.0 200 OK\r\n"), CAPTURE_RTSP },
	{ "a phone's hello", VIEW("hello"), CAPTURE_KEEPALIVE },
	{ "one byte", VIEW("\x05"), CAPTURE_KEEPALIVE },
	{ "a question of DNS", VIEW("\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x01h\0\0\x01\0\x01"),
	  CAPTURE_NOISE },
	{ "chatter", VIEW("some words of no protocol"), CAPTURE_NOISE },
};

TEST(sip_kinds, "names what stands on a SIP port and is not SIP")
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		CHECK_CASE(capture_kind_of(kinds[i].bytes) == kinds[i].want, kinds[i].name);
	for (int i = 0; i < CAPTURE_KIND_COUNT; i++)
		CHECK(capture_kind_name((enum capture_kind)i)[0] != '?');
	CHECK(capture_kind_name(CAPTURE_KIND_COUNT)[0] == '?');
	return ERR_NONE;
}

TEST(sip_find_lines, "finds the next start line, also one that is not whole")
{
	struct view text = VIEW("rubbish\r\nVia: h\r\n\r\nBYE sip:b SIP/2.0\r\nACK s");

	CHECK(capture_sip_find(text, 0) == 19);
	CHECK(capture_sip_find(text, 23) == 38);
	CHECK(capture_sip_find(view_first(text, 18), 0) == 18);
	CHECK(capture_sip_find(VIEW_EMPTY, 0) == 0);
	return ERR_NONE;
}

TEST(sip_stream_like, "tells media by its first bytes")
{
	CHECK(capture_is_stream_like(VIEW("\x80\x00\x00\x07\x00\x00\x00\xa0\x12\x34\x56\x78")));
	CHECK(capture_is_stream_like(VIEW("\x00\x01\x00\x00\x21\x12\xa4\x42"
	                                  "abcdefghijkl")));
	CHECK(capture_is_stream_like(VIEW("\x01\x01\x00\x04"
	                                  "0123456789abcdefdata")));
	CHECK(!capture_is_stream_like(VIEW("\x01\x01\x00\x05"
	                                   "0123456789abcdefdata")));
	CHECK(!capture_is_stream_like(VIEW("OPTIONS sip:b SIP/2.0\r\n")));
	CHECK(!capture_is_stream_like(VIEW("\x80\x00")));
	CHECK(capture_is_blank(VIEW("\r\n\r\n")) && capture_is_blank(VIEW("\0\0\0\0")));
	CHECK(capture_is_blank(VIEW_EMPTY) && !capture_is_blank(VIEW("\r\nx")));
	return ERR_NONE;
}

static void look_at(struct view text)
{
	(void)!capture_sip_starts(text);
	(void)capture_kind_of(text);
	(void)capture_sip_find(text, 0);
	(void)capture_is_stream_like(text);
}

TEST(sip_find_truncated, "reads no byte beyond any truncation")
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		test_truncations(kinds[i].bytes, look_at);
	test_truncations(VIEW("REGISTER sip:example.com SIP/2.0\r\nCSeq: 1 REGISTER\r\n\r\n"),
	                 look_at);
	test_truncations(VIEW("ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMN"), look_at);
	return ERR_NONE;
}

static struct addr place(uint32_t number)
{
	struct addr a = { .port = 7000, .family = 4 };

	memset(a.bytes + 10, 0xff, 2);
	memcpy(a.bytes + 12, &number, sizeof(number));
	return a;
}

static void note(struct capture_sip_ports *p, const struct addr *a, bool is_server)
{
	capture_sip_ports_note(p, capture_sip_ports_expect(p, a), a, is_server);
}

TEST(sip_ports_flood, "keeps who answered when forged senders fill the table")
{
	static const struct hash_key key = { { 7 } };
	struct capture_sip_ports *p = NULL;
	struct addr server = place(UINT32_MAX), first = place(0), well_known = place(5);

	TRY(capture_sip_ports_new(&key, &p));
	well_known.port = CAPTURE_SIP_PORT;
	note(p, &server, true);
	note(p, &first, false);
	CHECK(capture_sip_ports_hold(p, &first) && capture_sip_ports_hold(p, &well_known));
	for (uint32_t i = 1; i < 8 * MAX_CAPTURE_SIP_PORTS; i++) {
		struct addr a = place(i);

		note(p, &a, false);
		CHECK(capture_sip_ports_hold(p, &a));
	}
	CHECK(capture_sip_ports_hold(p, &server));
	CHECK(!capture_sip_ports_hold(p, &first));
	capture_sip_ports_free(&p);
	return ERR_NONE;
}
