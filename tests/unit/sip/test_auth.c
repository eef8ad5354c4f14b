/* SPDX-License-Identifier: Apache-2.0 */
/* Digest challenges and credentials. */
#include <string.h>

#include "runner/test.h"
#include "sip/auth.h"

TEST(auth_challenge, "a challenge falls into its parameters, unknown ones are counted and kept out")
{
	struct sip_digest d;
	char text[256];
	struct buffer b = BUFFER_ON(text);

	TRY(sip_auth_parse(
		VIEW("Digest realm=\"r\", own=1, nonce=\"n\\\"x\", qop=\"auth,auth-int\", "
	             "stale=TRUE, algorithm=md5-SESS"),
		SIP_AUTH_CHALLENGE, &d));
	CHECK(view_equal(d.values[SIP_DIGEST_NONCE], VIEW("n\\\"x")) && d.unknown == 1);
	CHECK(sip_digest_has_qop(&d, VIEW("auth")) && sip_digest_has_qop(&d, VIEW("AUTH-INT")));
	CHECK(!sip_digest_has_qop(&d, VIEW("aut")) && sip_digest_is_stale(&d));
	CHECK(sip_digest_algorithm(&d) == SIP_ALGORITHM_MD5_SESS);
	sip_digest_set(&d, SIP_DIGEST_OPAQUE, VIEW("cookie"));
	sip_digest_set(&d, SIP_DIGEST_QOP, VIEW("auth"));
	sip_digest_unset(&d, SIP_DIGEST_STALE);
	sip_auth_write(&b, &d, SIP_AUTH_CHALLENGE);
	CHECK(view_equal(
		buffer_view(&b),
		VIEW("Digest realm=\"r\", nonce=\"n\\\"x\", algorithm=md5-SESS, opaque=\"cookie\", "
	             "qop=\"auth\"")));
	return ERR_NONE;
}

TEST(auth_algorithms, "an algorithm is known by its name, and is MD5 where none is named")
{
	static const struct {
		const char *name;
		enum sip_algorithm algorithm;
	} cases[] = {
		{ "MD5", SIP_ALGORITHM_MD5 },
		{ "MD5-sess", SIP_ALGORITHM_MD5_SESS },
		{ "SHA-256", SIP_ALGORITHM_SHA256 },
		{ "sha-256-SESS", SIP_ALGORITHM_SHA256_SESS },
		{ "SHA-512-256", SIP_ALGORITHM_OTHER },
		{ "AKAv1-MD5", SIP_ALGORITHM_OTHER },
		{ "", SIP_ALGORITHM_OTHER },
	};
	struct sip_digest d = { .present = 0 };

	CHECK(sip_digest_algorithm(&d) == SIP_ALGORITHM_MD5);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sip_digest_set(&d, SIP_DIGEST_ALGORITHM, view_of(cases[i].name));
		CHECK_CASE(sip_digest_algorithm(&d) == cases[i].algorithm, cases[i].name);
	}
	return ERR_NONE;
}

#define FULL "username=\"u\",realm=\"r\",nonce=\"n\",uri=\"sip:x\",response=\"0\""

TEST(auth_refusals, "what is no Digest is refused by the right name")
{
	static const struct {
		const char *text;
		enum err err;
	} cases[] = {
		{ "", ERR_SHORT },
		{ "Digest", ERR_SHORT },
		{ "Digest ", ERR_SHORT },
		{ "Basic dTpw", ERR_UNSUPPORTED },
		{ "DigestX " FULL, ERR_UNSUPPORTED },
		{ "Digest=" FULL, ERR_SYNTAX },
		{ "Digest " FULL ",", ERR_SHORT },
		{ "Digest ," FULL, ERR_SYNTAX },
		{ "Digest " FULL ",,x=y", ERR_SYNTAX },
		{ "Digest " FULL ",realm=\"s\"", ERR_EXISTS },
		{ "Digest " FULL ",REALM=\"s\"", ERR_EXISTS },
		{ "Digest " FULL ",x", ERR_SHORT },
		{ "Digest " FULL ",x=", ERR_SHORT },
		{ "Digest " FULL ",opaque=\"o", ERR_SHORT },
		{ "Digest " FULL ",opaque=\"o\\", ERR_SYNTAX },
		{ "Digest " FULL " opaque=\"o\"", ERR_SYNTAX },
		{ "Digest " FULL ";opaque=\"o\"", ERR_SYNTAX },
		{ "Digest username=\"u\",realm=\"r\",nonce=\"n\",uri=\"x\"", ERR_NOT_FOUND },
		{ "Digest realm=\"r\",nonce=\"n\",uri=\"x\",response=\"0\"", ERR_NOT_FOUND },
		{ "Digest " FULL, ERR_NONE },
	};
	struct sip_digest d;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err err = sip_auth_parse(view_of(cases[i].text), SIP_AUTH_CREDENTIALS, &d);

		/* An open quote that ends in a backslash is refused either way. */
		CHECK_CASE(err == cases[i].err || (i == 14 && err == ERR_SHORT), cases[i].text);
	}
	return ERR_NONE;
}

TEST(auth_many, "parameters fill the table to its last place and not beyond")
{
	static char text[4096];
	struct sip_digest d;

	for (unsigned extra = 0; extra < 2; extra++) {
		struct buffer b = BUFFER_ON(text);

		buffer_text(&b, "Digest " FULL);
		for (unsigned i = 5; i < MAX_SIP_DIGEST_PARAMS + extra; i++)
			buffer_text(&b, ",x=y");
		CHECK(sip_auth_parse(buffer_view(&b), SIP_AUTH_CREDENTIALS, &d) ==
		      (extra ? ERR_LIMIT : ERR_NONE));
	}
	return ERR_NONE;
}

TEST(auth_write_refusals, "a value that would end its quotes or its word is not written")
{
	static const char *const values[] = { "a\"b", "a\\", "a\r\nX: y" };
	char text[256];

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		for (unsigned p = 0; p < SIP_DIGEST_COUNT; p++) {
			struct sip_digest d = { .present = 0 };
			struct buffer b = BUFFER_ON(text);

			sip_digest_set(&d, p, view_of(values[i]));
			sip_auth_write(&b, &d, SIP_AUTH_CREDENTIALS);
			CHECK_CASE(b.err == ERR_SYNTAX, values[i]);
		}
	return ERR_NONE;
}

/* Behind a tab a parameter is read with care: what it says is what it says without. */
static bool is_read_alike(struct view param, const char *behind)
{
	static char usual_text[256], careful_text[256];
	struct buffer usual = BUFFER_ON(usual_text), careful = BUFFER_ON(careful_text);
	struct sip_digest one = { .present = 0 }, two = { .present = 0 };

	buffer_text(&usual, "opaque=\"o\",");
	buffer_put(&usual, param);
	buffer_text(&usual, behind);
	buffer_text(&careful, "opaque=\"o\",\t");
	buffer_put(&careful, param);
	buffer_text(&careful, behind);
	if (sip_auth_parse(buffer_view(&usual), SIP_AUTH_INFO, &one) !=
	            sip_auth_parse(buffer_view(&careful), SIP_AUTH_INFO, &two) ||
	    one.present != two.present || one.unknown != two.unknown)
		return false;
	for (enum sip_digest_param p = 0; p < SIP_DIGEST_COUNT; p++)
		if (!view_equal(one.values[p], two.values[p]))
			return false;
	return true;
}

TEST(auth_usual, "a parameter is read at a glance as it is with care")
{
	static const char *const params[] = {
		"realm=\"r\"",
		"uri=\"sip:pbx.example.com\"",
		"nonce=\"0123456789abcdef\"",
		"nonce=\"0123456789abcdef0123456789abcde\"",
		"response=\"0123456789abcdef0123456789abcdef\"",
		"algorithm=MD5",
		"algorithm=MD5-sess",
		"algorithm=SHA256",
		"nextnonce=abcdef",
		"nc=00000001",
		"qop=auth",
		"qop=\"auth,auth-int\"",
		"username*=UTF-8''anna",
		"userhash=true",
		"own=1",
		"opaque=\"twice\"",
		"stale=",
		"realm=\"",
		"realm=\"\"",
	};
	static const char *const behind[] = { "", ",", ", nc=1", ",cnonce=\"c\"", " ", " , nc=1" };

	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		char text[64];
		size_t len = view_of(params[i]).len;

		for (size_t k = 0; k < sizeof(behind) / sizeof(behind[0]); k++) {
			for (size_t at = 0; at < len; at++) {
				CHECK_CASE(is_read_alike((struct view){ params[i], at }, behind[k]),
				           params[i]);
				for (unsigned byte = 0; byte < 256; byte++) {
					memcpy(text, params[i], len);
					text[at] = (char)byte;
					CHECK_CASE(is_read_alike((struct view){ text, len },
					                         behind[k]),
					           params[i]);
				}
			}
		}
	}
	return ERR_NONE;
}
