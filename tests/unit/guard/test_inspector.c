/* SPDX-License-Identifier: Apache-2.0 */
/* The inspector says what those say whom it asks. */
#include "event/flow.h"
#include "guard/agent.h"
#include "guard/inspector.h"
#include "guard/oddity.h"
#include "guard/screen.h"
#include "runner/test.h"
#include "sip/msg.h"

#include <string.h>

TEST(inspector_answers, "each answer is that of the one who knows, and 0 of an honest phone's")
{
	static const char tool[] =
		"OPTIONS sip:100@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;"
		"branch=z9hG4bKabc\r\nFrom: \"sipvicious\" <sip:100@1.1.1.1>;tag=1\r\n"
		"To: <sip:100@1.1.1.1>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n"
		"User-Agent: friendly-scanner\r\nSubject: <script>\r\n\r\n";
	static const char phone[] =
		"OPTIONS sip:100@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;"
		"branch=z9hG4bKabc\r\nMax-Forwards: 70\r\nFrom: <sip:201@pbx.example>;tag=1\r\n"
		"To: <sip:202@pbx.example>\r\nCall-ID: a\r\nCSeq: 1 OPTIONS\r\n"
		"User-Agent: Example Phone 1.0\r\n\r\n";
	static const char broken[] = "OPTIONS sip:100@198.51.100.1 SIP/2.0\r\nno colon\r\n\r\n";
	const struct inspector *asked = &guard_inspector;
	const struct flow flow = { .transport = TRANSPORT_UDP };
	static struct sip_msg msg;
	char text[1024];

	memcpy(text, tool, sizeof(tool));
	TRY(sip_msg_parse(text, sizeof(tool) - 1, &sip_limits_default, &msg));
	CHECK(asked->signature(asked->context, &msg, &flow) == SIGNATURE_NOWHERE);
	CHECK(asked->agent(asked->context, &msg) == AGENT_FRIENDLY_SCANNER);
	CHECK(asked->oddity(asked->context, &msg) == (uint16_t)guard_oddity_of(&msg));
	memcpy(text, phone, sizeof(phone));
	TRY(sip_msg_parse(text, sizeof(phone) - 1, &sip_limits_default, &msg));
	CHECK(asked->signature(asked->context, &msg, &flow) == 0);
	CHECK(asked->agent(asked->context, &msg) == 0 && asked->oddity(asked->context, &msg) == 0);
	memcpy(text, broken, sizeof(broken));
	CHECK(sip_msg_parse(text, sizeof(broken) - 1, &sip_limits_default, &msg) == ERR_SYNTAX);
	CHECK(asked->grade(asked->context, &msg) == (uint16_t)guard_refusal_grade(&msg));
	return ERR_NONE;
}
