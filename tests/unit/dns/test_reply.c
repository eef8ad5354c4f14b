/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of servers, byte for byte. */
#include "base/buffer.h"
#include "dns/options.h"
#include "dns/reply.h"
#include "runner/test.h"

#include <stdlib.h>
#include <string.h>

#define OWNED_ANSWER __attribute__((cleanup(answer_free))) struct resolve_answer

static void answer_free(struct resolve_answer **a)
{
	free(*a);
	*a = NULL;
}

enum { TYPE_TEXT = 16, CLASS_IN = 1, CLASS_CHAOS = 3, POINTER = 0xc00c };

/* A reply under way: its head and the question x.example. */
static void begin(struct buffer *b, uint16_t answers, uint16_t authorities)
{
	static const uint16_t head[] = { 0x1234, 0x8180, 1 };

	for (unsigned i = 0; i < 3; i++)
		buffer_u16(b, head[i]);
	buffer_u16(b, answers);
	buffer_u16(b, authorities);
	buffer_u16(b, 0);
	buffer_put(b, VIEW("\1X\7exAmple\0"));
	buffer_u16(b, RESOLVE_A);
	buffer_u16(b, CLASS_IN);
}

static void put(struct buffer *b, uint16_t type, uint32_t ttl_s, struct view data)
{
	buffer_u16(b, POINTER);
	buffer_u16(b, type);
	buffer_u16(b, CLASS_IN);
	buffer_u32(b, ttl_s);
	buffer_u16(b, (uint16_t)data.len);
	buffer_put(b, data);
}

static void write_all(struct buffer *b)
{
	begin(b, 5, 1);
	put(b, RESOLVE_A, 300, VIEW("\300\0\2\1"));
	put(b, RESOLVE_AAAA, 301, VIEW("\40\1\15\270\0\0\0\0\0\0\0\0\0\0\0\1"));
	put(b, RESOLVE_SRV, 302, VIEW("\0\12\0\24\23\304\1A\300\14"));
	put(b, RESOLVE_NAPTR, 303, VIEW("\0\1\0\2\1S\7SIP+D2U\0\4_sip\4_udp\300\14"));
	put(b, RESOLVE_CNAME, UINT32_MAX, VIEW("\1y\300\14"));
	put(b, RESOLVE_SOA, 90, VIEW("\300\14\300\14\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\62"));
}

TEST(reply_records, "each kind of record is read with its owner and its life")
{
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	char bytes[512];
	struct buffer b = BUFFER_ON(bytes);
	struct addr v4, v6;

	if (!a)
		return ERR_NO_MEMORY;
	write_all(&b);
	CHECK(dns_reply_read((const uint8_t *)bytes, b.len, a) == ERR_NONE);
	CHECK(a->result == RESOLVE_ANSWERED && a->count == 5 && a->negative_s == 50);
	for (unsigned i = 0; i < 4; i++)
		CHECK(view_equal(view_of(a->records[i].owner), VIEW("x.example")) &&
		      a->records[i].ttl_s == 300 + i);
	CHECK(addr_parse(VIEW("192.0.2.1"), &v4) == ERR_NONE);
	CHECK(addr_parse(VIEW("2001:db8::1"), &v6) == ERR_NONE);
	CHECK(addr_equal(&a->records[0].address, &v4) && addr_equal(&a->records[1].address, &v6));
	CHECK(a->records[2].priority == 10 && a->records[2].weight == 20 &&
	      a->records[2].port == 5060);
	CHECK(view_equal(view_of(a->records[2].name), VIEW("a.x.example")));
	CHECK(view_equal(view_of(a->records[3].service), VIEW("sip+d2u")));
	CHECK(view_equal(view_of(a->records[3].flags), VIEW("s")));
	CHECK(view_equal(view_of(a->records[3].name), VIEW("_sip._udp.x.example")));
	/* A life with its first bit set is none (RFC 2181 8). */
	CHECK(view_equal(view_of(a->records[4].name), VIEW("y.x.example")) &&
	      a->records[4].ttl_s == 0);
	return ERR_NONE;
}

TEST(reply_truncated,
     "a reply that ends anywhere gives what came whole, and nothing is read beyond it")
{
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	char bytes[512];
	struct buffer b = BUFFER_ON(bytes);
	uint16_t most = 0;

	if (!a)
		return ERR_NO_MEMORY;
	write_all(&b);
	for (size_t len = 0; len <= b.len; len++) {
		/* Its own memory, so that a sanitizer sees a byte too many. */
		uint8_t *copy = malloc(len + !len);
		enum err err;

		if (!copy)
			return ERR_NO_MEMORY;
		memcpy(copy, bytes, len);
		err = dns_reply_read(copy, len, a);
		free(copy);
		CHECK((err == ERR_NONE) == (len >= 12));
		if (err != ERR_NONE)
			continue;
		CHECK(a->count >= most && a->count <= 5);
		most = a->count;
	}
	CHECK(most == 5);
	return ERR_NONE;
}

TEST(reply_hostile,
     "pointers in circles, data of a wrong length, other classes and kinds are left out")
{
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	char bytes[1024];
	struct buffer b = BUFFER_ON(bytes);

	if (!a)
		return ERR_NO_MEMORY;
	begin(&b, 7, 0);
	put(&b, RESOLVE_A, 1, VIEW("\300\0\2"));
	put(&b, RESOLVE_A, 1, VIEW("\300\0\2\1\1"));
	put(&b, RESOLVE_AAAA, 1, VIEW("\300\0\2\1"));
	put(&b, RESOLVE_SRV, 1, VIEW("\0\1\0\2"));
	put(&b, TYPE_TEXT, 1, VIEW("\3abc"));
	buffer_u16(&b, POINTER);
	buffer_u16(&b, RESOLVE_A);
	buffer_u16(&b, CLASS_CHAOS);
	buffer_u32(&b, 1);
	buffer_u16(&b, 4);
	buffer_put(&b, VIEW("\300\0\2\1"));
	put(&b, RESOLVE_A, 1, VIEW("\300\0\2\7"));
	CHECK(dns_reply_read((const uint8_t *)bytes, b.len, a) == ERR_NONE);
	CHECK(a->count == 1 && a->records[0].address.bytes[15] == 7);
	b = BUFFER_ON(bytes);
	begin(&b, 2, 0);
	/* An owner that points to itself, before one that would be right. */
	buffer_u16(&b, (uint16_t)(0xc000 | b.len));
	buffer_u16(&b, RESOLVE_A);
	buffer_u16(&b, CLASS_IN);
	buffer_u32(&b, 1);
	buffer_u16(&b, 4);
	buffer_put(&b, VIEW("\300\0\2\1"));
	put(&b, RESOLVE_A, 1, VIEW("\300\0\2\7"));
	CHECK(dns_reply_read((const uint8_t *)bytes, b.len, a) == ERR_NONE);
	CHECK(a->result == RESOLVE_NOTHING && a->count == 0);
	return ERR_NONE;
}

TEST(reply_many, "of a thousand records the first are kept and the others counted")
{
	enum { MANY = 1000, ROOM = 1 << 15 };
	OWNED_ANSWER *a = calloc(1, sizeof(*a));
	char *bytes = malloc(ROOM);
	struct buffer b;
	enum err err;

	if (!a || !bytes) {
		free(bytes);
		return ERR_NO_MEMORY;
	}
	b = buffer_on(bytes, ROOM);
	begin(&b, MANY, 0);
	for (unsigned i = 0; i < MANY; i++)
		put(&b, RESOLVE_A, 1, VIEW("\300\0\2\1"));
	err = dns_reply_read((const uint8_t *)bytes, b.len, a);
	free(bytes);
	CHECK(err == ERR_NONE && b.err == ERR_NONE);
	CHECK(a->count == MAX_RESOLVE_RECORDS && a->left_out == MANY - MAX_RESOLVE_RECORDS);
	return ERR_NONE;
}

TEST(dns_options_sound, "the options' table is without mistakes")
{
	static const struct conf_block *const blocks[] = { &dns_names_block };
	const struct conf_schema schema = { blocks, 1 };
	const char *mistake = conf_schema_mistake(&schema);

	if (mistake && strstr(mistake, "out of memory"))
		return ERR_NO_MEMORY;
	CHECK_CASE(mistake == NULL, mistake ? mistake : "");
	return ERR_NONE;
}
