/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and networks: reading, writing, kinds. */
#include "base/addr.h"
#include "runner/test.h"

#include <stdio.h>

static bool reads_as(const char *text, const char *want)
{
	char storage[ADDR_TEXT_MAX];
	struct buffer b = BUFFER_ON(storage);
	struct addr a;

	if (addr_parse(view_of(text), &a) != ERR_NONE)
		return want == NULL;
	addr_write(&b, &a);
	return want && a.port == 0 && view_equal(buffer_view(&b), view_of(want));
}

TEST(addr_forms, "reads what is an address, refuses what only looks like one, writes one form")
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "192.0.2", NULL },
		{ "192.0.2.1.", NULL },
		{ "192.0.2.256", NULL },
		{ "192.0.2.01", NULL },
		{ "192.0.2.1 ", NULL },
		{ " 192.0.2.1", NULL },
		{ "0x7f.0.0.1", NULL },
		{ "1.2.3.4.5", NULL },
		{ "192.0.2.99999999999999999999", NULL },
		{ "192.0..1", NULL },
		{ "127.1", NULL },
		{ "", NULL },
		{ "localhost", NULL },
		{ "[192.0.2.1]", NULL },
		{ "192.0.2.1:5060", NULL },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "[2001:db8::1]", "2001:db8::1" },
		{ "2001:DB8:0:0:0:0:0:1", "2001:db8::1" },
		{ "2001:0db8::0001", "2001:db8::1" },
		/* RFC 5952 4.2.2: one zero group is not shortened. */
		{ "2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1" },
		/* 4.2.3: the longest run, and the first of equal ones. */
		{ "2001:0:0:1:0:0:0:1", "2001:0:0:1::1" },
		{ "2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8" },
		{ "64:ff9b::192.0.2.1", "64:ff9b::c000:201" },
		{ "1:2:3:4:5:6:192.0.2.1", "1:2:3:4:5:6:c000:201" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
		{ "::ffff:c000:201", "192.0.2.1" },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "1::2::3", NULL },
		{ ":::", NULL },
		{ ":1", NULL },
		{ "1:", NULL },
		{ "::1:", NULL },
		{ "12345::", NULL },
		{ "g::", NULL },
		{ "fe80::1%eth0", NULL },
		{ "[::1", NULL },
		{ "::1]", NULL },
		{ "1:2:3:4:5:6:7:192.0.2.1", NULL },
		{ "::192.0.2", NULL },
		{ "::192.0.2.1:1", NULL },
		{ ":", NULL },
		{ "[]", NULL },
		{ "[[::1]]", NULL },
		{ "::.1", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_CASE(reads_as(cases[i].text, cases[i].want), cases[i].text);
	return ERR_NONE;
}

TEST(addr_ports, "needs a port from 1 to 65535, and brackets around IPv6")
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "192.0.2.1:5060", "192.0.2.1:5060" },
		{ "192.0.2.1:65535", "192.0.2.1:65535" },
		{ "[2001:db8::1]:1", "[2001:db8::1]:1" },
		{ "[::ffff:192.0.2.1]:5060", "192.0.2.1:5060" },
		{ "192.0.2.1:65536", NULL },
		{ "192.0.2.1:0", NULL },
		{ "192.0.2.1:", NULL },
		{ "192.0.2.1", NULL },
		{ "2001:db8::1:5060", NULL },
		{ "[::1]5060", NULL },
		{ "192.0.2.1:05060", NULL },
		{ "192.0.2.1:5060 ", NULL },
		{ "192.0.2.1:-1", NULL },
		{ ":5060", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[ADDR_TEXT_MAX];
		struct addr a;
		enum err err = addr_parse_port(view_of(cases[i].text), &a);

		CHECK_CASE(err == (cases[i].want ? ERR_NONE : ERR_SYNTAX), cases[i].text);
		if (cases[i].want)
			CHECK_CASE(view_equal(view_of(addr_text(&a, text)), view_of(cases[i].want)),
			           cases[i].text);
	}
	return ERR_NONE;
}

TEST(addr_untouched, "leaves the result alone where the text is no address")
{
	struct addr a = { .port = 7 };
	struct addr_net n = { .prefix = 7 };

	CHECK(addr_parse(VIEW("1.2.3."), &a) == ERR_SYNTAX && a.port == 7);
	CHECK(addr_parse_port(VIEW("1.2.3.4:"), &a) == ERR_SYNTAX && a.port == 7);
	CHECK(addr_net_parse(VIEW("1.2.3.4/33"), &n) == ERR_LIMIT && n.prefix == 7);
	return ERR_NONE;
}

TEST(addr_nets, "reads networks, and says which sort of wrong one is")
{
	static const struct {
		const char *text;
		enum err err;
		const char *want;
	} cases[] = {
		{ "192.0.2.0/24", ERR_NONE, "192.0.2.0/24" },
		{ "192.0.2.7", ERR_NONE, "192.0.2.7" },
		{ "192.0.2.7/32", ERR_NONE, "192.0.2.7" },
		{ "0.0.0.0/0", ERR_NONE, "0.0.0.0/0" },
		{ "2001:db8::/32", ERR_NONE, "2001:db8::/32" },
		{ "::/0", ERR_NONE, "::/0" },
		{ "::ffff:192.0.2.0/120", ERR_NONE, "192.0.2.0/24" },
		{ "192.0.2.1/24", ERR_DENIED, NULL },
		{ "2001:db8::1/64", ERR_DENIED, NULL },
		{ "::ffff:0.0.0.0/64", ERR_DENIED, NULL },
		{ "192.0.2.0/33", ERR_LIMIT, NULL },
		{ "::/129", ERR_LIMIT, NULL },
		{ "192.0.2.0/", ERR_SYNTAX, NULL },
		{ "192.0.2.0/024", ERR_SYNTAX, NULL },
		{ "192.0.2.0/2 ", ERR_SYNTAX, NULL },
		{ "192.0.2/24", ERR_SYNTAX, NULL },
		{ "192.0.2.0/24/24", ERR_SYNTAX, NULL },
		{ "/24", ERR_SYNTAX, NULL },
		{ "192.0.2.0/4294967296", ERR_SYNTAX, NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char storage[ADDR_TEXT_MAX];
		struct buffer b = BUFFER_ON(storage);
		struct addr_net n;

		CHECK_CASE(addr_net_parse(view_of(cases[i].text), &n) == cases[i].err,
		           cases[i].text);
		if (cases[i].err != ERR_NONE)
			continue;
		addr_net_write(&b, &n);
		CHECK_CASE(view_equal(buffer_view(&b), view_of(cases[i].want)), cases[i].text);
	}
	return ERR_NONE;
}

TEST(addr_net_holds, "holds its own addresses, at both edges, and no other")
{
	static const struct {
		const char *net, *addr;
		bool holds;
	} cases[] = {
		{ "192.0.2.0/24", "192.0.2.0", true },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/24", "192.0.1.255", false },
		{ "192.0.2.128/25", "192.0.2.127", false },
		{ "192.0.2.128/25", "192.0.2.128", true },
		{ "0.0.0.0/0", "203.0.113.9", true },
		{ "0.0.0.0/0", "2001:db8::1", false },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "192.0.2.7", "192.0.2.7", true },
		{ "192.0.2.7", "192.0.2.6", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct addr_net n;
		struct addr a;

		TRY(addr_net_parse(view_of(cases[i].net), &n));
		TRY(addr_parse(view_of(cases[i].addr), &a));
		a.port = 5060;
		CHECK_CASE(addr_net_holds(&n, &a) == cases[i].holds, cases[i].addr);
	}
	return ERR_NONE;
}

TEST(addr_sources, "counts IPv4 singly and IPv6 by its /64, and knows the neighbourhood")
{
	static const struct {
		const char *addr, *source, *neighbourhood;
	} cases[] = {
		{ "192.0.2.77", "192.0.2.77", "192.0.2.0" },
		{ "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1:2::" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct addr a, want, got;

		TRY(addr_parse(view_of(cases[i].addr), &a));
		a.port = 5060;
		TRY(addr_parse(view_of(cases[i].source), &want));
		got = addr_source(&a);
		CHECK(addr_equal(&got, &want));
		TRY(addr_parse(view_of(cases[i].neighbourhood), &want));
		got = addr_neighbourhood(&a);
		CHECK(addr_equal(&got, &want));
		CHECK(addr_same_host(&a, &a) && a.port == 5060);
	}
	return ERR_NONE;
}

TEST(addr_kinds, "knows the kinds of addresses at their edges")
{
	static const struct {
		const char *text;
		enum addr_kind want;
	} cases[] = {
		{ "0.0.0.0", ADDR_UNSPECIFIED },
		{ "0.255.255.255", ADDR_UNSPECIFIED },
		{ "1.0.0.0", ADDR_PUBLIC },
		{ "9.255.255.255", ADDR_PUBLIC },
		{ "10.0.0.0", ADDR_PRIVATE },
		{ "11.0.0.0", ADDR_PUBLIC },
		{ "100.63.255.255", ADDR_PUBLIC },
		{ "100.64.0.0", ADDR_PRIVATE },
		{ "100.127.255.255", ADDR_PRIVATE },
		{ "100.128.0.0", ADDR_PUBLIC },
		{ "127.0.0.1", ADDR_LOOPBACK },
		{ "127.255.255.255", ADDR_LOOPBACK },
		{ "128.0.0.0", ADDR_PUBLIC },
		{ "169.254.169.254", ADDR_LINK_LOCAL },
		{ "169.255.0.0", ADDR_PUBLIC },
		{ "172.15.255.255", ADDR_PUBLIC },
		{ "172.16.0.0", ADDR_PRIVATE },
		{ "172.31.255.255", ADDR_PRIVATE },
		{ "172.32.0.0", ADDR_PUBLIC },
		{ "192.168.0.0", ADDR_PRIVATE },
		{ "192.169.0.0", ADDR_PUBLIC },
		{ "223.255.255.255", ADDR_PUBLIC },
		{ "224.0.0.0", ADDR_MULTICAST },
		{ "239.255.255.255", ADDR_MULTICAST },
		{ "240.0.0.0", ADDR_BROADCAST },
		{ "255.255.255.255", ADDR_BROADCAST },
		{ "203.0.113.1", ADDR_PUBLIC },
		{ "::", ADDR_UNSPECIFIED },
		{ "::1", ADDR_LOOPBACK },
		{ "::127.0.0.1", ADDR_UNSPECIFIED },
		{ "::1:0:0", ADDR_PUBLIC },
		{ "fbff::", ADDR_PUBLIC },
		{ "fc00::1", ADDR_PRIVATE },
		{ "fdff::", ADDR_PRIVATE },
		{ "fe00::", ADDR_PUBLIC },
		{ "fe80::1", ADDR_LINK_LOCAL },
		{ "febf::", ADDR_LINK_LOCAL },
		{ "fec0::", ADDR_PRIVATE },
		{ "ff02::1", ADDR_MULTICAST },
		{ "2001:db8::1", ADDR_PUBLIC },
		{ "::ffff:10.0.0.1", ADDR_PRIVATE },
	};
	struct addr none = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct addr a;

		TRY(addr_parse(view_of(cases[i].text), &a));
		CHECK_CASE(addr_kind(&a) == cases[i].want, cases[i].text);
	}
	CHECK(addr_kind(&none) == ADDR_UNSPECIFIED);
	return ERR_NONE;
}

TEST(addr_longest, "has room for the longest text, and a dash for no address")
{
	struct addr a, none = { 0 };
	char text[ADDR_TEXT_MAX];

	TRY(addr_parse_port(VIEW("[1111:2222:3333:4444:5555:6666:7777:8888]:65535"), &a));
	CHECK(view_equal(view_of(addr_text(&a, text)),
	                 VIEW("[1111:2222:3333:4444:5555:6666:7777:8888]:65535")));
	CHECK(view_equal(view_of(addr_text(&none, text)), VIEW("-:0")));
	return ERR_NONE;
}

static void parse_all(struct view text)
{
	struct addr a;
	struct addr_net n;

	(void)!addr_parse(text, &a);
	(void)!addr_parse_port(text, &a);
	(void)!addr_net_parse(text, &n);
}

TEST(addr_truncated, "reads no byte beyond any truncation")
{
	test_truncations(VIEW("[1111:2222::5555:192.0.2.200]:65535"), parse_all);
	test_truncations(VIEW("2001:db8:1:2::/64"), parse_all);
	test_truncations(VIEW("192.0.2.128/25"), parse_all);
	return ERR_NONE;
}

TEST(addr_octets, "reads 0 to 255 without a leading zero in each place, and nothing behind them")
{
	char text[32];

	for (unsigned place = 0; place < 4; place++)
		for (unsigned number = 0; number < 1300; number++)
			for (int width = 1; width <= 4; width++) {
				struct addr a = { .family = 0 };
				struct buffer b = BUFFER_ON(text);
				bool is_octet = number <= 255 && (width == 1 || number >= 10) &&
				                (width <= 2 || number >= 100) && width < 4;
				size_t len;

				memset(text, 0, sizeof(text));
				for (unsigned i = 0; i < 4; i++) {
					char digits[16];

					if (i > 0)
						buffer_char(&b, '.');
					snprintf(digits, sizeof(digits), "%0*u", width, number);
					buffer_text(&b, i == place ? digits : "7");
				}
				len = addr_take_v4(buffer_view(&b), &a);
				/* The last may be followed by anything but a digit. */
				CHECK_CASE(len == (is_octet ? b.len : 0), text);
				CHECK_CASE(!is_octet || a.bytes[12 + place] == number, text);
				if (is_octet) {
					buffer_text(&b, ":5060");
					CHECK(addr_take_v4(buffer_view(&b), &a) == len);
				}
			}
	return ERR_NONE;
}

TEST(addr_room, "writes an IPv4 address at its place and no byte behind it")
{
	static const char *const texts[] = { "255.255.255.255", "192.0.2.10", "0.0.0.0" };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		size_t len = strlen(texts[i]);
		char room[] = "################";
		struct addr a;

		CHECK(addr_parse(view_of(texts[i]), &a) == ERR_NONE);
		CHECK_CASE(addr_put_v4(room, &a) == room + len, texts[i]);
		CHECK_CASE(memcmp(room, texts[i], len) == 0 && room[len] == '#', texts[i]);
	}
	return ERR_NONE;
}
