/* SPDX-License-Identifier: Apache-2.0 */
/* What a packet may cost: no memory asked for, whatever it carries, once the border stands. */
#include "unit/border/talk.h"

enum { CALLS = 10 };

static enum err call_and_hang_up(struct talk *t)
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INFO", "", "");
	CHECK(talk_hears(t, &t->pbx, "INFO "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_request(t, &t->phone, "BYE", "", "");
	CHECK(talk_hears(t, &t->pbx, "BYE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_media_closes(t);
	return ERR_NONE;
}

TALK_TEST(memory_calls,
          "calls, strangers and what is no SIP cost no allocation from the first packet on")
{
	struct flow stranger = wire_outside(66, 5060);
	unsigned long before = test_allocations();

	CHECK(before > 0);
	for (unsigned i = 0; i < CALLS; i++) {
		TRY(call_and_hang_up(t));
		TRY(talk_register(t));
		wire_receive(
			t->w, &stranger,
			"OPTIONS sip:100@198.51.100.1 SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 203.0.113.66:5060;branch=z9hG4bK-1;rport\r\n"
			"From: \"sipvicious\" <sip:100@1.1.1.1>;tag=1\r\nTo: <sip:100@1.1.1.1>\r\n"
			"Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n\r\n");
		wire_receive(t->w, &stranger, "GET / HTTP/1.1\r\n\r\n");
		wire_advance(t->w, 40 * SECOND_US);
		CHECK(test_allocations() == before);
	}
	return ERR_NONE;
}
