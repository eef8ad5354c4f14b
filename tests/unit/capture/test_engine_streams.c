/* SPDX-License-Identifier: Apache-2.0 */
/* TCP connections: SIP on any port, noise, WebSockets and TLS. */
#include "capture/keylog.h"
#include "capture/tcp.h"
#include "unit/capture/listening.h"
#include "unit/capture/tls_talk.h"

#include "runner/test.h"

#define SIP   "OPTIONS sip:b@example.com SIP/2.0\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n" /* 60 bytes */
#define TOLD  "SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n"
#define HELLO "\x16\x03\x01\x00\x05hello"
#define HTTP  "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

static enum err with(enum err (*script)(struct listening *l))
{
	struct listening l;
	enum err err;

	TRY(listening_init(&l));
	err = script(&l);
	listening_clear(&l);
	return err;
}

static enum err sip(struct listening *l)
{
	struct talking t;

	TRY(listening_open(l, &t, 40000, 6060));
	TRY(listening_say(l, &t, 0, VIEW("\r\n\r\n")));
	TRY(listening_say(l, &t, 0, VIEW(SIP "OPTIO")));
	TRY(listening_say(l, &t, 1, VIEW(TOLD)));
	TRY(listening_say(l, &t, 0, VIEW("NS sip:c SIP/2.0\r\nl: 0\r\n\r\n")));
	CHECK(l->count == 3 && l->messages[2].kind == CAPTURE_SIP);
	CHECK(l->messages[0].flow.transport == TRANSPORT_TCP && l->messages[0].is_proven);
	CHECK(l->messages[0].flow.connection != 0);
	CHECK(l->messages[1].flow.connection == l->messages[0].flow.connection);
	CHECK(l->messages[1].flow.remote.port == 6060 && l->messages[1].is_proven);
	CHECK(view_equal(view_of(l->first[2]), VIEW("OPTIONS sip:c SIP/2.0\r\nl: 0\r\n\r\n")));
	/* Another connection has another number. */
	TRY(listening_open(l, &t, 40001, 6060));
	TRY(listening_say(l, &t, 0, VIEW(SIP)));
	CHECK(l->count == 4);
	CHECK(l->messages[3].flow.connection != l->messages[0].flow.connection);
	CHECK(capture_engine_counts(l->engine)->connections == 2);
	return ERR_NONE;
}

TEST(engine_tcp, "tells SIP on a connection to any port")
{
	return with(sip);
}

static enum err midway(struct listening *l)
{
	struct talking t = { { 40000, 6060 }, { 100, 9000 }, 0 };

	TRY(listening_say(l, &t, 0, VIEW("a=the rest of a body\r\n")));
	TRY(listening_say(l, &t, 0, VIEW(SIP)));
	CHECK(l->count == 1 && !l->messages[0].is_proven);
	/* A segment that the capture lacks takes one message along, and no more. */
	TRY(listening_say(l, &t, 0, VIEW("OPTIONS sip:lost SIP/2.0\r\nl: 50\r\n\r\nbo")));
	t.next[0] += 48;
	l->wall_us += CAPTURE_HOLE_WAIT_US;
	TRY(listening_say(l, &t, 0, VIEW(SIP)));
	l->wall_us += 2 * 2000000;
	TRY(listening_say(l, &t, 0, VIEW(SIP)));
	CHECK(l->count == 4 && l->messages[1].is_cut && !l->messages[2].is_cut);
	CHECK(listening_skipped(l, CAPTURE_SKIP_TCP_GAP) == 1);
	return ERR_NONE;
}

TEST(engine_midway, "finds SIP in the middle of a stream and behind a loss")
{
	return with(midway);
}

static enum err noise(struct listening *l)
{
	struct talking t;

	/* HTTP where SIP is spoken. SIP may still follow. */
	TRY(listening_open(l, &t, 40000, 5060));
	TRY(listening_say(l, &t, 0, VIEW(HTTP)));
	TRY(listening_say(l, &t, 0, VIEW(HTTP)));
	CHECK(l->count == 0);
	TRY(listening_say(l, &t, 0, VIEW(SIP)));
	CHECK(l->count == 2 && l->messages[0].kind == CAPTURE_HTTP && l->messages[0].is_proven);
	CHECK(l->messages[0].wall_us < l->messages[1].wall_us &&
	      l->messages[1].kind == CAPTURE_SIP);
	CHECK(view_starts(view_of(l->first[0]), VIEW("GET / HTTP/1.1")));
	/* Elsewhere it is nobody's business, whatever follows. */
	TRY(listening_open(l, &t, 40001, 80));
	TRY(listening_say(l, &t, 0, VIEW(HTTP)));
	TRY(listening_say(l, &t, 0, VIEW(SIP)));
	CHECK(l->count == 2);
	/* A ClientHello is noise on 5060 and at home on 5061. */
	TRY(listening_open(l, &t, 40002, 5060));
	TRY(listening_say(l, &t, 0, VIEW(HELLO)));
	TRY(listening_say(l, &t, 1, VIEW("SIP/2.0 400 Bad Request\r\n\r\n")));
	CHECK(l->count == 3 && l->messages[2].kind == CAPTURE_TLS);
	TRY(listening_open(l, &t, 40003, 5061));
	TRY(listening_say(l, &t, 0, VIEW(HELLO)));
	CHECK(l->count == 3 && listening_skipped(l, CAPTURE_SKIP_TLS_NO_KEY) == 2);
	/* A word that could begin a request, and then nothing. */
	TRY(listening_open(l, &t, 40004, 5060));
	TRY(listening_say(l, &t, 0, VIEW("abcdef")));
	CHECK(l->count == 3);
	TRY(capture_engine_end(l->engine));
	CHECK(l->count == 4 && l->messages[3].kind == CAPTURE_NOISE);
	CHECK(capture_engine_counts(l->engine)->not_sip == 3);
	return ERR_NONE;
}

static enum err in_kind(struct listening *l)
{
	struct talking t;

	TRY(listening_open(l, &t, 40000, 5060));
	TRY(listening_say(l, &t, 0, VIEW(HTTP)));
	TRY(listening_say(l, &t, 1, VIEW("HTTP/1.1 200 OK\r\n\r\n")));
	TRY(listening_say(l, &t, 0, VIEW(HTTP)));
	TRY(listening_open(l, &t, 40001, 5060));
	TRY(listening_say(l, &t, 0, VIEW("DESCRIBE rtsp://h/ RTSP/1.0\r\n\r\n")));
	TRY(listening_say(l, &t, 1, VIEW("RTSP/1.0 404 Not Found\r\n\r\n")));
	TRY(listening_open(l, &t, 40002, 5060));
	TRY(listening_say(l, &t, 0, VIEW(HELLO)));
	TRY(listening_say(l, &t, 1, VIEW("\x15\x03\x01\x00\x02\x02\x28")));
	/* The next is answered in another kind, the last not at all. */
	TRY(listening_open(l, &t, 40003, 5060));
	TRY(listening_say(l, &t, 0, VIEW(HTTP)));
	TRY(listening_say(l, &t, 1, VIEW("RTSP/1.0 404 Not Found\r\n\r\n")));
	CHECK(l->count == 1 && l->messages[0].flow.remote.port == 40003);
	TRY(listening_open(l, &t, 40004, 5060));
	TRY(listening_say(l, &t, 0, VIEW(HELLO)));
	CHECK(l->count == 1);
	TRY(capture_engine_end(l->engine));
	CHECK(l->count == 2 && l->messages[1].kind == CAPTURE_TLS);
	return ERR_NONE;
}

TEST(engine_in_kind, "passes over what the other side answers in kind: no port of SIP's")
{
	return with(in_kind);
}

TEST(engine_noise, "tells once what is no SIP on a connection to a SIP port")
{
	return with(noise);
}

static enum err websocket(struct listening *l)
{
	struct talking t;

	TRY(listening_open(l, &t, 40000, 8080));
	TRY(listening_say(l, &t, 0, VIEW("GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n")));
	TRY(listening_say(l, &t, 0, VIEW("Sec-WebSocket-Protocol: sip\r\n\r\n")));
	TRY(listening_say(l, &t, 1,
	                  VIEW("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")));
	TRY(listening_say(l, &t, 0, VIEW("\x81\xbc\0\0\0\0" SIP)));
	TRY(listening_say(l, &t, 1, VIEW("\x81\x29" TOLD)));
	TRY(listening_say(l, &t, 1, VIEW("\xc1\x02zz")));
	CHECK(l->count == 2 && l->messages[0].flow.transport == TRANSPORT_WS);
	CHECK(l->messages[0].len == sizeof(SIP) - 1 && l->messages[1].len == sizeof(TOLD) - 1);
	CHECK(listening_skipped(l, CAPTURE_SKIP_WEBSOCKET_MESSAGE) == 1);
	/* Met in its middle. */
	t = (struct talking){ { 40001, 8080 }, { 100, 9000 }, 0 };
	TRY(listening_say(l, &t, 1, VIEW("\x81\x29" TOLD)));
	CHECK(l->count == 3 && l->messages[2].flow.transport == TRANSPORT_WS);
	/* No frame where one should be: HTTP once more, then frames. */
	TRY(listening_say(l, &t, 1, VIEW("HTTP/1.1 404 Not Found\r\n\r\n")));
	TRY(listening_say(l, &t, 1, VIEW("\x81\x29" TOLD)));
	CHECK(l->count == 4);
	return ERR_NONE;
}

TEST(engine_websocket, "tells SIP within a WebSocket")
{
	return with(websocket);
}

static struct tls_talk tls;

static enum err say_tls(struct listening *l, uint16_t port)
{
	struct talking t;

	TRY(listening_open(l, &t, 40000, port));
	for (size_t i = 0; i < tls.pieces; i++)
		TRY(listening_say(l, &t, tls.piece[i].side,
		                  view_bytes(tls.bytes + tls.piece[i].at, tls.piece[i].len)));
	return ERR_NONE;
}

static enum err tls_opened(struct listening *l)
{
	const struct capture_counts *c = capture_engine_counts(l->engine);

	TRY(capture_keys_add_log(capture_engine_keys(l->engine), view_of(tls.key_log), NULL));
	TRY(say_tls(l, 5060));
	CHECK(l->count == 4 && l->messages[0].flow.transport == TRANSPORT_TLS);
	CHECK(l->messages[1].kind == CAPTURE_SIP && l->messages[1].flow.remote.port == 5060);
	CHECK(c->tls_connections == 1 && c->tls_opened == 1);
	return ERR_NONE;
}

static enum err tls_closed(struct listening *l)
{
	/* The key of another: it stays closed. TLS is what the port speaks. */
	TRY(capture_keys_add_private(capture_engine_keys(l->engine), tls_talk_private_key()));
	TRY(say_tls(l, 5060));
	CHECK(l->count == 0);
	CHECK(listening_skipped(l, CAPTURE_SKIP_TLS_NO_KEY) == 1);
	return ERR_NONE;
}

TEST(engine_tls, "tells SIP within TLS where there is a key")
{
	bool is_done = tls_talk_run(&tls, TLS1_3_VERSION, "TLS_AES_128_GCM_SHA256", 0);

	tls_talk_clear(&tls);
	CHECK(is_done);
	TRY(with(tls_opened));
	return with(tls_closed);
}

static enum err flood(struct listening *l)
{
	struct talking t;

	for (uint16_t i = 0; i < 500; i++) {
		TRY(listening_open(l, &t, i, 5060));
		TRY(listening_say(l, &t, 0, VIEW("OPTIONS sip:b SIP/2.0\r\nl: 9\r\n\r\nhalf")));
	}
	/* The table holds 64: the others gave what they held. */
	CHECK(l->count >= 500 - 64 && l->count < 500);
	CHECK(l->messages[0].is_cut);
	TRY(capture_engine_end(l->engine));
	CHECK(l->count == 500);
	return ERR_NONE;
}

TEST(engine_flood, "forgets the quietest connection, which gives what it holds")
{
	return with(flood);
}
