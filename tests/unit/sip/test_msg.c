/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a message: what is accepted, what is refused and by which name. */
#include <stdlib.h>
#include <string.h>

#include "runner/test.h"
#include "sip/check.h"
#include "sip/msg.h"

static struct sip_msg msg;

/* A message of its own memory of exactly that size, parsed and checked. */
static enum err parse_text(struct view text, enum sip_framing framing)
{
	struct sip_limits limits = sip_limits_default;
	static char bytes[1 << 17];

	memcpy(bytes, text.at, text.len);
	limits.framing = framing;
	return sip_msg_parse(bytes, text.len, &limits, &msg);
}

#define CORE                                                                             \
	"Via: SIP/2.0/UDP phone.example.net;branch=z9hG4bK776\r\n"                       \
	"From: \"Anna\" <sip:anna@example.com>;tag=a1\r\n"                               \
	"To: <sip:bert@example.com>\r\n"                                                 \
	"Call-ID: 17@phone.example.net\r\n"

static const char invite[] = "INVITE sip:bert@example.com SIP/2.0\r\n" CORE
			     "CSeq: 7 INVITE\r\n"
			     "Max-Forwards: 70\r\n"
			     "Contact: <sip:anna@192.0.2.4:5062>\r\n"
			     "Content-Type: application/sdp\r\n"
			     "Content-Length: 4\r\n\r\nv=0\n";

TEST(msg_invite, "reads a plain INVITE")
{
	CHECK(parse_text(VIEW(invite), SIP_DATAGRAM) == ERR_NONE);
	CHECK(msg.is_request && msg.method == SIP_METHOD_INVITE);
	CHECK(view_equal(msg.uri, VIEW("sip:bert@example.com")));
	CHECK(msg.count == 9 && msg.anomalies == 0);
	CHECK(view_equal(msg.call_id, VIEW("17@phone.example.net")));
	CHECK(msg.cseq.number == 7 && msg.cseq.method == SIP_METHOD_INVITE);
	CHECK(view_equal(msg.body, VIEW("v=0\n")));
	CHECK(view_equal(sip_msg_value(&msg, SIP_HEADER_CONTACT), VIEW("<sip:anna@192.0.2.4:5062>")));
	CHECK(sip_check(&msg) == ERR_NONE);
	return ERR_NONE;
}
