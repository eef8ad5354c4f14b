/* SPDX-License-Identifier: Apache-2.0 */
/* Masked messages show what was tried and nothing that helps to guess. */
#include "runner/test.h"
#include "sip/mask.h"

static const struct {
	const char *name, *text, *want;
} cases[] = {
	{ "masks the response of a digest",
	  "Authorization: Digest username=\"200\", response=\"0123\", uri=\"sip:a\"\r\n",
	  "Authorization: Digest username=\"200\", response=\"...\", uri=\"sip:a\"\r\n" },
	{ "masks cnonce and rspauth, in letters of either case",
	  "A: Digest CNONCE=\"x\",rspauth=abc, nc=1\r\n",
	  "A: Digest CNONCE=\"...\",rspauth=\"...\", nc=1\r\n" },
	{ "masks credentials of another scheme whole", "Authorization: Basic dXNlcjpwYXNz\r\n",
	  "Authorization: ...\r\n" },
	{ "leaves words that only end so", "X: myresponse=\"1\"\r\n", "X: myresponse=\"1\"\r\n" },
	{ "masks keys of streams",
	  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d2l0aCBubyBtZWFuaW5n|2^20\r\n",
	  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:\"...\"\r\n" },
	{ "leaves the end of a line", "A: Digest response=abc\r\nB: 1\r\n",
	  "A: Digest response=\"...\"\r\nB: 1\r\n" },
	{ "survives an open quote", "A: Digest response=\"abc", "A: Digest response=\"...\"" },
};

TEST(masks, "secrets are masked, everything else stays")
{
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char text[256];
		struct buffer out = BUFFER_ON(text);

		sip_mask(view_of(cases[i].text), &out);
		CHECK_CASE(view_equal(buffer_view(&out), view_of(cases[i].want)), cases[i].name);
	}
	return ERR_NONE;
}

static void mask(struct view text)
{
	char storage[48];
	struct buffer out = BUFFER_ON(storage);

	sip_mask(text, &out);
}

TEST(cut, "a sample is cut wherever its text or its room ends")
{
	test_truncations(
		VIEW("Authorization: Digest username=\"200\", response=\"0123\", cnonce=\"7\"\r\n"),
		mask);
	return ERR_NONE;
}

TEST(mask_odd_spelling, "secrets are masked however their line is spelt or folded")
{
	static const char *const lines[] = {
		"Authorization : Digest username=\"a\",response = \"SECRET\"\r\n",
		"Authorization: Digest username=\"a\",\r\n\tresponse=\"SECRET\"\r\n",
		"Authorization: Digest a=\"x;response=\"SECRET\"\r\n",
		"Authorization: Digest username=\"a\";cnonce=SECRET\r\n",
		"Authorization:\r\n Basic SECRET\r\n",
		"PROXY-AUTHORIZATION : Basic SECRET\r\n",
		"Authorization: Basic a\r\n SECRET\r\n\tSECRET\r\n",
		"a=key-mgmt:mikey SECRET\r\n",
		"k=base64:SECRET\r\n",
		"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:SECRET|2^20\r\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char storage[256];
		struct buffer b = BUFFER_ON(storage);
		struct view out;

		sip_mask(view_of(lines[i]), &b);
		buffer_text(&b, "CSeq: 1 BYE\r\n");
		out = buffer_view(&b);
		for (size_t at = 0; at < out.len; at++)
			CHECK_CASE(!view_starts(view_after(out, at), VIEW("SECRET")), lines[i]);
	}
	return ERR_NONE;
}
