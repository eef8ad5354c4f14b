/* SPDX-License-Identifier: Apache-2.0 */
/* SCTP messages from chunks in any order. */
#include "capture/sctp.h"
#include "runner/test.h"
#include "unit/capture/talking.h"

enum { B = CAPTURE_SCTP_BEGINNING, E = CAPTURE_SCTP_END, W = B | E };

struct heard {
	struct capture_sctp *sctp;
	struct capture_skipped skipped;
	char text[512]; /* messages, each with a bar behind it */
	size_t len, messages;
	uint32_t connection[2];
};

static void on_message(void *context, const struct capture_sctp_message *m)
{
	struct heard *h = context;
	struct buffer out = buffer_on(h->text + h->len, sizeof(h->text) - h->len);

	buffer_put(&out, view_first(m->bytes, 32));
	buffer_char(&out, '|');
	h->len += out.len;
	h->messages++;
	h->connection[m->from.port == 5060] = m->connection;
}

static enum err heard_init(struct heard *h, uint32_t directions, size_t buffered)
{
	const struct capture_sctp_settings settings = { { { 3 } }, directions, buffered };
	const struct capture_sctp_ports ports = { h, on_message };

	memset(h, 0, sizeof(*h));
	return capture_sctp_new(&settings, &ports, &h->skipped, &h->sctp);
}

struct part {
	uint32_t tsn;
	uint8_t flags;
	uint16_t sequence;
	const char *text;
};

static struct capture_chunk chunk_of(unsigned side, const struct part *p)
{
	return (struct capture_chunk){
		.wall_us = 1000000,
		.from = talking_end(side, side ? 5060 : 40000),
		.to = talking_end(!side, side ? 40000 : 5060),
		.tag = 77 + side,
		.tsn = p->tsn,
		.sequence = p->sequence,
		.flags = p->flags,
		.payload = view_of(p->text),
	};
}

static const struct {
	const char *name;
	struct part parts[8];
	const char *want;
} scripts[] = {
	{ "whole messages", { { 5, W, 0, "ab" }, { 6, W, 1, "cd" } }, "ab|cd|" },
	{ "fragments across the wrap of numbers",
	  { { UINT32_MAX, B, 0, "ab" }, { 0, 0, 0, "cd" }, { 1, E, 0, "ef" }, { 2, W, 1, "g" } },
	  "abcdef|g|" },
	{ "out of order",
	  { { 5, W, 0, "ab" }, { 8, E, 1, "ef" }, { 7, 0, 1, "d" }, { 6, B, 1, "c" } },
	  "ab|cdef|" },
	{ "twice",
	  { { 5, W, 0, "ab" },
	    { 5, W, 0, "ab" },
	    { 7, W, 2, "e" },
	    { 7, W, 2, "x" },
	    { 6, W, 1, "c" } },
	  "ab|c|e|" },
	{ "the first fragment missing",
	  { { 5, 0, 0, "ab" }, { 6, E, 0, "cd" }, { 7, W, 1, "e" } },
	  "e|" },
	{ "one in the middle missing",
	  { { 5, B, 0, "ab" }, { 7, E, 0, "ef" }, { 8, W, 1, "g" } },
	  "g|" },
	{ "fragments of two messages",
	  { { 5, B, 0, "ab" }, { 6, E, 1, "cd" }, { 7, W, 2, "e" } },
	  "e|" },
	{ "a beginning in a beginning",
	  { { 5, B, 0, "ab" }, { 6, B, 1, "c" }, { 7, E, 1, "d" } },
	  "cd|" },
	{ "numbers far away", { { 5, W, 0, "ab" }, { 1u << 31, W, 1, "cd" } }, "ab|cd|" },
};

TEST(sctp_scripts, "joins fragments by number, each once, and leaves out what is not whole")
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct heard h;
		enum err err;

		TRY(heard_init(&h, 8, 1 << 20));
		err = ERR_NONE;
		for (size_t k = 0; err == ERR_NONE && scripts[i].parts[k].text; k++) {
			struct capture_chunk c = chunk_of(0, &scripts[i].parts[k]);

			err = capture_sctp_take(h.sctp, &c);
		}
		if (err == ERR_NONE)
			err = capture_sctp_end(h.sctp);
		capture_sctp_free(&h.sctp);
		TRY(err);
		CHECK_CASE(view_equal(view_bytes(h.text, h.len), view_of(scripts[i].want)),
		           scripts[i].name);
	}
	return ERR_NONE;
}

static enum err both_ways(struct heard *h)
{
	struct capture_chunk there = chunk_of(0, &(struct part){ 5, W, 0, "ab" });
	struct capture_chunk back = chunk_of(1, &(struct part){ 900, W, 0, "cd" });
	struct capture_chunk late = chunk_of(0, &(struct part){ 7, W, 0, "ef" });

	TRY(capture_sctp_take(h->sctp, &there));
	TRY(capture_sctp_take(h->sctp, &back));
	CHECK(h->messages == 2 && h->connection[0] == h->connection[1] && h->connection[0] != 0);
	/* A hole is waited for, but not for ever. */
	TRY(capture_sctp_take(h->sctp, &late));
	CHECK(h->messages == 2);
	late.tsn = 8;
	late.wall_us += CAPTURE_SCTP_WAIT_US + 1;
	TRY(capture_sctp_take(h->sctp, &late));
	CHECK(h->messages == 4 && h->skipped.counts[CAPTURE_SKIP_SCTP_GAP] == 1);
	return ERR_NONE;
}

TEST(sctp_both_ways, "names both directions alike, and gives up a hole after a while")
{
	struct heard h;
	enum err err;

	TRY(heard_init(&h, 8, 1 << 20));
	err = both_ways(&h);
	capture_sctp_free(&h.sctp);
	return err;
}

static enum err flood(struct heard *h)
{
	static char bytes[1 << 15];

	/* A message without an end, and more chunks behind a hole than are kept. */
	for (uint32_t i = 0; i < 4; i++) {
		struct capture_chunk c = chunk_of(0, &(struct part){ i, i ? 0 : B, 0, "" });

		c.payload = view_bytes(bytes, sizeof(bytes));
		TRY(capture_sctp_take(h->sctp, &c));
	}
	CHECK(h->messages == 0 && h->skipped.counts[CAPTURE_SKIP_SCTP_MESSAGE] == 1);
	for (uint32_t i = 0; i < 2 * MAX_CAPTURE_SCTP_AHEAD; i++) {
		struct capture_chunk c = chunk_of(0, &(struct part){ 10 + 2 * i, W, 0, "x" });

		TRY(capture_sctp_take(h->sctp, &c));
	}
	CHECK(h->messages >= MAX_CAPTURE_SCTP_AHEAD - 1);
	/* More directions than there is room for, each with something in hand. */
	for (uint32_t i = 0; i < 200; i++) {
		struct capture_chunk c = chunk_of(1, &(struct part){ 5, B, 0, "ab" });

		c.tag = 1000 + i;
		TRY(capture_sctp_take(h->sctp, &c));
	}
	CHECK(h->skipped.counts[CAPTURE_SKIP_SCTP_FORGOTTEN] >= 200 - 16);
	return ERR_NONE;
}

TEST(sctp_flood, "holds no more than it may, and forgets the quietest")
{
	struct heard h;
	enum err err;

	TRY(heard_init(&h, 64, 32 << 10));
	capture_sctp_free(&h.sctp);
	TRY(heard_init(&h, 16, 1 << 20));
	err = flood(&h);
	capture_sctp_free(&h.sctp);
	return err;
}

TEST(sctp_bytes, "forgets the quietest when the bytes do not fit")
{
	static char bytes[8 << 10];
	struct heard h;
	enum err err;

	TRY(heard_init(&h, 64, 64 << 10));
	err = ERR_NONE;
	for (uint32_t i = 0; i < 32 && err == ERR_NONE; i++) {
		struct capture_chunk c = chunk_of(0, &(struct part){ 5, B, 0, "" });

		c.tag = i;
		c.payload = view_bytes(bytes, sizeof(bytes));
		err = capture_sctp_take(h.sctp, &c);
	}
	capture_sctp_free(&h.sctp);
	TRY(err);
	CHECK(h.skipped.counts[CAPTURE_SKIP_SCTP_FORGOTTEN] >= 24);
	return ERR_NONE;
}
