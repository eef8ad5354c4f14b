/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in descriptions: what counts, what is passed over, what is written. */
#include "runner/test.h"
#include "sdp/crypto.h"

#include <stdlib.h>

#define KEY30 "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e"
#define KEY28 "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA=="
#define KEY44 "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKyw="
#define KEY46 "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSYnKCkqKywtLg=="
#define CM    "AES_CM_128_HMAC_SHA1_80"

static const struct {
	const char *value;
	enum err want;
	unsigned suite;
} cases[] = {
	{ "1 " CM " inline:" KEY30, ERR_NONE, SUITE_CM_128_80 },
	{ "7 AES_CM_128_HMAC_SHA1_32 inline:" KEY30 "|2^31", ERR_NONE, SUITE_CM_128_32 },
	{ "1 AES_256_CM_HMAC_SHA1_80 inline:" KEY46, ERR_NONE, SUITE_CM_256_80 },
	{ "1 AES_256_CM_HMAC_SHA1_32 inline:" KEY46, ERR_NONE, SUITE_CM_256_32 },
	{ "1 AEAD_AES_128_GCM inline:" KEY28, ERR_NONE, SUITE_GCM_128 },
	{ "1 AEAD_AES_256_GCM inline:" KEY44, ERR_NONE, SUITE_GCM_256 },
	{ "999999999 " CM " INLINE:" KEY30 "|281474976710656", ERR_NONE, SUITE_CM_128_80 },
	{ "1  " CM "  inline:" KEY30 "  KDR=0 WSH=128 -MAYBE=1 ", ERR_NONE, SUITE_CM_128_80 },
	/* Without its padding. */
	{ "1 AEAD_AES_128_GCM inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA", ERR_NONE,
	  SUITE_GCM_128 },
	/* Passed over. */
	{ "1 F8_128_HMAC_SHA1_80 inline:" KEY30, ERR_UNSUPPORTED, 0 },
	{ "1 AES_CM_128_NULL_AUTH inline:" KEY30, ERR_UNSUPPORTED, 0 },
	{ "1 aes_cm_128_hmac_sha1_80 inline:" KEY30, ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 "|2^20|1:4", ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 "|1:4", ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 "|1:4;inline:" KEY30 "|2:4", ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 " UNENCRYPTED_SRTP", ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 " UNENCRYPTED_SRTCP", ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 " UNAUTHENTICATED_SRTP", ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 " KDR=8", ERR_UNSUPPORTED, 0 },
	{ "1 " CM " inline:" KEY30 " FEC_ORDER=FEC_SRTP", ERR_UNSUPPORTED, 0 },
	/* Wrong. */
	{ "", ERR_SYNTAX, 0 },
	{ "1", ERR_SYNTAX, 0 },
	{ "1 " CM, ERR_SYNTAX, 0 },
	{ "x " CM " inline:" KEY30, ERR_SYNTAX, 0 },
	{ "-1 " CM " inline:" KEY30, ERR_SYNTAX, 0 },
	{ "0000000001 " CM " inline:" KEY30, ERR_SYNTAX, 0 },
	{ "1000000000 " CM " inline:" KEY30, ERR_SYNTAX, 0 },
	{ "1 " CM " " KEY30, ERR_SYNTAX, 0 },
	{ "1 " CM " uri:" KEY30, ERR_SYNTAX, 0 },
	{ "1 " CM " inline:" KEY28, ERR_SYNTAX, 0 },
	{ "1 " CM " inline:" KEY44, ERR_SYNTAX, 0 },
	{ "1 " CM " inline:", ERR_SYNTAX, 0 },
	{ "1 " CM " inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0_", ERR_SYNTAX, 0 },
	{ "1 " CM " inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0=", ERR_SYNTAX, 0 },
	{ "1 AEAD_AES_128_GCM inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB==", ERR_SYNTAX, 0 },
	{ "1 AEAD_AES_128_GCM inline:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHA=x", ERR_SYNTAX, 0 },
	{ "1 " CM " inline:" KEY30 "|", ERR_SYNTAX, 0 },
	{ "1 " CM " inline:" KEY30 "|0", ERR_SYNTAX, 0 },
	{ "1 " CM " inline:" KEY30 "|2^49", ERR_SYNTAX, 0 },
	{ "1 " CM " inline:" KEY30 "|1:4|2^20", ERR_SYNTAX, 0 },
};

TEST(crypto_cases, "reads keys that can be used, and no others (RFC 4568 9.1)")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sdp_crypto c = { .tag = 5 };

		CHECK_CASE(sdp_crypto_parse(view_of(cases[i].value), &c) == cases[i].want,
		           cases[i].value);
		CHECK_CASE(c.suite == cases[i].suite, cases[i].value);
		for (size_t k = 0; k < suite_secret_size(c.suite); k++)
			CHECK_CASE(c.secret[k] == k + 1, cases[i].value);
		CHECK_CASE(cases[i].want == ERR_NONE || c.tag == 5, cases[i].value);
	}
	return ERR_NONE;
}

TEST(crypto_written, "writes what it reads again")
{
	for (uint8_t suite = 1; suite < SUITE_COUNT; suite++) {
		struct sdp_crypto c = { .tag = suite, .suite = suite }, again = { 0 };
		char text[SDP_CRYPTO_LINE_MAX];
		struct buffer b = BUFFER_ON(text);

		for (size_t k = 0; k < suite_secret_size(suite); k++)
			c.secret[k] = (uint8_t)(0xff - 7 * k);
		sdp_crypto_write(&b, &c);
		TRY(b.err);
		TRY(sdp_crypto_parse(buffer_view(&b), &again));
		CHECK(memcmp(&c, &again, sizeof(c)) == 0);
	}
	return ERR_NONE;
}

static void parse_only(struct view text)
{
	struct sdp_crypto c;

	(void)!sdp_crypto_parse(text, &c);
}

TEST(crypto_cut, "reads nothing behind the end")
{
	test_truncations(view_of("1 " CM " inline:" KEY30 "|2^20|1:4 KDR=0 WSH=64"), parse_only);
	return ERR_NONE;
}

#define HEAD "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"

TEST(crypto_lines, "reads the lines of a stream, each tag once, and counts the others")
{
	static struct sdp_session s;
	struct sdp_crypto list[MAX_SDP_CRYPTO];
	size_t written;

	CHECK(sdp_parse(view_of(HEAD "m=audio 4000 RTP/SAVP 8\r\n"
	                             "a=crypto:3 F8_128_HMAC_SHA1_80 inline:" KEY30 "\r\n"
	                             "a=crypto:2 AEAD_AES_128_GCM inline:" KEY28 "\r\n"
	                             "a=crypto:2 " CM " inline:" KEY30 "\r\n"
	                             "a=crypto:1 " CM " inline:" KEY30 "\r\n"
	                             "m=video 4002 RTP/SAVPF 31\r\n"),
	                &s) == SDP_FINE);
	CHECK(sdp_crypto_read(&s, &s.media[0], list, &written) == 2 && written == 4);
	CHECK(list[0].tag == 2 && list[0].suite == SUITE_GCM_128 && list[1].tag == 1);
	CHECK(sdp_crypto_read(&s, &s.media[1], list, &written) == 0 && written == 0);
	return ERR_NONE;
}

TEST(crypto_many, "reads no more lines than there is room for")
{
	static struct sdp_session s;
	static char text[4096];
	struct buffer b = BUFFER_ON(text);
	struct sdp_crypto list[MAX_SDP_CRYPTO];
	size_t written;

	buffer_text(&b, HEAD "m=audio 4000 RTP/SAVP 8\r\n");
	for (unsigned i = 1; i <= MAX_SDP_CRYPTO + 3; i++) {
		buffer_text(&b, "a=crypto:");
		buffer_decimal(&b, i);
		buffer_text(&b, " " CM " inline:" KEY30 "\r\n");
	}
	CHECK(sdp_parse(buffer_view(&b), &s) == SDP_FINE);
	CHECK(sdp_crypto_read(&s, &s.media[0], list, &written) == MAX_SDP_CRYPTO);
	CHECK(written == MAX_SDP_CRYPTO + 3 && list[MAX_SDP_CRYPTO - 1].tag == MAX_SDP_CRYPTO);
	return ERR_NONE;
}
