/* SPDX-License-Identifier: Apache-2.0 */
/* One request by two ways. */
#include "runner/test.h"
#include "wire.h"

#include <stdio.h>

static struct wire w;
static struct wire_msg came;

static enum err open_way(unsigned number, const char *method, bool is_reliable,
                         struct pool_handle *ret)
{
	char branch[32];

	snprintf(branch, sizeof(branch), "z9hG4bKway%u", number);
	return wire_open_server(
		&w, wire_request(&came, &(struct wire_request){ method, branch, NULL, 1 }),
		RETRANSMIT_AS_RFC, is_reliable, ret);
}

static bool is_merged(const char *method, const char *branch, const char *to_tag)
{
	return ua_request_is_merged(
		w.ua, wire_request(&came, &(struct wire_request){ method, branch, to_tag, 1 }), 0);
}

WIRE_TEST(merged_ways, "knows a request that came by another way, as long as that is not refused")
{
	struct pool_handle server;

	CHECK(!is_merged("INVITE", "z9hG4bKb", NULL));
	TRY(open_way(1, "INVITE", false, &server));
	CHECK(is_merged("INVITE", "z9hG4bKb", NULL));
	CHECK(!is_merged("INVITE", "z9hG4bKway1", NULL)); /* itself */
	CHECK(!is_merged("INVITE", "z9hG4bKb", "there") && !is_merged("OPTIONS", "z9hG4bKb", NULL));
	CHECK(!ua_request_is_merged(
		w.ua, wire_request(&came, &(struct wire_request){ "INVITE", "z9hG4bKb", NULL, 1 }),
		1));
	TRY(wire_reply(&w, server, 486));
	CHECK(!is_merged("INVITE", "z9hG4bKb", NULL));
	return ERR_NONE;
}

WIRE_TEST(merged_path_gone,
          "takes a request anew whose connection is gone, and none whose connection stands")
{
	struct ua_path gone = wire_path(1), other = wire_path(3);
	struct pool_handle server;

	TRY(open_way(1, "INVITE", true, &server));
	TRY(wire_reply(&w, server, 180));
	ua_path_failed(w.ua, &other, w.now_us, w.now_us);
	CHECK(is_merged("INVITE", "z9hG4bKb", NULL));
	ua_path_failed(w.ua, &gone, w.now_us, w.now_us);
	CHECK(!is_merged("INVITE", "z9hG4bKb", NULL));
	/* What came again counts instead, by whatever way it came. */
	TRY(open_way(2, "INVITE", false, &server));
	CHECK(is_merged("INVITE", "z9hG4bKb", NULL));
	/* A host that answers a datagram with ICMP may be there all the same. */
	ua_path_failed(w.ua, &gone, w.now_us, w.now_us);
	CHECK(is_merged("INVITE", "z9hG4bKb", NULL));
	return ERR_NONE;
}

WIRE_TEST(merged_full,
          "holds no more of them than there are transactions, and forgets each with its own")
{
	struct pool_handle servers[WIRE_SERVERS], none;

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < WIRE_SERVERS; i++)
			TRY(open_way(i, "OPTIONS", false, &servers[i]));
		CHECK(open_way(WIRE_SERVERS, "OPTIONS", false, &none) == ERR_FULL);
		CHECK(is_merged("OPTIONS", "z9hG4bKb", NULL));
		for (unsigned i = 0; i < WIRE_SERVERS; i++) {
			ua_server_drop(w.ua, servers[i]);
			CHECK(is_merged("OPTIONS", "z9hG4bKb", NULL) == (i + 1 < WIRE_SERVERS));
		}
	}
	return ERR_NONE;
}
