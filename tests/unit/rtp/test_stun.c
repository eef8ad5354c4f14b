/* SPDX-License-Identifier: Apache-2.0 */
/* STUN as others write it (the samples of RFC 5769, whose password is theirs), as we write it,
 * and with lengths that lie. */
#include "base/hash.h"
#include "rtp/stun.h"
#include "runner/test.h"

#include <stdlib.h>

#define TRANSACTION "\xb7\xe7\xa7\x01\xbc\x34\xd6\x86\xfa\x87\xdf\xae"
#define COOKIE      "\x21\x12\xa4\x42"
#define PASSWORD    VIEW("VOkJxbRl1RmTxUk/WvJxBt")

#define SAMPLE_REQUEST                                                                             \
	VIEW("\x00\x01\x00\x58" COOKIE TRANSACTION "\x80\x22\x00\x10"                              \
	     "STUN test client"                                                                    \
	     "\x00\x24\x00\x04\x6e\x00\x01\xff"                                                    \
	     "\x80\x29\x00\x08\x93\x2f\xf9\xb1\x51\x26\x3b\x36"                                    \
	     "\x00\x06\x00\x09"                                                                    \
	     "evtj:h6vY   "                                                                        \
	     "\x00\x08\x00\x14\x9a\xea\xa7\x0c\xbf\xd8\xcb\x56\x78\x1e\xf2\xb5\xb2\xd3\xf2\x49"    \
	     "\xc1\xb5\x71\xa2"                                                                    \
	     "\x80\x28\x00\x04\xe5\x7a\x3b\xcf")
#define SAMPLE_IPV4                                                                                \
	VIEW("\x01\x01\x00\x3c" COOKIE TRANSACTION "\x80\x22\x00\x0b"                              \
	     "test vector "                                                                        \
	     "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43"                                    \
	     "\x00\x08\x00\x14\x2b\x91\xf5\x99\xfd\x9e\x90\xc3\x8c\x74\x89\xf9\x2a\xf9\xba\x53"    \
	     "\xf0\x6b\xe7\xd7"                                                                    \
	     "\x80\x28\x00\x04\xc0\x7d\x4c\x96")
#define SAMPLE_IPV6                                                                                \
	VIEW("\x01\x01\x00\x48" COOKIE TRANSACTION "\x80\x22\x00\x0b"                              \
	     "test vector "                                                                        \
	     "\x00\x20\x00\x14\x00\x02\xa1\x47\x01\x13\xa9\xfa\xa5\xd3\xf1\x79\xbc\x25\xf4\xb5"    \
	     "\xbe\xd2\xb9\xd9"                                                                    \
	     "\x00\x08\x00\x14\xa3\x82\x95\x4e\x4b\xe6\x7b\xf1\x17\x84\xc9\x7c\x82\x92\xc2\x75"    \
	     "\xbf\xe3\xed\x41"                                                                    \
	     "\x80\x28\x00\x04\xc8\xfb\x0b\x4c")

static bool is_address(const struct addr *a, const char *text)
{
	struct addr want;

	return addr_parse_port(view_of(text), &want) == ERR_NONE && addr_equal(a, &want);
}

TEST(stun_samples, "reads the samples of RFC 5769 and finds them signed")
{
	struct stun_message m;

	TRY(hash_prepare());
	CHECK(stun_parse(SAMPLE_REQUEST, &m) == ERR_NONE);
	CHECK(m.class == STUN_REQUEST && m.method == STUN_BINDING && m.unknown_count == 0);
	CHECK(view_equal(m.username, VIEW("evtj:h6vY")) && m.has_fingerprint);
	CHECK(m.has_priority && m.priority == 0x6e0001ff && !m.is_nominating);
	CHECK(m.role == STUN_CONTROLLED && m.tie_breaker == UINT64_C(0x932ff9b151263b36));
	CHECK(stun_is_signed(SAMPLE_REQUEST, &m, PASSWORD));
	CHECK(!stun_is_signed(SAMPLE_REQUEST, &m, VIEW("VOkJxbRl1RmTxUk/WvJxBu")));
	CHECK(!stun_is_signed(SAMPLE_REQUEST, &m, VIEW_EMPTY));

	CHECK(stun_parse(SAMPLE_IPV4, &m) == ERR_NONE && m.class == STUN_SUCCESS);
	CHECK(is_address(&m.mapped, "192.0.2.1:32853"));
	CHECK(stun_is_signed(SAMPLE_IPV4, &m, PASSWORD));
	CHECK(stun_parse(SAMPLE_IPV6, &m) == ERR_NONE);
	CHECK(is_address(&m.mapped, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"));
	CHECK(stun_is_signed(SAMPLE_IPV6, &m, PASSWORD));
	return ERR_NONE;
}

TEST(stun_changed, "takes no sample as signed of which any bit before the fingerprint was changed")
{
	const struct view samples[] = { SAMPLE_REQUEST, SAMPLE_IPV4, SAMPLE_IPV6 };

	TRY(hash_prepare());
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		char *copy = test_exact_copy(samples[i]);
		struct view changed = view_bytes(copy, samples[i].len);
		bool is_taken = false;
		struct stun_message m;

		for (size_t bit = 0; bit < 8 * (changed.len - 8); bit++) {
			copy[bit / 8] ^= (char)(1 << bit % 8);
			is_taken |= stun_parse(changed, &m) == ERR_NONE &&
			            stun_is_signed(changed, &m, PASSWORD);
			copy[bit / 8] ^= (char)(1 << bit % 8);
		}
		free(copy);
		CHECK(!is_taken);
	}
	return ERR_NONE;
}

#define HEAD(type, len) type "\x00" len COOKIE TRANSACTION

static const struct {
	const char *name;
	struct view bytes;
	enum err want;
} cases[] = {
	{ "a header alone", VIEW(HEAD("\x00\x01", "\x00")), ERR_NONE },
	{ "nothing", VIEW(""), ERR_SHORT },
	{ "another cookie", VIEW("\x00\x01\x00\x00\x21\x12\xa4\x43" TRANSACTION), ERR_SYNTAX },
	{ "another first bit", VIEW(HEAD("\x40\x01", "\x00")), ERR_SYNTAX },
	{ "a length past the end", VIEW(HEAD("\x00\x01", "\x04")), ERR_SHORT },
	{ "bytes behind the length", VIEW(HEAD("\x00\x01", "\x00") "\x80\x22\x00\x00"),
	  ERR_SYNTAX },
	{ "a length that is no multiple of four", VIEW(HEAD("\x00\x01", "\x03") "abc"),
	  ERR_SYNTAX },
	{ "an attribute past the end",
	  VIEW(HEAD("\x00\x01", "\x08") "\x80\x22\x00\x05"
	                                "abcd"),
	  ERR_SHORT },
	{ "an attribute of 65535 bytes",
	  VIEW(HEAD("\x00\x01", "\x08") "\x00\x06\xff\xff"
	                                "abcd"),
	  ERR_SHORT },
	{ "half an attribute's head", VIEW(HEAD("\x00\x01", "\x04") "\x80\x22\x00\x00"), ERR_NONE },
	{ "a priority of three bytes",
	  VIEW(HEAD("\x00\x01", "\x08") "\x00\x24\x00\x03\x01\x02\x03\x04"), ERR_SYNTAX },
	{ "a priority of eight bytes",
	  VIEW(HEAD("\x00\x01", "\x0c") "\x00\x24\x00\x08\x01\x02\x03\x04\x05\x06\x07\x08"),
	  ERR_SYNTAX },
	{ "a nomination with a value",
	  VIEW(HEAD("\x00\x01", "\x08") "\x00\x25\x00\x04\x01\x02\x03\x04"), ERR_SYNTAX },
	{ "a role of four bytes", VIEW(HEAD("\x00\x01", "\x08") "\x80\x2a\x00\x04\x01\x02\x03\x04"),
	  ERR_SYNTAX },
	{ "an empty name", VIEW(HEAD("\x00\x01", "\x04") "\x00\x06\x00\x00"), ERR_SYNTAX },
	{ "integrity of four bytes",
	  VIEW(HEAD("\x00\x01", "\x08") "\x00\x08\x00\x04\x01\x02\x03\x04"), ERR_SYNTAX },
	{ "integrity of 24 bytes",
	  VIEW(HEAD("\x00\x01", "\x1c") "\x00\x08\x00\x18"
	                                "abcdefghijklmnopqrstuvwx"),
	  ERR_SYNTAX },
	{ "an address of family 3",
	  VIEW(HEAD("\x01\x01", "\x0c") "\x00\x20\x00\x08\x00\x03\xa1\x47\xe1\x12\xa6\x43"),
	  ERR_SYNTAX },
	{ "IPv6 in the length of IPv4",
	  VIEW(HEAD("\x01\x01", "\x0c") "\x00\x20\x00\x08\x00\x02\xa1\x47\xe1\x12\xa6\x43"),
	  ERR_SYNTAX },
	{ "an error 200", VIEW(HEAD("\x01\x11", "\x08") "\x00\x09\x00\x04\x00\x00\x02\x00"),
	  ERR_SYNTAX },
	{ "an error 4100", VIEW(HEAD("\x01\x11", "\x08") "\x00\x09\x00\x04\x00\x00\x04\x64"),
	  ERR_SYNTAX },
	{ "an error without its number", VIEW(HEAD("\x01\x11", "\x04") "\x00\x09\x00\x00"),
	  ERR_SYNTAX },
	{ "a fingerprint of other bytes",
	  VIEW(HEAD("\x00\x01", "\x08") "\x80\x28\x00\x04\x01\x02\x03\x04"), ERR_DENIED },
	{ "a fingerprint that is not the last",
	  VIEW(HEAD("\x00\x01", "\x0c") "\x80\x28\x00\x04\x01\x02\x03\x04\x80\x22\x00\x00"),
	  ERR_SYNTAX },
	{ "what it does not know and need not",
	  VIEW(HEAD("\x00\x01", "\x08") "\xc0\x57\x00\x03"
	                                "abc\xff"),
	  ERR_NONE },
};

TEST(stun_cases, "proves every length before it believes a value")
{
	struct stun_message m = { .priority = 7 };

	TRY(hash_prepare());
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *copy = test_exact_copy(cases[i].bytes);
		enum err got = stun_parse(view_bytes(copy, cases[i].bytes.len), &m);

		free(copy);
		CHECK_CASE(got == cases[i].want, cases[i].name);
		CHECK_CASE(m.priority == (got == ERR_NONE ? 0 : 7), cases[i].name);
		m.priority = 7;
	}
	return ERR_NONE;
}

static void parse_only(struct view text)
{
	struct stun_message m;

	(void)!stun_parse(text, &m);
}

TEST(stun_cut, "takes no sample that was cut anywhere")
{
	const struct view samples[] = { SAMPLE_REQUEST, SAMPLE_IPV4, SAMPLE_IPV6 };
	struct stun_message m;

	TRY(hash_prepare());
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		test_truncations(samples[i], parse_only);
		for (size_t len = 0; len < samples[i].len; len++)
			CHECK(stun_parse(view_first(samples[i], len), &m) == ERR_SHORT);
	}
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		test_truncations(cases[i].bytes, parse_only);
	return ERR_NONE;
}

/* --- what has ceilings ---------------------------------------------------- */

enum { LENGTH_OF_ATTRIBUTE = STUN_HEADER_SIZE + 2 };
static char many[MAX_STUN_DATAGRAM + 4];

/* `count` empty attributes of types from `type` on. */
static struct view attributes(unsigned type, size_t count)
{
	struct buffer b = BUFFER_ON(many);

	buffer_put(&b, VIEW("\x00\x01"));
	buffer_u16(&b, (uint16_t)(4 * count));
	buffer_put(&b, VIEW(COOKIE TRANSACTION));
	for (size_t i = 0; i < count; i++) {
		buffer_u16(&b, (uint16_t)(type + i));
		buffer_u16(&b, 0);
	}
	return buffer_view(&b);
}

TEST(stun_ceilings, "stops at its ceilings of attributes, unknown ones and bytes")
{
	struct stun_message m;
	struct view v;

	CHECK(stun_parse(attributes(0x8100, MAX_STUN_ATTRIBUTES), &m) == ERR_NONE);
	CHECK(stun_parse(attributes(0x8100, MAX_STUN_ATTRIBUTES + 1), &m) == ERR_LIMIT);
	CHECK(stun_parse(attributes(0x7100, MAX_STUN_UNKNOWN), &m) == ERR_NONE);
	CHECK(m.unknown_count == MAX_STUN_UNKNOWN && m.unknown[7] == 0x7107);
	CHECK(stun_parse(attributes(0x7100, MAX_STUN_UNKNOWN + 1), &m) == ERR_LIMIT);

	v = attributes(0x8100, 1);
	many[LENGTH_OF_ATTRIBUTE] = (char)((MAX_STUN_DATAGRAM - 24) >> 8);
	many[LENGTH_OF_ATTRIBUTE + 1] = (char)((MAX_STUN_DATAGRAM - 24) & 0xff);
	many[2] = (char)((MAX_STUN_DATAGRAM - 20) >> 8);
	many[3] = (char)((MAX_STUN_DATAGRAM - 20) & 0xff);
	CHECK(stun_parse(view_bytes(v.at, MAX_STUN_DATAGRAM), &m) == ERR_NONE);
	CHECK(stun_parse(view_bytes(v.at, MAX_STUN_DATAGRAM + 4), &m) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(stun_behind, "reads nothing behind the integrity that did not sign it")
{
	char bytes[256];
	struct buffer b = BUFFER_ON(bytes);
	struct stun_message m = { .class = STUN_REQUEST, .method = STUN_BINDING };

	TRY(hash_prepare());
	CHECK(stun_write(&b, &m, VIEW("secret")) == ERR_NONE);
	b.len -= 8;                                               /* the fingerprint */
	buffer_put(&b, VIEW("\x00\x25\x00\x00\x7f\xff\x00\x00")); /* a nomination, by a stranger */
	CHECK(stun_parse(buffer_view(&b), &m) == ERR_NONE);
	CHECK(stun_is_signed(buffer_view(&b), &m, VIEW("secret")));
	CHECK(!m.is_nominating && m.unknown_count == 0);
	return ERR_NONE;
}

TEST(stun_first, "takes the first of several of one kind")
{
	struct stun_message m;

	CHECK(stun_parse(VIEW(HEAD("\x00\x01", "\x48") "\x00\x24\x00\x04\x00\x00\x00\x01"
	                                               "\x00\x24\x00\x04\x00\x00\x00\x02"
	                                               "\x00\x06\x00\x04"
	                                               "a:b1"
	                                               "\x00\x06\x00\x04"
	                                               "c:d2"
	                                               "\x80\x2a\x00\x08\x00\x00\x00\x00"
	                                               "\x00\x00\x00\x03"
	                                               "\x80\x29\x00\x08\x00\x00\x00\x00"
	                                               "\x00\x00\x00\x04"
	                                               "\x00\x25\x00\x00\x00\x25\x00\x00"
	                                               "\x80\x22\x00\x00\x80\x22\x00\x00"),
	                 &m) == ERR_NONE);
	CHECK(m.priority == 1 && view_equal(m.username, VIEW("a:b1")) && m.is_nominating);
	CHECK(m.role == STUN_CONTROLLING && m.tie_breaker == 3);
	return ERR_NONE;
}

/* --- written --------------------------------------------------------------- */

TEST(stun_written, "writes what reads as it was meant")
{
	static const struct stun_message asked = {
		.class = STUN_REQUEST,
		.method = STUN_BINDING,
		.transaction = "twelve bytes",
		.username = { "ours:theirs", 11 },
		.role = STUN_CONTROLLING,
		.tie_breaker = UINT64_C(0x0123456789abcdef),
		.priority = 0x7effffff,
		.has_priority = true,
		.is_nominating = true,
	};
	char bytes[256];
	struct buffer b = BUFFER_ON(bytes);
	struct stun_message m;

	TRY(hash_prepare());
	CHECK(stun_write(&b, &asked, VIEW("secret")) == ERR_NONE);
	CHECK(stun_parse(buffer_view(&b), &m) == ERR_NONE);
	CHECK(stun_is_signed(buffer_view(&b), &m, VIEW("secret")) && m.has_fingerprint);
	CHECK(m.class == STUN_REQUEST && m.method == STUN_BINDING && m.unknown_count == 0);
	CHECK(memcmp(m.transaction, asked.transaction, sizeof(m.transaction)) == 0);
	CHECK(view_equal(m.username, asked.username) && m.role == STUN_CONTROLLING);
	CHECK(m.tie_breaker == asked.tie_breaker && m.priority == asked.priority);
	CHECK(m.has_priority && m.is_nominating);
	return ERR_NONE;
}

TEST(stun_answers, "writes answers of every kind that read as they were meant")
{
	struct stun_message m = { .class = STUN_ERROR, .method = 0xfff, .error_code = 420 };
	char bytes[128];
	struct buffer b = BUFFER_ON(bytes);

	TRY(hash_prepare());
	m.unknown[0] = 0x7001;
	m.unknown_count = 1;
	CHECK(stun_write(&b, &m, VIEW_EMPTY) == ERR_NONE);
	CHECK(stun_parse(buffer_view(&b), &m) == ERR_NONE);
	CHECK(m.class == STUN_ERROR && m.method == 0xfff && m.error_code == 420);
	CHECK(m.unknown_count == 1 && m.unknown[0] == 0x7001 && m.integrity_at == 0);
	CHECK(!stun_is_signed(buffer_view(&b), &m, VIEW("secret")));

	m = (struct stun_message){ .class = STUN_SUCCESS, .method = STUN_BINDING };
	CHECK(addr_parse_port(VIEW("[2001:db8::7]:9"), &m.mapped) == ERR_NONE);
	buffer_reset(&b);
	CHECK(stun_write(&b, &m, VIEW("secret")) == ERR_NONE);
	CHECK(stun_parse(buffer_view(&b), &m) == ERR_NONE);
	CHECK(m.class == STUN_SUCCESS && is_address(&m.mapped, "[2001:db8::7]:9"));
	return ERR_NONE;
}

TEST(stun_bare, "writes an answer without signature and fingerprint in the fewest bytes there are")
{
	struct stun_message m = { .class = STUN_SUCCESS, .method = STUN_BINDING }, read;
	char text[64];
	struct buffer b = BUFFER_ON(text);

	memcpy(m.transaction, TRANSACTION, sizeof(m.transaction));
	CHECK(addr_parse_port(VIEW("192.0.2.1:32853"), &m.mapped) == ERR_NONE);
	CHECK(stun_write_bare(&b, &m) == ERR_NONE);
	CHECK(view_equal(buffer_view(&b),
	                 VIEW("\x01\x01\x00\x0c" COOKIE TRANSACTION
	                      "\x00\x20\x00\x08\x00\x01\xa1\x47\xe1\x12\xa6\x43")));
	CHECK(stun_parse(buffer_view(&b), &read) == ERR_NONE && !read.has_fingerprint);
	CHECK(read.integrity_at == 0 && addr_equal(&read.mapped, &m.mapped));
	return ERR_NONE;
}

TEST(stun_no_room, "writes into too little room nothing that is taken for a message")
{
	const struct stun_message m = { .class = STUN_REQUEST,
		                        .method = STUN_BINDING,
		                        .username = VIEW("ours:theirs"),
		                        .has_priority = true };
	const struct stun_message wide = { .method = 0x1000 };
	char bytes[256];
	struct buffer b = BUFFER_ON(bytes);
	size_t len;

	TRY(hash_prepare());
	CHECK(stun_write(&b, &m, VIEW("secret")) == ERR_NONE);
	len = b.len;
	for (size_t max = 0; max < len; max++) {
		b = buffer_on(bytes, max);
		CHECK(stun_write(&b, &m, VIEW("secret")) == ERR_LIMIT);
	}
	b = BUFFER_ON(bytes);
	CHECK(stun_write(&b, &wide, VIEW_EMPTY) == ERR_LIMIT && b.len == 0);
	return ERR_NONE;
}
