/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptions written anew: nothing of their writer is left, what was meant stays. */
#include "runner/test.h"
#include "sdp/offer.h"
#include "unit/sdp/sdp_case.h"

static struct sdp_session session;
static struct sdp_local locals[MAX_SDP_MEDIA];
static uint32_t dropped;
static char storage[8192];

static struct sdp_rewrite our_side(void)
{
	struct addr ours = { .bytes = { [10] = 0xff, 0xff, 10, 0, 0, 2 }, .family = 4 };
	struct sdp_rewrite how = {
		.session_id = 4711,
		.version = 2,
		.address = ours,
		.locals = locals,
		.local_count = 2,
		.dropped_attributes = &dropped,
	};

	for (size_t i = 0; i < 2; i++) {
		locals[i].rtp = locals[i].rtcp = ours;
		locals[i].rtp.port = (uint16_t)(20000 + 2 * i);
		locals[i].rtcp.port = (uint16_t)(20001 + 2 * i);
	}
	return how;
}

#define OUR_HEAD "v=0\r\no=- 4711 2 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\n"

static const struct {
	const char *name, *text, *want;
	uint32_t dropped;
} cases[] = {
	{ "a phone's offer, everything of the phone taken off",
	  "v=0\r\no=alice 1 1 IN IP4 192.168.1.5\r\ns=Alice's phone\r\n"
	  "i=x\r\nu=http://192.168.1.5/\r\n"
	  "e=alice@example.org\r\nc=IN IP4 192.168.1.5\r\nb=AS:80\r\nt=0 0\r\na=tool:phone 1.0\r\n"
	  "m=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n"
	  "a=rtpmap:101 telephone-event/8000\r\n"
	  "a=fmtp:101 0-16\r\na=ptime:20\r\na=candidate:1 1 UDP 1 192.168.1.5 4000 typ host\r\n"
	  "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcd\r\na=rtcp-mux\r\na=sendrecv\r\n",
	  "v=0\r\no=- 4711 2 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nb=AS:80\r\nt=0 0\r\n"
	  "m=audio 20000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n"
	  "a=rtpmap:101 telephone-event/8000\r\n"
	  "a=fmtp:101 0-16\r\na=ptime:20\r\na=sendrecv\r\n",
	  4 },
	{ "of feedback what asks for a picture, of formats that are written",
	  SDP_HEAD "m=video 4004 RTP/AVPF 96 97\r\na=rtpmap:96 VP8/90000\r\n"
	           "a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\na=rtcp-fb:96 ccm fir\r\n"
	           "a=rtcp-fb:97 nack pli\r\na=rtcp-fb:* nack pli\r\na=rtcp-fb:96 goog-remb\r\n"
	           "a=rtcp-fb:96 nack pli x\r\na=rtcp-fb:96\r\na=rtcp-fb\r\n",
	  OUR_HEAD "m=video 20000 RTP/AVPF 96\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n"
	           "a=rtcp-fb:96 ccm fir\r\na=rtcp-fb:* nack pli\r\na=sendrecv\r\n",
	  6 },
	{ "none without a profile that has feedback",
	  SDP_HEAD "m=video 4004 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n",
	  OUR_HEAD "m=video 20000 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\na=sendrecv\r\n", 1 },
	{ "a line that is not carried keeps its place with port 0",
	  SDP_HEAD "m=image 4004 TCP t38\r\na=T38FaxVersion:0\r\n" SDP_AUDIO,
	  OUR_HEAD "m=image 0 TCP t38\r\nm=audio 20002 RTP/AVP 0\r\na=sendrecv\r\n", 1 },
	{ "a fax keeps what T.38 says of it, and says nothing else",
	  SDP_HEAD "m=image 4004 udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
	           "a=T38FaxFillBitRemoval\r\na=T38FaxTranscodingMMR:0\r\n"
	           "a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxDatagram:400\r\n"
	           "a=T38FaxUdpEC:t38UDPRedundancy\r\na=T38FaxMaxBuffer:10.1.2.3\r\n"
	           "a=T38VendorInfo:0 0 37\r\na=sendrecv\r\n",
	  OUR_HEAD "m=image 20000 udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
	           "a=T38FaxFillBitRemoval\r\na=T38FaxTranscodingMMR:0\r\n"
	           "a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxDatagram:400\r\n"
	           "a=T38FaxUdpEC:t38UDPRedundancy\r\n",
	  2 },
	{ "a line without ports of ours is refused", SDP_HEAD SDP_AUDIO SDP_AUDIO SDP_AUDIO,
	  OUR_HEAD
	  "m=audio 20000 RTP/AVP 0\r\na=sendrecv\r\nm=audio 20002 RTP/AVP 0\r\na=sendrecv\r\n"
	  "m=audio 0 RTP/AVP 0\r\n",
	  0 },
	{ "hold by address becomes hold by direction", SDP_HEAD SDP_AUDIO "c=IN IP4 0.0.0.0\r\n",
	  OUR_HEAD "m=audio 20000 RTP/AVP 0\r\na=sendonly\r\n", 0 },
	{ "hold by address of one that only hears becomes inactive",
	  SDP_HEAD SDP_AUDIO "c=IN IP4 0.0.0.0\r\na=recvonly\r\n",
	  OUR_HEAD "m=audio 20000 RTP/AVP 0\r\na=inactive\r\n", 0 },
	{ "the session's direction moves to the line", SDP_HEAD "a=inactive\r\n" SDP_AUDIO,
	  OUR_HEAD "m=audio 20000 RTP/AVP 0\r\na=inactive\r\n", 0 },
	{ "doubled and nameless formats stay out", SDP_HEAD "m=audio 4000 RTP/AVP 0 97 0 8\r\n",
	  OUR_HEAD "m=audio 20000 RTP/AVP 0 8\r\na=sendrecv\r\n", 0 },
	{ "a longest packet shorter than the packet stays out",
	  SDP_HEAD SDP_AUDIO "a=ptime:40\r\na=maxptime:20\r\n",
	  OUR_HEAD "m=audio 20000 RTP/AVP 0\r\na=ptime:40\r\na=sendrecv\r\n", 0 },
	{ "allowed attributes pass, their twins with another form do not",
	  SDP_HEAD SDP_AUDIO "a=lang:en\r\na=lang\r\na=silenceSupp:off - - - -\r\n",
	  OUR_HEAD
	  "m=audio 20000 RTP/AVP 0\r\na=lang:en\r\na=silenceSupp:off - - - -\r\na=sendrecv\r\n",
	  1 },
};

TEST(write_cases, "writes each description anew with nothing of its writer's")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sdp_rewrite how = our_side();
		struct buffer b = BUFFER_ON(storage);

		CHECK_CASE(sdp_parse(view_of(cases[i].text), &session) == SDP_FINE, cases[i].name);
		TRY(sdp_write(&session, &how, &b));
		CHECK_CASE(view_equal(buffer_view(&b), view_of(cases[i].want)), cases[i].name);
		CHECK_CASE(dropped == cases[i].dropped, cases[i].name);
	}
	return ERR_NONE;
}

TEST(write_again, "writes what it wrote to the same bytes, with nothing sloppy left")
{
	static char second_storage[sizeof(storage)];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sdp_rewrite how = our_side();
		struct buffer first = BUFFER_ON(storage), second = BUFFER_ON(second_storage);

		CHECK_CASE(sdp_parse(view_of(cases[i].text), &session) == SDP_FINE, cases[i].name);
		TRY(sdp_write(&session, &how, &first));
		CHECK_CASE(sdp_parse(buffer_view(&first), &session) == SDP_FINE &&
		                   session.sloppy == 0,
		           cases[i].name);
		TRY(sdp_write(&session, &how, &second));
		CHECK_CASE(view_equal(buffer_view(&first), buffer_view(&second)), cases[i].name);
	}
	return ERR_NONE;
}

TEST(write_rtcp, "names the RTCP port only where it is not the next one")
{
	struct sdp_rewrite how = our_side();
	struct buffer b = BUFFER_ON(storage);

	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO), &session) == SDP_FINE);
	locals[0].rtcp.port = 30001;
	TRY(sdp_write(&session, &how, &b));
	CHECK(view_contains(buffer_view(&b), VIEW("a=rtcp:30001\r\n")));
	return ERR_NONE;
}

TEST(write_other_host, "names the host of a line where it is not the session's")
{
	struct sdp_rewrite how = our_side();
	struct buffer b = BUFFER_ON(storage);

	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO), &session) == SDP_FINE);
	TRY(addr_parse_port(VIEW("[2001:db8::7]:20000"), &locals[0].rtp));
	TRY(sdp_write(&session, &how, &b));
	CHECK(view_contains(buffer_view(&b),
	                    VIEW("m=audio 20000 RTP/AVP 0\r\nc=IN IP6 2001:db8::7\r\n")));
	return ERR_NONE;
}

TEST(write_full, "fails where the buffer is too small, for every size")
{
	struct sdp_rewrite how = our_side();

	CHECK(sdp_parse(VIEW(SDP_HEAD SDP_AUDIO), &session) == SDP_FINE);
	dropped = 77;
	for (size_t size = 0; size < 60; size++) {
		struct buffer b = buffer_on(storage, size);

		CHECK(sdp_write(&session, &how, &b) == ERR_LIMIT);
	}
	CHECK(dropped == 77);
	return ERR_NONE;
}
