/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that share a port: what tells a packet's line, and what tells none. */
#include "rtp/bundle.h"
#include "runner/test.h"

#include <string.h>

#define BYTES(text)                                                                                \
	{                                                                                          \
		text, sizeof(text) - 1                                                             \
	}
#define HEAD "\x90\x60\x00\x01\x00\x00\x00\x02\x00\x00\x00\x07"

TEST(bundle_labels, "reads the MID of both kinds of header extension, and no byte beyond them")
{
	static const struct {
		const char *name;
		struct view datagram, mid;
		enum err want;
	} cases[] = {
		{ "no extension", BYTES("\x80\x60\0\1\0\0\0\2\0\0\0\7"), BYTES(""), ERR_NONE },
		{ "one byte", BYTES(HEAD "\xbe\xde\0\1\x41v1\0"), BYTES("v1"), ERR_NONE },
		{ "behind another and a filler", BYTES(HEAD "\xbe\xde\0\2\x10z\0\x41v1\0\0"),
		  BYTES("v1"), ERR_NONE },
		{ "two bytes", BYTES(HEAD "\x10\x00\0\1\x04\x02v1"), BYTES("v1"), ERR_NONE },
		{ "two bytes with bits of the application", BYTES(HEAD "\x10\x0f\0\1\x04\x02v1"),
		  BYTES("v1"), ERR_NONE },
		{ "twice: the first", BYTES(HEAD "\xbe\xde\0\2\x41v1\x41v2\0\0"), BYTES("v1"),
		  ERR_NONE },
		{ "behind the end", BYTES(HEAD "\xbe\xde\0\1\xf0\x40v\0"), BYTES(""), ERR_NONE },
		{ "another profile", BYTES(HEAD "\xbe\xdf\0\1\x41v1\0"), BYTES(""), ERR_NONE },
		{ "beyond the block", BYTES(HEAD "\xbe\xde\0\1\x4fv1\0more of it here"), BYTES(""),
		  ERR_NONE },
		{ "none of two bytes", BYTES(HEAD "\x10\x00\0\1\x04\x00\0\0"), BYTES(""),
		  ERR_NONE },
		{ "a block beyond the end", BYTES(HEAD "\xbe\xde\0\2\x41v1\0"), BYTES(""),
		  ERR_SHORT },
		{ "sources beyond the end", BYTES("\x8f\x60\0\1\0\0\0\2\0\0\0\7"), BYTES(""),
		  ERR_SHORT },
		{ "another version", BYTES("\x50\x60\0\1\0\0\0\2\0\0\0\7"), BYTES(""), ERR_SYNTAX },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rtp_label label = { 0 };

		CHECK_CASE(rtp_label_read(cases[i].datagram, 4, &label) == cases[i].want,
		           cases[i].name);
		CHECK_CASE(view_equal(label.mid, cases[i].mid), cases[i].name);
		CHECK_CASE(cases[i].want != ERR_NONE ||
		                   (label.ssrc == 7 && label.payload_type == 96),
		           cases[i].name);
		for (size_t len = 0; len < cases[i].datagram.len; len++) {
			struct rtp_label cut = { .ssrc = 99 };
			enum err err = rtp_label_read(view_first(cases[i].datagram, len), 4, &cut);

			CHECK_CASE(err == ERR_NONE || cut.ssrc == 99, cases[i].name);
			CHECK_CASE(len >= 12 || err == ERR_SHORT, cases[i].name);
		}
	}
	return ERR_NONE;
}

TEST(bundle_written, "writes a MID into packets with and without room for it, and reads it again")
{
	static const struct {
		uint8_t id;
		const char *mid;
		struct view packet;
	} cases[] = {
		{ 4, "v", BYTES("\x80\x60\0\1\0\0\0\2\0\0\0\7picture") },
		{ 14, "0123456789abcdef", BYTES("\x81\x60\0\1\0\0\0\2\0\0\0\7\0\0\0\x9picture") },
		{ 15, "0123456789abcdef", BYTES("\x80\x60\0\1\0\0\0\2\0\0\0\7picture") },
		{ 255, "audio", BYTES(HEAD "\xbe\xde\0\1\x41v1\0picture") },
		{ 1, "a", BYTES(HEAD "\xbe\xde\0\3\x41v1\0\0\0\0\0\0\0\0\0picture") },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char bytes[128], label[RTP_LABEL_SIZE];
		size_t len = rtp_label_write(cases[i].id, view_of(cases[i].mid), label);
		struct rtp_packet p, again;
		struct rtp_label got = { 0 };
		struct view out;

		memcpy(bytes, cases[i].packet.at, cases[i].packet.len);
		CHECK(rtp_packet_parse(view_bytes(bytes, cases[i].packet.len), &p) == ERR_NONE);
		for (int turn = 0; turn < 2; turn++) { /* again where its source must be another */
			out = rtp_label_put(bytes, &p, 1, view_bytes(label, len));
			CHECK(rtp_label_read(out, cases[i].id, &got) == ERR_NONE);
			CHECK(view_equal(got.mid, view_of(cases[i].mid)) && got.ssrc == 6);
			CHECK(rtp_packet_parse(out, &again) == ERR_NONE && again.sequence == 1);
			CHECK(view_equal(again.payload, VIEW("picture")) &&
			      again.source_count == p.source_count);
		}
	}
	return ERR_NONE;
}

static void put(struct rtp_bundle *b, unsigned line, const char *mid, uint8_t first, uint8_t count)
{
	uint8_t types[BUNDLE_TYPES_SIZE] = { 0 };

	for (uint8_t i = first; i < first + count; i++)
		types[i / 8] |= (uint8_t)(1 << i % 8);
	rtp_bundle_put(b, line, view_of(mid), types);
}

static unsigned find(const struct rtp_bundle *b, const char *mid, uint32_t ssrc, uint8_t type)
{
	struct rtp_label label = { ssrc, type, view_of(mid) };

	return rtp_bundle_find(b, &label);
}

TEST(bundle_lines, "finds a packet's line by its MID, its source, its payload type, in this order")
{
	struct rtp_bundle b = { 0 };

	put(&b, 0, "a", 96, 4);
	put(&b, 1, "v", 99, 4);
	CHECK(find(&b, "v", 7, 100) == 1 && find(&b, "a", 7, 96) == 0);
	CHECK(find(&b, "x", 7, 96) == BUNDLE_NOBODY);
	CHECK(find(&b, "va", 7, 96) == BUNDLE_NOBODY);
	CHECK(find(&b, "v", 7, 96) == BUNDLE_NOBODY); /* not of that line */
	CHECK(find(&b, "", 7, 96) == 0 && find(&b, "", 7, 102) == 1);
	CHECK(find(&b, "", 7, 99) == BUNDLE_NOBODY); /* of both */
	CHECK(find(&b, "", 7, 5) == BUNDLE_NOBODY);
	CHECK(find(&b, "v", 7, 99) == 1);
	CHECK(rtp_bundle_find_source(&b, 7) == BUNDLE_NOBODY);
	rtp_bundle_learn(&b, 7, 1, 1);
	CHECK(find(&b, "", 7, 99) == 1 && rtp_bundle_find_source(&b, 7) == 1);
	CHECK(find(&b, "", 7, 96) == BUNDLE_NOBODY); /* its source is another line's */
	CHECK(find(&b, "a", 7, 96) == 0);            /* a MID says more */
	rtp_bundle_drop(&b, 1);
	CHECK(find(&b, "v", 8, 100) == BUNDLE_NOBODY && find(&b, "", 7, 99) == 0);
	return ERR_NONE;
}

TEST(bundle_sources, "of more sources than there is room for the quietest is forgotten")
{
	struct rtp_bundle b = { 0 };

	put(&b, 0, "a", 96, 1);
	put(&b, 1, "v", 97, 1);
	rtp_bundle_learn(&b, 1, 1, 1);
	for (uint32_t i = 0; i < 1000; i++) {
		rtp_bundle_learn(&b, 1, 1, 10 + 2 * i);
		rtp_bundle_learn(&b, 100 + i, 0, 11 + 2 * i);
	}
	CHECK(rtp_bundle_find_source(&b, 1) == 1);
	for (uint32_t i = 0; i < 1000; i++)
		CHECK((rtp_bundle_find_source(&b, 100 + i) == 0) ==
		      (i >= 1000 - (MAX_BUNDLE_SOURCES - 1)));
	return ERR_NONE;
}
