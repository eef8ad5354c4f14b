/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in fragments: any order, gaps, overlaps, and a full table. */
#include "capture/fragment.h"
#include "runner/test.h"
#include "unit/capture/frame.h"
#include "unit/capture/walking.h"

#include <stdlib.h>

static const struct hash_key key = { { 7 } };
static const char text[] = "INVITE sip:bob@example.com SIP/2.0, and so on to byte 64........";

/* A fragment of `text`: bytes [from, to). */
struct piece {
	uint32_t from, to;
	bool is_last;
	enum err want;
};

static struct capture_fragment fragment_of(uint32_t id, uint32_t from, uint32_t to, bool is_last)
{
	struct capture_fragment p = {
		.wall_us = 1000,
		.from = { .family = 4 },
		.to = { .family = 4 },
		.id = id,
		.offset = from,
		.protocol = 17,
		.is_last = is_last,
	};

	p.bytes = view_bytes(text + from, to - from);
	return p;
}

static const struct {
	const char *name;
	struct piece pieces[5];
	size_t want_len; /* 0: never whole */
	enum capture_skip skip;
} orders[] = {
	{ "in order",
	  { { 0, 16, false, ERR_AGAIN }, { 16, 40, false, ERR_AGAIN }, { 40, 64, true, ERR_NONE } },
	  64,
	  CAPTURE_SKIP_COUNT },
	{ "last first",
	  { { 40, 61, true, ERR_AGAIN }, { 16, 40, false, ERR_AGAIN }, { 0, 16, false, ERR_NONE } },
	  61,
	  CAPTURE_SKIP_COUNT },
	{ "the middle last",
	  { { 40, 61, true, ERR_AGAIN }, { 0, 16, false, ERR_AGAIN }, { 16, 40, false, ERR_NONE } },
	  61,
	  CAPTURE_SKIP_COUNT },
	{ "one of them twice",
	  { { 0, 16, false, ERR_AGAIN },
	    { 0, 16, false, ERR_AGAIN },
	    { 8, 16, false, ERR_AGAIN },
	    { 16, 20, true, ERR_NONE } },
	  20,
	  CAPTURE_SKIP_COUNT },
	{ "an overlap at the front",
	  { { 16, 32, false, ERR_AGAIN },
	    { 8, 24, false, ERR_DENIED },
	    { 0, 8, false, ERR_DENIED } },
	  0,
	  CAPTURE_SKIP_FRAGMENT_OVERLAP },
	{ "an overlap at the back",
	  { { 0, 32, false, ERR_AGAIN },
	    { 24, 64, true, ERR_DENIED },
	    { 32, 64, true, ERR_DENIED } },
	  0,
	  CAPTURE_SKIP_FRAGMENT_OVERLAP },
	{ "one around another",
	  { { 16, 24, false, ERR_AGAIN }, { 8, 32, false, ERR_DENIED } },
	  0,
	  CAPTURE_SKIP_FRAGMENT_OVERLAP },
	{ "two ends",
	  { { 16, 24, true, ERR_AGAIN }, { 24, 40, true, ERR_DENIED } },
	  0,
	  CAPTURE_SKIP_FRAGMENT_OVERLAP },
	{ "bytes beyond the end",
	  { { 16, 24, true, ERR_AGAIN }, { 24, 40, false, ERR_DENIED } },
	  0,
	  CAPTURE_SKIP_FRAGMENT_OVERLAP },
	{ "an end before other bytes",
	  { { 24, 40, false, ERR_AGAIN }, { 8, 16, true, ERR_DENIED } },
	  0,
	  CAPTURE_SKIP_FRAGMENT_OVERLAP },
	{ "a length that eight does not divide",
	  { { 0, 15, false, ERR_DENIED } },
	  0,
	  CAPTURE_SKIP_FRAGMENT },
	{ "nothing in it", { { 8, 8, false, ERR_DENIED } }, 0, CAPTURE_SKIP_FRAGMENT },
};

static bool is_order_right(struct capture_fragments *f, size_t i)
{
	for (size_t n = 0; orders[i].pieces[n].to > 0; n++) {
		const struct piece *p = &orders[i].pieces[n];
		struct capture_fragment piece = fragment_of(1, p->from, p->to, p->is_last);
		struct capture_whole whole;
		enum err err = capture_fragments_take(f, &piece, &whole);
		bool is_right = err == p->want;

		if (err != ERR_NONE && is_right)
			continue;
		if (err == ERR_NONE) {
			is_right &= view_equal(whole.bytes, view_bytes(text, orders[i].want_len));
			is_right &= whole.protocol == 17;
			capture_fragments_give(f, &whole);
		}
		return is_right;
	}
	return orders[i].want_len == 0;
}

TEST(fragment_orders, "puts fragments of any order together and refuses what overlaps")
{
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	const char *wrong = NULL;

	TRY(capture_fragments_new(&key, &skipped, &f));
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]) && !wrong; i++) {
		capture_fragments_end(f);
		skipped = (struct capture_skipped){ 0 };
		if (!is_order_right(f, i) ||
		    capture_skipped_total(&skipped) != (orders[i].want_len ? 0 : 1) ||
		    (!orders[i].want_len && skipped.counts[orders[i].skip] != 1))
			wrong = orders[i].name;
	}
	capture_fragments_free(&f);
	CHECK_CASE(!wrong, wrong);
	return ERR_NONE;
}

TEST(fragment_repetition, "refuses a repetition that says something else")
{
	struct capture_fragment a = fragment_of(1, 0, 16, false), b = a;
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	struct capture_whole whole;
	enum err first, second;

	TRY(capture_fragments_new(&key, &skipped, &f));
	b.bytes = VIEW("REGISTER sip:bob");
	first = capture_fragments_take(f, &a, &whole);
	second = capture_fragments_take(f, &b, &whole);
	capture_fragments_free(&f);
	CHECK(first == ERR_AGAIN && second == ERR_DENIED);
	CHECK(skipped.counts[CAPTURE_SKIP_FRAGMENT_OVERLAP] == 1);
	return ERR_NONE;
}

/* Two fragments of which the second differs in one way: are they one datagram? */
TEST(fragment_keys, "keeps datagrams of other hosts, numbers and IPv4 protocols apart")
{
	enum { SAME, ID, FROM, TO, PROTOCOL_4, PROTOCOL_6, KINDS };
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	struct capture_whole whole;
	bool is_joined[KINDS];

	TRY(capture_fragments_new(&key, &skipped, &f));
	for (uint32_t kind = 0; kind < KINDS; kind++) {
		struct capture_fragment a = fragment_of(kind * 10, 0, 16, false),
					b = fragment_of(kind * 10 + (kind == ID), 16, 20, true);

		a.from.family = b.from.family = kind == PROTOCOL_6 ? 6 : 4;
		b.from.bytes[15] = kind == FROM;
		b.to.bytes[15] = kind == TO;
		b.protocol = kind == PROTOCOL_4 || kind == PROTOCOL_6 ? 6 : 17;
		(void)capture_fragments_take(f, &a, &whole);
		is_joined[kind] = capture_fragments_take(f, &b, &whole) == ERR_NONE;
		if (is_joined[kind] && whole.protocol != 17)
			is_joined[kind] = false; /* the first fragment's counts */
	}
	capture_fragments_free(&f);
	CHECK(is_joined[SAME] && is_joined[PROTOCOL_6]);
	CHECK(!is_joined[ID] && !is_joined[FROM] && !is_joined[TO] && !is_joined[PROTOCOL_4]);
	return ERR_NONE;
}

static enum err take(struct capture_fragments *f, struct capture_fragment piece)
{
	struct capture_whole whole;
	enum err err = capture_fragments_take(f, &piece, &whole);

	if (err == ERR_NONE)
		capture_fragments_give(f, &whole);
	return err;
}

TEST(fragment_full, "forgets the oldest datagram of a full table, and counts it")
{
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	enum err oldest, second;

	TRY(capture_fragments_new(&key, &skipped, &f));
	for (uint32_t id = 0; id <= MAX_FRAGMENTED; id++)
		(void)take(f, fragment_of(id, 0, 16, false));
	second = take(f, fragment_of(1, 16, 20, true));
	oldest = take(f, fragment_of(0, 16, 20, true));
	capture_fragments_end(f);
	capture_fragments_free(&f);
	CHECK(second == ERR_NONE && oldest == ERR_AGAIN);
	CHECK(skipped.counts[CAPTURE_SKIP_FRAGMENT_FORGOTTEN] == 1);
	CHECK(skipped.counts[CAPTURE_SKIP_FRAGMENT_INCOMPLETE] == MAX_FRAGMENTED);
	return ERR_NONE;
}

TEST(fragment_held, "does not push out what is being read, even where that is all")
{
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	struct capture_whole whole[MAX_FRAGMENTED];
	struct capture_fragment one;
	enum err held = ERR_NONE, more, after;

	TRY(capture_fragments_new(&key, &skipped, &f));
	for (uint32_t id = 0; id < MAX_FRAGMENTED && held == ERR_NONE; id++) {
		one = fragment_of(id, 0, id % 60 + 1, true);
		held = capture_fragments_take(f, &one, &whole[id]);
	}
	one = fragment_of(MAX_FRAGMENTED, 0, 16, false);
	more = capture_fragments_take(f, &one, &whole[0]);
	capture_fragments_give(f, &whole[1]);
	after = capture_fragments_take(f, &one, &whole[1]);
	for (uint32_t id = 2; id < MAX_FRAGMENTED; id++)
		if (!view_equal(whole[id].bytes, view_bytes(text, id % 60 + 1)))
			held = ERR_DENIED;
	capture_fragments_free(&f);
	CHECK(held == ERR_NONE && more == ERR_DENIED && after == ERR_AGAIN);
	CHECK(skipped.counts[CAPTURE_SKIP_FRAGMENT_FORGOTTEN] == 1);
	return ERR_NONE;
}

TEST(fragment_runs, "refuses a datagram of more holes than are kept")
{
	static char many[MAX_FRAGMENT_RUNS * 16 + 16];
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	struct capture_whole whole;
	enum err last = ERR_AGAIN, before = ERR_AGAIN;

	TRY(capture_fragments_new(&key, &skipped, &f));
	for (uint32_t i = 0; i <= MAX_FRAGMENT_RUNS; i++) {
		struct capture_fragment p = fragment_of(1, 0, 8, false);

		p.offset = i * 16;
		p.bytes = view_bytes(many, 8);
		before = last;
		last = capture_fragments_take(f, &p, &whole);
	}
	capture_fragments_free(&f);
	CHECK(before == ERR_AGAIN && last == ERR_DENIED);
	CHECK(skipped.counts[CAPTURE_SKIP_FRAGMENT] == 1);
	return ERR_NONE;
}

TEST(fragment_longest, "holds the longest datagram there is and refuses a longer one")
{
	static char many[MAX_FRAGMENTED_BYTES];
	struct capture_fragment p = fragment_of(1, 0, 8, false);
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	struct capture_whole whole = { VIEW_EMPTY, 0, NULL };
	enum err first, longest, longer;

	TRY(capture_fragments_new(&key, &skipped, &f));
	p.bytes = view_bytes(many, 65528);
	first = capture_fragments_take(f, &p, &whole);
	p.is_last = true;
	p.offset = 65528;
	p.bytes = view_bytes(many, 8);
	longer = capture_fragments_take(f, &p, &whole);
	p.bytes = view_bytes(many, 7);
	longest = capture_fragments_take(f, &p, &whole);
	capture_fragments_free(&f);
	CHECK(first == ERR_AGAIN && longer == ERR_DENIED && longest == ERR_NONE);
	CHECK(whole.bytes.len == MAX_FRAGMENTED_BYTES);
	return ERR_NONE;
}

TEST(fragment_wait, "waits for the rest as long as it promises, by the packets' time")
{
	struct capture_fragment a = fragment_of(1, 0, 16, false), b = fragment_of(1, 16, 20, true);
	struct capture_skipped skipped = { 0 };
	struct capture_fragments *f = NULL;
	struct capture_whole whole;
	uint64_t early, late;
	enum err err;

	TRY(capture_fragments_new(&key, &skipped, &f));
	(void)capture_fragments_take(f, &a, &whole);
	capture_fragments_expire(f, 0); /* time ran back */
	capture_fragments_expire(f, a.wall_us + FRAGMENT_WAIT_US);
	early = capture_skipped_total(&skipped);
	capture_fragments_expire(f, a.wall_us + FRAGMENT_WAIT_US + 1);
	late = skipped.counts[CAPTURE_SKIP_FRAGMENT_INCOMPLETE];
	err = capture_fragments_take(f, &b, &whole);
	capture_fragments_free(&f);
	CHECK(early == 0 && late == 1 && err == ERR_AGAIN);
	return ERR_NONE;
}

/* The IP header of a fragment and its bytes, one of those below a UDP header. */
static void take_fragment(struct walking *w, bool is_ipv6, uint32_t from, uint32_t to, bool is_last)
{
	static const char udp[] = "\x13\xc4\x13\xc6\0\x18\0\0"
				  "OPTIONS sip:bob.";
	char bytes[128] = { 0 };
	size_t head = is_ipv6 ? 48 : 20, len = head + to - from;

	if (is_ipv6) {
		bytes[0] = '\x60';
		bytes[5] = (char)(len - 40);
		bytes[6] = 44;
		bytes[40] = 17;
		bytes[43] = (char)(from | (is_last ? 0 : 1));
	} else {
		bytes[0] = '\x45';
		bytes[3] = (char)len;
		bytes[6] = is_last ? 0 : '\x20';
		bytes[7] = (char)(from / 8);
		bytes[9] = 17;
	}
	memcpy(bytes + head, udp + from, to - from);
	walking_take(w, LINKTYPE_RAW, view_bytes(bytes, len), (uint32_t)len);
}

TEST(fragment_walk, "hands out a datagram of IPv4 and of IPv6 that came in fragments")
{
	for (int is_ipv6 = 0; is_ipv6 < 2; is_ipv6++) {
		struct walking w;
		size_t early;

		TRY(walking_init(&w));
		take_fragment(&w, is_ipv6, 8, 24, true);
		early = w.datagrams;
		take_fragment(&w, is_ipv6, 0, 8, false);
		take_fragment(&w, is_ipv6, 0, 8, false); /* begins another that never ends */
		capture_walk_end(w.walk);
		capture_walk_free(&w.walk);
		CHECK(early == 0 && w.datagrams == 1 && w.cut == 0);
		CHECK(view_equal(view_bytes(w.payload, w.len), VIEW("OPTIONS sip:bob.")));
		CHECK(w.datagram.flow.remote.port == 5060 && w.datagram.flow.local.port == 5062);
		CHECK(w.skipped.counts[CAPTURE_SKIP_FRAGMENT_INCOMPLETE] == 1);
	}
	return ERR_NONE;
}

TEST(fragment_walk_cut, "puts nothing together from fragments that the snapshot length cut")
{
	struct walking w;
	struct frame f;

	TRY(walking_init(&w));
	(void)frame_build(&f, "ipv4 udp", VIEW("OPTIONS sip:bob."));
	f.bytes[f.start + 6] = '\x20'; /* more fragments */
	walking_take(&w, LINKTYPE_RAW, view_first(frame_view(&f), 36), 44);
	capture_walk_free(&w.walk);
	CHECK(w.datagrams == 0 && w.skipped.counts[CAPTURE_SKIP_FRAGMENT] == 1);
	return ERR_NONE;
}
