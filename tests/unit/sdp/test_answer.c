/* SPDX-License-Identifier: Apache-2.0 */
/* Answers held against their offers. */
#include "runner/test.h"
#include "sdp/offer.h"
#include "unit/sdp/sdp_case.h"

static struct sdp_session offer, answer;

#define VIDEO         "m=video 4002 RTP/AVP 31\r\n"
#define REFUSED_VIDEO "m=video 0 RTP/AVP 31\r\n"

static const struct {
	const char *name, *offer, *answer;
	enum sdp_answer_verdict want;
} cases[] = {
	{ "the same", SDP_HEAD SDP_AUDIO VIDEO, SDP_HEAD SDP_AUDIO VIDEO, SDP_ANSWER_FITS },
	{ "one refused", SDP_HEAD SDP_AUDIO VIDEO, SDP_HEAD SDP_AUDIO REFUSED_VIDEO,
	  SDP_ANSWER_FITS },
	{ "one too few", SDP_HEAD SDP_AUDIO VIDEO, SDP_HEAD SDP_AUDIO, SDP_ANSWER_COUNT },
	{ "one too many", SDP_HEAD SDP_AUDIO, SDP_HEAD SDP_AUDIO VIDEO, SDP_ANSWER_COUNT },
	{ "the other order", SDP_HEAD SDP_AUDIO VIDEO, SDP_HEAD VIDEO SDP_AUDIO, SDP_ANSWER_KIND },
	{ "AVP for AVPF", SDP_HEAD "m=audio 4000 RTP/AVPF 0\r\n", SDP_HEAD SDP_AUDIO,
	  SDP_ANSWER_FITS },
	{ "SAVP for AVP", SDP_HEAD SDP_AUDIO, SDP_HEAD "m=audio 4000 RTP/SAVP 0\r\n",
	  SDP_ANSWER_KIND },
	{ "a refused line taken up", SDP_HEAD SDP_AUDIO REFUSED_VIDEO, SDP_HEAD SDP_AUDIO VIDEO,
	  SDP_ANSWER_REFUSED },
	{ "everything refused", SDP_HEAD SDP_AUDIO, SDP_HEAD "m=audio 0 RTP/AVP 0\r\n",
	  SDP_ANSWER_EMPTY },
	{ "SAVP for SAVPF", SDP_HEAD "m=audio 4000 RTP/SAVPF 0\r\n",
	  SDP_HEAD "m=audio 4000 RTP/SAVP 0\r\n", SDP_ANSWER_FITS },
	{ "AVP for SAVP", SDP_HEAD "m=audio 4000 RTP/SAVP 0\r\n", SDP_HEAD SDP_AUDIO,
	  SDP_ANSWER_KIND },
};

TEST(answer_verdicts, "holds an answer against its offer line by line")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_CASE(sdp_parse(view_of(cases[i].offer), &offer) == SDP_FINE, cases[i].name);
		CHECK_CASE(sdp_parse(view_of(cases[i].answer), &answer) == SDP_FINE, cases[i].name);
		CHECK_CASE(sdp_answer_check(&offer, &answer) == cases[i].want, cases[i].name);
		CHECK_CASE(sdp_answer_text(cases[i].want)[0] != '?', cases[i].name);
	}
	return ERR_NONE;
}

TEST(answer_carried, "carries audio and video over RTP and SRTP, and a fax over UDPTL")
{
	CHECK(sdp_parse(VIEW(SDP_HEAD
	                     "m=image 4004 udptl t38\r\nm=image 4005 TCP t38\r\n"
	                     "m=audio 4002 udptl t38\r\nm=audio 4006 RTP/SAVP 0\r\n"
	                     "m=audio 4008 RTP/AVP 97\r\n"
	                     "m=text 4010 RTP/AVP 98\r\na=rtpmap:98 t140/1000\r\n" VIDEO SDP_AUDIO),
	                &offer) == SDP_FINE);
	CHECK(sdp_carried_count(&offer) == 4);
	return ERR_NONE;
}
