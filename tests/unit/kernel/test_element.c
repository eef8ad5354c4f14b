/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, ends of networks, times. */
#include "reading.h"
#include "runner/test.h"

static struct kernel_element element(enum kernel_set set, const char *text, uint16_t port)
{
	struct kernel_element e = { .set = (uint8_t)set };
	struct addr_net net = { 0 };

	(void)!addr_net_parse(view_of(text), &net);
	e.address = net.base;
	e.address.port = port;
	e.prefix = net.prefix;
	return e;
}

TEST(keys, "a key is the address, then the port, in network order")
{
	static const struct {
		const char *name, *address;
		uint16_t port;
		enum kernel_set set;
		struct view key;
	} cases[] = {
		{ "source of IPv4", "192.0.2.7", 0, SET_SOURCE4, VIEW("\300\0\2\7") },
		{ "flow of IPv4", "192.0.2.7", 5060, SET_FLOW4, VIEW("\300\0\2\7\x13\xc4\0\0") },
		{ "source of IPv6", "2001:db8::/64", 0, SET_SOURCE6,
		  VIEW("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ "flow of IPv6", "2001:db8::5", 5061, SET_KNOWN6,
		  VIEW("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\5\x13\xc5\0\0") },
		{ "port", "0.0.0.0", 5060, SET_SIP, VIEW("\x13\xc4") },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kernel_element e = element(cases[i].set, cases[i].address, cases[i].port);
		uint8_t key[KERNEL_KEY_MAX];
		size_t len = kernel_element_key(&e, key);

		CHECK_CASE(view_equal(view_bytes(key, len), cases[i].key), cases[i].name);
		CHECK_CASE(len == kernel_set_key_size(cases[i].set), cases[i].name);
	}
	return ERR_NONE;
}

TEST(ends, "a network ends one after its last address, the last one of all never")
{
	static const struct {
		const char *net;
		enum kernel_set set;
		struct view end;
	} cases[] = {
		{ "198.51.100.0/24", SET_NET4, VIEW("\306\63\x65\0") },
		{ "198.51.100.0/23", SET_NET4, VIEW("\306\63\x66\0") },
		{ "192.0.2.255/32", SET_NET4, VIEW("\300\0\3\0") },
		{ "192.0.2.4/30", SET_NEVER4, VIEW("\300\0\2\x08") },
		{ "240.0.0.0/4", SET_NET4, { 0 } },
		{ "0.0.0.0/0", SET_NEVER4, { 0 } },
		{ "2001:db8::/32", SET_NET6, VIEW("\x20\1\x0d\xb9\0\0\0\0\0\0\0\0\0\0\0\0") },
		{ "2001:db8::ff/128", SET_NET6, VIEW("\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\1\0") },
		{ "ff00::/8", SET_NET6, { 0 } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kernel_element e = element(cases[i].set, cases[i].net, 0);
		uint8_t storage[256];
		struct kernel_batch b = { .out = BUFFER_ON(storage) };
		struct view list, beginning = { 0 }, end = { 0 };
		uint16_t type;

		kernel_element_write(&b, &e, 0, false);
		list = buffer_view(&b.out);
		CHECK_CASE(reading_attribute(&list, &type, &beginning), cases[i].net);
		CHECK_CASE(reading_attribute(&list, &type, &end) == (cases[i].end.len > 0),
		           cases[i].net);
		end = reading_find(reading_find(end, NFTA_SET_ELEM_KEY), NFTA_DATA_VALUE);
		CHECK_CASE(view_equal(end, cases[i].end), cases[i].net);
	}
	return ERR_NONE;
}

TEST(time_left, "what is left of an element's time is written, a millisecond where none is")
{
	static const struct {
		const char *name;
		uint64_t until_us, now_us;
		uint32_t left_ms;
	} cases[] = {
		{ "an hour", 3600000000, 0, 3600000 },
		{ "half over", 3600000000, 1800000000, 1800000 },
		{ "over", 3600000000, 3600000001, 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kernel_element e = element(SET_SOURCE4, "192.0.2.7", 0);
		uint8_t storage[256];
		struct kernel_batch b = { .out = BUFFER_ON(storage) };
		struct view list, one, left;
		uint16_t type;

		e.until_us = cases[i].until_us;
		kernel_element_write(&b, &e, cases[i].now_us, false);
		list = buffer_view(&b.out);
		CHECK_CASE(reading_attribute(&list, &type, &one), cases[i].name);
		left = reading_find(one, NFTA_SET_ELEM_TIMEOUT);
		CHECK_CASE(left.len == 8, cases[i].name);
		CHECK_CASE(reading_u32(view_after(left, 4)) == cases[i].left_ms, cases[i].name);
		buffer_reset(&b.out);
		kernel_element_write(&b, &e, cases[i].now_us, true);
		list = buffer_view(&b.out);
		CHECK_CASE(reading_attribute(&list, &type, &one), cases[i].name);
		CHECK_CASE(reading_find(one, NFTA_SET_ELEM_TIMEOUT).len == 0, cases[i].name);
	}
	return ERR_NONE;
}
