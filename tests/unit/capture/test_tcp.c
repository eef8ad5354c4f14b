/* SPDX-License-Identifier: Apache-2.0 */
/* Streams from segments that come in any order, more than once, or not at all. */
#include "capture/tcp.h"
#include "runner/test.h"
#include "unit/capture/talking.h"

enum { MAX_HEARD = 4096 };

struct heard {
	struct capture_tcp *tcp;
	struct capture_skipped skipped;
	char bytes[2][MAX_HEARD];
	size_t len[2], gaps, ends, pieces;
	uint32_t connection;
	bool is_proven[2], has_beginning, wants_none, was_proven_after_gap;
};

static enum err hear(void *context, struct capture_connection *c, const struct capture_piece *p)
{
	struct heard *h = context;

	c->state = h;
	h->pieces++;
	h->connection = c->number;
	h->has_beginning = c->has_beginning;
	h->is_proven[0] = c->is_proven[0];
	h->is_proven[1] = c->is_proven[1];
	h->gaps += p->is_after_gap;
	h->was_proven_after_gap |= p->is_after_gap && c->is_proven[p->side];
	if (p->is_after_gap && h->len[p->side] < MAX_HEARD)
		h->bytes[p->side][h->len[p->side]++] = '|';
	for (size_t i = 0; i < p->bytes.len && h->len[p->side] < MAX_HEARD; i++)
		h->bytes[p->side][h->len[p->side]++] = p->bytes.at[i];
	return h->wants_none ? ERR_CLOSED : ERR_NONE;
}

static enum err hear_end(void *context, struct capture_connection *c)
{
	struct heard *h = context;

	(void)c;
	h->ends++;
	return ERR_NONE;
}

static enum err heard_init(struct heard *h, uint32_t connections, size_t buffered)
{
	const struct capture_tcp_settings settings = { { { 3 } }, connections, buffered };
	const struct capture_tcp_ports ports = { h, hear, hear_end };

	memset(h, 0, sizeof(*h));
	return capture_tcp_new(&settings, &ports, &h->skipped, &h->tcp);
}

static enum err take(struct heard *h, struct capture_segment s)
{
	return capture_tcp_take(h->tcp, &s);
}

static bool has_heard(const struct heard *h, unsigned side, struct view want)
{
	return view_equal(view_bytes(h->bytes[side], h->len[side]), want);
}

static const struct talking fresh = { { 40000, 5060 }, { 0xfffffff0u, 7000 }, 1000000 };

static enum err shake_hands(struct heard *h, struct talking *t)
{
	TRY(take(h, talking_say(t, 0, TALK_SYN, VIEW_EMPTY)));
	TRY(take(h, talking_say(t, 1, TALK_SYN | TALK_ACK, VIEW_EMPTY)));
	TRY(take(h, talking_say(t, 0, TALK_ACK, VIEW_EMPTY)));
	return ERR_NONE;
}

/* A script: each segment as offset and text; offsets count from the stream's first byte. */
static const struct {
	const char *name;
	struct {
		uint32_t at;
		const char *text;
	} segments[8];
	const char *want;
	size_t gaps;
} scripts[] = {
	{ "in order, across the wrap of numbers",
	  { { 0, "abcdefgh" }, { 8, "ijklmnop" }, { 16, "qr" } },
	  "abcdefghijklmnopqr",
	  0 },
	{ "in the reverse order",
	  { { 6, "gh" }, { 4, "ef" }, { 2, "cd" }, { 0, "ab" } },
	  "abcdefgh",
	  0 },
	{ "each twice", { { 0, "ab" }, { 0, "ab" }, { 2, "cd" }, { 2, "cd" } }, "abcd", 0 },
	{ "repeated with more", { { 0, "ab" }, { 0, "abcd" }, { 1, "bcdef" } }, "abcdef", 0 },
	{ "the first copy of a byte wins behind a hole",
	  { { 4, "efgh" }, { 2, "XXXXXXXXYY" }, { 0, "ab" } },
	  "abXXefghXXYY",
	  0 },
	{ "the first copy wins within what was given",
	  { { 0, "abcd" }, { 0, "XXXXef" } },
	  "abcdef",
	  0 },
	{ "a piece over two others",
	  { { 2, "c" }, { 6, "g" }, { 1, "XXXXXXX" }, { 0, "a" } },
	  "aXcXXXgX",
	  0 },
	{ "a hole that stays", { { 0, "ab" }, { 4, "ef" }, { 6, "gh" } }, "ab|efgh", 1 },
	{ "a hole before the first byte", { { 4, "ef" }, { 8, "ij" } }, "|ef|ij", 2 },
};

TEST(tcp_scripts, "gives the bytes that the receiver sees, whatever the order")
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		struct talking t = fresh;
		struct heard h;
		uint32_t base;

		TRY(heard_init(&h, 8, 1 << 20));
		enum err err = shake_hands(&h, &t);
		base = t.next[0];
		for (size_t k = 0; err == ERR_NONE && scripts[i].segments[k].text; k++) {
			t.next[0] = base + scripts[i].segments[k].at;
			err = take(&h, talking_segment(&t, 0, TALK_ACK,
			                               view_of(scripts[i].segments[k].text)));
		}
		if (err == ERR_NONE)
			err = capture_tcp_end(h.tcp);
		capture_tcp_free(&h.tcp);
		TRY(err);
		CHECK_CASE(has_heard(&h, 0, view_of(scripts[i].want)), scripts[i].name);
		CHECK_CASE(h.gaps == scripts[i].gaps, scripts[i].name);
		CHECK_CASE(h.skipped.counts[CAPTURE_SKIP_TCP_GAP] == h.gaps, scripts[i].name);
		CHECK_CASE(h.has_beginning && h.ends == 1, scripts[i].name);
	}
	return ERR_NONE;
}

static enum err holes(struct heard *h, int64_t wait_us, bool is_acked, bool is_cut)
{
	struct talking t = fresh;
	struct capture_segment s;

	TRY(shake_hands(h, &t));
	s = talking_say(&t, 0, TALK_ACK, VIEW("ab"));
	s.is_cut = is_cut;
	TRY(take(h, s));
	t.next[0] += 2;
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("ef"))));
	t.wall_us += wait_us;
	if (is_acked)
		TRY(take(h, talking_say(&t, 1, TALK_ACK, VIEW_EMPTY)));
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("g"))));
	return ERR_NONE;
}

TEST(tcp_holes, "waits for what is missing a little, and less where the receiver has it")
{
	static const struct {
		int64_t wait_us;
		bool is_acked, is_cut;
		const char *want;
	} cases[] = {
		{ 0, false, false, "ab" },    { CAPTURE_HOLE_WAIT_US, false, false, "ab|efg" },
		{ 0, true, false, "ab" },     { CAPTURE_HOLE_ACKED_WAIT_US, true, false, "ab|efg" },
		{ 0, false, true, "ab|efg" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h;
		enum err err;

		TRY(heard_init(&h, 8, 1 << 20));
		err = holes(&h, cases[i].wait_us, cases[i].is_acked, cases[i].is_cut);
		capture_tcp_free(&h.tcp);
		TRY(err);
		CHECK_CASE(has_heard(&h, 0, view_of(cases[i].want)), cases[i].want);
	}
	return ERR_NONE;
}

static enum err prove(struct heard *h, bool is_answered, bool is_exact)
{
	struct talking t = fresh;

	TRY(take(h, talking_say(&t, 0, TALK_SYN, VIEW_EMPTY)));
	if (is_answered)
		TRY(take(h, talking_say(&t, 1, TALK_SYN | TALK_ACK, VIEW_EMPTY)));
	if (!is_exact)
		t.next[1] += 5;
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("x"))));
	return ERR_NONE;
}

TEST(tcp_proof, "proves a sender by what only a receiver could acknowledge")
{
	for (unsigned i = 0; i < 4; i++) {
		struct heard h;
		enum err err;

		TRY(heard_init(&h, 8, 1 << 20));
		err = prove(&h, i & 1, i & 2);
		capture_tcp_free(&h.tcp);
		TRY(err);
		CHECK(h.pieces == 1 && h.is_proven[0] == (i == 3));
		CHECK(h.is_proven[1] == ((i & 1) != 0));
	}
	return ERR_NONE;
}

/* Both after a true handshake: one has no idea of the numbers, one hits the window. */
static enum err forge(struct heard *h, uint32_t seq_off, uint32_t ack_off)
{
	struct talking t = fresh;
	struct capture_segment forged;

	TRY(shake_hands(h, &t));
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("true"))));
	CHECK(h->is_proven[0]);
	forged = talking_segment(&t, 0, TALK_ACK, VIEW("forged"));
	forged.seq += seq_off;
	forged.ack += ack_off;
	TRY(take(h, forged));
	t.wall_us += 60000000;
	TRY(take(h, talking_say(&t, 1, TALK_ACK, VIEW("later"))));
	return capture_tcp_end(h->tcp);
}

TEST(tcp_forged, "what stands beside the stream proves nothing, whoever spoke before")
{
	static const struct {
		uint32_t seq, ack;
	} cases[] = { { 1u << 30, 77 }, { 1u << 30, 0 }, { 5000, 77 }, { 5000, 1u << 31 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h;
		enum err err;

		TRY(heard_init(&h, 8, 1 << 20));
		err = forge(&h, cases[i].seq, cases[i].ack);
		capture_tcp_free(&h.tcp);
		TRY(err);
		CHECK(h.pieces == 3 && h.gaps == 1 && !h.was_proven_after_gap);
	}
	return ERR_NONE;
}

/* Ahead of a hole that the true sender fills. */
static enum err fill_behind(struct heard *h, uint32_t ack_off)
{
	struct talking t = fresh;
	struct capture_segment early, late;

	TRY(shake_hands(h, &t));
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("true"))));
	late = talking_say(&t, 0, TALK_ACK, VIEW("hole"));
	early = talking_say(&t, 0, TALK_ACK, VIEW("ahead"));
	early.ack += ack_off;
	TRY(take(h, early));
	TRY(take(h, late));
	CHECK(has_heard(h, 0, VIEW("trueholeahead")));
	return ERR_NONE;
}

TEST(tcp_forged_ahead,
     "what was kept ahead of a hole is proven by what it acknowledged, not by who filled the hole")
{
	static const struct {
		uint32_t ack;
		bool is_proven;
	} cases[] = { { 0, true }, { 77, false }, { (uint32_t)-77, false }, { 1u << 31, false } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct heard h;
		enum err err;

		TRY(heard_init(&h, 8, 1 << 20));
		err = fill_behind(&h, cases[i].ack);
		capture_tcp_free(&h.tcp);
		TRY(err);
		CHECK(h.is_proven[0] == cases[i].is_proven);
	}
	return ERR_NONE;
}

static enum err lives(struct heard *h)
{
	struct talking t = fresh;
	struct capture_segment rst;
	uint32_t first;

	/* Met in its middle. */
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("ab"))));
	first = h->connection;
	CHECK(first != 0 && !h->has_beginning);
	/* A reset out of place changes nothing; one in place ends it, and what goes on
	 * afterwards is still heard. */
	rst = talking_segment(&t, 0, CAPTURE_TCP_RST, VIEW_EMPTY);
	rst.seq += 5;
	TRY(take(h, rst));
	CHECK(h->ends == 0);
	rst.seq -= 5;
	TRY(take(h, rst));
	CHECK(h->ends == 1);
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("cd"))));
	CHECK(h->connection == first);
	/* The same ends again. */
	t.next[0] = 500;
	TRY(shake_hands(h, &t));
	CHECK(h->ends == 2);
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("ef"))));
	CHECK(h->connection != first && h->has_beginning);
	TRY(take(h, talking_say(&t, 1, TALK_ACK | TALK_FIN, VIEW("x"))));
	CHECK(h->ends == 2);
	TRY(take(h, talking_say(&t, 0, TALK_ACK | TALK_FIN, VIEW("gh"))));
	CHECK(h->ends == 3);
	t.next[0] -= 3;
	TRY(take(h, talking_say(&t, 0, TALK_ACK | TALK_FIN, VIEW("gh"))));
	CHECK(has_heard(h, 0, VIEW("abcdefgh")) && has_heard(h, 1, VIEW("x")));
	/* A number out of all reason: the stream goes on from there. */
	t.next[0] += 1u << 30;
	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("ij"))));
	CHECK(has_heard(h, 0, VIEW("abcdefgh|ij")));
	return ERR_NONE;
}

TEST(tcp_lives, "tells beginnings, ends, resets and jumps")
{
	struct heard h;
	enum err err;

	TRY(heard_init(&h, 8, 1 << 20));
	err = lives(&h);
	capture_tcp_free(&h.tcp);
	return err;
}

TEST(tcp_unwanted, "gives no more of a connection that nobody wants")
{
	struct talking t = fresh;
	struct heard h;
	enum err err;

	TRY(heard_init(&h, 8, 1 << 20));
	h.wants_none = true;
	err = shake_hands(&h, &t);
	for (int i = 0; i < 5 && err == ERR_NONE; i++)
		err = take(&h, talking_say(&t, 0, TALK_ACK, VIEW("ab")));
	capture_tcp_free(&h.tcp);
	TRY(err);
	CHECK(h.pieces == 1);
	return ERR_NONE;
}

static enum err flood(struct heard *h)
{
	struct talking known = fresh;

	TRY(shake_hands(h, &known));
	/* Forged SYNs push out each other, not who has answered. */
	for (uint16_t i = 0; i < 1000; i++) {
		struct talking t = { { i, 5060 }, { i, 0 }, 1000000 };

		TRY(take(h, talking_say(&t, 0, TALK_SYN, VIEW_EMPTY)));
	}
	TRY(take(h, talking_say(&known, 0, TALK_ACK, VIEW("ab"))));
	CHECK(h->has_beginning && h->skipped.counts[CAPTURE_SKIP_TCP_FORGOTTEN] >= 900);
	/* Connections with data push out the quietest. */
	for (uint16_t i = 0; i < 1000; i++) {
		struct talking t = { { i, 5060 }, { i, 0 }, 1000000 };

		TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("x"))));
	}
	CHECK(h->ends >= 1000 - 64);
	return ERR_NONE;
}

TEST(tcp_flood, "forgets the quietest, and mere SYNs before all else")
{
	struct heard h;
	enum err err;

	TRY(heard_init(&h, 64, 1 << 20));
	err = flood(&h);
	capture_tcp_free(&h.tcp);
	return err;
}

static enum err hoard(struct heard *h)
{
	static char bytes[1000];
	struct talking t = { { 1, 5060 }, { 0, 0 }, 1000000 };

	TRY(take(h, talking_say(&t, 0, TALK_ACK, VIEW("x"))));
	for (int i = 0; i < 2000; i++) {
		t.next[0] += 1; /* a hole before each */
		TRY(take(h, talking_segment(&t, 0, TALK_ACK, view_bytes(bytes, 1))));
		t.next[0] += 1;
	}
	CHECK(h->gaps >= 2000 - MAX_CAPTURE_AHEAD_PIECES - 1);
	for (uint16_t i = 2; i < 200; i++) {
		struct talking other = { { i, 5060 }, { 0, 0 }, 1000000 };

		TRY(take(h, talking_say(&other, 0, TALK_ACK, VIEW("x"))));
		other.next[0] += 1;
		TRY(take(h, talking_say(&other, 0, TALK_ACK, view_bytes(bytes, sizeof(bytes)))));
	}
	CHECK(h->skipped.counts[CAPTURE_SKIP_TCP_FORGOTTEN] >= 100);
	return ERR_NONE;
}

TEST(tcp_hoard, "holds no more bytes than it may, by stream and in all")
{
	struct heard h;
	enum err err;

	TRY(heard_init(&h, 1024, 64 << 10));
	err = hoard(&h);
	capture_tcp_free(&h.tcp);
	return err;
}

TEST(tcp_settings, "refuses a table of no size")
{
	const struct capture_tcp_settings none = { .max_connections = 0 };
	const struct capture_tcp_settings many = { .max_connections = MAX_CAPTURE_CONNECTIONS + 1 };
	const struct capture_tcp_ports ports = { NULL, hear, hear_end };
	struct capture_skipped skipped;
	struct capture_tcp *t = NULL;

	CHECK(capture_tcp_new(&none, &ports, &skipped, &t) == ERR_LIMIT && !t);
	CHECK(capture_tcp_new(&many, &ports, &skipped, &t) == ERR_LIMIT && !t);
	return ERR_NONE;
}
