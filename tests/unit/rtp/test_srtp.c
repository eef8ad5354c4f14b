/* SPDX-License-Identifier: Apache-2.0 */
/* What changes the state of SRTP, and what must not. */
#include "srtp_case.h"

#include <openssl/crypto.h>

enum { SSRC = 0x1234abcd };

static const char *name_of(unsigned suite) { return suite_sizes(suite)->name; }

TEST(srtp_identity, "unprotects what was protected, over wraps, losses and changes of order")
{
	static const uint16_t sequences[] = { 65530, 65533, 65532, 65535, 0, 2, 1, 300, 298 };

	for (unsigned suite = 1; suite < SUITE_COUNT; suite++) {
		static struct srtp_ends ends;

		TRY(srtp_ends_open(&ends, suite, 0));
		for (size_t i = 0; i < sizeof(sequences) / sizeof(sequences[0]); i++) {
			struct srtp_case_packet clear = srtp_case_rtp(SSRC, sequences[i]);
			struct srtp_case_packet p = clear, again;

			TRY(srtp_send(&ends.sender, &p));
			CHECK_CASE(p.len == clear.len + suite_sizes(suite)->tag, name_of(suite));
			CHECK_CASE(memcmp(p.bytes, clear.bytes, 12) == 0, name_of(suite));
			CHECK_CASE(memcmp(p.bytes + 12, clear.bytes + 12, 160) != 0,
			           name_of(suite));
			again = p;
			TRY(srtp_take(&ends.receiver, &p));
			CHECK_CASE(srtp_case_same(&p, &clear), name_of(suite));
			CHECK_CASE(srtp_take(&ends.receiver, &again) == ERR_STALE, name_of(suite));
		}
		CHECK(ends.heard[0].rtp == (1 << 16) + 300 + 1);
		CHECK(ends.heard[1].rtp == 0);
		srtp_ends_close(&ends);
	}
	return ERR_NONE;
}

TEST(srtcp_identity, "unprotects SRTCP in any order, once")
{
	for (unsigned suite = 1; suite < SUITE_COUNT; suite++) {
		struct srtp_case_packet sent[70], clear = srtp_case_rtcp(SSRC), p;
		static struct srtp_ends ends;

		TRY(srtp_ends_open(&ends, suite, 0));
		for (size_t i = 0; i < 70; i++) {
			sent[i] = clear;
			TRY(rtp_srtcp_protect(&ends.sender, sent[i].bytes, SRTP_CASE_ROOM,
			                      &sent[i].len));
		}
		for (size_t i = 10; i < 70; i++) {
			p = sent[i ^ 1];
			TRY(rtp_srtcp_unprotect(&ends.receiver, p.bytes, &p.len));
			CHECK_CASE(srtp_case_same(&p, &clear), name_of(suite));
			p = sent[i ^ 1];
			CHECK_CASE(rtp_srtcp_unprotect(&ends.receiver, p.bytes, &p.len) ==
			                   ERR_STALE,
			           name_of(suite));
		}
		p = sent[5]; /* behind the window */
		CHECK(rtp_srtcp_unprotect(&ends.receiver, p.bytes, &p.len) == ERR_STALE);
		p = sent[7]; /* within */
		TRY(rtp_srtcp_unprotect(&ends.receiver, p.bytes, &p.len));
		srtp_ends_close(&ends);
	}
	return ERR_NONE;
}

/* Everything that a context knows, but OpenSSL's own. */
struct state {
	struct srtp srtp;
	struct srtp_mark marks[SRTP_MAX_SOURCES];
};

static void take_state(const struct srtp_ends *e, struct state *ret)
{
	memcpy(&ret->srtp, &e->receiver, sizeof(ret->srtp));
	memcpy(ret->marks, e->heard, sizeof(ret->marks));
}

TEST(srtp_unauthentic, "changes neither state nor bytes for a packet that is not authentic")
{
	static struct state before, after;

	for (unsigned suite = 1; suite < SUITE_COUNT; suite++) {
		struct srtp_case_packet good = srtp_case_rtp(SSRC, 7), p, bad;
		static struct srtp_ends ends;

		TRY(srtp_ends_open(&ends, suite, 0));
		p = srtp_case_rtp(SSRC, 5);
		TRY(srtp_send(&ends.sender, &p));
		TRY(srtp_take(&ends.receiver, &p));
		TRY(srtp_send(&ends.sender, &good));
		take_state(&ends, &before);
		for (size_t bit = 0; bit < 8 * good.len; bit++) {
			enum err err;

			p = good;
			p.bytes[bit / 8] = (char)(p.bytes[bit / 8] ^ 1 << bit % 8);
			bad = p;
			err = srtp_take(&ends.receiver, &p);
			CHECK_CASE(err != ERR_NONE, name_of(suite));
			CHECK_CASE(srtp_case_same(&p, &bad), name_of(suite));
		}
		take_state(&ends, &after);
		CHECK_CASE(memcmp(&before, &after, sizeof(before)) == 0, name_of(suite));
		TRY(srtp_take(&ends.receiver, &good));
		srtp_ends_close(&ends);
	}
	return ERR_NONE;
}

TEST(srtcp_unauthentic, "changes nothing for SRTCP that is not authentic")
{
	static struct state before, after;

	for (unsigned suite = 1; suite < SUITE_COUNT; suite++) {
		struct srtp_case_packet good = srtp_case_rtcp(SSRC), p, bad;
		static struct srtp_ends ends;

		TRY(srtp_ends_open(&ends, suite, 0));
		TRY(rtp_srtcp_protect(&ends.sender, good.bytes, SRTP_CASE_ROOM, &good.len));
		take_state(&ends, &before);
		for (size_t bit = 0; bit < 8 * good.len; bit++) {
			p = good;
			p.bytes[bit / 8] = (char)(p.bytes[bit / 8] ^ 1 << bit % 8);
			bad = p;
			CHECK_CASE(rtp_srtcp_unprotect(&ends.receiver, p.bytes, &p.len) != ERR_NONE,
			           name_of(suite));
			CHECK_CASE(srtp_case_same(&p, &bad), name_of(suite));
		}
		take_state(&ends, &after);
		CHECK_CASE(memcmp(&before, &after, sizeof(before)) == 0, name_of(suite));
		TRY(rtp_srtcp_unprotect(&ends.receiver, good.bytes, &good.len));
		srtp_ends_close(&ends);
	}
	return ERR_NONE;
}

TEST(srtp_cut, "takes no packet that was cut anywhere")
{
	for (unsigned suite = 1; suite < SUITE_COUNT; suite++) {
		struct srtp_case_packet rtp = srtp_case_rtp(SSRC, 7), rtcp = srtp_case_rtcp(SSRC);
		static struct srtp_ends ends;

		rtp.bytes[0] = (char)0x93; /* three sources and an extension of two words */
		memcpy(rtp.bytes + 24, "\xbe\xde\x00\x02", 4);
		TRY(srtp_ends_open(&ends, suite, 0));
		TRY(srtp_send(&ends.sender, &rtp));
		TRY(rtp_srtcp_protect(&ends.sender, rtcp.bytes, SRTP_CASE_ROOM, &rtcp.len));
		for (size_t len = 0; len < rtp.len; len++) {
			char *cut = test_exact_copy(view_bytes(rtp.bytes, len));
			size_t left = len;

			CHECK(rtp_srtp_unprotect(&ends.receiver, cut, &left) != ERR_NONE);
			left = len;
			CHECK(len >= 12 + 3 * 4 + 4 + 8 ||
			      rtp_srtp_protect(&ends.sender, cut, len, &left) != ERR_NONE);
			free(cut);
		}
		for (size_t len = 0; len < rtcp.len; len++) {
			char *cut = test_exact_copy(view_bytes(rtcp.bytes, len));
			size_t left = len;

			CHECK(rtp_srtcp_unprotect(&ends.receiver, cut, &left) != ERR_NONE);
			free(cut);
		}
		TRY(srtp_take(&ends.receiver, &rtp));
		srtp_ends_close(&ends);
	}
	return ERR_NONE;
}

TEST(srtp_room, "writes no tag where there is no room for it")
{
	struct srtp_case_packet p = srtp_case_rtp(SSRC, 7), clear = p;
	struct srtp_case_packet report = srtp_case_rtcp(SSRC);
	static struct srtp_ends ends;

	TRY(srtp_ends_open(&ends, SUITE_GCM_128, 0));
	CHECK(rtp_srtp_protect(&ends.sender, p.bytes, p.len + 15, &p.len) == ERR_LIMIT);
	CHECK(srtp_case_same(&p, &clear) && ends.sent[0].rtp == 0);
	CHECK(rtp_srtp_protect(&ends.sender, p.bytes, p.len + 16, &p.len) == ERR_NONE);
	CHECK(rtp_srtcp_protect(&ends.sender, report.bytes, report.len + 19, &report.len) ==
	      ERR_LIMIT);
	CHECK(rtp_srtcp_protect(&ends.sender, report.bytes, report.len + 20, &report.len) ==
	      ERR_NONE);
	srtp_ends_close(&ends);
	return ERR_NONE;
}

TEST(srtp_sent_once, "never protects two packets under one index")
{
	struct srtp_case_packet p = srtp_case_rtp(SSRC, 7);
	static struct srtp_ends ends;

	TRY(srtp_ends_open(&ends, SUITE_CM_128_80, 0));
	TRY(srtp_send(&ends.sender, &p));
	p = srtp_case_rtp(SSRC, 7);
	p.bytes[20] = 1;
	CHECK(srtp_send(&ends.sender, &p) == ERR_STALE);
	p = srtp_case_rtp(SSRC, 6);
	TRY(srtp_send(&ends.sender, &p));
	srtp_ends_close(&ends);
	return ERR_NONE;
}

TEST(srtp_sources, "knows sixteen senders of a key, and of a quiet one how far it came")
{
	struct srtp_case_packet first, p;
	static struct srtp_ends ends;

	TRY(srtp_ends_open(&ends, SUITE_CM_128_80, 0));
	first = srtp_case_rtp(0, 100);
	TRY(srtp_send(&ends.sender, &first));
	for (uint32_t ssrc = 0; ssrc < SRTP_MAX_SOURCES; ssrc++) {
		p = ssrc == 0 ? first : srtp_case_rtp(ssrc, 100);
		if (ssrc > 0)
			TRY(srtp_send(&ends.sender, &p));
		TRY(srtp_take(&ends.receiver, &p));
	}
	p = srtp_case_rtp(SRTP_MAX_SOURCES, 100);
	CHECK(srtp_send(&ends.sender, &p) == ERR_FULL);
	CHECK(srtp_take(&ends.receiver, &p) == ERR_FULL);
	p = first;
	CHECK(srtp_take(&ends.receiver, &p) == ERR_STALE);
	p = srtp_case_rtp(0, 99);
	CHECK(srtp_send(&ends.sender, &p) == ERR_STALE);
	p = srtp_case_rtp(0, 101);
	TRY(srtp_send(&ends.sender, &p));
	TRY(srtp_take(&ends.receiver, &p));
	srtp_ends_close(&ends);
	return ERR_NONE;
}

TEST(srtp_resumed, "goes on at its marks after a new start, rollover counter and all")
{
	struct srtp_setup setup = { 0 };
	struct srtp_case_packet p, old;
	static struct srtp_ends ends;

	TRY(srtp_ends_open(&ends, SUITE_GCM_256, 0));
	for (uint32_t i = 0; i < 3 * 65536; i += 16384) {
		p = srtp_case_rtp(SSRC, (uint16_t)i);
		TRY(srtp_send(&ends.sender, &p));
		old = p;
		TRY(srtp_take(&ends.receiver, &p));
	}
	setup.marks = ends.sent;
	TRY(rtp_srtp_start(&ends.sender, &ends.engine, SUITE_GCM_256, srtp_case_secret(), &setup));
	setup.marks = ends.heard;
	TRY(rtp_srtp_start(&ends.receiver, &ends.engine, SUITE_GCM_256, srtp_case_secret(),
	                   &setup));
	CHECK(srtp_take(&ends.receiver, &old) == ERR_STALE);
	p = srtp_case_rtp(SSRC, 49152);
	CHECK(srtp_send(&ends.sender, &p) == ERR_STALE);
	p = srtp_case_rtp(SSRC, 3);
	TRY(srtp_send(&ends.sender, &p));
	TRY(srtp_take(&ends.receiver, &p));
	CHECK(ends.heard[0].rtp == (3 << 16) + 3 + 1 && ends.sent[0].rtp == (3 << 16) + 3 + 1);
	srtp_ends_close(&ends);
	return ERR_NONE;
}

TEST(srtp_used_up, "protects no more packets than a key may")
{
	struct srtp_setup setup = { .max_packets = 10 };
	struct srtp_case_packet p;
	static struct srtp_ends ends;

	TRY(srtp_ends_open(&ends, SUITE_CM_128_32, 0));
	setup.marks = ends.sent;
	TRY(rtp_srtp_start(&ends.sender, &ends.engine, SUITE_CM_128_32, srtp_case_secret(),
	                   &setup));
	for (uint16_t i = 0; i < 10; i++) {
		p = srtp_case_rtp(SSRC, i);
		TRY(srtp_send(&ends.sender, &p));
		p = srtp_case_rtcp(SSRC);
		TRY(rtp_srtcp_protect(&ends.sender, p.bytes, SRTP_CASE_ROOM, &p.len));
	}
	p = srtp_case_rtp(SSRC, 10);
	CHECK(srtp_send(&ends.sender, &p) == ERR_LIMIT);
	p = srtp_case_rtcp(SSRC);
	CHECK(rtp_srtcp_protect(&ends.sender, p.bytes, SRTP_CASE_ROOM, &p.len) == ERR_LIMIT);
	/* As far as the RFC lets a key go. */
	ends.sent[1] =
		(struct srtp_mark){ .ssrc = 5, .rtp = SRTP_MAX_PACKETS, .rtcp = SRTCP_MAX_PACKETS };
	setup.max_packets = 0;
	TRY(rtp_srtp_start(&ends.sender, &ends.engine, SUITE_CM_128_32, srtp_case_secret(),
	                   &setup));
	p = srtp_case_rtp(5, 0);
	CHECK(srtp_send(&ends.sender, &p) == ERR_LIMIT);
	p = srtp_case_rtcp(5);
	CHECK(rtp_srtcp_protect(&ends.sender, p.bytes, SRTP_CASE_ROOM, &p.len) == ERR_LIMIT);
	srtp_ends_close(&ends);
	return ERR_NONE;
}

TEST(srtp_setup, "starts with no suite and no window that there is not, and leaves no key behind")
{
	static const uint16_t windows[] = { 63, 32, 100, 1088, 65535 };
	struct srtp_setup setup = { 0 };
	static struct srtp_ends ends;
	static const struct srtp stopped;

	TRY(srtp_ends_open(&ends, SUITE_CM_128_80, 1024));
	setup.marks = ends.sent;
	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		setup.window = windows[i];
		CHECK(rtp_srtp_start(&ends.sender, &ends.engine, SUITE_CM_128_80,
		                     srtp_case_secret(), &setup) == ERR_UNSUPPORTED);
		CHECK(memcmp(&ends.sender, &stopped, sizeof(stopped)) == 0);
	}
	setup.window = 0;
	CHECK(rtp_srtp_start(&ends.sender, &ends.engine, SUITE_NONE, srtp_case_secret(), &setup) ==
	      ERR_UNSUPPORTED);
	CHECK(rtp_srtp_start(&ends.sender, &ends.engine, SUITE_COUNT, srtp_case_secret(), &setup) ==
	      ERR_UNSUPPORTED);
	rtp_srtp_stop(&ends.receiver);
	CHECK(memcmp(&ends.receiver, &stopped, sizeof(stopped)) == 0);
	srtp_ends_close(&ends);
	return ERR_NONE;
}

static unsigned long asked;

/* Past the ladder, which OpenSSL's memory does not climb. */
void *__real_malloc(size_t size);
void *__real_realloc(void *at, size_t size);

static void *counted_malloc(size_t size, const char *file, int line)
{
	(void)file, (void)line;
	asked++;
	return __real_malloc(size);
}

static void *counted_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file, (void)line;
	asked++;
	return __real_realloc(at, size);
}

static void counted_free(void *at, const char *file, int line)
{
	(void)file, (void)line;
	free(at);
}

/* Must be told to OpenSSL before it asks for the first byte. */
__attribute__((constructor)) static void count_memory(void)
{
	(void)CRYPTO_set_mem_functions(counted_malloc, counted_realloc, counted_free);
}

TEST(srtp_no_memory_asked, "asks for no memory while packets pass")
{
	for (unsigned suite = 1; suite < SUITE_COUNT; suite++) {
		static struct srtp_ends ends;
		unsigned long before;

		TRY(srtp_ends_open(&ends, suite, 0));
		before = asked;
		CHECK(before > 0);
		for (uint16_t i = 0; i < 100; i++) {
			struct srtp_case_packet p = srtp_case_rtp(SSRC + i % 8, i), r;

			TRY(srtp_send(&ends.sender, &p));
			p.bytes[30] ^= 1;
			CHECK(srtp_take(&ends.receiver, &p) == ERR_DENIED);
			p.bytes[30] ^= 1;
			TRY(srtp_take(&ends.receiver, &p));
			r = srtp_case_rtcp(SSRC);
			TRY(rtp_srtcp_protect(&ends.sender, r.bytes, SRTP_CASE_ROOM, &r.len));
			TRY(rtp_srtcp_unprotect(&ends.receiver, r.bytes, &r.len));
		}
		CHECK_CASE(asked == before, name_of(suite));
		srtp_ends_close(&ends);
	}
	return ERR_NONE;
}
