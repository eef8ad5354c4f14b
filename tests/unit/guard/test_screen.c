/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures, each beside the phone's shape that comes closest to it. */
#include "guard/screen.h"
#include "runner/test.h"
#include "sip/msg.h"

#include <stdlib.h>
#include <string.h>

static const char svmap[] =
	"OPTIONS sip:100@198.51.100.1 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-3221225472;rport\r\n"
	"Max-Forwards: 70\r\nTo: \"someone\" <sip:100@1.1.1.1>\r\n"
	"From: \"someone\" <sip:100@1.1.1.1>;tag=abc\r\nCall-ID: 1234567890\r\nCSeq: 1 OPTIONS\r\n"
	"Contact: sip:100@192.0.2.7:5060\r\nAccept: application/sdp\r\nContent-Length: 0\r\n\r\n";

#define MESSAGE(method, from, to, branch, rest)                                                    \
	method " sip:198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=" branch       \
	       ";rport\r\nMax-Forwards: 70\r\nFrom: " from "\r\nTo: " to                           \
	       "\r\nCall-ID: a84b4c76e66710\r\nCSeq: 1 " method "\r\n" rest                        \
	       "Content-Length: 0\r\n\r\n"

#define CALL(branch, call_id, tag)                                                                 \
	"INVITE sip:202@198.51.100.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=" branch    \
	";rport\r\nMax-Forwards: 70\r\nFrom: <sip:201@a>;tag=" tag                                 \
	"\r\nTo: <sip:202@a>\r\nCall-ID: " call_id "\r\nCSeq: 1 INVITE\r\n" PROPER                 \
	"Content-Length: 0\r\n\r\n"

#define BARE   "Contact: sip:201@192.0.2.7:5060\r\n"
#define PROPER "Contact: <sip:201@192.0.2.7:5060>\r\n"
#define SDP    "Accept: application/sdp\r\n"
#define PHONE  "<sip:201@pbx.example>;tag=1928301774"
#define BRANCH "z9hG4bKnashds8"

static const struct {
	const char *name, *text;
	enum guard_signature want;
} cases[] = {
	{ "svmap's probe", svmap, SIGNATURE_NOWHERE },
	{ "a phone whose user is 100",
	  MESSAGE("REGISTER", "<sip:100@pbx.example>;tag=1", "<sip:100@pbx.example>", BRANCH,
	          PROPER),
	  SIGNATURE_NONE },
	{ "somebody who asks user 100 at 1.1.1.1",
	  MESSAGE("OPTIONS", PHONE, "<sip:100@1.1.1.1>", BRANCH, PROPER), SIGNATURE_NONE },

	{ "a scanner's display name",
	  MESSAGE("OPTIONS", "\"sipvicious\" <sip:7@a>;tag=1", "<sip:8@a>", BRANCH, ""),
	  SIGNATURE_TOOL_NAME },
	{ "a person with a name",
	  MESSAGE("INVITE", "\"Victoria Sipson\" <sip:7@a>;tag=1", "<sip:8@a>", BRANCH, ""),
	  SIGNATURE_NONE },
	{ "a scanner's word in User-Agent alone",
	  MESSAGE("REGISTER", PHONE, "<sip:201@pbx.example>", BRANCH,
	          PROPER "User-Agent: friendly-scanner\r\n"),
	  SIGNATURE_NONE },

	{ "a tag that spells user, 01 and a number",
	  MESSAGE("REGISTER", "<sip:201@a>;tag=3230310131323334353637", "<sip:201@a>", BRANCH,
	          PROPER),
	  SIGNATURE_HEX_TAG },
	{ "a tag of plain hex",
	  MESSAGE("REGISTER", "<sip:201@a>;tag=3230310a31323334353637", "<sip:201@a>", BRANCH,
	          PROPER),
	  SIGNATURE_NONE },
	{ "a tag of hex digits that are text",
	  MESSAGE("REGISTER", "<sip:201@a>;tag=32303131323334353637", "<sip:201@a>", BRANCH,
	          PROPER),
	  SIGNATURE_NONE },
	{ "a tag with 01 and too short a number",
	  MESSAGE("REGISTER", "<sip:201@a>;tag=32303101313233", "<sip:201@a>", BRANCH, PROPER),
	  SIGNATURE_NONE },
	{ "a tag that begins with 01",
	  MESSAGE("REGISTER", "<sip:201@a>;tag=0131323334353637", "<sip:201@a>", BRANCH, PROPER),
	  SIGNATURE_NONE },
	{ "no tag", MESSAGE("REGISTER", "<sip:201@a>", "<sip:201@a>", BRANCH, PROPER),
	  SIGNATURE_NONE },

	{ "svcrack's REGISTER",
	  MESSAGE("REGISTER", "\"201\" <sip:201@a>", "\"201\" <sip:201@a>", "z9hG4bK-1725368812",
	          BARE SDP),
	  SIGNATURE_TOOLKIT_SHAPE },
	{ "the same branch with a proper Contact",
	  MESSAGE("REGISTER", PHONE, "<sip:201@a>", "z9hG4bK-1725368812", PROPER SDP),
	  SIGNATURE_NONE },
	{ "the same branch without Accept",
	  MESSAGE("REGISTER", PHONE, "<sip:201@a>", "z9hG4bK-1725368812", BARE), SIGNATURE_NONE },
	{ "a softphone's branch of three parts",
	  MESSAGE("REGISTER", PHONE, "<sip:201@a>", "z9hG4bK-524287-1---9f", BARE SDP),
	  SIGNATURE_NONE },
	{ "a load generator's branch",
	  MESSAGE("INVITE", PHONE, "<sip:202@a>", "z9hG4bK-4711-1-0", BARE SDP), SIGNATURE_NONE },

	{ "OPTIONS to oneself as a first message",
	  MESSAGE("OPTIONS", "<sip:9@a>;tag=1", "<sip:9@a>", BRANCH, BARE SDP),
	  SIGNATURE_SAME_ENDS },
	{ "a phone that asks its own account",
	  MESSAGE("OPTIONS", "<sip:9@a>;tag=1", "<sip:9@a>", BRANCH, PROPER SDP), SIGNATURE_NONE },
	{ "a phone that registers itself",
	  MESSAGE("REGISTER", "<sip:9@a>;tag=1", "<sip:9@a>", BRANCH, BARE SDP), SIGNATURE_NONE },

	{ "a gateway at our address",
	  MESSAGE("INVITE", "<sip:voipgw@198.51.100.1>;tag=1", "<sip:00441@a>", BRANCH, PROPER),
	  SIGNATURE_GATEWAY_GUISE },
	{ "a gateway at its own address",
	  MESSAGE("INVITE", "<sip:trunk@192.0.2.7>;tag=1", "<sip:441@a>", BRANCH, PROPER),
	  SIGNATURE_NONE },
	{ "a phone that calls us by address",
	  MESSAGE("INVITE", "<sip:201@198.51.100.1>;tag=1", "<sip:202@a>", BRANCH, PROPER),
	  SIGNATURE_NONE },
	{ "a trunk that registers with us by address",
	  MESSAGE("REGISTER", "<sip:trunk@198.51.100.1>;tag=1", "<sip:trunk@198.51.100.1>", BRANCH,
	          PROPER),
	  SIGNATURE_NONE },

	{ "a port scanner's service probe",
	  MESSAGE("OPTIONS", "<sip:nm@nm>;tag=root", "<sip:nm2@nm2>", BRANCH,
	          "Contact: <sip:nm@nm>\r\n" SDP),
	  SIGNATURE_PORT_PROBE },
	{ "a tool that calls itself so",
	  MESSAGE("OPTIONS", "<sip:smap@192.0.2.7>;tag=1", "<sip:test@a>", BRANCH, PROPER),
	  SIGNATURE_TOOL_USER },
	{ "a user called smapper",
	  MESSAGE("OPTIONS", "<sip:smapper@192.0.2.7>;tag=1", "<sip:test@a>", BRANCH, PROPER),
	  SIGNATURE_NONE },
	{ "a branch that repeats the Call-ID",
	  CALL("z9hG4bK-0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef", "1"),
	  SIGNATURE_CALL_ID_BRANCH },
	{ "a branch that resembles the Call-ID",
	  CALL("z9hG4bK-0123456789abcdef0123456789abcdef", "1123456789abcdef0123456789abcdef", "1"),
	  SIGNATURE_NONE },
	{ "a branch that repeats a Call-ID with a host",
	  CALL("z9hG4bK-17@192.0.2.7", "17@192.0.2.7", "1"), SIGNATURE_NONE },
	{ "a branch of 71 letters",
	  CALL("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghi",
	       "0123456789abcdef0123456789abcdef", "0a1b2c3d"),
	  SIGNATURE_LONG_BRANCH },
	{ "a branch of 71 letters behind the cookie",
	  CALL("z9hG4bKabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghi",
	       "0123456789abcdef0123456789abcdef", "0a1b2c3d"),
	  SIGNATURE_LONG_BRANCH },
	{ "a softphone's branch of 70 with the same Call-ID",
	  CALL("z9hG4bKabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefgh",
	       "0123456789abcdef0123456789abcdef", "0a1b2c3d"),
	  SIGNATURE_NONE },
	{ "a long branch of a proxy with another Call-ID",
	  CALL("z9hG4bKabcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghi",
	       "0123456789abcdef@192.0.2.7", "0a1b2c3d"),
	  SIGNATURE_NONE },
	{ "the RFC's own example",
	  MESSAGE("OPTIONS", "Alice <sip:alice@atlanta.com>;tag=1928301774",
	          "<sip:carol@chicago.com>", BRANCH, PROPER),
	  SIGNATURE_TEXTBOOK },
	{ "a phone with the example's tag", MESSAGE("INVITE", PHONE, "<sip:202@a>", BRANCH, PROPER),
	  SIGNATURE_NONE },
	{ "a sender without an address",
	  "OPTIONS sip:100@a SIP/2.0\r\nVia: SIP/2.0/UDP 0.0.0.0:5060;branch=z9hG4bK7\r\n"
	  "From: <sip:100@a>;tag=1\r\nTo: <sip:100@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"
	  "Contact: <sip:100@0.0.0.0:5060>\r\nContent-Length: 0\r\n\r\n",
	  SIGNATURE_NO_ADDRESS },
	{ "a phone that knows its address late",
	  MESSAGE("OPTIONS", PHONE, "<sip:202@a>", BRANCH, "Contact: <sip:100@0.0.0.0:5060>\r\n"),
	  SIGNATURE_NONE },
	{ "a user called nm",
	  MESSAGE("OPTIONS", "<sip:nm@a.example>;tag=1", "<sip:nm@a.example>", BRANCH, PROPER),
	  SIGNATURE_NONE },
};

static struct flow flow_here(void)
{
	struct flow flow = { 0 };

	if (addr_parse_port(VIEW("198.51.100.1:5060"), &flow.local) != ERR_NONE ||
	    addr_parse_port(VIEW("192.0.2.7:5060"), &flow.remote) != ERR_NONE)
		abort();
	return flow;
}

static struct guard_screening screen(const char *text, enum fact_standing standing, bool is_suspect)
{
	static struct sip_msg msg;
	struct guard_screening none = { .signature = SIGNATURE_COUNT };
	struct flow flow = flow_here();
	char bytes[2048];
	size_t len = strlen(text);

	memcpy(bytes, text, len);
	if (sip_msg_parse(bytes, len, &sip_limits_default, &msg) != ERR_NONE)
		return none;
	return guard_screen(&msg, &flow, standing, is_suspect);
}

TEST(screen_signatures,
     "each tool is known by its shape, and its nearest phone is not taken for it")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CHECK_CASE(screen(cases[i].text, STANDING_STRANGER, false).signature ==
		                   cases[i].want,
		           cases[i].name);
	return ERR_NONE;
}

TEST(screen_covered, "each signature has a case and a name")
{
	for (int s = SIGNATURE_NONE + 1; s < SIGNATURE_COUNT; s++) {
		bool is_covered = false;

		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			is_covered |= (int)cases[i].want == s;
		CHECK_CASE(is_covered, guard_signature_name((enum guard_signature)s));
		CHECK(guard_signature_text((enum guard_signature)s)[0] != '?');
	}
	CHECK(guard_signature_name(SIGNATURE_COUNT)[0] == '?');
	return ERR_NONE;
}

TEST(screen_treatment,
     "a match is met by silence, a REGISTER goes its way so that a guesser proves himself")
{
	static const char reg[] = MESSAGE("REGISTER", "\"201\" <sip:201@a>", "\"201\" <sip:201@a>",
	                                  "z9hG4bK-1725368812", BARE SDP);

	CHECK(screen(svmap, STANDING_STRANGER, false).treatment == TREAT_SILENCE);
	CHECK(screen(reg, STANDING_STRANGER, false).treatment == TREAT_PASS);
	CHECK(screen(reg, STANDING_STRANGER, true).treatment == TREAT_CHALLENGE);
	CHECK(screen(svmap, STANDING_KNOWN, true).treatment == TREAT_PASS);
	CHECK(screen(svmap, STANDING_PEER, true).signature == SIGNATURE_NONE);
	return ERR_NONE;
}

static void look(struct view text)
{
	static struct sip_msg msg;
	struct flow flow = flow_here();
	char bytes[2048];

	memcpy(bytes, text.at, text.len);
	if (sip_msg_parse(bytes, text.len, &sip_limits_default, &msg) == ERR_NONE)
		(void)guard_screen(&msg, &flow, STANDING_STRANGER, false);
}

TEST(screen_truncated, "no truncation of a probe confuses the screen")
{
	test_truncations(view_of(svmap), look);
	return ERR_NONE;
}
