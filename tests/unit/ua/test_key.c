/* SPDX-License-Identifier: Apache-2.0 */
/* What a request is found by, read once and brought along. */
#include "runner/test.h"
#include "wire.h"

static struct wire w;
static struct wire_msg came;

static const struct wire_request first = { "INVITE", "z9hG4bKone", NULL, 1 };
static const struct wire_request without_cookie = { "INVITE", "old", NULL, 1 };

static enum ua_receipt show(const struct wire_request *request)
{
	struct ua_event event;

	return wire_show(&w, wire_request(&came, request), &event);
}

/* Opens one by what ua_request read of the request. */
static enum err open_by_key(const struct wire_request *request)
{
	const struct sip_msg *m = wire_request(&came, request);
	struct addr source = { .family = 4, .port = 5060 };
	struct ua_server_opening opening = { .request = m,
		                             .path = wire_path(1),
		                             .source = &source };
	struct pool_handle server;
	struct ua_event event;

	CHECK(wire_show(&w, m, &event) == UA_NEW && event.key.is_read);
	opening.key = &event.key;
	TRY(ua_server_open(w.ua, &opening, w.now_us, &server));
	CHECK(ua_server_open(w.ua, &opening, w.now_us, &server) == ERR_EXISTS);
	return wire_reply(&w, server, 486);
}

WIRE_TEST(key_matches, "finds what was opened by the key that was read before, and nothing else")
{
	TRY(open_by_key(&first));
	CHECK(show(&first) == UA_ABSORBED);
	CHECK(show(&(struct wire_request){ "INVITE", "z9hG4bKtwo", NULL, 1 }) == UA_NEW);
	CHECK(show(&(struct wire_request){ "ACK", "z9hG4bKone", "callee", 1 }) == UA_SETTLED);
	return ERR_NONE;
}

WIRE_TEST(key_matches_old, "and one without magic cookie, by its To tag too")
{
	TRY(open_by_key(&without_cookie));
	CHECK(show(&without_cookie) == UA_ABSORBED);
	CHECK(show(&(struct wire_request){ "INVITE", "old", NULL, 2 }) == UA_NEW);
	CHECK(show(&(struct wire_request){ "ACK", "old", "wrong", 1 }) == UA_NEW);
	CHECK(show(&(struct wire_request){ "ACK", "old", "callee", 1 }) == UA_SETTLED);
	return ERR_NONE;
}
