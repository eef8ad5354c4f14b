/* SPDX-License-Identifier: Apache-2.0 */
/* base64url, what is signed, and what is shown; expected values were made by Python's hashlib. */
#include "acme/jws.h"
#include "runner/test.h"

static struct acme_key counted(void)
{
	struct acme_key key;

	for (unsigned i = 0; i < ACME_COORDINATE; i++) {
		key.x[i] = (uint8_t)i;
		key.y[i] = (uint8_t)(ACME_COORDINATE + i);
	}
	return key;
}

#define X "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define Y "ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8"

TEST(jws_base64, "writes base64url without padding")
{
	static const struct {
		const char *text, *wanted;
	} cases[] = {
		{ "", "" },        { "f", "Zg" },        { "fo", "Zm8" },
		{ "foo", "Zm9v" }, { "foob", "Zm9vYg" }, { "\xfb\xff\xbf", "-_-_" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[16];
		struct buffer b = BUFFER_ON(text);

		acme_base64(&b, view_of(cases[i].text));
		CHECK_CASE(view_equal(buffer_view(&b), view_of(cases[i].wanted)), cases[i].wanted);
	}
	return ERR_NONE;
}

/* The text that a part of what is signed stands for. */
static size_t plain(struct view part, char *ret)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t word = 0;
	size_t len = 0;

	for (size_t i = 0; i < part.len; i++) {
		word = word << 6 | (uint32_t)(strchr(alphabet, part.at[i]) - alphabet);
		if (i % 4 != 0)
			ret[len++] = (char)(word >> (6 - 2 * (i % 4)));
	}
	return len;
}

TEST(jws_input, "signs key or account, nonce, URL and payload")
{
	const struct acme_key key = counted();
	struct acme_protected head = { .key = &key, .nonce = "n-1", .url = "https://ca/x" };
	char text[1024], back[1024];
	struct buffer b = BUFFER_ON(text);
	size_t dot;

	acme_jws_input(&b, &head, VIEW("{}"));
	dot = view_find(buffer_view(&b), '.', 0);
	CHECK(view_equal(view_bytes(back, plain(view_first(buffer_view(&b), dot), back)),
	                 VIEW("{\"alg\":\"ES256\",\"jwk\":{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":"
	                      "\"" X "\",\"y\":\"" Y
	                      "\"},\"nonce\":\"n-1\",\"url\":\"https://ca/x\"}")));
	CHECK(view_equal(view_after(buffer_view(&b), dot + 1), VIEW("e30")));
	head.key = NULL;
	head.account = "https://ca/a/1";
	buffer_reset(&b);
	acme_jws_input(&b, &head, VIEW_EMPTY);
	dot = view_find(buffer_view(&b), '.', 0);
	CHECK(view_equal(
		view_bytes(back, plain(view_first(buffer_view(&b), dot), back)),
		VIEW("{\"alg\":\"ES256\",\"kid\":\"https://ca/a/1\",\"nonce\":\"n-1\",\"url\":"
	             "\"https://ca/x\"}")));
	CHECK(dot + 1 == b.len);
	return ERR_NONE;
}

TEST(jws_body, "puts the signature beside what was signed")
{
	uint8_t signature[64] = { 0 };
	char text[256];
	struct buffer b = BUFFER_ON(text);

	acme_jws_body(&b, VIEW("aa.bb"), signature);
	CHECK(view_starts(buffer_view(&b),
	                  VIEW("{\"protected\":\"aa\",\"payload\":\"bb\",\"signature\":\"AAAA")));
	return ERR_NONE;
}

TEST(jws_room, "says where there is no room")
{
	struct acme_protected head = { .account = "https://ca/a",
		                       .nonce = "n",
		                       .url = "https://u" };
	char text[16];
	struct buffer b = BUFFER_ON(text);

	acme_jws_input(&b, &head, VIEW("{}"));
	CHECK(b.err == ERR_LIMIT);
	return ERR_NONE;
}

TEST(jws_proofs, "shows token and thumbprint by HTTP, and their digest by DNS")
{
	const struct acme_key key = counted();
	char text[256], value[ACME_VALUE_SIZE];
	struct buffer b = BUFFER_ON(text);

	acme_key_authorization(&b, &key, "token-1");
	CHECK(view_equal(buffer_view(&b),
	                 VIEW("token-1.0r62zgBj277RicA3LnaBKQ5_9RCDIomrlbpWjO0QTG0")));
	acme_record_value(buffer_view(&b), value);
	CHECK(view_equal(view_of(value), VIEW("7hxAXFp_3v5guprcmuv2FEU3drO8kPzUg4cb5hGX0L0")));
	return ERR_NONE;
}
