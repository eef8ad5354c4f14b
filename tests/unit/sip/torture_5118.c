/* SPDX-License-Identifier: Apache-2.0 */
/* One message a section of RFC 5118, written by us. */
#include "torture.h"

#define HEAD(uri) "REGISTER " uri " SIP/2.0\r\n"
#define VIA(rest) "Via: SIP/2.0/UDP " rest "\r\n"
#define REST                                                                                       \
	"From: <sip:lina@example.org>;tag=6a\r\nTo: <sip:lina@example.org>\r\n"                    \
	"Call-ID: v6.9@[2001:db8:5::9]\r\nCSeq: 5 REGISTER\r\nMax-Forwards: 69\r\n"
#define NONE "Content-Length: 0\r\n\r\n"
#define SIX  VIA("[2001:db8:5::9]:5060;branch=z9hG4bK6")
#define TEXT(literal)                                                                              \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}

/* clang-format off */
const struct torture torture_5118[] = {
	{ "4.1", "IPv6 references in Request-URI, Via and "
	       "Contact", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:[2001:db8:5::10]") SIX REST "Contact: "
	         "<sip:lina@[2001:db8:5::9]>\r\n" NONE) },
	{ "4.2", "an IPv6 address without brackets in the "
	       "Request-URI", TORTURE_CHECK, SIP_REASON_URI_SYNTAX,
	  TEXT(HEAD("sip:2001:db8:5::10") SIX REST NONE) },
	{ "4.3", "what looks like a port stands within the "
	       "brackets", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:[2001:db8:5::10:5070]") SIX REST NONE) },
	{ "4.4", "the port stands behind the brackets", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:[2001:db8:5::10]:5070") SIX REST NONE) },
	{ "4.5", "received without brackets", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:example.org") VIA("[2001:db8:5::9]:5060;received=2001:db8:5::8;"
	         "branch=z9hG4bK6") REST NONE) },
	{ "4.5", "received with brackets", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:example.org") VIA("[2001:db8:5::9]:5060;received=[2001:db8:5::8];"
	         "branch=z9hG4bK6") REST NONE) },
	{ "4.6", "IPv6 addresses in SDP", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:[2001:db8:5::10]") SIX REST "Content-Type: application/sdp\r\n"
	         "Content-Length: 64\r\n\r\n"
	       "v=0\r\no=l 1 1 IN IP6 2001:db8:5::9\r\ns=-\r\nc=IN IP6 2001:db8:5::9\r\n") },
	{ "4.7", "both families in one message", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:example.org") SIX VIA("192.0.2.9;branch=z9hG4bK4") REST
	       "Contact: <sip:lina@[2001:db8:5::9]>, <sip:lina@192.0.2.9>\r\n" NONE) },
	{ "4.8", "both families in one SDP", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:[2001:db8:5::10]") SIX REST "Content-Type: application/sdp\r\n"
	         "Content-Length: 63\r\n\r\n"
	       "v=0\r\nm=audio 6000 RTP/AVP 0\r\nc=IN IP6 ::1\r\nc=IN IP4 127.0.0.1\r\n") },
	{ "4.9", "an IPv4-mapped address", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:example.org") VIA("[::ffff:192.0.2.9]:5060;branch=z9hG4bK6") REST
	       "Contact: <sip:lina@[::ffff:192.0.2.9]>\r\n" NONE) },
	{ "4.10", "three colons before an embedded IPv4 address", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:lina@[2001:db8:::192.0.2.1]") SIX REST NONE) },
	{ "4.10", "two colons before it", TORTURE_ACCEPTED, SIP_REASON_NONE,
	  TEXT(HEAD("sip:lina@[2001:db8::192.0.2.1]") SIX REST NONE) },
	{ "4.10", "three colons elsewhere", TORTURE_CHECK, SIP_REASON_URI_SYNTAX,
	  TEXT(HEAD("sip:lina@[2001:db8:::1]") SIX REST NONE) },
};
/* clang-format on */

const size_t torture_5118_count = sizeof(torture_5118) / sizeof(torture_5118[0]);
