/* SPDX-License-Identifier: Apache-2.0 */
/* What we write as pcapng is what our reader and walk give back. */
#include "capture/pcapng_write.h"
#include "runner/test.h"
#include "unit/capture/reading.h"
#include "unit/capture/walking.h"

static struct addr at(const char *text)
{
	struct addr a = { .family = 0 };

	(void)!addr_parse_port(view_of(text), &a);
	return a;
}

/* Writes one message and reads it back: the datagram is kept in *w. */
static enum err round_trip(struct walking *w, const struct capture_datagram *d, bool *ret_sound)
{
	static char bytes[CAPTURE_PCAPNG_HEAD + CAPTURE_PCAPNG_OVERHEAD + MAX_CAPTURE_WRITTEN];
	static struct reading r;
	struct buffer b = BUFFER_ON(bytes);

	memset(&r, 0, sizeof(r));
	capture_pcapng_begin(&b);
	CHECK(b.len == CAPTURE_PCAPNG_HEAD);
	capture_pcapng_put(&b, d);
	CHECK(b.err == ERR_NONE && b.len % 4 == 0);
	TRY(reading_run(&r, buffer_view(&b)));
	*ret_sound = r.count == 1 && r.end == CAPTURE_END_WHOLE && r.format == CAPTURE_PCAPNG &&
	             capture_skipped_total(&r.skipped) == 0 && r.packets[0].wall_us == d->wall_us;
	/* The reader is gone: the packet stands before the length that ends its block. */
	walking_take(w, r.packets[0].link,
	             view_bytes(bytes + CAPTURE_PCAPNG_HEAD + 28, r.packets[0].bytes.len),
	             r.packets[0].original_len);
	return ERR_NONE;
}

TEST(pcapng_written, "writes messages that the reader gives back, of either address family")
{
	static char text[70000];
	static const struct {
		const char *from, *to;
		size_t len;
	} cases[] = {
		{ "192.0.2.1:5060", "198.51.100.2:5070", 1 },
		{ "192.0.2.1:5060", "198.51.100.2:5070", 0 },
		{ "[2001:db8::1]:5060", "[2001:db8::2]:5061", 501 },
		{ "192.0.2.1:5060", "[2001:db8::2]:5061", 502 },
		{ "192.0.2.1:5060", "198.51.100.2:5060", MAX_CAPTURE_WRITTEN },
		{ "[2001:db8::1]:1", "[2001:db8::2]:65535", 70000 },
	};

	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct capture_datagram d = { 1763786096123456,
			                      { at(cases[i].to), at(cases[i].from) },
			                      view_bytes(text, cases[i].len),
			                      false };
		size_t want =
			cases[i].len < MAX_CAPTURE_WRITTEN ? cases[i].len : MAX_CAPTURE_WRITTEN;
		struct walking w;
		bool is_sound = false;
		enum err err;

		TRY(walking_init(&w));
		err = round_trip(&w, &d, &is_sound);
		capture_walk_free(&w.walk);
		TRY(err);
		CHECK_CASE(is_sound && w.datagrams == 1, cases[i].from);
		CHECK_CASE(w.datagram.payload.len == want, cases[i].from);
		CHECK_CASE(w.datagram.flow.remote.port == d.flow.remote.port, cases[i].from);
		CHECK_CASE(memcmp(w.datagram.flow.local.bytes, d.flow.local.bytes, 16) == 0,
		           cases[i].from);
	}
	return ERR_NONE;
}

TEST(pcapng_checksum, "sums IPv6 up as a receiver does")
{
	static const char *const texts[] = { "", "x", "xy", "\xff\xff\xff" };
	uint8_t bytes[CAPTURE_PCAPNG_HEAD + CAPTURE_PCAPNG_OVERHEAD + 4];

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct capture_datagram d = { 5,
			                      { at("[2001:db8::2]:5061"),
			                        at("[2001:db8::1]:5060") },
			                      view_of(texts[i]),
			                      false };
		struct buffer b = BUFFER_ON(bytes);
		const uint8_t *ip = bytes + CAPTURE_PCAPNG_HEAD + 28;
		size_t len = 8 + d.payload.len;
		uint64_t sum = 17 + len;

		memset(bytes, 0, sizeof(bytes));
		capture_pcapng_begin(&b);
		capture_pcapng_put(&b, &d);
		for (size_t k = 8; k < 40 + len; k++) /* both addresses, then UDP */
			sum += (uint64_t)ip[k] << (k % 2 ? 0 : 8);
		CHECK_CASE(sum % 0xffff == 0 && sum > 0, texts[i]);
	}
	return ERR_NONE;
}

TEST(pcapng_full, "writes no part of a message that does not fit")
{
	char bytes[200];
	struct capture_datagram d = { 5,
		                      { at("192.0.2.2:5060"), at("192.0.2.1:5060") },
		                      VIEW("OPTIONS sip:b SIP/2.0\r\n\r\n"),
		                      false };
	struct buffer b = BUFFER_ON(bytes);
	size_t len;

	capture_pcapng_begin(&b);
	capture_pcapng_put(&b, &d);
	len = b.len;
	CHECK(b.err == ERR_NONE);
	capture_pcapng_put(&b, &d);
	CHECK(b.err == ERR_LIMIT && b.len == len);
	return ERR_NONE;
}
