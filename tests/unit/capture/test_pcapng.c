/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks of pcapng: sections, interfaces, packets, secrets and what is passed over. */
#include "capture/file.h"
#include "runner/test.h"
#include "unit/capture/bytes.h"
#include "unit/capture/reading.h"

#include <stdlib.h>

static void section(struct bytes *b)
{
	struct bytes body = { .is_big = b->is_big };

	bytes_u32(&body, 0x1a2b3c4d);
	bytes_u16(&body, 1);
	bytes_u16(&body, 0);
	bytes_number(&body, UINT64_MAX, 8);
	bytes_block(b, 0x0a0d0d0a, bytes_view(&body));
}

struct option {
	unsigned code, len;
	uint64_t value;
};

static void interface(struct bytes *b, unsigned link, uint32_t max_len, struct option option)
{
	struct bytes body = { .is_big = b->is_big };

	bytes_u16(&body, link);
	bytes_u16(&body, 0);
	bytes_u32(&body, max_len);
	bytes_u16(&body, 2); /* a name, to be passed over */
	bytes_u16(&body, 4);
	bytes_put(&body, VIEW("eth0"));
	if (option.code) {
		bytes_u16(&body, option.code);
		bytes_u16(&body, option.len);
		bytes_number(&body, option.value, option.len);
		bytes_number(&body, 0, (4 - option.len % 4) % 4);
		bytes_number(&body, 0, 4);
	}
	bytes_block(b, 1, bytes_view(&body));
}

static void packet(struct bytes *b, uint32_t interface, uint64_t stamp, struct view bytes)
{
	struct bytes body = { .is_big = b->is_big };

	bytes_u32(&body, interface);
	bytes_u32(&body, (uint32_t)(stamp >> 32));
	bytes_u32(&body, (uint32_t)stamp);
	bytes_u32(&body, (uint32_t)bytes.len);
	bytes_u32(&body, 77);
	bytes_put(&body, bytes);
	bytes_block(b, 6, bytes_view(&body));
}

static void simple_packet(struct bytes *b, uint32_t original, struct view bytes)
{
	struct bytes body = { .is_big = b->is_big };

	bytes_u32(&body, original);
	bytes_put(&body, bytes);
	bytes_block(b, 3, bytes_view(&body));
}

static void old_packet(struct bytes *b, unsigned interface, struct view bytes)
{
	struct bytes body = { .is_big = b->is_big };

	bytes_u16(&body, interface);
	bytes_u16(&body, 9); /* drops */
	bytes_u32(&body, 0);
	bytes_u32(&body, 42);
	bytes_u32(&body, (uint32_t)bytes.len);
	bytes_u32(&body, (uint32_t)bytes.len);
	bytes_put(&body, bytes);
	bytes_block(b, 2, bytes_view(&body));
}

static void secrets(struct bytes *b, struct view text)
{
	struct bytes body = { .is_big = b->is_big };

	bytes_u32(&body, 0x544c534b);
	bytes_u32(&body, (uint32_t)text.len);
	bytes_put(&body, text);
	bytes_block(b, 10, bytes_view(&body));
}

static void whole_section(struct bytes *b)
{
	section(b);
	interface(b, LINKTYPE_ETHERNET, 0, (struct option){ 0 });
	interface(b, LINKTYPE_RAW, 2, (struct option){ 9, 1, 9 });
	bytes_block(b, 0x0bad, VIEW("of somebody else"));
	secrets(b, VIEW("CLIENT_RANDOM 00 11"));
	packet(b, 0, 1000005, VIEW("abcde"));
	packet(b, 1, UINT64_C(7000000), VIEW("fg"));
	simple_packet(b, 5, VIEW("hijkl"));
	old_packet(b, 1, VIEW("mno"));
	packet(b, 2, 1, VIEW("pq"));
}

TEST(pcapng_blocks, "reads every kind of block, in both orders, in pieces of any size")
{
	for (int i = 0; i < 2; i++) {
		struct bytes b = { .is_big = i };

		whole_section(&b);
		for (size_t piece = 0; piece < 8; piece++) {
			struct reading r = { .piece = piece };
			const struct capture_packet *p = r.packets;

			TRY(reading_run(&r, bytes_view(&b)));
			CHECK(r.count == 4 && r.end == CAPTURE_END_WHOLE);
			CHECK(r.skipped.counts[CAPTURE_SKIP_INTERFACE] == 1);
			CHECK(p[0].wall_us == 1000005 && p[0].link == 1 && p[0].bytes.len == 5);
			CHECK(p[0].original_len == 77);
			CHECK(p[1].wall_us == 7000 && p[1].link == LINKTYPE_RAW);
			CHECK(p[2].wall_us == 7000 && p[2].bytes.len == 5 && p[2].link == 1);
			CHECK(p[3].wall_us == 0 && p[3].bytes.len == 3 && p[3].original_len == 3);
			CHECK(memcmp(r.first, "afhm", 4) == 0);
			CHECK(strcmp(r.key_log, "CLIENT_RANDOM 00 11") == 0);
		}
	}
	return ERR_NONE;
}

TEST(pcapng_sections, "starts anew with each section, even in the other byte order")
{
	struct reading r = { 0 };
	struct bytes b = { 0 };

	whole_section(&b);
	b.is_big = true;
	section(&b);
	packet(&b, 0, 1, VIEW("of no interface yet"));
	interface(&b, LINKTYPE_NULL, 0, (struct option){ 0 });
	packet(&b, 0, 1, VIEW("xyz"));
	TRY(reading_run(&r, bytes_view(&b)));
	CHECK(r.count == 5 && r.end == CAPTURE_END_WHOLE);
	CHECK(r.packets[4].link == LINKTYPE_NULL && r.first[4] == 'x');
	CHECK(r.skipped.counts[CAPTURE_SKIP_INTERFACE] == 2);
	return ERR_NONE;
}

static const struct {
	const char *name;
	struct option option;
	uint64_t stamp;
	int64_t want_us;
} stamps[] = {
	{ "microseconds where nothing is said", { 0 }, 1700000000123456, 1700000000123456 },
	{ "seconds", { 9, 1, 0 }, 1700000000, 1700000000000000 },
	{ "milliseconds", { 9, 1, 3 }, 1700000000123, 1700000000123000 },
	{ "nanoseconds", { 9, 1, 9 }, 1700000000123456789, 1700000000123456 },
	{ "picoseconds", { 9, 1, 12 }, 1234567890123, 1234567 },
	{ "1/10^19 s", { 9, 1, 19 }, 5000000000000000000, 500000 },
	{ "finer than 64 bits count", { 9, 1, 20 }, UINT32_MAX, 0 },
	{ "1/2^20 s", { 9, 1, 0x80 + 20 }, 3 << 19, 1500000 },
	{ "1/2^63 s", { 9, 1, 0x80 + 63 }, UINT64_C(1) << 62, 500000 },
	{ "1/2^64 s", { 9, 1, 0x80 + 64 }, 1, 0 },
	{ "an offset", { 14, 8, 1000 }, 5, 1000000005 },
	{ "an offset before 1970", { 14, 8, (uint64_t)-10 }, 5, 0 },
	{ "an offset beyond all time", { 14, 8, INT64_MAX }, 5, 253402300799999999 },
	{ "a stamp beyond all time", { 9, 1, 0 }, UINT64_MAX, 253402300799999999 },
	{ "an option of the wrong length", { 9, 2, 3 }, 5, 5 },
};

TEST(pcapng_stamps, "reads stamps of every resolution and offset")
{
	for (size_t i = 0; i < sizeof(stamps) / sizeof(stamps[0]); i++) {
		struct reading r = { 0 };
		struct bytes b = { 0 };

		section(&b);
		interface(&b, 1, 0, stamps[i].option);
		packet(&b, 0, stamps[i].stamp, VIEW("a"));
		TRY(reading_run(&r, bytes_view(&b)));
		CHECK_CASE(r.count == 1 && r.end == CAPTURE_END_WHOLE, stamps[i].name);
		CHECK_CASE(r.packets[0].wall_us == stamps[i].want_us, stamps[i].name);
	}
	return ERR_NONE;
}

TEST(pcapng_cut, "gives all whole packets of a pcapng that breaks off anywhere")
{
	struct bytes b = { 0 };

	section(&b);
	interface(&b, 1, 0, (struct option){ 0 });
	packet(&b, 0, 1, VIEW("abcd"));
	simple_packet(&b, 4, VIEW("efgh"));
	for (size_t len = 1; len < b.len; len++) {
		struct reading r = { 0 };
		size_t want = len >= 28 + 28 + 36 ? 1 : 0;
		bool is_whole = len == 28 || len == 28 + 28 || len == 28 + 28 + 36;

		TRY(reading_run(&r, view_bytes(b.at, len)));
		CHECK(r.count == want);
		CHECK(r.end == (is_whole ? CAPTURE_END_WHOLE : CAPTURE_END_TRUNCATED));
	}
	return ERR_NONE;
}

TEST(pcapng_snapshot, "takes from a simple packet what the interface's limit left of it")
{
	struct reading r = { 0 };
	struct bytes b = { 0 };

	section(&b);
	interface(&b, 1, 2, (struct option){ 0 });
	simple_packet(&b, 500, VIEW("ab\0\0"));
	TRY(reading_run(&r, bytes_view(&b)));
	CHECK(r.count == 1 && r.packets[0].bytes.len == 2 && r.packets[0].original_len == 500);
	return ERR_NONE;
}

static const struct {
	const char *name;
	struct view block;
} corrupt[] = {
	{ "shorter than a block", VIEW("\x06\0\0\0\x08\0\0\0\x08\0\0\0") },
	{ "an odd length", VIEW("\x06\0\0\0\x0d\0\0\0\0\x0d\0\0\0") },
	{ "two lengths", VIEW("\xad\x0b\0\0\x10\0\0\0abcd\x14\0\0\0") },
	{ "an interface without a limit", VIEW("\x01\0\0\0\x10\0\0\0\x01\0\0\0\x10\0\0\0") },
	{ "a packet without a length", VIEW("\x06\0\0\0\x10\0\0\0\0\0\0\0\x10\0\0\0") },
	{ "a packet longer than its block",
	  VIEW("\x06\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x20\0\0\0") },
	{ "a simple packet longer than its block",
	  VIEW("\x03\0\0\0\x10\0\0\0\x01\0\0\0\x10\0\0\0") },
	{ "a section without a version",
	  VIEW("\x0a\x0d\x0d\x0a\x10\0\0\0\x4d\x3c\x2b\x1a\x10\0\0\0............") },
	{ "an interface of a gigabyte", VIEW("\x01\0\0\0\0\0\0\x40\x01\0\0\0") },
};

TEST(pcapng_corrupt, "stops where lengths contradict each other, after what went before")
{
	for (size_t i = 0; i < sizeof(corrupt) / sizeof(corrupt[0]); i++) {
		struct reading r = { 0 };
		struct bytes b = { 0 };

		section(&b);
		interface(&b, 1, 0, (struct option){ 0 });
		packet(&b, 0, 1, VIEW("a"));
		bytes_put(&b, corrupt[i].block);
		TRY(reading_run(&r, bytes_view(&b)));
		CHECK_CASE(r.count == 1 && r.end == CAPTURE_END_CORRUPT, corrupt[i].name);
	}
	return ERR_NONE;
}

TEST(pcapng_interfaces, "keeps as many interfaces as there is room for")
{
	static struct bytes b;
	struct view one;
	char *file;
	size_t len = 0;
	struct reading r = { 0 };

	b.len = 0;
	section(&b);
	interface(&b, 1, 0, (struct option){ 0 });
	one = view_after(bytes_view(&b), 28);
	file = malloc(28 + one.len * (MAX_CAPTURE_INTERFACES + 1) + 200);
	if (!file)
		return ERR_NO_MEMORY;
	memcpy(file, b.at, len = 28);
	for (int i = 0; i <= MAX_CAPTURE_INTERFACES; i++, len += one.len)
		memcpy(file + len, one.at, one.len);
	b.len = 0;
	packet(&b, MAX_CAPTURE_INTERFACES - 1, 1, VIEW("a"));
	packet(&b, MAX_CAPTURE_INTERFACES, 1, VIEW("b"));
	memcpy(file + len, b.at, b.len);
	if (reading_run(&r, view_bytes(file, len + b.len)) != ERR_NONE) {
		free(file);
		return ERR_NO_MEMORY;
	}
	free(file);
	CHECK(r.count == 1 && r.first[0] == 'a');
	CHECK(r.skipped.counts[CAPTURE_SKIP_INTERFACE] == 1);
	return ERR_NONE;
}

/* A block of this type and length, whose packet claims `captured` bytes, before one in order. */
static enum err read_long(uint32_t type, uint32_t len, uint32_t captured, struct reading *r)
{
	struct bytes b = { 0 };
	size_t at;
	char *file;
	enum err err;

	section(&b);
	interface(&b, 1, 0, (struct option){ 0 });
	at = b.len;
	packet(&b, 0, 1, VIEW("a"));
	file = calloc(1, b.len + len);
	if (!file)
		return ERR_NO_MEMORY;
	memcpy(file, b.at, at);
	memcpy(file + at, &type, 4);
	memcpy(file + at + 4, &len, 4);
	memcpy(file + at + (type == 10 ? 12 : 20), &captured, 4);
	memcpy(file + at + len - 4, &len, 4);
	memcpy(file + at + len, b.at + at, b.len - at);
	err = reading_run(r, view_bytes(file, b.len + len));
	free(file);
	return err;
}

TEST(pcapng_long, "skips packets and secrets that no buffer holds, and counts them")
{
	static const struct {
		uint32_t type, len, captured;
		size_t want;
		int skip; /* -1: nothing */
	} cases[] = {
		{ 6, 400000, MAX_CAPTURE_PACKET, 2, -1 },
		{ 6, 400000, MAX_CAPTURE_PACKET + 1, 1, CAPTURE_SKIP_PACKET_LONG },
		{ 6, 3 << 20, 100, 1, CAPTURE_SKIP_PACKET_LONG },
		{ 10, 3 << 20, 100, 1, CAPTURE_SKIP_SECRETS },
		{ 99, 3 << 20, 100, 1, -1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r = { .piece = 70001 };

		TRY(read_long(cases[i].type, cases[i].len, cases[i].captured, &r));
		CHECK(r.count == cases[i].want && r.end == CAPTURE_END_WHOLE);
		CHECK(capture_skipped_total(&r.skipped) == (cases[i].skip < 0 ? 0 : 1));
		if (cases[i].skip >= 0)
			CHECK(r.skipped.counts[cases[i].skip] == 1);
	}
	return ERR_NONE;
}
