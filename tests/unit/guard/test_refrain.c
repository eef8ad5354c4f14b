/* SPDX-License-Identifier: Apache-2.0 */
/* Which of what a signature drops is read, and that nothing else is left unread. */
#include "base/now.h"
#include "guard/refrain.h"
#include "runner/test.h"
#include "sip/outline.h"

#include <stdio.h>
#include <string.h>

#define MESSAGE(method, user)                                                                      \
	method " sip:" user "@192.0.2.1 SIP/2.0\r\n"                                               \
	       "Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bK-" user ";rport\r\n"              \
	       "From: \"sipvicious\" <sip:" user "@192.0.2.1>;tag=a" user "\r\n"                   \
	       "To: <sip:" user "@192.0.2.1>\r\nCall-ID: c" user "\r\nCSeq: 1 " method "\r\n"      \
	       "Content-Length: 0\r\n\r\n"

static const struct hash_key key = { { 4 } };
static const uint64_t start_us = 100 * (uint64_t)SECOND_US;

static struct flow flow_at(uint16_t port)
{
	struct flow flow = { .remote = { .family = 4,
		                         .bytes = { [10] = 0xff, 0xff, 203, 0, 113, 66 } } };

	flow.remote.port = port;
	return flow;
}

/* One of a tool's, as the border takes it: whether it was read, and for how many it stood. */
static bool is_read(struct guard_refrains *r, const struct flow *flow, struct view text,
                    uint64_t now_us, uint64_t *told)
{
	if (guard_refrain_holds(r, flow, text, now_us))
		return false;
	*told += guard_refrain_note(r, flow, text, now_us);
	return true;
}

TEST(refrain_flood, "of a flood few are read, whatever its users, and those tell of all the others")
{
	const struct view texts[] = { VIEW(MESSAGE("OPTIONS", "100")),
		                      VIEW(MESSAGE("OPTIONS", "2001")) };
	struct guard_refrains *r = NULL;
	struct flow flow = flow_at(5060);
	uint64_t told = 0, read = 0, sent = 10 * REFRAIN_STEP * REFRAIN_STEP;

	TRY(guard_refrains_new(&key, &r));
	for (uint64_t i = 0; i < sent; i++)
		read += is_read(r, &flow, texts[i % 2], start_us, &told);
	CHECK(read >= REFRAIN_TOLD && read <= REFRAIN_TOLD + 1 + sent / REFRAIN_STEP);
	CHECK(told <= sent && told + REFRAIN_STEP > sent);
	guard_refrains_free(&r);
	return ERR_NONE;
}

TEST(refrain_slow, "a tool that keeps within the bounds on strangers is read each time")
{
	struct guard_refrains *r = NULL;
	struct flow flow = flow_at(5060);
	uint64_t told = 0;

	TRY(guard_refrains_new(&key, &r));
	for (uint64_t i = 0; i < 1000; i++)
		CHECK(is_read(r, &flow, VIEW(MESSAGE("OPTIONS", "100")),
		              start_us + i * SECOND_US / REFRAIN_TOLD, &told));
	CHECK(told == 1000);
	guard_refrains_free(&r);
	return ERR_NONE;
}

TEST(refrain_others, "what has another outline, or comes by another flow, is always read")
{
	struct guard_refrains *r = NULL;
	struct flow tool = flow_at(5060), phone = flow_at(5061);
	uint64_t told = 0;
	bool is_held = false;

	TRY(guard_refrains_new(&key, &r));
	for (int i = 0; i < 500; i++) {
		is_held |= !is_read(r, &tool, VIEW(MESSAGE("OPTIONS", "100")), start_us, &told);
		CHECK(!guard_refrain_holds(r, &tool, VIEW(MESSAGE("REGISTER", "100")), start_us));
		CHECK(!guard_refrain_holds(r, &tool, VIEW("SIP/2.0 200 OK\r\n\r\n"), start_us));
		CHECK(!guard_refrain_holds(r, &phone, VIEW(MESSAGE("OPTIONS", "100")), start_us));
	}
	CHECK(is_held);
	guard_refrains_free(&r);
	return ERR_NONE;
}

TEST(refrain_ends, "a second of silence ends it, and one that was read and told of no signature")
{
	const struct view text = VIEW(MESSAGE("OPTIONS", "100"));
	struct guard_refrains *r = NULL;
	struct flow flow = flow_at(5060);
	uint64_t told = 0;
	unsigned held = 0;

	TRY(guard_refrains_new(&key, &r));
	while (is_read(r, &flow, text, start_us, &told))
		continue;
	CHECK(!guard_refrain_holds(r, &flow, text, start_us + SECOND_US));
	while (is_read(r, &flow, text, start_us + SECOND_US, &told))
		continue;
	/* The tool has gone, a phone writes in the same form: it is told of no more. */
	for (int i = 0; i < 1000; i++)
		held += guard_refrain_holds(r, &flow, text, start_us + SECOND_US);
	CHECK(held < REFRAIN_STEP);
	guard_refrains_free(&r);
	return ERR_NONE;
}

TEST(refrain_full, "more flows than there is room for are read, and take nobody's place")
{
	const struct view text = VIEW(MESSAGE("OPTIONS", "100"));
	struct guard_refrains *r = NULL;
	struct flow first = flow_at(0);
	uint64_t told = 0;

	TRY(guard_refrains_new(&key, &r));
	while (is_read(r, &first, text, start_us, &told))
		continue;
	for (uint32_t i = 1; i < 4 * MAX_REFRAINS; i++) {
		struct flow other = flow_at((uint16_t)i);

		CHECK(is_read(r, &other, text, start_us, &told));
	}
	CHECK(guard_refrain_holds(r, &first, text, start_us));
	guard_refrains_free(&r);
	guard_refrains_free(&r);
	return ERR_NONE;
}

static void outline(struct view text) { (void)sip_outline(text); }

TEST(refrain_outline, "an outline is that of the lines, and no odd or cut head has one")
{
	const struct view one = VIEW(MESSAGE("OPTIONS", "100"));
	uint64_t plain = sip_outline(one);

	CHECK(plain != 0 && plain == sip_outline(VIEW(MESSAGE("OPTIONS", "4567890"))));
	CHECK(plain != sip_outline(VIEW(MESSAGE("INVITE", "100"))));
	CHECK(sip_outline(view_first(one, one.len - 1)) == 0);
	CHECK(sip_outline(VIEW("\r\n" MESSAGE("OPTIONS", "100"))) == 0);
	test_truncations(one, outline);
	return ERR_NONE;
}
