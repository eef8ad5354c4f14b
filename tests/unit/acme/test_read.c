/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of authorities, and of what pretends to be one. */
#include "acme/read.h"
#include "base/buffer.h"
#include "runner/test.h"

#define HOST "https://ca.example"

static struct acme_url home(void)
{
	struct acme_url at = { .port = 0 };

	(void)!acme_url_read(VIEW(HOST "/dir"), &at);
	return at;
}

/* jansson hides why: what fails within the ladder has no memory. */
static enum err told(enum err err) { return err == ERR_SYNTAX ? ERR_NO_MEMORY : err; }

TEST(read_directory, "reads a directory, and leaves what it does not know")
{
	const struct acme_url at = home();
	struct acme_directory d;

	TRY(told(acme_directory_read(VIEW("{\"newNonce\":\"" HOST "/n\",\"newAccount\":\"" HOST
	                                  "/a\",\"newOrder\":\"" HOST
	                                  "/o\",\"meta\":{\"termsOfService\":\"x\"},\"k\":[1]}"),
	                             &at, &d)));
	CHECK(view_equal(view_of(d.nonce), VIEW(HOST "/n")));
	CHECK(view_equal(view_of(d.account), VIEW(HOST "/a")));
	CHECK(view_equal(view_of(d.order), VIEW(HOST "/o")));
	return ERR_NONE;
}

TEST(read_directory_bad, "refuses a directory that leads elsewhere, lacks something, or is none")
{
	static const struct {
		const char *text;
		enum err err;
	} cases[] = {
		{ "", ERR_SYNTAX },
		{ "[]", ERR_SYNTAX },
		{ "{", ERR_SYNTAX },
		{ "{}", ERR_SYNTAX },
		{ "{\"newNonce\":1,\"newAccount\":2,\"newOrder\":3}", ERR_SYNTAX },
		{ "{\"newNonce\":\"" HOST "/n\",\"newAccount\":\"" HOST "/a\"}", ERR_SYNTAX },
		{ "{\"newNonce\":\"" HOST "/n\",\"newNonce\":\"" HOST "/m\"}", ERR_SYNTAX },
		{ "{\"newNonce\":\"https://other.example/n\"}", ERR_DENIED },
		{ "{\"newNonce\":\"" HOST ":8443/n\"}", ERR_DENIED },
		{ "{\"newNonce\":\"http://ca.example/n\"}", ERR_SYNTAX },
	};
	const struct acme_url at = home();
	struct acme_directory d;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum err err = acme_directory_read(view_of(cases[i].text), &at, &d);

		/* Without memory nothing can be read at all. */
		CHECK_CASE(err == cases[i].err || err == ERR_SYNTAX, cases[i].text);
	}
	return ERR_NONE;
}

TEST(read_body_limit, "refuses a body beyond its bound")
{
	static char text[MAX_ACME_BODY + 2];
	const struct acme_url at = home();
	struct acme_directory d;

	memset(text, ' ', sizeof(text));
	CHECK(acme_directory_read(view_bytes(text, MAX_ACME_BODY + 1), &at, &d) == ERR_LIMIT);
	return ERR_NONE;
}

TEST(read_order, "reads an order with its authorizations, its certificate and what went wrong")
{
	const struct acme_url at = home();
	struct acme_order o;

	TRY(told(acme_order_read(VIEW("{\"status\":\"valid\",\"authorizations\":[\"" HOST
	                              "/1\",\"" HOST "/2\"],\"finalize\":\"" HOST
	                              "/f\",\"certificate\":\"" HOST "/c\"}"),
	                         &at, &o)));
	CHECK(o.status == ACME_VALID && o.count == 2);
	CHECK(view_equal(view_of(o.authorizations[1]), VIEW(HOST "/2")));
	CHECK(view_equal(view_of(o.certificate), VIEW(HOST "/c")) && !o.problem.type[0]);
	TRY(told(acme_order_read(
		VIEW("{\"status\":\"invalid\",\"authorizations\":[],\"finalize\":\"" HOST
	             "/f\",\"error\":{\"type\":\"urn:ietf:params:acme:error:caa\",\"detail\":"
	             "\"no\\u0007\"}}"),
		&at, &o)));
	CHECK(o.status == ACME_INVALID && view_equal(view_of(o.problem.type), VIEW("caa")));
	CHECK(view_equal(view_of(o.problem.detail), VIEW("no?")) && !o.certificate[0]);
	return ERR_NONE;
}

TEST(read_order_many, "refuses more authorizations than names can be asked for")
{
	char text[4096];
	struct buffer b = BUFFER_ON(text);
	const struct acme_url at = home();
	struct acme_order o;
	enum err err;

	buffer_text(&b, "{\"status\":\"pending\",\"finalize\":\"" HOST "/f\",\"authorizations\":[");
	for (unsigned i = 0; i <= MAX_ACME_NAMES; i++)
		buffer_text(&b, i ? ",\"" HOST "/1\"" : "\"" HOST "/1\"");
	buffer_text(&b, "]}");
	err = acme_order_read(buffer_view(&b), &at, &o);
	CHECK(err == ERR_LIMIT || err == ERR_SYNTAX);
	return told(err) == ERR_NO_MEMORY ? ERR_NO_MEMORY : ERR_NONE;
}

#define CHALLENGE(type, token)                                                                     \
	"{\"type\":\"" type "\",\"url\":\"" HOST "/h\",\"token\":\"" token "\"}"

TEST(read_authorization, "picks the challenge that is wanted")
{
	const struct acme_url at = home();
	struct acme_authorization g;
	const struct view text =
		VIEW("{\"status\":\"pending\",\"identifier\":{\"type\":\"dns\",\"value\":"
	             "\"sip.example.com\"},\"challenges\":[" CHALLENGE(
			     "dns-01", "ddd") "," CHALLENGE("http-01", "h-_9") "]}");

	TRY(told(acme_authorization_read(text, &at, "http-01", &g)));
	CHECK(g.status == ACME_PENDING && view_equal(view_of(g.domain), VIEW("sip.example.com")));
	CHECK(view_equal(view_of(g.token), VIEW("h-_9")) && g.url[0]);
	TRY(told(acme_authorization_read(text, &at, "dns-01", &g)));
	CHECK(view_equal(view_of(g.token), VIEW("ddd")));
	TRY(told(acme_authorization_read(text, &at, "tls-alpn-01", &g)));
	CHECK(!g.url[0] && !g.token[0]);
	return ERR_NONE;
}

TEST(read_authorization_bad, "refuses a token that is none, for it becomes a path and a record")
{
	static const char *const tokens[] = { "", "../../etc", "a b", "a\\\"b", "a%2e" };
	const struct acme_url at = home();

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		char text[512];
		struct buffer b = BUFFER_ON(text);
		struct acme_authorization g;

		buffer_text(&b, "{\"status\":\"pending\",\"identifier\":{\"value\":\"x\"},"
		                "\"challenges\":[{\"type\":\"http-01\",\"url\":\"" HOST
		                "/h\",\"token\":\"");
		buffer_text(&b, tokens[i]);
		buffer_text(&b, "\"}]}");
		CHECK_CASE(acme_authorization_read(buffer_view(&b), &at, "http-01", &g) ==
		                   ERR_SYNTAX,
		           tokens[i]);
	}
	return ERR_NONE;
}

TEST(read_retry_after, "keeps within bounds how long an authority wants to be left alone")
{
	static const struct {
		const char *text;
		uint32_t wanted;
	} cases[] = {
		{ "", 3 },
		{ "10", 10 },
		{ " 7 ", 7 },
		{ "0", 1 },
		{ "99999", 60 },
		{ "-1", 3 },
		{ "x", 3 },
		{ "99999999999999999999", 3 },
		{ "Sun, 22 Nov 2026 21:00:00 GMT", 60 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(acme_retry_after(view_of(cases[i].text), 3, 1, 60) == cases[i].wanted,
		           cases[i].text);
	return ERR_NONE;
}

static void read_all(struct view text)
{
	const struct acme_url at = home();
	struct acme_authorization g;
	struct acme_directory d;
	struct acme_problem p;
	struct acme_order o;

	(void)!acme_directory_read(text, &at, &d);
	(void)!acme_order_read(text, &at, &o);
	(void)!acme_authorization_read(text, &at, "http-01", &g);
	acme_problem_read(text, &p);
}

TEST(read_truncated, "reads no byte beyond an answer that ends anywhere")
{
	test_truncations(VIEW("{\"status\":\"pending\",\"identifier\":{\"value\":\"x\"},"
	                      "\"challenges\":[" CHALLENGE("http-01", "t") "]}"),
	                 read_all);
	return ERR_NONE;
}
