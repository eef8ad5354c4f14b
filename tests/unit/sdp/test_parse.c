/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions that are refused, each for its reason, and what the others say. */
#include "runner/test.h"
#include "sdp/session.h"
#include "unit/sdp/sdp_case.h"

static struct sdp_session session;

struct reason_case {
	const char *name, *text;
	enum sdp_reason want;
	uint64_t sloppy;
};

#define BIT(reason) (UINT64_C(1) << SDP_##reason)

static const struct reason_case cases[] = {
	{ "a plain description", SDP_HEAD SDP_AUDIO, SDP_FINE, 0 },
	{ "an empty body", "", SDP_VERSION, 0 },
	{ "a body of line ends", "\r\n\r\n", SDP_VERSION, BIT(EMPTY_LINE) },
	{ "no version", SDP_O SDP_S SDP_C SDP_T SDP_AUDIO, SDP_VERSION, 0 },
	{ "version 1", "v=1\r\n" SDP_O, SDP_VERSION, 0 },
	{ "version twice", SDP_V SDP_V SDP_O, SDP_VERSION, 0 },
	{ "version again below m=", SDP_HEAD SDP_AUDIO SDP_V, SDP_VERSION, 0 },
	{ "no origin", SDP_V SDP_S SDP_C SDP_T SDP_AUDIO, SDP_ORIGIN, 0 },
	{ "origin twice", SDP_V SDP_O SDP_O, SDP_ORIGIN, 0 },
	{ "origin with letters for numbers", SDP_V "o=- a b IN IP4 192.0.2.1\r\n", SDP_ORIGIN, 0 },
	{ "origin too short", SDP_V "o=- 1 IN\r\n", SDP_ORIGIN, 0 },
	{ "origin of a hundred words",
	  SDP_V "o=a a a a a a a a a a a a a a a a a a a a 1 1 IN IP4 1.2.3.4\r\n", SDP_ORIGIN, 0 },
	{ "origin without a user", SDP_V "o=1 1 IN IP4 192.0.2.1\r\n" SDP_S SDP_C SDP_T SDP_AUDIO,
	  SDP_FINE, BIT(ORIGIN_FORM) },
	{ "origin with a blank in the user",
	  SDP_V "o=my phone 1 1 IN IP4 192.0.2.1\r\n" SDP_S SDP_C SDP_T SDP_AUDIO, SDP_FINE,
	  BIT(ORIGIN_FORM) },
	{ "origin with a name",
	  SDP_V "o=- 1 1 IN IP4 phone.example\r\n" SDP_S SDP_C SDP_T SDP_AUDIO, SDP_FINE,
	  BIT(ORIGIN_FORM) },
	{ "no subject", SDP_V SDP_O SDP_C SDP_T SDP_AUDIO, SDP_FINE, BIT(NO_SUBJECT) },
	{ "no time", SDP_V SDP_O SDP_S SDP_C SDP_AUDIO, SDP_FINE, BIT(NO_TIME) },
	{ "broken time", SDP_V SDP_O SDP_S SDP_C "t=0\r\n" SDP_AUDIO, SDP_TIME, 0 },
	{ "lines out of order", SDP_V SDP_O SDP_S SDP_T SDP_C SDP_AUDIO, SDP_FINE,
	  BIT(LINE_ORDER) },
	{ "LF alone",
	  "v=0\no=- 1 1 IN IP4 192.0.2.1\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio 4000 RTP/AVP 0\n",
	  SDP_FINE, BIT(LINE_FEED_ALONE) },
	{ "last line without its end", SDP_HEAD "m=audio 4000 RTP/AVP 0", SDP_FINE,
	  BIT(LAST_LINE_OPEN) | BIT(LINE_FEED_ALONE) },
	{ "last line with CR alone", SDP_HEAD "m=audio 4000 RTP/AVP 0\r", SDP_FINE,
	  BIT(LAST_LINE_OPEN) },
	{ "half a line at the end", SDP_HEAD SDP_AUDIO "a", SDP_LINE_FORM,
	  BIT(LAST_LINE_OPEN) | BIT(LINE_FEED_ALONE) },
	{ "a line without its equals sign", SDP_HEAD SDP_AUDIO "hello\r\n", SDP_LINE_FORM, 0 },
	{ "a capital letter for a kind", SDP_HEAD "M=audio 4000 RTP/AVP 0\r\n", SDP_LINE_FORM, 0 },
	{ "an unknown kind of line", SDP_HEAD "x=1\r\n" SDP_AUDIO, SDP_FINE, BIT(UNKNOWN_LINE) },
	{ "an empty line within", SDP_HEAD "\r\n" SDP_AUDIO, SDP_FINE, BIT(EMPTY_LINE) },
	{ "a lone CR within a line", SDP_V "o=- 1\r1 IN IP4 192.0.2.1\r\n", SDP_CONTROL_BYTE, 0 },
	{ "a bell", SDP_V SDP_O "s=\a\r\n", SDP_CONTROL_BYTE, 0 },
	{ "no m= line: streams may come later", SDP_HEAD, SDP_FINE, 0 },

	{ "no address", SDP_V SDP_O SDP_S SDP_T SDP_AUDIO, SDP_CONNECTION_NONE, 0 },
	{ "no address on a refused line", SDP_V SDP_O SDP_S SDP_T "m=audio 0 RTP/AVP 0\r\n",
	  SDP_FINE, 0 },
	{ "a name for an address", SDP_V SDP_O SDP_S "c=IN IP4 media.example\r\n" SDP_T SDP_AUDIO,
	  SDP_NAME, 0 },
	{ "a number for an address", SDP_V SDP_O SDP_S "c=IN IP4 3221225985\r\n", SDP_CONNECTION,
	  0 },
	{ "three numbers for an address", SDP_V SDP_O SDP_S "c=IN IP4 192.0.1\r\n", SDP_CONNECTION,
	  0 },
	{ "an octal address", SDP_V SDP_O SDP_S "c=IN IP4 0192.0.2.1\r\n", SDP_CONNECTION, 0 },
	{ "an address of the other family", SDP_V SDP_O SDP_S "c=IN IP4 2001:db8::1\r\n",
	  SDP_CONNECTION, 0 },
	{ "an IPv4 address called IPv6", SDP_V SDP_O SDP_S "c=IN IP6 192.0.2.1\r\n", SDP_CONNECTION,
	  0 },
	{ "a bracketed address", SDP_V SDP_O SDP_S "c=IN IP6 [2001:db8::1]\r\n", SDP_CONNECTION,
	  0 },
	{ "a mapped address", SDP_V SDP_O SDP_S "c=IN IP6 ::ffff:192.0.2.1\r\n" SDP_T SDP_AUDIO,
	  SDP_FINE, 0 },
	{ "another network", SDP_V SDP_O SDP_S "c=ATM NSAP 47.0091\r\n", SDP_NETWORK, 0 },
	{ "a multicast address", SDP_V SDP_O SDP_S "c=IN IP4 239.1.1.1\r\n", SDP_MULTICAST, 0 },
	{ "a TTL", SDP_V SDP_O SDP_S "c=IN IP4 192.0.2.1/127\r\n", SDP_MULTICAST, 0 },
	{ "an IPv6 multicast address", SDP_V SDP_O SDP_S "c=IN IP6 ff02::1\r\n", SDP_MULTICAST, 0 },
	{ "two addresses at one level", SDP_V SDP_O SDP_S SDP_C SDP_C, SDP_CONNECTION_TWICE, 0 },
	{ "one good address and one bad", SDP_HEAD SDP_AUDIO "c=IN IP4 1.2.3\r\n", SDP_CONNECTION,
	  0 },
	{ "rubbish behind the address", SDP_V SDP_O SDP_S "c=IN IP4 192.0.2.1 x\r\n",
	  SDP_CONNECTION, 0 },

	{ "bandwidth", SDP_HEAD SDP_AUDIO "b=AS:64\r\n", SDP_FINE, 0 },
	{ "bandwidth without a colon", SDP_HEAD SDP_AUDIO "b=AS\r\n", SDP_BANDWIDTH, 0 },
	{ "empty bandwidth", SDP_HEAD SDP_AUDIO "b=\r\n", SDP_BANDWIDTH, 0 },
	{ "negative bandwidth", SDP_HEAD SDP_AUDIO "b=AS:-1\r\n", SDP_BANDWIDTH, 0 },
	{ "bandwidth beyond 32 bits", SDP_HEAD SDP_AUDIO "b=AS:4294967296\r\n", SDP_BANDWIDTH, 0 },

	{ "port 65535", SDP_HEAD "m=audio 65535 RTP/AVP 0\r\n", SDP_FINE, 0 },
	{ "port 65536", SDP_HEAD "m=audio 65536 RTP/AVP 0\r\n", SDP_MEDIA_PORT, 0 },
	{ "a negative port", SDP_HEAD "m=audio -1 RTP/AVP 0\r\n", SDP_MEDIA, 0 },
	{ "several ports", SDP_HEAD "m=audio 65535/2 RTP/AVP 0\r\n", SDP_MEDIA_PORTS, 0 },
	{ "no formats", SDP_HEAD "m=audio 4000 RTP/AVP\r\n", SDP_MEDIA, 0 },
	{ "a format that is no number", SDP_HEAD "m=audio 4000 RTP/AVP *\r\n", SDP_PAYLOAD_TYPE,
	  0 },
	{ "payload type 128", SDP_HEAD "m=audio 4000 RTP/AVP 128\r\n", SDP_PAYLOAD_TYPE, 0 },
	{ "payload type 2 to the 32nd", SDP_HEAD "m=audio 4000 RTP/AVP 4294967296\r\n",
	  SDP_PAYLOAD_TYPE, 0 },
	{ "a protocol with an empty part", SDP_HEAD "m=audio 4000 RTP//AVP 0\r\n", SDP_MEDIA, 0 },
	{ "doubled blanks", SDP_HEAD "m=audio  4000 RTP/AVP 0\r\n", SDP_FINE, BIT(TRAILING_BLANK) },
	{ "a blank at the end", SDP_HEAD "m=audio 4000 RTP/AVP 0 \r\n", SDP_FINE,
	  BIT(TRAILING_BLANK) },
	{ "a format twice", SDP_HEAD "m=audio 4000 RTP/AVP 0 0\r\n", SDP_FINE, BIT(REPEATED) },
	{ "a dynamic type without a name", SDP_HEAD "m=audio 4000 RTP/AVP 0 97\r\n", SDP_FINE,
	  BIT(UNMAPPED_FORMAT) },

	{ "rtpmap of payload type 4294967296",
	  SDP_HEAD SDP_AUDIO "a=rtpmap:4294967296 PCMU/8000\r\n", SDP_PAYLOAD_TYPE, 0 },
	{ "rtpmap of payload type -1", SDP_HEAD SDP_AUDIO "a=rtpmap:-1 PCMU/8000\r\n",
	  SDP_PAYLOAD_TYPE, 0 },
	{ "rtpmap without a clock", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU\r\n", SDP_FINE,
	  BIT(RTPMAP_FORM) },
	{ "rtpmap with an empty clock", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/\r\n", SDP_RTPMAP, 0 },
	{ "a time behind a blank", SDP_V SDP_O SDP_S SDP_C "t= 0 0\r\n" SDP_AUDIO, SDP_FINE, 0 },
	{ "rtpmap with clock 0", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/0\r\n", SDP_RTPMAP, 0 },
	{ "rtpmap with a clock of a megahertz", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/1000000\r\n",
	  SDP_FINE, 0 },
	{ "rtpmap with a clock beyond", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/1000001\r\n",
	  SDP_RTPMAP, 0 },
	{ "rtpmap with 256 channels", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/8000/256\r\n", SDP_RTPMAP,
	  0 },
	{ "rtpmap with no channels", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/8000/\r\n", SDP_RTPMAP,
	  0 },
	{ "rtpmap with rubbish behind it", SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/8000 x\r\n",
	  SDP_RTPMAP, 0 },
	{ "rtpmap twice alike",
	  SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/8000\r\na=rtpmap:0 pcmu/8000\r\n", SDP_FINE,
	  BIT(REPEATED) },
	{ "rtpmap twice with two meanings",
	  SDP_HEAD SDP_AUDIO "a=rtpmap:0 PCMU/8000\r\na=rtpmap:0 PCMA/8000\r\n",
	  SDP_RTPMAP_CONFLICT, BIT(REPEATED) },
	{ "rtpmap of what is not listed", SDP_HEAD SDP_AUDIO "a=rtpmap:8 PCMA/8000\r\n", SDP_FINE,
	  BIT(STRAY_FORMAT) },
	{ "fmtp of payload type 128", SDP_HEAD SDP_AUDIO "a=fmtp:128 x=1\r\n", SDP_PAYLOAD_TYPE,
	  0 },
	{ "fmtp without parameters", SDP_HEAD SDP_AUDIO "a=fmtp:0\r\n", SDP_FMTP, 0 },
	{ "fmtp with bytes beyond ASCII", SDP_HEAD SDP_AUDIO "a=fmtp:0 \xff\r\n", SDP_FMTP, 0 },
	{ "ptime 0", SDP_HEAD SDP_AUDIO "a=ptime:0\r\n", SDP_PTIME, 0 },
	{ "ptime 1", SDP_HEAD SDP_AUDIO "a=ptime:1\r\n", SDP_FINE, 0 },
	{ "ptime with a fraction", SDP_HEAD SDP_AUDIO "a=ptime:16.25\r\n", SDP_FINE, 0 },
	{ "ptime 1001", SDP_HEAD SDP_AUDIO "a=ptime:1001\r\n", SDP_PTIME, 0 },
	{ "maxptime 65535", SDP_HEAD SDP_AUDIO "a=maxptime:65535\r\n", SDP_PTIME, 0 },
	{ "rtcp port 0", SDP_HEAD SDP_AUDIO "a=rtcp:0\r\n", SDP_RTCP, 0 },
	{ "rtcp port 65536", SDP_HEAD SDP_AUDIO "a=rtcp:65536\r\n", SDP_RTCP, 0 },
	{ "rtcp at a multicast address", SDP_HEAD SDP_AUDIO "a=rtcp:4001 IN IP4 224.0.0.1\r\n",
	  SDP_MULTICAST, 0 },
	{ "rtcp at half an address", SDP_HEAD SDP_AUDIO "a=rtcp:4001 IN IP4\r\n", SDP_RTCP, 0 },
	{ "two directions", SDP_HEAD SDP_AUDIO "a=sendonly\r\na=sendrecv\r\n", SDP_DIRECTION_TWICE,
	  BIT(REPEATED) },
	{ "a direction with a value", SDP_HEAD SDP_AUDIO "a=sendrecv:1\r\n", SDP_ATTRIBUTE, 0 },
	{ "an attribute without a name", SDP_HEAD SDP_AUDIO "a=:x\r\n", SDP_ATTRIBUTE, 0 },
	{ "an attribute with a blank in its name", SDP_HEAD SDP_AUDIO "a=x y:1\r\n", SDP_ATTRIBUTE,
	  0 },
	{ "keys, candidates and fingerprints",
	  SDP_HEAD SDP_AUDIO
	  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n"
	  "a=candidate:1 1 UDP 1 10.0.0.1 9 typ host\r\n"
	  "a=fingerprint:sha-1 00\r\na=setup:actpass\r\na=ice-ufrag:x\r\na=rtcp-mux\r\n",
	  SDP_FINE, 0 },
};

TEST(parse_reasons, "gives each description its reason")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		enum sdp_reason got = sdp_parse(view_of(cases[i].text), &session);

		CHECK_CASE(got == cases[i].want, cases[i].name);
		CHECK_CASE(session.sloppy == cases[i].sloppy, cases[i].name);
	}
	return ERR_NONE;
}

TEST(parse_nul, "refuses a NUL wherever it stands, also at the end of an attribute's name")
{
	static const char text[] = SDP_HEAD SDP_AUDIO "a=fmtp:0 x=1\r\n";
	char changed[sizeof(text)];

	for (size_t i = 0; i + 1 < sizeof(text); i++) {
		for (size_t j = 0; j < sizeof(text); j++)
			changed[j] = text[j];
		changed[i] = '\0';
		CHECK(sdp_parse(view_bytes(changed, sizeof(text) - 1), &session) != SDP_FINE);
	}
	CHECK(sdp_parse(view_bytes(SDP_HEAD SDP_AUDIO "a=fmtp\0:0 x\r\n",
	                           sizeof(SDP_HEAD SDP_AUDIO) + 13),
	                &session) == SDP_CONTROL_BYTE);
	return ERR_NONE;
}

TEST(parse_fields, "understands formats, times, direction and addresses of two lines")
{
	const struct sdp_media *m;
	const struct sdp_format *f;

	CHECK(sdp_parse(VIEW(SDP_V
	                     "o=- 99999999999999999999999 3 IN IP4 192.0.2.9\r\n" SDP_S SDP_C SDP_T
	                     "a=sendonly\r\n"
	                     "m=audio 4000 RTP/AVP 8 111 101\r\n"
	                     "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n"
	                     "a=rtpmap:101 telephone-event/8000\r\n"
	                     "a=fmtp:101 0-16\r\na=ptime:20\r\na=maxptime:60\r\n"
	                     "m=video 5000 RTP/AVPF 96\r\n"
	                     "c=IN IP6 2001:db8::5\r\na=rtpmap:96 VP8/90000\r\n"
	                     "a=recvonly\r\na=rtcp:5009\r\n"),
	                &session) == SDP_FINE);
	CHECK(session.sloppy == 0 && session.media_count == 2);
	CHECK(view_equal(session.origin.session_id, VIEW("99999999999999999999999")));
	m = &session.media[0];
	CHECK(m->kind == SDP_KIND_AUDIO && m->protocol == SDP_PROTOCOL_AVP && m->format_count == 3);
	CHECK(m->direction == SDP_SENDONLY && m->ptime_ms == 20 && m->maxptime_ms == 60);
	CHECK(m->rtp.port == 4000 && m->rtcp.port == 4001 && m->rtp.bytes[15] == 1);
	CHECK(sdp_media_is_sending(m) && !sdp_media_is_receiving(m));
	f = &session.formats[m->first_format];
	CHECK(f[0].payload_type == 8 && f[0].clock_rate_hz == 8000 && f[0].encoding.len == 0);
	CHECK(f[1].clock_rate_hz == 48000 && f[1].channels == 2 &&
	      view_equal(f[1].fmtp, VIEW("useinbandfec=1")));
	CHECK(view_equal(f[2].encoding, VIEW("telephone-event")) &&
	      view_equal(f[2].fmtp, VIEW("0-16")));
	m = &session.media[1];
	CHECK(m->direction == SDP_RECVONLY && m->rtp.family == 6 && m->rtcp.port == 5009 &&
	      m->rtcp.family == 6);
	return ERR_NONE;
}

TEST(parse_rtcp_elsewhere, "takes no RTCP address at another host than RTP's")
{
	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO "a=rtcp:4001 IN IP4 198.51.100.1\r\n"), &session) ==
	      SDP_FINE);
	CHECK(session.media[0].rtcp.family == 0);
	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO "a=rtcp:4007 IN IP4 192.0.2.1\r\n"), &session) ==
	      SDP_FINE);
	CHECK(session.media[0].rtcp.port == 4007);
	return ERR_NONE;
}

TEST(parse_hold_by_address, "takes 0.0.0.0 and :: for hold, and nothing near them")
{
	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO "c=IN IP4 0.0.0.0\r\n"), &session) == SDP_FINE);
	CHECK(session.media[0].is_held_by_address && !sdp_media_is_receiving(&session.media[0]));
	CHECK(session.media[0].rtcp.family == 0);
	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO "c=IN IP6 ::\r\n"), &session) == SDP_FINE);
	CHECK(session.media[0].is_held_by_address);
	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO "c=IN IP4 0.0.0.1\r\n"), &session) == SDP_FINE);
	CHECK(!session.media[0].is_held_by_address);
	return ERR_NONE;
}

static void parse_only(struct view text) { (void)!sdp_parse(text, &session); }

TEST(parse_truncated, "reads no byte beyond any truncation")
{
	test_truncations(
		VIEW(SDP_HEAD
	             "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000/1\r\n"
	             "a=fmtp:101 0-15\r\na=ptime:20.5\r\n"
	             "a=rtcp:4001 IN IP4 192.0.2.1\r\nb=AS:64\r\n"
	             "c=IN IP6 2001:db8::1\r\na=sendonly\r\n"),
		parse_only);
	return ERR_NONE;
}

TEST(reasons_named, "has a name, a grade and words for every reason")
{
	for (unsigned i = 0; i < SDP_REASON_COUNT; i++) {
		CHECK(sdp_reason_name((enum sdp_reason)i)[0] != '?');
		CHECK(sdp_reason_text((enum sdp_reason)i)[0] != '?');
	}
	CHECK(sdp_reason_grade(SDP_MULTICAST) == SDP_GRADE_HOSTILE);
	CHECK(sdp_reason_grade(SDP_LAST_LINE_OPEN) == SDP_GRADE_SLOPPY);
	CHECK(sdp_reason_grade(SDP_NAME) == SDP_GRADE_FOREIGN);
	CHECK(sdp_reason_name(SDP_REASON_COUNT)[0] == '?');
	return ERR_NONE;
}
