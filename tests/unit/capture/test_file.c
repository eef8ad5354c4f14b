/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are read and which are refused, pcap and Network Monitor. */
#include "capture/file.h"
#include "runner/test.h"
#include "unit/capture/bytes.h"
#include "unit/capture/reading.h"

#include <stdlib.h>

static void pcap_header(struct bytes *b, uint32_t magic, uint32_t link)
{
	bytes_u32(b, magic);
	bytes_u16(b, 2);
	bytes_u16(b, 4);
	bytes_number(b, 0, 8);
	bytes_u32(b, 65535);
	bytes_u32(b, link);
}

static void pcap_record(struct bytes *b, uint32_t units, uint32_t original, struct view bytes)
{
	bytes_u32(b, 1000);
	bytes_u32(b, units);
	bytes_u32(b, (uint32_t)bytes.len);
	bytes_u32(b, original);
	bytes_put(b, bytes);
}

static const struct {
	const char *name;
	bool is_big;
	uint32_t magic;
	int64_t want_us; /* of 1000 s and 5000 units */
} pcaps[] = {
	{ "microseconds, little end first", false, 0xa1b2c3d4, 1000005000 },
	{ "microseconds, big end first", true, 0xa1b2c3d4, 1000005000 },
	{ "nanoseconds, little end first", false, 0xa1b23c4d, 1000000005 },
	{ "nanoseconds, big end first", true, 0xa1b23c4d, 1000000005 },
};

TEST(file_pcap, "reads pcap in both byte orders and both resolutions, however it is cut")
{
	for (size_t i = 0; i < sizeof(pcaps) / sizeof(pcaps[0]); i++) {
		struct bytes b = { .is_big = pcaps[i].is_big };

		pcap_header(&b, pcaps[i].magic, 0xf4000000 | LINKTYPE_LINUX_SLL);
		pcap_record(&b, 5000, 90, VIEW("abc"));
		pcap_record(&b, 5000, 0, VIEW("de"));
		for (size_t piece = 0; piece < 8; piece++) {
			struct reading r = { .piece = piece };

			TRY(reading_run(&r, bytes_view(&b)));
			CHECK_CASE(r.count == 2 && r.end == CAPTURE_END_WHOLE, pcaps[i].name);
			CHECK_CASE(r.format == CAPTURE_PCAP, pcaps[i].name);
			CHECK_CASE(r.packets[0].wall_us == pcaps[i].want_us, pcaps[i].name);
			CHECK_CASE(r.packets[0].link == LINKTYPE_LINUX_SLL, pcaps[i].name);
			CHECK_CASE(r.packets[0].original_len == 90, pcaps[i].name);
			CHECK_CASE(r.packets[0].bytes.len == 3, pcaps[i].name);
			CHECK_CASE(r.packets[1].original_len == 2, "never less than there is");
			CHECK_CASE(r.first[0] == 'a' && r.first[1] == 'd', pcaps[i].name);
		}
	}
	return ERR_NONE;
}

TEST(file_pcap_cut, "gives all whole packets of a pcap that breaks off anywhere")
{
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_record(&b, 1, 3, VIEW("abc"));
	pcap_record(&b, 2, 3, VIEW("def"));
	for (size_t len = 1; len < b.len; len++) {
		struct reading r = { 0 };
		size_t want = len >= 62 ? 2 : len >= 43 ? 1 : 0;

		TRY(reading_run(&r, view_bytes(b.at, len)));
		CHECK(r.count == want);
		CHECK(r.end ==
		      (len == 24 || len == 43 ? CAPTURE_END_WHOLE : CAPTURE_END_TRUNCATED));
	}
	return ERR_NONE;
}

TEST(file_failing, "tells a file that cannot be read from one that breaks off")
{
	struct reading r = { .is_failing = true }, nothing = { .is_failing = true };
	struct bytes b = { 0 };

	pcap_header(&b, 0xa1b2c3d4, 1);
	pcap_record(&b, 1, 3, VIEW("abc"));
	TRY(reading_run(&r, bytes_view(&b)));
	CHECK(r.count == 1 && r.end == CAPTURE_END_IO);
	TRY(reading_run(&nothing, VIEW_EMPTY));
	CHECK(nothing.count == 0 && nothing.end == CAPTURE_END_IO);
	return ERR_NONE;
}

/* A header, a record that claims `claimed` bytes, and one that is in order. */
static enum err read_long(uint32_t claimed, size_t there, struct reading *r)
{
	struct bytes b = { 0 }, next = { 0 };
	size_t len = 24 + 16 + there;
	char *file;
	enum err err;

	pcap_header(&b, 0xa1b2c3d4, 1);
	bytes_number(&b, 0, 8);
	bytes_u32(&b, claimed);
	bytes_u32(&b, claimed);
	pcap_record(&next, 1, 3, VIEW("abc"));
	file = calloc(1, len + next.len);
	if (!file)
		return ERR_NO_MEMORY;
	memcpy(file, b.at, b.len);
	memcpy(file + len, next.at, next.len);
	err = reading_run(r, view_bytes(file, len + next.len));
	free(file);
	return err;
}

TEST(file_pcap_long, "reads the longest packet, skips a longer one and stops at nonsense")
{
	static const struct {
		uint32_t claimed, there;
		size_t want;
		uint64_t skipped;
		enum capture_end end;
	} cases[] = {
		{ MAX_CAPTURE_PACKET, MAX_CAPTURE_PACKET, 2, 0, CAPTURE_END_WHOLE },
		{ MAX_CAPTURE_PACKET + 1, MAX_CAPTURE_PACKET + 1, 1, 1, CAPTURE_END_WHOLE },
		{ 3 << 20, 3 << 20, 1, 1, CAPTURE_END_WHOLE },
		{ 3 << 20, 2 << 20, 0, 0, CAPTURE_END_TRUNCATED },
		{ (16 << 20) + 1, 100, 0, 0, CAPTURE_END_CORRUPT },
		{ UINT32_MAX, 100, 0, 0, CAPTURE_END_CORRUPT },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r = { .piece = 100000 };

		TRY(read_long(cases[i].claimed, cases[i].there, &r));
		CHECK(r.count == cases[i].want && r.end == cases[i].end);
		CHECK(r.skipped.counts[CAPTURE_SKIP_PACKET_LONG] == cases[i].skipped);
	}
	return ERR_NONE;
}

static const struct {
	const char *name;
	struct view bytes;
	enum capture_end want;
} refused[] = {
	{ "nothing", VIEW(""), CAPTURE_END_EMPTY },
	{ "a text", VIEW("OPTIONS sip:alice@example.com SIP/2.0"), CAPTURE_END_UNKNOWN },
	{ "Network Monitor 1.x", VIEW("RTSS\x01\x01"), CAPTURE_END_VERSION },
	{ "longer records, little end first", VIEW("\x34\xcd\xb2\xa1\x02\x00\x04\x00"),
	  CAPTURE_END_VARIANT },
	{ "longer records, big end first", VIEW("\xa1\xb2\xcd\x34\x00\x02\x00\x04"),
	  CAPTURE_END_VARIANT },
	{ "another maker's", VIEW("\xcd\x34\xb2\xa1"), CAPTURE_END_VARIANT },
	{ "gzip", VIEW("\x1f\x8b\x08\x00"), CAPTURE_END_COMPRESSED },
	{ "zstd", VIEW("\x28\xb5\x2f\xfd"), CAPTURE_END_COMPRESSED },
	{ "pcap 3",
	  VIEW("\xd4\xc3\xb2\xa1\x03\x00\x04\x00"
	       "0123456789abcdef"),
	  CAPTURE_END_VERSION },
	{ "pcapng 2",
	  VIEW("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a\x02\x00\x00\x00"
	       "\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00"),
	  CAPTURE_END_VERSION },
	{ "pcapng in an order of bytes that nobody has",
	  VIEW("\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x2b\x1a\x4d\x3c\x01\x00\x00\x00"
	       "\xff\xff\xff\xff\xff\xff\xff\xff\x1c\x00\x00\x00"),
	  CAPTURE_END_CORRUPT },
};

TEST(file_refused, "refuses what is no capture, and says why")
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct reading r = { 0 };

		TRY(reading_run(&r, refused[i].bytes));
		CHECK_CASE(r.count == 0 && r.end == refused[i].want, refused[i].name);
	}
	return ERR_NONE;
}

TEST(file_names, "gives every end a name and a text, and tells refusals from breaks")
{
	for (int i = 0; i < CAPTURE_END_COUNT; i++)
		for (int j = 0; j < i; j++)
			CHECK(strcmp(capture_end_name((enum capture_end)i),
			             capture_end_name((enum capture_end)j)) != 0);
	CHECK(strcmp(capture_end_text(CAPTURE_END_EMPTY), "is empty") == 0);
	CHECK(capture_end_is_reading(CAPTURE_END_TRUNCATED));
	CHECK(!capture_end_is_reading(CAPTURE_END_COMPRESSED));
	CHECK(strcmp(capture_format_name(CAPTURE_NETMON), "netmon") == 0);
	return ERR_NONE;
}

/* 2026-03-01 12:00:00.250, a Sunday. */
static void netmon_header(struct bytes *b, unsigned minor, uint32_t frames_len)
{
	static const unsigned date[] = { 2026, 3, 0, 1, 12, 0, 0, 250 };

	bytes_put(b, VIEW("GMBU"));
	bytes_number(b, minor, 1);
	bytes_number(b, 2, 1);
	bytes_u16(b, 1);
	for (size_t i = 0; i < sizeof(date) / sizeof(date[0]); i++)
		bytes_u16(b, date[i]);
	bytes_u32(b, 128 + frames_len);
	while (b->len < 128)
		bytes_number(b, 0, 1);
}

static void netmon_record(struct bytes *b, unsigned minor, uint64_t delta_us, unsigned network)
{
	bytes_number(b, delta_us, 8);
	bytes_u32(b, 60);
	bytes_u32(b, 3);
	bytes_put(b, VIEW("abc"));
	if (minor >= 1)
		bytes_u16(b, network);
	if (minor >= 2)
		bytes_u32(b, 7);
	if (minor >= 3) {
		bytes_number(b, UINT64_C(116444736000000000) + 10 * (UINT64_C(5000000) + delta_us),
		             8);
		bytes_number(b, 0, 1);
	}
}

TEST(file_netmon, "reads Network Monitor 2.0 to 2.3 up to the table of frames")
{
	static const uint32_t sizes[] = { 19, 21, 25, 34 };

	for (unsigned minor = 0; minor < 4; minor++) {
		const int64_t start = minor == 3 ? 5000000 : INT64_C(1772366400250000);
		struct bytes b = { 0 };

		netmon_header(&b, minor, 3 * sizes[minor]);
		netmon_record(&b, minor, 0, 1);
		netmon_record(&b, minor, 7, minor ? 0xe071 : 0);
		netmon_record(&b, minor, 9, minor ? 9 : 0);
		bytes_put(&b, VIEW("table of frames"));
		for (size_t piece = 0; piece < 8; piece++) {
			struct reading r = { .piece = piece };

			TRY(reading_run(&r, bytes_view(&b)));
			CHECK(r.count == 3 && r.end == CAPTURE_END_WHOLE);
			CHECK(r.packets[0].wall_us == start && r.packets[1].wall_us == start + 7);
			CHECK(r.packets[0].link == LINKTYPE_ETHERNET && r.first[2] == 'a');
			CHECK(r.packets[0].original_len == 60 && r.packets[0].bytes.len == 3);
			CHECK(r.packets[1].link ==
			      (minor ? LINKTYPE_LINUX_SLL : LINKTYPE_ETHERNET));
			CHECK(r.packets[2].link == (minor ? LINKTYPE_RAW : LINKTYPE_ETHERNET));
		}
	}
	return ERR_NONE;
}

TEST(file_netmon_cut, "gives all whole frames of a Network Monitor file that breaks off")
{
	struct bytes b = { 0 };

	netmon_header(&b, 1, 42);
	netmon_record(&b, 1, 1, 1);
	netmon_record(&b, 1, 2, 1);
	for (size_t len = 1; len < b.len; len++) {
		struct reading r = { 0 };

		TRY(reading_run(&r, view_bytes(b.at, len)));
		CHECK(r.end == CAPTURE_END_TRUNCATED && r.count == (len >= 149 ? 1 : 0));
	}
	return ERR_NONE;
}

TEST(file_netmon_odd, "passes over metadata, times before the start and frames beyond the table")
{
	struct reading r = { 0 }, beyond = { 0 }, early = { 0 };
	struct bytes b = { 0 };

	netmon_header(&b, 1, 63);
	netmon_record(&b, 1, 1, 0xfffd);
	netmon_record(&b, 1, UINT64_MAX / 10 - 5, 1); /* five before */
	netmon_record(&b, 1, 2, 6);
	TRY(reading_run(&r, bytes_view(&b)));
	CHECK(r.count == 2 && r.end == CAPTURE_END_WHOLE);
	CHECK(r.packets[0].wall_us == INT64_C(1772366400249995));
	CHECK(r.packets[1].link == UINT32_MAX);
	b.len = 0;
	netmon_header(&b, 1, 30);
	netmon_record(&b, 1, 1, 1);
	netmon_record(&b, 1, 1, 1);
	TRY(reading_run(&beyond, bytes_view(&b)));
	CHECK(beyond.count == 1 && beyond.end == CAPTURE_END_CORRUPT);
	b.len = 0;
	netmon_header(&b, 1, 0);
	b.at[25] = 0;
	b.at[24] = 127;
	TRY(reading_run(&early, bytes_view(&b)));
	CHECK(early.count == 0 && early.end == CAPTURE_END_CORRUPT);
	return ERR_NONE;
}
