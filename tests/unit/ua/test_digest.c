/* SPDX-License-Identifier: Apache-2.0 */
/* Digest responses against values computed by another implementation. */
#include "runner/test.h"
#include "ua/digest.h"

#include <string.h>

#define USER     VIEW("clerk")
#define REALM    VIEW("voice.example")
#define PASSWORD VIEW("rain on slate")

static const struct digest_case {
	const char *name;
	enum sip_algorithm algorithm;
	bool has_qop;
	const char *want;
} cases[] = {
	{ "MD5 without qop", SIP_ALGORITHM_MD5, false, "6d72b268a022665e7154aaa593d0ab42" },
	{ "MD5 with qop=auth", SIP_ALGORITHM_MD5, true, "71d1abe73bb1ddd07622ba4719f5c29e" },
	{ "MD5-sess", SIP_ALGORITHM_MD5_SESS, true, "bb79678188bcc1cb3c2da3f3b0132a09" },
	{ "SHA-256 without qop", SIP_ALGORITHM_SHA256, false,
	  "d9c8c11b54d0c2a1e9c22d1b8b419581b286868fcc696f0f6dff453ba7c3e455" },
	{ "SHA-256 with qop=auth", SIP_ALGORITHM_SHA256, true,
	  "87ce1d73c6820857e0f51bdcbe5589ed6f546cf7320b168f67dbbd8fbc8ccb7d" },
	{ "SHA-256-sess", SIP_ALGORITHM_SHA256_SESS, true,
	  "f83e80a55458ff893360b8755b279dd57344bd8509653b37be5310a404f656a3" },
};

static struct ua_digest digest_of(const struct digest_case *c)
{
	return (struct ua_digest){
		.nonce = VIEW("4f2c19aa"),
		.cnonce = VIEW("b7e1"),
		.method = VIEW("REGISTER"),
		.uri = VIEW("sip:voice.example"),
		.nonce_count = 0x1a,
		.has_qop = c->has_qop,
	};
}

TEST(digest_responses, "computes the response of each algorithm, with and without qop")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ua_digest digest = digest_of(&cases[i]);
		char got[UA_DIGEST_TEXT_MAX];
		struct ua_ha1 ha1;

		TRY(hash_prepare());
		TRY(ua_ha1(cases[i].algorithm, USER, REALM, PASSWORD, &ha1));
		ua_digest_response(&ha1, &digest, got);
		CHECK_CASE(strcmp(got, cases[i].want) == 0, cases[i].name);
		CHECK_CASE(ua_digest_verify(&ha1, &digest, view_of(cases[i].want)), cases[i].name);
		ua_ha1_clear(&ha1);
	}
	return ERR_NONE;
}

TEST(digest_wrong, "refuses a response with any one thing changed")
{
	struct ua_digest right = digest_of(&cases[1]), wrong;
	struct view response = view_of(cases[1].want);
	char changed[UA_DIGEST_TEXT_MAX];
	struct ua_ha1 ha1;

	TRY(hash_prepare());
	TRY(ua_ha1(SIP_ALGORITHM_MD5, USER, REALM, PASSWORD, &ha1));
	wrong = right;
	wrong.nonce_count++;
	CHECK(!ua_digest_verify(&ha1, &wrong, response));
	wrong = right;
	wrong.method = VIEW("INVITE");
	CHECK(!ua_digest_verify(&ha1, &wrong, response));
	wrong = right;
	wrong.nonce = VIEW("4f2c19ab");
	CHECK(!ua_digest_verify(&ha1, &wrong, response));
	for (size_t i = 0; i < response.len; i++) {
		(void)VIEW_COPY(response, changed);
		changed[i] = changed[i] == '0' ? '1' : '0';
		CHECK(!ua_digest_verify(&ha1, &right, view_of(changed)));
	}
	CHECK(!ua_digest_verify(&ha1, &right, view_first(response, 31)));
	CHECK(!ua_digest_verify(&ha1, &right, VIEW_EMPTY));
	return ERR_NONE;
}

TEST(digest_capitals, "takes hex in capitals, in a response and in a stored HA1")
{
	struct ua_digest digest = digest_of(&cases[1]);
	struct ua_ha1 ha1;

	TRY(hash_prepare());
	TRY(ua_ha1_read(SIP_ALGORITHM_MD5, VIEW("30EAAAC00B292D8131FE6EA3E4B76A0C"), &ha1));
	CHECK(strcmp(ha1.text, "30eaaac00b292d8131fe6ea3e4b76a0c") == 0);
	CHECK(ua_digest_verify(&ha1, &digest, VIEW("71D1ABE73BB1DDD07622BA4719F5C29E")));
	return ERR_NONE;
}

TEST(digest_ha1_bad, "refuses a stored HA1 of wrong length, letters or algorithm")
{
	struct ua_ha1 ha1 = { .text = "untouched" };

	CHECK(ua_ha1_read(SIP_ALGORITHM_MD5, VIEW("30ea"), &ha1) == ERR_SYNTAX);
	CHECK(ua_ha1_read(SIP_ALGORITHM_SHA256, VIEW("30eaaac00b292d8131fe6ea3e4b76a0c"), &ha1) ==
	      ERR_SYNTAX);
	CHECK(ua_ha1_read(SIP_ALGORITHM_MD5, VIEW("30eaaac00b292d8131fe6ea3e4b76a0g"), &ha1) ==
	      ERR_SYNTAX);
	CHECK(ua_ha1_read(SIP_ALGORITHM_OTHER, VIEW("30eaaac00b292d8131fe6ea3e4b76a0c"), &ha1) ==
	      ERR_UNSUPPORTED);
	CHECK(ua_ha1(SIP_ALGORITHM_OTHER, USER, REALM, PASSWORD, &ha1) == ERR_UNSUPPORTED);
	CHECK(strcmp(ha1.text, "untouched") == 0);
	return ERR_NONE;
}

TEST(digest_nonce_count, "reads and writes a nonce count of exactly eight hex digits")
{
	uint32_t count = 7;
	char text[9];

	ua_digest_nc_write(0x1a, text);
	CHECK(strcmp(text, "0000001a") == 0);
	CHECK(ua_digest_nc_read(VIEW("FFFFFFff"), &count) && count == UINT32_MAX);
	CHECK(!ua_digest_nc_read(VIEW("1a"), &count));
	CHECK(!ua_digest_nc_read(VIEW("00000001a"), &count));
	CHECK(!ua_digest_nc_read(VIEW("0000001g"), &count));
	CHECK(!ua_digest_nc_read(VIEW("+000001a"), &count) && count == UINT32_MAX);
	return ERR_NONE;
}

TEST(digest_wiped, "wipes an HA1 that is cleared")
{
	static const struct ua_ha1 empty;
	struct ua_ha1 ha1;

	TRY(hash_prepare());
	TRY(ua_ha1(SIP_ALGORITHM_MD5, USER, REALM, PASSWORD, &ha1));
	ua_ha1_clear(&ha1);
	CHECK(memcmp(ha1.text, empty.text, sizeof(empty.text)) == 0);
	return ERR_NONE;
}
