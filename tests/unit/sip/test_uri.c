/* SPDX-License-Identifier: Apache-2.0 */
/* URIs: what is one, its parts, and when two are the same. */
#include <string.h>

#include "runner/test.h"
#include "sip/uri.h"

TEST(uri_parts, "a SIP URI falls into its parts")
{
	struct sip_uri uri;
	struct view value;

	TRY(sip_uri_parse(
		VIEW("sips:anna;x=%40:se%3Acret@[2001:db8::5]:5061;transport=tcp;LR?Subject=a&b=c"),
		&uri));
	CHECK(uri.scheme == SIP_SCHEME_SIPS && uri.port == 5061);
	CHECK(view_equal(uri.user, VIEW("anna;x=%40")) &&
	      view_equal(uri.password, VIEW("se%3Acret")));
	CHECK(uri.host.addr.family == 6 && view_equal(uri.host.text, VIEW("[2001:db8::5]")));
	CHECK(view_equal(uri.params, VIEW(";transport=tcp;LR")) &&
	      view_equal(uri.headers, VIEW("Subject=a&b=c")));
	CHECK(sip_uri_param(&uri, VIEW("TRANSPORT"), &value) && view_equal(value, VIEW("tcp")));
	CHECK(sip_uri_param(&uri, VIEW("lr"), &value) && value.len == 0);
	CHECK(!sip_uri_param(&uri, VIEW("l"), &value));
	return ERR_NONE;
}

TEST(uri_refusals, "what is no URI is refused")
{
	static const char *const texts[] = {
		"",
		":",
		"sip",
		"sip:",
		"sip:@",
		"sip:@example.com",
		"sip:anna@",
		"sip::x@example.com",
		"anna@example.com",
		"1sip:x",
		"s ip:x",
		"sip:an na@example.com",
		"sip:anna@exam ple.com",
		"sip:a@b@example.com",
		"sip:anna@example.com:",
		"sip:anna@example.com:0",
		"sip:anna@example.com:65536",
		"sip:anna@example.com:005060",
		"sip:anna@example.com:5060x",
		"sip:anna@example.com:-1",
		"sip:anna%@example.com",
		"sip:anna%4@example.com",
		"sip:anna%zz@example.com",
		"sip:%@example.com",
		"sip:anna@-",
		"sip:anna@.example.com",
		"sip:anna@example..com",
		"sip:anna@1.2.3",
		"sip:anna@1.2.3.400",
		"sip:anna@1.2.3.4.5",
		"sip:anna@0x7f.1",
		"sip:anna@example.1com",
		"sip:anna@[::1",
		"sip:anna@::1",
		"sip:anna@[fe80::1%25eth0]",
		"sip:anna@[1.2.3.4]",
		"sip:anna@[[::1]]",
		"sip:anna@[]",
		"sip:anna@[:::]",
		"sip:anna@example.com;",
		"sip:anna@example.com;;lr",
		"sip:anna@example.com;=x",
		"sip:anna@example.com;x=",
		"sip:anna@example.com;lr;lr",
		"sip:anna@example.com;x=1;X=2",
		"sip:anna@example.com;x=\"q\"",
		"sip:anna@example.com?",
		"sip:anna@example.com?x",
		"sip:anna@example.com?=x",
		"sip:anna@example.com?a=b&",
		"sip:anna@example.com?a=b&&c=d",
		"sip:<anna>@example.com",
		"sip:anna\"@example.com",
		"sip:anna@example.com,",
		"tel:",
		"tel:;ext=1",
		"tel:+",
		"tel:1+2",
		"tel:+12*3",
		"tel:+12a",
		"tel:anna",
		"tel:12 3",
		"tel:12;ext=1;ext=2",
		"urn:",
		"http://a b",
		"http://<x>",
	};
	struct sip_uri uri;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK_CASE(sip_uri_parse(view_of(texts[i]), &uri) != ERR_NONE, texts[i]);
	return ERR_NONE;
}

TEST(uri_brackets, "a thousand brackets are refused")
{
	static char text[2048];
	struct buffer b = BUFFER_ON(text);
	struct sip_uri uri;

	buffer_text(&b, "sip:anna@");
	for (size_t i = 0; i < 1000; i++)
		buffer_char(&b, '[');
	CHECK(sip_uri_parse(buffer_view(&b), &uri) != ERR_NONE);
	return ERR_NONE;
}

TEST(uri_many_params, "the table of parameters fills to its last place and not beyond")
{
	static char text[2048];
	struct sip_uri uri;

	for (unsigned extra = 0; extra < 2; extra++) {
		struct buffer b = BUFFER_ON(text);

		buffer_text(&b, "sip:example.com");
		for (unsigned i = 0; i < MAX_SIP_PARAMS + extra; i++) {
			buffer_text(&b, ";p");
			buffer_decimal(&b, i);
		}
		CHECK(sip_uri_parse(buffer_view(&b), &uri) == (extra ? ERR_LIMIT : ERR_NONE));
	}
	return ERR_NONE;
}

TEST(uri_many_headers, "so does the table of a URI's headers, and the fullest equals itself")
{
	static char text[2048];
	struct sip_uri uri;

	for (unsigned extra = 0; extra < 2; extra++) {
		struct buffer b = BUFFER_ON(text);

		buffer_text(&b, "sip:example.com?a=b");
		for (unsigned i = 1; i < MAX_SIP_PARAMS + extra; i++)
			buffer_text(&b, "&a=b");
		CHECK(sip_uri_parse(buffer_view(&b), &uri) == (extra ? ERR_LIMIT : ERR_NONE));
		CHECK(extra || sip_uri_equal(&uri, &uri));
	}
	return ERR_NONE;
}

struct pair {
	const char *a, *b;
};

static bool are_equal(const struct pair *p)
{
	struct sip_uri a, b;

	if (sip_uri_parse(view_of(p->a), &a) != ERR_NONE ||
	    sip_uri_parse(view_of(p->b), &b) != ERR_NONE)
		return false;
	/* Equality has no direction. */
	return sip_uri_equal(&a, &b) && sip_uri_equal(&b, &a);
}

TEST(uri_equal, "two spellings of one URI are equal")
{
	static const struct pair pairs[] = {
		{ "sip:%61nna@example.com;transport=TCP", "SIP:anna@EXAMPLE.com;Transport=tcp" },
		{ "sip:carol@example.org", "sip:carol@example.org;newparam=5" },
		{ "sip:carol@example.org;newparam=5", "sip:carol@example.org;security=on" },
		{ "sip:example.com;transport=tcp;maddr=h",
		  "sip:example.com;maddr=h;transport=tcp" },
		{ "sip:anna@example.com?Subject=x&Priority=urgent",
		  "sip:anna@example.com?priority=urgent&subject=x" },
		{ "sip:[2001:db8::1]", "sip:[2001:0DB8:0::1]" },
		{ "sip:[::ffff:192.0.2.1]", "sip:192.0.2.1" },
		{ "tel:+49-30-1", "tel:+49(30)1" },
		{ "tel:701;phone-context=example.com;ext=2",
		  "tel:701;ext=2;phone-context=example.com" },
		{ "urn:service:sos", "urn:service:sos" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		CHECK_CASE(are_equal(&pairs[i]), pairs[i].a);
	return ERR_NONE;
}

TEST(uri_not_equal, "URIs that may lead elsewhere are not equal")
{
	static const struct pair pairs[] = {
		{ "sip:anna@example.com", "sip:Anna@example.com" },
		{ "sip:anna@example.com", "sips:anna@example.com" },
		{ "sip:anna@example.com", "sip:anna@example.com:5060" },
		{ "sip:anna@example.com", "sip:anna@example.com;transport=udp" },
		{ "sip:anna@example.com", "sip:anna@example.com;user=phone" },
		{ "sip:anna@example.com", "sip:anna@example.com;maddr=192.0.2.1" },
		{ "sip:anna@example.com", "sip:anna@example.com;ttl=1" },
		{ "sip:anna@example.com", "sip:anna@example.com;method=INVITE" },
		{ "sip:anna@example.com", "sip:anna:pw@example.com" },
		{ "sip:anna@example.com", "sip:example.com" },
		{ "sip:anna@example.com", "sip:anna@example.com?Subject=x" },
		{ "sip:anna@example.com?a=b", "sip:anna@example.com?a=c" },
		{ "sip:anna@example.com?a=b&a=b", "sip:anna@example.com?a=b" },
		{ "sip:a%3Bb@example.com", "sip:a;b@example.com" },
		{ "sip:anna@example.com;x=1", "sip:anna@example.com;x=2" },
		{ "sip:192.0.2.1", "sip:192.0.2.2" },
		{ "tel:701;phone-context=a.example", "tel:701" },
		{ "tel:+4930", "tel:4930" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		CHECK_CASE(!are_equal(&pairs[i]), pairs[i].b);
	return ERR_NONE;
}

TEST(uri_account, "an account is user and host, whatever port and parameters say")
{
	struct sip_uri a, b;

	TRY(sip_uri_parse(VIEW("sip:%61nna@example.com:5062;x"), &a));
	TRY(sip_uri_parse(VIEW("sips:anna@Example.Com"), &b));
	CHECK(sip_uri_same_account(&a, &b));
	TRY(sip_uri_parse(VIEW("sip:bert@example.com"), &b));
	CHECK(!sip_uri_same_account(&a, &b));
	TRY(sip_uri_parse(VIEW("tel:+49"), &b));
	CHECK(!sip_uri_same_account(&a, &b));
	return ERR_NONE;
}

TEST(uri_escapes, "an escaped control byte never becomes one")
{
	static const char *const bad[] = { "%00", "a%0d%0ab", "%1f", "%7F", "%", "%4", "%zz" };
	char text[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buffer b = BUFFER_ON(text);

		sip_escape_decode(&b, view_of(bad[i]));
		CHECK_CASE(b.err == ERR_SYNTAX, bad[i]);
	}
	struct buffer b = BUFFER_ON(text);
	sip_escape_decode(&b, VIEW("%61%20b%c3%bc"));
	CHECK(b.err == ERR_NONE && view_equal(buffer_view(&b), VIEW("a b\xc3\xbc")));
	buffer_reset(&b);
	sip_escape_user(&b, VIEW("a@b:c#d%\n"));
	CHECK(view_equal(buffer_view(&b), VIEW("a%40b%3Ac%23d%25%0A")));
	return ERR_NONE;
}

TEST(uri_numbers, "a dialled number is told from a name")
{
	static const char *const numbers[] = { "sip:+49-30-12@h", "sip:*97#@h", "tel:110",
		                               "sip:(030)1@h" };
	static const char *const names[] = { "sip:anna@h", "sip:+@h",   "sip:h",
		                             "sip:1a@h",   "sip:1+2@h", "urn:service:1" };
	struct sip_uri uri;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK_CASE(sip_uri_parse(view_of(numbers[i]), &uri) == ERR_NONE &&
		                   sip_uri_is_number(&uri),
		           numbers[i]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		CHECK_CASE(sip_uri_parse(view_of(names[i]), &uri) == ERR_NONE &&
		                   !sip_uri_is_number(&uri),
		           names[i]);
	return ERR_NONE;
}

TEST(uri_write_parts, "a part that would break the URI is not written")
{
	char text[128];
	struct sip_uri uri;

	TRY(sip_uri_parse(VIEW("sip:anna@example.com"), &uri));
	static const char *const users[] = { "a b", "a@b", "a>b", "a\r\nb", "a:b", "%4" };
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		struct buffer b = BUFFER_ON(text);

		uri.user = view_of(users[i]);
		sip_uri_write(&b, &uri);
		CHECK_CASE(b.err != ERR_NONE, users[i]);
	}
	return ERR_NONE;
}
