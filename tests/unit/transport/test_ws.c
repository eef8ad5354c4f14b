/* SPDX-License-Identifier: Apache-2.0 */
/* Frames of a WebSocket: the same messages come out however the bytes are cut, and what a client
 * may not send ends it with the code that says why. */
#include "runner/test.h"
#include "transport/ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 100000, STEPS_MAX = 512 };

/* What a client sends. */
struct script {
	struct buffer b;
	char bytes[BYTES_MAX];
};

static void frame(struct script *s, unsigned first, struct view payload)
{
	static const unsigned char mask[4] = { 0x37, 0xfa, 0x21, 0x3d };

	if (!s->b.at)
		s->b = BUFFER_ON(s->bytes);
	buffer_char(&s->b, (char)first);
	if (payload.len < 126) {
		buffer_char(&s->b, (char)(0x80 | payload.len));
	} else if (payload.len < 65536) {
		buffer_char(&s->b, (char)(0x80 | 126));
		buffer_u16(&s->b, (uint16_t)payload.len);
	} else {
		buffer_char(&s->b, (char)(0x80 | 127));
		buffer_u32(&s->b, 0);
		buffer_u32(&s->b, (uint32_t)payload.len);
	}
	buffer_put(&s->b, view_bytes(mask, 4));
	for (size_t i = 0; i < payload.len; i++)
		buffer_char(&s->b, (char)(payload.at[i] ^ (char)mask[i % 4]));
}

static void raw(struct script *s, struct view bytes)
{
	if (!s->b.at)
		s->b = BUFFER_ON(s->bytes);
	buffer_put(&s->b, bytes);
}

/* One word a step: T or B and the message, p and what is echoed, o, c and x with their codes. */
static void note(struct buffer *out, const struct ws_piece *p, struct buffer *message)
{
	char number[16];

	if (p->kind == WS_PART) {
		buffer_put(message, p->bytes);
		if (!p->is_last)
			return;
		buffer_char(out, p->is_text ? 'T' : 'B');
		buffer_put(out, view_first(buffer_view(message), 40));
		buffer_reset(message);
	} else if (p->kind == WS_PING || p->kind == WS_PONG) {
		buffer_char(out, p->kind == WS_PING ? 'p' : 'o');
		buffer_put(out, view_first(p->bytes, 20));
	} else {
		(void)snprintf(number, sizeof(number), "%c%u", p->kind == WS_CLOSE ? 'c' : 'x',
		               (unsigned)p->code);
		buffer_text(out, number);
	}
	buffer_char(out, ' ');
}

static enum err run(struct view bytes, size_t each, char ret[STEPS_MAX], bool *ret_is_midway)
{
	static char whole[BYTES_MAX];
	struct buffer out = buffer_on(ret, STEPS_MAX - 1), message = BUFFER_ON(whole);
	struct ws_piece piece;
	struct ws *w;
	enum err err = ws_new(&w);

	if (err != ERR_NONE)
		return err;
	for (size_t at = 0; at < bytes.len; at += each) {
		ws_feed(w, view_first(view_after(bytes, at), each));
		while (ws_next(w, &piece))
			note(&out, &piece, &message);
	}
	*ret_is_midway = ws_is_midway(w);
	ws_free(&w);
	ret[out.len] = '\0';
	return out.err;
}

/* At each cut up to `most`. */
static enum err same_at_all_cuts(const struct script *s, const char *want, const char *name)
{
	struct view bytes = buffer_view(&s->b);
	char steps[STEPS_MAX];
	bool is_midway;

	for (size_t each = 1; each <= bytes.len; each += each < 40 ? 1 : bytes.len / 7 + 1) {
		TRY(run(bytes, each, steps, &is_midway));
		CHECK_CASE(strcmp(steps, want) == 0, name);
	}
	return ERR_NONE;
}

#define CASE(want, name)                                                                           \
	do {                                                                                       \
		TRY(same_at_all_cuts(s, want, name));                                              \
		*s = (struct script){ .b = { .at = NULL } };                                       \
	} while (0)

static enum err cases(struct script *s)
{
	frame(s, 0x81, VIEW("REGISTER sip:a SIP/2.0"));
	frame(s, 0x82, VIEW("SIP/2.0 200 OK\xff"));
	CASE("TREGISTER sip:a SIP/2.0 BSIP/2.0 200 OK\xff ", "text and binary");
	frame(s, 0x01, VIEW("ABC"));
	frame(s, 0x89, VIEW("hello"));
	frame(s, 0x00, VIEW("DEF"));
	frame(s, 0x00, VIEW(""));
	frame(s, 0x80, VIEW("G"));
	frame(s, 0x8a, VIEW(""));
	CASE("phello TABCDEFG o ", "fragments with a ping between them");
	frame(s, 0x81, VIEW(""));
	frame(s, 0x01, VIEW(""));
	frame(s, 0x80, VIEW(""));
	CASE("T T ", "empty messages");
	frame(s, 0x88,
	      VIEW("\x03\xe8"
	           "bye"));
	frame(s, 0x81, VIEW("after"));
	CASE("c1000 ", "a close ends it");
	frame(s, 0x88, VIEW(""));
	CASE("c1005 ", "a close without a code");
	frame(s, 0x88, VIEW("\x0b\xb8"));
	CASE("c3000 ", "a code of a program's own");

	raw(s, VIEW("\x81\x03"
	            "abc"));
	CASE("x1002 ", "unmasked");
	frame(s, 0xc1, VIEW("deflated"));
	CASE("x1002 ", "compressed");
	frame(s, 0x91, VIEW("a"));
	CASE("x1002 ", "a bit of another extension");
	frame(s, 0x83, VIEW("a"));
	CASE("x1002 ", "a kind that nobody knows");
	frame(s, 0x8b, VIEW("a"));
	CASE("x1002 ", "a control frame that nobody knows");
	frame(s, 0x80, VIEW("a"));
	CASE("x1002 ", "a continuation first");
	frame(s, 0x01, VIEW("a"));
	frame(s, 0x81, VIEW("b"));
	CASE("x1002 ", "a message within a message");
	frame(s, 0x09, VIEW("a"));
	CASE("x1002 ", "a ping in fragments");
	raw(s, VIEW("\x89\xfe\x00\x7e\1\2\3\4"));
	CASE("x1002 ", "a ping of 126 bytes");
	frame(s, 0x88, VIEW("\x03"));
	CASE("x1002 ", "half a code");
	frame(s, 0x88, VIEW("\x03\xed"));
	CASE("x1002 ", "a code that is never sent");
	frame(s, 0x88, VIEW("\x03\xe8\xff"));
	CASE("x1007 ", "a reason that is no UTF-8");
	raw(s, VIEW("\x81\xff\x80\0\0\0\0\0\0\0\1\2\3\4a"));
	CASE("x1002 ", "a length of 2 to the 63");
	raw(s, VIEW("\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\1\2\3\4a"));
	CASE("x1009 ", "one less");
	raw(s, VIEW("\x81\xfe\x00\x05\0\0\0\0hello"));
	CASE("x1002 ", "a length that is longer than it need be");
	return ERR_NONE;
}

TEST(ws_frames, "messages and control frames come out the same however the bytes are cut")
{
	struct script *s = calloc(1, sizeof(*s));
	enum err err = s ? cases(s) : ERR_NO_MEMORY;

	free(s);
	return err;
}

static enum err bounds(struct script *s)
{
	static char long_message[WS_MESSAGE_MAX + 1];
	char steps[STEPS_MAX];
	bool is_midway;

	memset(long_message, 'a', sizeof(long_message));
	frame(s, 0x81, view_bytes(long_message, WS_MESSAGE_MAX));
	TRY(run(buffer_view(&s->b), 5000, steps, &is_midway));
	CHECK(steps[0] == 'T' && !is_midway);
	s->b.len = 0;
	frame(s, 0x81, view_bytes(long_message, WS_MESSAGE_MAX + 1));
	CASE("x1009 ", "one byte too long");
	frame(s, 0x01, view_bytes(long_message, 40000));
	frame(s, 0x00, view_bytes(long_message, WS_MESSAGE_MAX - 40000));
	frame(s, 0x80, VIEW("a"));
	CASE("x1009 ", "too long in fragments");
	for (unsigned extra = 0; extra < 2; extra++) {
		frame(s, 0x01, VIEW("a"));
		for (unsigned i = 2; i < MAX_WS_FRAGMENTS + extra; i++)
			frame(s, 0x00, VIEW("a"));
		frame(s, 0x80, VIEW("b"));
		TRY(run(buffer_view(&s->b), 7, steps, &is_midway));
		CHECK(extra ? strcmp(steps, "x1008 ") == 0 : steps[0] == 'T');
		*s = (struct script){ .b = { .at = NULL } };
	}
	return ERR_NONE;
}

TEST(ws_bounds, "a message is so long and has so many fragments, and no more")
{
	struct script *s = calloc(1, sizeof(*s));
	enum err err = s ? bounds(s) : ERR_NO_MEMORY;

	free(s);
	return err;
}

TEST(ws_midway, "a frame or message that is not whole is known as such at every byte")
{
	struct script *s = calloc(1, sizeof(*s));
	enum err err = ERR_NONE;
	char steps[STEPS_MAX];
	bool is_midway;

	if (!s)
		return ERR_NO_MEMORY;
	frame(s, 0x01, VIEW("ABC"));
	frame(s, 0x89, VIEW("hi"));
	frame(s, 0x80, VIEW("DEF"));
	for (size_t len = 1; len <= s->b.len && err == ERR_NONE; len++) {
		/* In memory of that very size: nothing is read beyond. */
		char *exact = malloc(len);

		err = exact ? ERR_NONE : ERR_NO_MEMORY;
		if (exact) {
			memcpy(exact, s->bytes, len);
			err = run(view_bytes(exact, len), 3, steps, &is_midway);
		}
		free(exact);
		if (err == ERR_NONE && is_midway != (len < s->b.len))
			err = ERR_DENIED;
	}
	free(s);
	CHECK(err != ERR_DENIED);
	return err;
}

TEST(ws_written, "what we write is one unmasked frame, its length in the shortest form")
{
	static char payload[70000], text[70014];
	static const struct {
		size_t len;
		struct view head;
	} cases[] = {
		{ 0, VIEW("\x81\x00") },
		{ 125, VIEW("\x81\x7d") },
		{ 126, VIEW("\x81\x7e\x00\x7e") },
		{ 65535, VIEW("\x81\x7e\xff\xff") },
		{ 65536, VIEW("\x81\x7f\0\0\0\0\0\x01\0\0") },
	};
	struct buffer b = BUFFER_ON(text);
	struct ws *w;

	TRY(ws_new(&w));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		buffer_reset(&b);
		ws_write(w, WS_FRAME_TEXT, view_bytes(payload, cases[i].len), &b);
		CHECK(b.err == ERR_NONE && b.len == cases[i].head.len + cases[i].len);
		CHECK(view_starts(buffer_view(&b), cases[i].head));
	}
	buffer_reset(&b);
	ws_write_close(w, WS_CODE_TOO_BIG, &b);
	CHECK(view_equal(buffer_view(&b), VIEW("\x88\x02\x03\xf1")));
	buffer_reset(&b);
	ws_write_close(w, WS_CODE_NONE, &b);
	CHECK(view_equal(buffer_view(&b), VIEW("\x88\x00")));
	ws_free(&w);
	return ERR_NONE;
}
