/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of elements and their attributes. */
#include "kernel/element.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>

/* Numbers by which nft shows a key; a key of two parts has them side by side. */
enum { TYPE_IPV4 = 7, TYPE_IPV6 = 8, TYPE_PORT = 13, TYPE_BITS = 6 };

enum key { KEY_V4, KEY_V6, KEY_FLOW4, KEY_FLOW6, KEY_PORT };

static const struct {
	uint32_t size, type;
} keys[] = {
	[KEY_V4] = { 4, TYPE_IPV4 },
	[KEY_V6] = { 16, TYPE_IPV6 },
	[KEY_FLOW4] = { 8, TYPE_IPV4 << TYPE_BITS | TYPE_PORT },
	[KEY_FLOW6] = { 20, TYPE_IPV6 << TYPE_BITS | TYPE_PORT },
	[KEY_PORT] = { 2, TYPE_PORT },
};

static const struct {
	const char *name;
	enum key key;
	bool is_of_networks;
} sets[KERNEL_SET_COUNT] = {
	[SET_CONTROL4] = { "control4", KEY_V4, true },
	[SET_CONTROL6] = { "control6", KEY_V6, true },
	[SET_NEVER4] = { "never4", KEY_V4, true },
	[SET_NEVER6] = { "never6", KEY_V6, true },
	[SET_FLOW4] = { "flow4", KEY_FLOW4, false },
	[SET_FLOW6] = { "flow6", KEY_FLOW6, false },
	[SET_KNOWN4] = { "known4", KEY_FLOW4, false },
	[SET_KNOWN6] = { "known6", KEY_FLOW6, false },
	[SET_NEIGHBOUR4] = { "neighbour4", KEY_V4, false },
	[SET_NEIGHBOUR6] = { "neighbour6", KEY_V6, false },
	[SET_SOURCE4] = { "source4", KEY_V4, false },
	[SET_SOURCE6] = { "source6", KEY_V6, false },
	[SET_NET4] = { "net4", KEY_V4, true },
	[SET_NET6] = { "net6", KEY_V6, true },
	[SET_SIP] = { "sip", KEY_PORT, false },
};

const char *kernel_set_name(enum kernel_set set) { return sets[set].name; }
bool kernel_set_is_of_networks(enum kernel_set set) { return sets[set].is_of_networks; }
uint32_t kernel_set_key_size(enum kernel_set set) { return keys[sets[set].key].size; }
uint32_t kernel_set_key_type(enum kernel_set set) { return keys[sets[set].key].type; }

size_t kernel_element_key(const struct kernel_element *e, uint8_t ret[KERNEL_KEY_MAX])
{
	enum key key = sets[e->set].key;
	uint16_t port = htons(e->address.port);
	size_t address = key == KEY_PORT ? 0 : key == KEY_V4 || key == KEY_FLOW4 ? 4 : 16;

	memset(ret, 0, KERNEL_KEY_MAX);
	memcpy(ret, e->address.bytes + 16 - address, address);
	if (key == KEY_FLOW4 || key == KEY_FLOW6 || key == KEY_PORT)
		memcpy(ret + address, &port, sizeof(port));
	return keys[key].size;
}

/* One after the network's last address; false where there is none. */
static bool next_after(uint8_t *key, unsigned bits)
{
	size_t at = bits / 8;
	unsigned carry = bits % 8 == 0 ? 0 : 1U << (8 - bits % 8);

	if (bits % 8 == 0) {
		if (bits == 0)
			return false;
		at--;
		carry = 1;
	}
	for (at++; at-- > 0;) {
		unsigned sum = key[at] + carry;

		key[at] = (uint8_t)sum;
		carry = sum >> 8;
		if (carry == 0)
			return true;
	}
	return false;
}

static void write_key(struct kernel_batch *b, const uint8_t *key, size_t size)
{
	size_t nest = kernel_nest_begin(b, NFTA_SET_ELEM_KEY);

	kernel_attribute_bytes(b, NFTA_DATA_VALUE, key, size);
	kernel_nest_end(b, nest);
}

void kernel_element_write(struct kernel_batch *b, const struct kernel_element *e, uint64_t now_us,
                          bool is_going)
{
	uint8_t key[KERNEL_KEY_MAX];
	size_t size = kernel_element_key(e, key), nest = kernel_nest_begin(b, NFTA_LIST_ELEM);
	int64_t left_ms = (int64_t)(e->until_us - now_us) / 1000;
	unsigned bits = (unsigned)e->prefix - (size == 4 ? 96 : 0);

	write_key(b, key, size);
	if (e->until_us != 0 && !is_going)
		kernel_attribute_u64(b, NFTA_SET_ELEM_TIMEOUT, left_ms > 0 ? (uint64_t)left_ms : 1);
	kernel_nest_end(b, nest);
	if (!sets[e->set].is_of_networks || !next_after(key, bits))
		return;
	nest = kernel_nest_begin(b, NFTA_LIST_ELEM);
	write_key(b, key, size);
	kernel_attribute_u32(b, NFTA_SET_ELEM_FLAGS, NFT_SET_ELEM_INTERVAL_END);
	kernel_nest_end(b, nest);
}
