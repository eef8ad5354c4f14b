/* SPDX-License-Identifier: Apache-2.0 */
/* Names of tools in User-Agent, and names of phones that resemble them. */
#include "guard/agent.h"
#include "runner/test.h"
#include "sip/msg.h"

#include <stdio.h>
#include <string.h>

static enum guard_agent agent_of(const char *agent)
{
	static struct sip_msg msg;
	char text[512];

	snprintf(text, sizeof(text),
	         "OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n"
	         "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
	         "User-Agent: %s\r\n\r\n",
	         agent);
	if (sip_msg_parse(text, strlen(text), &sip_limits_default, &msg) != ERR_NONE)
		return AGENT_COUNT;
	return guard_agent_of(&msg);
}

TEST(agent_names, "tools are known by their names, phones and gateways are not taken for them")
{
	static const struct {
		const char *text;
		enum guard_agent want;
	} cases[] = {
		{ "friendly-scanner", AGENT_FRIENDLY_SCANNER },
		{ "UNfriendly-scanner - for demo purposes", AGENT_FRIENDLY_SCANNER },
		{ "SIPVicious", AGENT_SIPVICIOUS },
		{ "sipcli/v1.8", AGENT_SIPCLI },
		{ "VaxSIPUserAgent/3.1", AGENT_VAX_SIP },
		{ "pplsip", AGENT_PPLSIP },
		{ "smap 0.6.0", AGENT_SMAP },
		{ "smapper phone", AGENT_NONE },
		{ "Gulpener 2", AGENT_NONE },
		{ "My smap", AGENT_NONE },
		{ "sipsak 0.9.8.1", AGENT_NONE },
		{ "Zoiper rev.6751", AGENT_NONE },
		{ "Asterisk PBX 20.1", AGENT_NONE },
		{ "Cisco-SIPGateway/IOS-12.x", AGENT_NONE },
		{ "Linphone/5.1.65 (belle-sip/5.1.65)", AGENT_NONE },
		{ "", AGENT_NONE },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(agent_of(cases[i].text) == cases[i].want, cases[i].text);
	for (int i = AGENT_NONE + 1; i < AGENT_COUNT; i++) {
		const char *name = guard_agent_name((enum guard_agent)i);

		char within[64];

		snprintf(within, sizeof(within), "un%s", name);
		CHECK_CASE(agent_of(name) == (enum guard_agent)i, name);
		CHECK_CASE(agent_of(within) ==
		                   (strlen(name) >= 10 ? (enum guard_agent)i : AGENT_NONE),
		           within);
	}
	CHECK(strcmp(guard_agent_name(AGENT_SIPCLI), "sipcli") == 0);
	CHECK(guard_agent_name(AGENT_COUNT)[0] == '?');
	return ERR_NONE;
}
