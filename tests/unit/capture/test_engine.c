/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams: SIP on any port, media, and what else comes to a SIP port. */
#include "unit/capture/listening.h"

#include "runner/test.h"

#define SIP  "OPTIONS sip:b@example.com SIP/2.0\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n"
#define TOLD "SIP/2.0 200 OK\r\nCSeq: 1 OPTIONS\r\nl: 0\r\n\r\n"
#define RTP  "\x80\x00\x00\x07\x00\x00\x00\xa0\x12\x34\x56\x78payload"

enum { SILENCE = CAPTURE_KIND_COUNT, MEDIA };

static const struct {
	const char *name;
	uint16_t to;
	struct view payload;
	int want; /* enum capture_kind, or neither told nor media, or media */
} cases[] = {
	{ "SIP", 5060, VIEW(SIP), CAPTURE_SIP },
	{ "SIP on another port", 80, VIEW(SIP), CAPTURE_SIP },
	{ "SIP behind empty lines", 5060, VIEW("\r\n\r\n" SIP), CAPTURE_SIP },
	{ "an answer to anywhere", 1024, VIEW(TOLD), CAPTURE_SIP },
	{ "broken SIP on a SIP port", 5060, VIEW("\x01 ?\r\nCall-ID: 1\r\n\r\n"), CAPTURE_SIP },
	{ "broken SIP on another port", 4000, VIEW("\x01 ?\r\nCall-ID: 1\r\n\r\n"), MEDIA },
	{ "RTP", 30000, VIEW(RTP), MEDIA },
	{ "RTP to a SIP port", 5060, VIEW(RTP), MEDIA },
	{ "STUN to a SIP port", 5060,
	  VIEW("\x00\x01\x00\x00\x21\x12\xa4\x42"
	       "abcdefghijkl"),
	  MEDIA },
	{ "nothing", 5060, VIEW(""), SILENCE },
	{ "empty lines", 5060, VIEW("\r\n\r\n"), SILENCE },
	{ "zeros", 5060, VIEW("\0\0\0\0"), SILENCE },
	{ "a phone's hello", 5060, VIEW("hello"), CAPTURE_KEEPALIVE },
	{ "HTTP on a SIP port", 5060, VIEW("GET / HTTP/1.1\r\n\r\n"), CAPTURE_HTTP },
	{ "SSDP on its own port", 1900, VIEW("M-SEARCH * HTTP/1.1\r\n\r\n"), MEDIA },
	{ "SSDP on a SIP port", 5060, VIEW("NOTIFY * HTTP/1.1\r\n\r\n"), CAPTURE_SSDP },
	{ "noise on a SIP port", 5061, VIEW("\x01\x02\x03\x04\x05\x06\x07\x08\x09"),
	  CAPTURE_NOISE },
	{ "noise elsewhere", 53, VIEW("\x01\x02\x03\x04\x05\x06\x07\x08\x09"), MEDIA },
};

TEST(engine_datagrams, "tells SIP on any port, media, and what is no SIP on a SIP port")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct listening_ports ports = { 40000, cases[i].to };
		struct listening l;
		enum err err;

		TRY(listening_init(&l));
		err = listening_datagram(&l, 0, ports, cases[i].payload);
		listening_clear(&l);
		TRY(err);
		CHECK_CASE(l.media == (cases[i].want == MEDIA), cases[i].name);
		CHECK_CASE(l.count == (cases[i].want < SILENCE), cases[i].name);
		if (cases[i].want >= SILENCE)
			continue;
		CHECK_CASE(l.messages[0].kind == cases[i].want, cases[i].name);
		CHECK_CASE(l.messages[0].flow.connection == 0 && !l.messages[0].is_proven,
		           cases[i].name);
		CHECK_CASE(l.messages[0].flow.remote.port == 40000, cases[i].name);
		CHECK_CASE(l.messages[0].flow.local.port == cases[i].to, cases[i].name);
		CHECK_CASE(l.messages[0].wall_us == 1000000, cases[i].name);
	}
	return ERR_NONE;
}

static enum err ports_learnt(struct listening *l)
{
	struct listening_ports there = { 40000, 7777 }, back = { 7777, 40000 };
	struct view noise = VIEW("some words of no protocol");

	TRY(listening_datagram(l, 0, there, noise));
	CHECK(l->count == 0 && l->media == 1);
	/* To be sent SIP makes no SIP port: a scanner sends it to all. */
	TRY(listening_datagram(l, 0, there, VIEW(SIP)));
	TRY(listening_datagram(l, 0, there, noise));
	CHECK(l->count == 1 && l->media == 2);
	TRY(listening_datagram(l, 1, back, VIEW(TOLD)));
	TRY(listening_datagram(l, 0, there, noise));
	CHECK(l->count == 3 && l->messages[2].kind == CAPTURE_NOISE && l->media == 2);
	return ERR_NONE;
}

TEST(engine_ports, "takes a port for SIP's once SIP came from it")
{
	struct listening l;
	enum err err;

	TRY(listening_init(&l));
	err = ports_learnt(&l);
	listening_clear(&l);
	return err;
}

static enum err sctp(struct listening *l)
{
	TRY(listening_chunk(l, 0, 1, VIEW(SIP)));
	TRY(listening_chunk(l, 1, 50, VIEW(TOLD)));
	TRY(listening_chunk(l, 0, 3, VIEW("no SIP at all")));
	CHECK(l->count == 2);
	TRY(capture_engine_end(l->engine));
	CHECK(l->count == 3 && l->messages[2].kind == CAPTURE_NOISE);
	CHECK(l->messages[0].flow.transport == TRANSPORT_SCTP);
	CHECK(l->messages[0].flow.connection == l->messages[1].flow.connection);
	CHECK(l->messages[0].flow.connection != 0);
	CHECK(capture_engine_counts(l->engine)->chunks == 3);
	return ERR_NONE;
}

TEST(engine_sctp, "tells SIP that came over SCTP")
{
	struct listening l;
	enum err err;

	TRY(listening_init(&l));
	err = sctp(&l);
	listening_clear(&l);
	return err;
}

static enum err counted(struct listening *l)
{
	const struct capture_counts *c = capture_engine_counts(l->engine);
	static char text[65000] = "OPTIONS sip:b SIP/2.0\r\n";
	struct capture_packet rubbish = { 500, 9999, 3, VIEW("xyz") };

	CHECK(c->packets == 0 && c->first_us == 0 && c->last_us == 0);
	TRY(listening_datagram(l, 0, (struct listening_ports){ 1, 5060 }, VIEW(SIP)));
	TRY(listening_datagram(l, 0, (struct listening_ports){ 1, 5060 },
	                       VIEW("noise, noise, noise")));
	TRY(listening_datagram(l, 0, (struct listening_ports){ 1, 2 }, VIEW(RTP)));
	TRY(listening_datagram(l, 0, (struct listening_ports){ 1, 2 },
	                       view_bytes(text, sizeof(text))));
	CHECK(l->messages[2].len == sizeof(text) && !l->messages[2].is_cut);
	TRY(capture_engine_take(l->engine, &rubbish));
	CHECK(c->packets == 5 && c->datagrams == 4 && c->sip == 2 && c->not_sip == 1);
	CHECK(c->media == 1 && c->first_us == 500 && c->last_us == 1003000);
	CHECK(listening_skipped(l, CAPTURE_SKIP_LINK) == 1);
	return ERR_NONE;
}

TEST(engine_counts, "counts what came, what went out, and the span of time")
{
	struct listening l;
	enum err err;

	TRY(listening_init(&l));
	err = counted(&l);
	listening_clear(&l);
	return err;
}
