/* SPDX-License-Identifier: Apache-2.0 */
/* A call that becomes a fax (ITU-T T.38), and one that does not. */
#include "unit/border/talk.h"

#include <string.h>

#define FAX(host, port)                                                                            \
	"v=0\r\no=- 1 2 IN IP4 " host "\r\ns=-\r\nc=IN IP4 " host "\r\nt=0 0\r\n"                  \
	"m=image " port " udptl t38\r\na=T38FaxVersion:0\r\na=T38FaxUdpEC:t38UDPRedundancy\r\n"
#define FAX_OF_PHONE FAX("192.168.1.10", "4100")
#define FAX_OF_PBX   FAX("10.0.0.20", "12100")
#define CONTACT      "Contact: <sip:200@192.168.1.10:5060>\r\n"

static enum err become_fax(struct talk *t)
{
	TRY(talk_call(t));
	talk_request(t, &t->phone, "INVITE", CONTACT, FAX_OF_PHONE);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(wire_has(&t->at_pbx, " udptl t38\r\n") && !wire_has(&t->at_pbx, "m=image 0 "));
	CHECK(wire_has(&t->at_pbx, "a=T38FaxUdpEC:t38UDPRedundancy\r\n"));
	CHECK(!wire_has(&t->at_pbx, "192.168.1.10"));
	return ERR_NONE;
}

TALK_TEST(fax_taken,
          "a call becomes a fax by a re-INVITE, on the ports that it had, and talks again")
{
	struct order before;

	TRY(become_fax(t));
	before = *talk_order(t);
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", FAX_OF_PBX);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && wire_has(&t->at_phone, " udptl t38\r\n"));
	CHECK(talk_order(t)->kind == ORDER_CHANGE && talk_order(t)->form == MEDIA_UDPTL);
	CHECK(talk_order(t)->legs[0].port == before.legs[0].port && !talk_order(t)->is_held);
	CHECK(talk_order(t)->legs[1].remote.port == 12100);
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	talk_request(t, &t->phone, "INVITE", CONTACT, TALK_OFFER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", TALK_ANSWER);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") && talk_order(t)->form == MEDIA_RTP);
	return ERR_NONE;
}

TALK_TEST(fax_refused, "a fax that is refused leaves the call talking")
{
	unsigned orders;

	TRY(become_fax(t));
	orders = t->w->order_count;
	talk_answer(t, &t->pbx, &t->at_pbx, "488 Not Acceptable Here", "", "");
	CHECK(talk_hears(t, &t->pbx, "ACK ") && talk_hears(t, &t->phone, "SIP/2.0 488 "));
	CHECK(t->w->order_count == orders && talk_order(t)->form == MEDIA_RTP);
	return ERR_NONE;
}

TALK_TEST(fax_restored, "a fax outlives the worker")
{
	TRY(become_fax(t));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", FAX_OF_PBX);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	TRY(wire_restart(t->w));
	CHECK(talk_order(t)->form == MEDIA_UDPTL);
	return ERR_NONE;
}
