/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams of several protocols on one port. */
#include "rtp/kind.h"
#include "runner/test.h"

TEST(kind_cases, "tells STUN, DTLS, RTP and RTCP on one port by their first bytes")
{
	static const struct {
		const char *name;
		struct view bytes;
		enum rtp_kind want;
	} cases[] = {
		{ "nothing", VIEW(""), RTP_KIND_OTHER },
		{ "one byte", VIEW("\x80"), RTP_KIND_OTHER },
		{ "a binding request", VIEW("\x00\x01"), RTP_KIND_STUN },
		{ "the last of STUN", VIEW("\x03\xff"), RTP_KIND_STUN },
		{ "nobody's", VIEW("\x04\x00"), RTP_KIND_OTHER },
		{ "ZRTP", VIEW("\x10\x00"), RTP_KIND_OTHER },
		{ "before DTLS", VIEW("\x13\xfe"), RTP_KIND_OTHER },
		{ "change cipher spec", VIEW("\x14\xfe"), RTP_KIND_DTLS },
		{ "handshake", VIEW("\x16\xfe"), RTP_KIND_DTLS },
		{ "the last of DTLS", VIEW("\x3f\xfe"), RTP_KIND_DTLS },
		{ "a TURN channel", VIEW("\x40\x00"), RTP_KIND_OTHER },
		{ "behind TURN channels", VIEW("\x7f\x00"), RTP_KIND_OTHER },
		{ "RTP", VIEW("\x80\x00"), RTP_KIND_RTP },
		{ "RTP with a mark", VIEW("\x80\x80"), RTP_KIND_RTP },
		{ "RTP of type 63 with a mark", VIEW("\x80\xbf"), RTP_KIND_RTP },
		{ "the first of RTCP", VIEW("\x80\xc0"), RTP_KIND_RTCP },
		{ "a sender report", VIEW("\x80\xc8"), RTP_KIND_RTCP },
		{ "feedback with padding", VIEW("\xa1\xce"), RTP_KIND_RTCP },
		{ "the last of RTCP", VIEW("\xbf\xdf"), RTP_KIND_RTCP },
		{ "RTP of type 96 with a mark", VIEW("\x80\xe0"), RTP_KIND_RTP },
		{ "version 3", VIEW("\xc0\x00"), RTP_KIND_OTHER },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		CHECK_CASE(rtp_kind_of(cases[i].bytes) == cases[i].want, cases[i].name);
	return ERR_NONE;
}
