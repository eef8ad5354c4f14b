/* SPDX-License-Identifier: Apache-2.0 */
/* URLs that are followed, and those that are not. */
#include "acme/url.h"
#include "runner/test.h"

#include <stdlib.h>

TEST(url_good, "reads host and port of an https URL")
{
	static const struct {
		const char *text, *host;
		uint16_t port;
		bool is_v6;
	} cases[] = {
		{ "https://ca.example/dir", "ca.example", 443, false },
		{ "HTTPS://ca.example:14000/dir?a=b", "ca.example", 14000, false },
		{ "https://192.0.2.1:1", "192.0.2.1", 1, false },
		{ "https://[2001:db8::1]:444/x", "2001:db8::1", 444, true },
		{ "https://ca.example?x", "ca.example", 443, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct acme_url url;

		CHECK_CASE(acme_url_read(view_of(cases[i].text), &url) == ERR_NONE, cases[i].text);
		CHECK_CASE(view_equal(view_of(url.host), view_of(cases[i].host)), cases[i].text);
		CHECK_CASE(url.port == cases[i].port && url.is_v6 == cases[i].is_v6, cases[i].text);
	}
	return ERR_NONE;
}

TEST(url_bad, "refuses what is no https URL, or could be read as another one")
{
	static const char *const cases[] = {
		"",
		"http://ca.example/",
		"https://",
		"https:///dir",
		"https://user@ca.example/",
		"https://ca.example:0/",
		"https://ca.example:65536/",
		"https://ca.example:/",
		"https://ca.example:44x/",
		"https://[2001:db8::1/",
		"https://[]/",
		"https://[2001:db8::1]x/",
		"https://ca.example/a b",
		"https://ca.example/\"",
		"https://ca.example/\\",
		"https://ca.example/#x",
		"https://ca.example\r\n/",
		"https://ca.ex\xc3\xa4mple/",
		"file:///etc/passwd",
	};
	struct acme_url url = { .port = 7 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(acme_url_read(view_of(cases[i]), &url) == ERR_SYNTAX, cases[i]);
	CHECK(url.port == 7);
	return ERR_NONE;
}

TEST(url_long, "refuses a URL beyond its bound, and reads no byte beyond it")
{
	char text[ACME_URL_SIZE + 1] = "https://ca.example/";
	struct acme_url url;

	memset(text + 19, 'x', sizeof(text) - 19);
	CHECK(acme_url_read(view_bytes(text, ACME_URL_SIZE - 1), &url) == ERR_NONE);
	CHECK(acme_url_read(view_bytes(text, ACME_URL_SIZE), &url) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(url_beside, "tells a URL of another host or port from one of the same")
{
	struct acme_url a, b;

	TRY(acme_url_read(VIEW("https://ca.example/dir"), &a));
	TRY(acme_url_read(VIEW("https://CA.example:443/other"), &b));
	CHECK(acme_url_is_beside(&a, &b));
	TRY(acme_url_read(VIEW("https://ca.example:444/dir"), &b));
	CHECK(!acme_url_is_beside(&a, &b));
	TRY(acme_url_read(VIEW("https://ca.example.net/dir"), &b));
	CHECK(!acme_url_is_beside(&a, &b));
	return ERR_NONE;
}

TEST(url_token, "takes base64url for a token and nothing else")
{
	CHECK(acme_is_token(VIEW("aZ09-_")));
	CHECK(!acme_is_token(VIEW("")) && !acme_is_token(VIEW("a/b")) &&
	      !acme_is_token(VIEW("a=")));
	CHECK(!acme_is_token(VIEW("../x")) && !acme_is_token(VIEW("a b")));
	return ERR_NONE;
}

static void read_one(struct view text)
{
	struct acme_url url;

	(void)!acme_url_read(text, &url);
}

TEST(url_truncated, "reads no byte beyond a URL that ends anywhere")
{
	test_truncations(VIEW("https://[2001:db8::1]:14000/dir?x"), read_one);
	test_truncations(VIEW("https://ca.example:14000/dir"), read_one);
	return ERR_NONE;
}
