/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash and digests against their authors' published values. */
#include "base/buffer.h"
#include "base/hash.h"
#include "runner/test.h"

TEST(siphash_vectors, "computes the first values of SipHash's own table")
{
	static const uint64_t want[] = {
		/* key 00..0f over 0, 1 .. 7 bytes 00, 01 .. */
		0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
		0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
	};
	struct hash_key key;
	uint8_t text[15];

	for (uint8_t i = 0; i < 16; i++)
		key.bytes[i] = i;
	for (uint8_t i = 0; i < sizeof(text); i++)
		text[i] = i;
	for (size_t len = 0; len < sizeof(want) / sizeof(*want); len++)
		CHECK(hash_siphash(&key, text, len) == want[len]);
	/* The value that the paper works out step by step. */
	CHECK(hash_siphash(&key, text, 15) == 0xa129ca6149be45e5);
	return ERR_NONE;
}

static enum err check_differs(uint64_t (*hash)(const struct hash_key *key, const void *data,
                                               size_t len))
{
	struct hash_key key = { { 0 } };
	uint8_t text[24] = { 0 };
	uint64_t plain = hash(&key, text, sizeof(text));

	for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
		text[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(hash(&key, text, sizeof(text)) != plain);
		text[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t bit = 0; bit < 8 * sizeof(key.bytes); bit++) {
		key.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(hash(&key, text, sizeof(text)) != plain);
		key.bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < sizeof(text); len++)
		CHECK(hash(&key, text, len) != plain);
	return ERR_NONE;
}

TEST(siphash_differs, "changes with each bit of key and text, and with the length of zeros")
{
	return check_differs(hash_siphash);
}

TEST(quick_differs, "does so as well where it only multiplies")
{
	return check_differs(hash_quick);
}

TEST(long_differs, "and where it multiplies in four chains, whichever of them a bit falls in")
{
	static const struct hash_key key = { "0123456789abcde" };
	uint8_t text[200] = { 0 };
	uint64_t plain = hash_long(&key, text, sizeof(text));

	for (size_t bit = 0; bit < 8 * sizeof(text); bit++) {
		text[bit / 8] ^= (uint8_t)(1U << bit % 8);
		CHECK(hash_long(&key, text, sizeof(text)) != plain);
		text[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	for (size_t len = 0; len < sizeof(text); len++)
		CHECK(hash_long(&key, text, len) != plain);
	/* What changes places between two chains, or within one, is another text. */
	for (size_t i = 0; i < 12; i++) {
		memset(text, 0, sizeof(text));
		text[16 * i] = 1;
		plain = hash_long(&key, text, sizeof(text));
		for (size_t k = 0; k < i; k++) {
			text[16 * i] = 0;
			text[16 * k] = 1;
			CHECK(hash_long(&key, text, sizeof(text)) != plain);
			text[16 * k] = 0;
		}
	}
	return check_differs(hash_long);
}

TEST(quick_spreads, "fills a table of 4096 places evenly with what is alike")
{
	enum { PLACES = 4096, TEXTS = 16 * PLACES };
	static const char *const shapes[] = { "", "user", "z9hG4bK-a-branch-of-usual-length-" };
	static uint16_t counts[PLACES];
	struct hash_key key = { "0123456789abcde" };
	char text[48];

	for (size_t shape = 0; shape < sizeof(shapes) / sizeof(shapes[0]); shape++) {
		unsigned largest = 0;

		memset(counts, 0, sizeof(counts));
		for (unsigned i = 0; i < TEXTS; i++) {
			struct buffer b = BUFFER_ON(text);
			uint16_t *count;

			buffer_text(&b, shapes[shape]);
			buffer_decimal(&b, i);
			count = &counts[hash_quick(&key, b.at, b.len) % PLACES];
			++*count;
			largest = *count > largest ? *count : largest;
		}
		/* 16 on average; 48 and more does not come about by chance. */
		CHECK(largest < 48);
	}
	return ERR_NONE;
}

TEST(words_spread, "so does the hash of four words, whichever of them counts")
{
	enum { PLACES = 4096, TIMES = 16 * PLACES };
	static const struct hash_key keys[] = { { "" }, { "0123456789abcde" } };
	static uint16_t counts[PLACES];

	for (size_t test = 0; test < 8; test++) {
		unsigned largest = 0;

		memset(counts, 0, sizeof(counts));
		for (uint64_t i = 0; i < TIMES; i++) {
			uint64_t words[4] = { 7, 7, 7, 7 };
			uint16_t *count;

			words[test % 4] = i;
			count = &counts[hash_words(&keys[test / 4], words) % PLACES];
			++*count;
			largest = *count > largest ? *count : largest;
		}
		CHECK(largest < 48);
	}
	return ERR_NONE;
}

static bool is_hex(const uint8_t *bytes, size_t len, const char *want)
{
	char hex[2 * HASH_MAX_SIZE];
	struct buffer b = BUFFER_ON(hex);

	buffer_hex(&b, bytes, len);
	return view_equal(buffer_view(&b), view_of(want));
}

TEST(digest_values, "computes MD5 and SHA-256 over pieces as over the whole")
{
	static const struct {
		enum hash_digest which;
		const char *text, *want;
	} cases[] = {
		{ HASH_MD5, "", "d41d8cd98f00b204e9800998ecf8427e" },
		{ HASH_MD5, "abc", "900150983cd24fb0d6963f7d28e17f72" },
		{ HASH_SHA1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709" },
		{ HASH_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d" },
		{ HASH_SHA256, "",
		  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ HASH_SHA256, "abc",
		  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	};

	TRY(hash_prepare());
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct view text = view_of(cases[i].text);

		for (size_t cut = 0; cut <= text.len; cut++) {
			struct view pieces[] = { view_first(text, cut), view_after(text, cut) };
			uint8_t digest[HASH_MAX_SIZE];
			size_t size = hash_digest(cases[i].which, pieces, 2, digest);

			CHECK_CASE(is_hex(digest, size, cases[i].want), cases[i].text);
		}
	}
	return ERR_NONE;
}

TEST(hmac_values, "computes HMAC-SHA-256 with keys shorter, equal and longer than a block")
{
	struct view text = VIEW("what do ya want for nothing?");
	char key[131];
	uint8_t code[HASH_SHA256_SIZE];

	hash_hmac_sha256(VIEW("Jefe"), &text, 1, code); /* RFC 4231 4.3 */
	CHECK(is_hex(code, sizeof(code),
	             "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));

	memset(key, 0xaa, sizeof(key)); /* RFC 4231 4.7 */
	text = VIEW("Test Using Larger Than Block-Size Key - Hash Key First");
	hash_hmac_sha256(view_bytes(key, sizeof(key)), &text, 1, code);
	CHECK(is_hex(code, sizeof(code),
	             "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));

	hash_hmac_sha256(VIEW_EMPTY, NULL, 0, code);
	CHECK(is_hex(code, sizeof(code),
	             "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
	return ERR_NONE;
}

TEST(hmac_sha1_values, "computes HMAC-SHA-1 with keys shorter and longer than a block")
{
	struct view text = VIEW("what do ya want for nothing?");
	char key[80];
	uint8_t code[HASH_MAX_SIZE];

	/* RFC 2202 3, cases 2 and 6 */
	CHECK(hash_hmac(HASH_SHA1, VIEW("Jefe"), &text, 1, code) == HASH_SHA1_SIZE);
	CHECK(is_hex(code, HASH_SHA1_SIZE, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"));
	memset(key, 0xaa, sizeof(key));
	text = VIEW("Test Using Larger Than Block-Size Key - Hash Key First");
	(void)hash_hmac(HASH_SHA1, view_bytes(key, sizeof(key)), &text, 1, code);
	CHECK(is_hex(code, HASH_SHA1_SIZE, "aa4ae5e15272d00e95705637ce8a3b55ed402112"));
	return ERR_NONE;
}
