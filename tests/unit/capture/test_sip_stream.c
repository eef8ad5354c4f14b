/* SPDX-License-Identifier: Apache-2.0 */
/* SIP cut out of a stream, also where its framing cannot be trusted. */
#include "capture/sip_stream.h"
#include "runner/test.h"

#define HEAD(cseq) "OPTIONS sip:b@example.com SIP/2.0\r\nCSeq: " cseq " OPTIONS\r\n"
#define FULL(cseq) HEAD(cseq) "Content-Length: 0\r\n\r\n"
#define BODY(cseq) HEAD(cseq) "l: 4\r\n\r\nbody"

struct heard {
	struct capture_sip_stream stream;
	size_t messages, cut, foreign, len;
	char last[256];
};

static void on_message(void *context, struct view bytes, bool is_cut)
{
	struct heard *h = context;

	h->messages++;
	h->cut += is_cut;
	h->len = bytes.len;
	VIEW_COPY(bytes, h->last);
	memset((char *)bytes.at, 'x', bytes.len); /* as a parser may */
}

static void on_foreign(void *context, struct view bytes)
{
	struct heard *h = context;

	h->foreign++;
	VIEW_COPY(bytes, h->last);
}

static struct capture_sip_sink sink_of(struct heard *h)
{
	return (struct capture_sip_sink){ h, on_message, on_foreign };
}

/* In pieces of `size` bytes; 0: at once. */
static enum err hear(struct heard *h, struct view text, size_t size)
{
	struct capture_sip_sink sink = sink_of(h);

	while (text.len > 0) {
		struct view part = view_first(text, size ? size : text.len);

		TRY(capture_sip_stream_take(&h->stream, part, &sink));
		text = view_after(text, part.len);
	}
	return ERR_NONE;
}

static const struct {
	const char *name;
	struct view text;
	size_t messages, foreign;
	struct view last; /* of the last message */
} streams[] = {
	{ "one", VIEW(FULL("1")), 1, 0, VIEW(FULL("1")) },
	{ "two", VIEW(FULL("1") BODY("2")), 2, 0, VIEW(BODY("2")) },
	{ "empty lines between", VIEW("\r\n\r\n" FULL("1") "\r\n\r\n\r\n" FULL("2") "\r\n"), 2, 0,
	  VIEW(FULL("2")) },
	{ "no length, another behind", VIEW(HEAD("1") "\r\n" FULL("2")), 2, 0, VIEW(FULL("2")) },
	{ "no length, a body, another behind", VIEW(HEAD("1") "\r\nv=0\r\n" FULL("2")), 2, 0,
	  VIEW(FULL("2")) },
	{ "two lengths",
	  VIEW(HEAD("1") "l: 1\r\nl: 2\r\n\r\nab"
	                 "\r\n" FULL("2")),
	  2, 0, VIEW(FULL("2")) },
	{ "a length that is none", VIEW(HEAD("1") "l: many\r\n\r\n" FULL("2")), 2, 0,
	  VIEW(FULL("2")) },
	{ "a broken first line",
	  VIEW("\x01? broken\r\nVia: SIP/2.0/TCP h\r\nl: 0\r\n\r\n" FULL("2")), 2, 0,
	  VIEW(FULL("2")) },
	{ "noise before SIP", VIEW("GET / HTTP/1.1\r\nHost: h\r\n\r\n" FULL("1")), 1, 1,
	  VIEW(FULL("1")) },
	{ "noise alone", VIEW("\x16\x03\x01\x02\x03\x04\r\n"), 0, 1,
	  VIEW("\x16\x03\x01\x02\x03\x04\r\n") },
	{ "noise twice is told once", VIEW("GET / HTTP/1.1\r\n\r\n" FULL("1") "nonsense here\r\n"),
	  1, 1, VIEW(FULL("1")) },
};

TEST(stream_cases, "cuts messages by their length, and finds the next where it cannot")
{
	for (size_t i = 0; i < sizeof(streams) / sizeof(streams[0]); i++) {
		struct heard h = { .messages = 0 };
		enum err err = hear(&h, streams[i].text, 0);

		capture_sip_stream_clear(&h.stream);
		TRY(err);
		CHECK_CASE(h.messages == streams[i].messages, streams[i].name);
		CHECK_CASE(h.foreign == streams[i].foreign, streams[i].name);
		CHECK_CASE(view_equal(view_of(h.last), streams[i].last), streams[i].name);
	}
	return ERR_NONE;
}

TEST(stream_pieces, "gives the same messages however the bytes are cut")
{
	static const struct view text =
		VIEW("\r\n" FULL("1") BODY("2") "\r\n\r\n" BODY("3") FULL("4") "\r\n");

	for (size_t size = 1; size < 80; size++) {
		struct heard h = { .messages = 0 };
		enum err err = hear(&h, text, size);

		CHECK(h.stream.pile.len == 0 || err != ERR_NONE);
		capture_sip_stream_clear(&h.stream);
		TRY(err);
		CHECK(h.messages == 4 && h.cut == 0 && h.foreign == 0);
		CHECK(view_equal(view_of(h.last), VIEW(FULL("4"))));
	}
	return ERR_NONE;
}

static enum err broken(struct heard *h)
{
	struct capture_sip_sink sink = sink_of(h);

	TRY(hear(h, VIEW(HEAD("1") "l: 100\r\n\r\nhalf a body"), 0));
	CHECK(h->messages == 0);
	capture_sip_stream_break(&h->stream, &sink);
	CHECK(h->messages == 1 && h->cut == 1);
	/* The rest of some body, then a message. */
	TRY(hear(h, VIEW("a=sendrecv\r\nOPTI"), 0));
	TRY(hear(h, VIEW("ONS sip:b@example.com SIP/2.0\r\nl: 0\r\n\r\n"), 0));
	CHECK(h->messages == 2 && h->cut == 1);
	/* A word without a line end does not join what comes in the next piece. */
	capture_sip_stream_break(&h->stream, &sink);
	TRY(hear(h, VIEW("rest"), 0));
	TRY(hear(h, VIEW(FULL("3")), 0));
	CHECK(h->messages == 3 && view_equal(view_of(h->last), VIEW(FULL("3"))));
	capture_sip_stream_break(&h->stream, &sink);
	CHECK(h->messages == 3 && h->foreign == 0);
	return ERR_NONE;
}

TEST(stream_broken, "gives what is in hand where bytes are missing, and goes on with the next")
{
	struct heard h = { .messages = 0 };
	enum err err = broken(&h);

	capture_sip_stream_clear(&h.stream);
	return err;
}

static enum err endless(struct heard *h, size_t piece)
{
	static char text[MAX_CAPTURE_SIP];

	memset(text, 'a', sizeof(text));
	TRY(hear(h, VIEW(HEAD("1") "X: "), 0));
	for (int i = 0; i < 4; i++)
		TRY(hear(h, view_bytes(text, sizeof(text)), piece));
	CHECK(h->messages == 1 && h->cut == 1);
	CHECK(h->stream.pile.room <= 4 * MAX_CAPTURE_SIP);
	TRY(hear(h, VIEW("\r\n" FULL("2")), 0));
	CHECK(h->messages == 2 && h->cut == 1);
	return ERR_NONE;
}

TEST(stream_endless, "gives up headers without an end, and holds no more than one message")
{
	static const size_t pieces[] = { 0, 700 };

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct heard h = { .messages = 0 };
		enum err err = endless(&h, pieces[i]);

		capture_sip_stream_clear(&h.stream);
		TRY(err);
	}
	return ERR_NONE;
}
