/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's tables, whole and cut off. */
#include "cli/kernel_text.h"
#include "runner/test.h"

static const char TABLE[] =
	"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
	"inode ref pointer drops\n"
	"  115: 0A00007F:13C4 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 "
	"4711 2 0000000000000000 0\n"
	"  230: 00000000:13C6 00000000:0000 07 00000000:00000000 00:00000000 00000000   101        0 "
	"815 2 0000000000000000 0\n";

/* Of what came to a listener and of one that is over before the listener itself. */
static const char STREAMS[] =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
	"inode\n"
	"   0: 0A00007F:13C4 0B00007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 "
	"17 1 0000000000000000 20 4 30 10 -1\n"
	"   1: 0A00007F:13C4 0B00007F:C351 06 00000000:00000000 03:00001234 00000000     0        0 "
	"0 3 0000000000000000\n"
	"   2: 0A00007F:13C4 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
	"4711 1 0000000000000000 100 0 0 10 0\n"
	"   3: 0A00007F:13C5 0B00007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 "
	"18 1 0000000000000000 20 4 30 10 -1\n";

static const char TABLE6[] =
	"  sl  local_address                         remote_address                        st ...\n"
	"   9: B80D0120000000000000000001000000:13C4 00000000000000000000000000000000:0000 07 "
	"00000000:00000000 00:00000000 00000000     0        0 99 2 0000000000000000 0\n";

static const struct {
	const char *name, *at;
	uint64_t inode; /* 0: nobody */
} sockets[] = {
	{ "its own", "127.0.0.10:5060", 4711 },
	{ "another port", "127.0.0.10:5061", 0 },
	{ "another host", "127.0.0.11:5060", 0 },
	{ "all hosts", "127.0.0.11:5062", 815 },
	{ "IPv6", "[2001:db8::1]:5060", 99 },
	{ "IPv6 elsewhere", "[2001:db8::2]:5060", 0 },
	{ "IPv6 all hosts", "[2001:db8::1]:5062", 0 },
};

TEST(kernel_socket, "finds who holds a port, also where all addresses are held")
{
	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		struct addr at;
		uint64_t inode = 0;

		TRY(addr_parse_port(view_of(sockets[i].at), &at));
		(void)kernel_text_socket(at.family == 4 ? VIEW(TABLE) : VIEW(TABLE6), &at, &inode);
		CHECK_CASE(inode == sockets[i].inode, sockets[i].name);
	}
	return ERR_NONE;
}

TEST(kernel_socket_listens,
     "takes who listens for the holder of a port, not the ends of connections")
{
	struct addr at;
	uint64_t inode = 0;

	TRY(addr_parse_port(VIEW("127.0.0.10:5060"), &at));
	CHECK(kernel_text_socket(VIEW(STREAMS), &at, &inode) && inode == 4711);
	TRY(addr_parse_port(VIEW("127.0.0.10:5061"), &at));
	CHECK(!kernel_text_socket(VIEW(STREAMS), &at, &inode));
	return ERR_NONE;
}

TEST(kernel_socket_cut, "reads a table that ends anywhere")
{
	struct addr at;

	TRY(addr_parse_port(VIEW("127.0.0.11:5062"), &at));
	for (size_t len = 0; len < sizeof(TABLE) - 1; len++) {
		uint64_t inode = 0;
		bool is_found = kernel_text_socket(view_bytes(TABLE, len), &at, &inode);

		CHECK(!is_found || inode == 8 || inode == 81 || inode == 815);
	}
	return ERR_NONE;
}

TEST(kernel_range, "reads the system's own ports, or says that it cannot")
{
	uint32_t range[2] = { 0 };

	CHECK(kernel_text_range(VIEW("32768\t60999\n"), range) && range[0] == 32768 &&
	      range[1] == 60999);
	CHECK(!kernel_text_range(VIEW_EMPTY, range) && !kernel_text_range(VIEW("32768"), range) &&
	      !kernel_text_range(VIEW("32768\t70000"), range));
	return ERR_NONE;
}

TEST(kernel_covers, "knows whether a list of ports holds a range")
{
	static const struct {
		const char *list;
		uint32_t first, last;
		bool want;
	} rows[] = {
		{ "20000-29999\n", 20000, 29999, true },
		{ "20000-29999", 20000, 30000, false },
		{ "5060,20000-29999", 5060, 5060, true },
		{ "5060", 5060, 5061, false },
		{ "", 1, 1, false },
		{ "x-y", 1, 1, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CHECK_CASE(kernel_text_covers(view_of(rows[i].list), rows[i].first, rows[i].last) ==
		                   rows[i].want,
		           rows[i].list);
	return ERR_NONE;
}
