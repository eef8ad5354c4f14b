/* SPDX-License-Identifier: Apache-2.0 */
/* What browsers say of handshakes and paths, and what is said of ours. */
#include "runner/test.h"
#include "sdp/offer.h"
#include "unit/sdp/sdp_case.h"

#define PAIRS8   "00:01:02:03:04:05:06:07"
#define PAIRS32  PAIRS8 ":" PAIRS8 ":" PAIRS8 ":" PAIRS8
#define PRINT256 "a=fingerprint:sha-256 " PAIRS32 "\r\n"
#define PRINT512 "a=fingerprint:sha-512 " PAIRS32 ":" PAIRS32 "\r\n"
#define SHAKES   "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
#define ICE      "a=ice-ufrag:4DpZ\r\na=ice-pwd:Tm6g/kfGcwIXK8TSSyuNSS90\r\n"

static struct sdp_session session;

static const struct {
	const char *name, *text;
	enum err want;
	struct sdp_handshake read;
} cases[] = {
	{ "nothing", SDP_HEAD SHAKES, ERR_NONE, { 0 } },
	{ "a browser's line",
	  SDP_HEAD "a=group:BUNDLE 0 1\r\n" SHAKES PRINT256 ICE
	           "a=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\n"
	           "a=candidate:1 1 udp 2122194687 192.0.2.2 42586 typ host\r\n",
	  ERR_NONE,
	  { .setup = SDP_ACTPASS,
	    .has_fingerprint = true,
	    .hash = SDP_SHA256,
	    .has_ice = true,
	    .has_mux = true,
	    .is_bundled = true,
	    .mid = { "0", 1 } } },
	{ "what the session says counts for the line",
	  SDP_HEAD PRINT256 ICE "a=setup:active\r\n" SHAKES,
	  ERR_NONE,
	  { .setup = SDP_ACTIVE, .has_fingerprint = true, .has_ice = true } },
	{ "the line goes before the session",
	  SDP_HEAD "a=setup:active\r\n" PRINT256 SHAKES "a=setup:passive\r\n" PRINT512,
	  ERR_NONE,
	  { .setup = SDP_PASSIVE, .has_fingerprint = true, .hash = SDP_SHA512 } },
	{ "the strongest of several hashes",
	  SDP_HEAD SHAKES "a=fingerprint:sha-1 00:01\r\n" PRINT512 PRINT256,
	  ERR_NONE,
	  { .has_fingerprint = true, .hash = SDP_SHA512 } },
	{ "one certificate said twice",
	  SDP_HEAD SHAKES PRINT256 PRINT256,
	  ERR_NONE,
	  { .has_fingerprint = true } },
	{ "two certificates",
	  SDP_HEAD SHAKES PRINT256 "a=fingerprint:sha-256 FF:01:02:03:04:05:06:07:" PAIRS8
	                           ":" PAIRS8 ":" PAIRS8 "\r\n",
	  ERR_UNSUPPORTED,
	  { 0 } },
	{ "a hash that is weak alone",
	  SDP_HEAD SHAKES "a=fingerprint:sha-1 " PAIRS8 ":" PAIRS8 ":00:01:02:03\r\n",
	  ERR_NONE,
	  { 0 } },
	{ "half a fingerprint",
	  SDP_HEAD SHAKES "a=fingerprint:sha-256 00:01\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "a fingerprint of other letters",
	  SDP_HEAD SHAKES "a=fingerprint:sha-256 0G:01:02:03:04:05:06:07:" PAIRS8 ":" PAIRS8
	                  ":" PAIRS8 "\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "the lite end of ICE checks nothing",
	  SDP_HEAD "a=ice-lite\r\n" SHAKES ICE,
	  ERR_NONE,
	  { 0 } },
	{ "a name without a password", SDP_HEAD SHAKES "a=ice-ufrag:4DpZ\r\n", ERR_NONE, { 0 } },
	{ "a short name", SDP_HEAD SHAKES "a=ice-ufrag:4Dp\r\n", ERR_SYNTAX, { 0 } },
	{ "a short password",
	  SDP_HEAD SHAKES "a=ice-pwd:Tm6g/kfGcwIXK8TSSyuNS\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "a password with a blank",
	  SDP_HEAD SHAKES "a=ice-pwd:Tm6g kfGcwIXK8TSSyuNSS90\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "a name twice",
	  SDP_HEAD SHAKES "a=ice-ufrag:4DpZ\r\na=ice-ufrag:4DpY\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "another setup", SDP_HEAD SHAKES "a=setup:either\r\n", ERR_SYNTAX, { 0 } },
	{ "a mid of no token", SDP_HEAD SHAKES "a=mid:a b\r\n", ERR_SYNTAX, { 0 } },
	{ "a group without the line",
	  SDP_HEAD "a=group:BUNDLE 1 00\r\na=group:LS 0\r\n" SHAKES "a=mid:0\r\n",
	  ERR_NONE,
	  { .mid = { "0", 1 } } },
};

TEST(handshake_cases, "reads what a line says of its handshake and its path, or refuses it")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sdp_handshake *want = &cases[i].read;
		struct sdp_handshake h = { .setup = 99 };

		CHECK_CASE(sdp_parse(view_of(cases[i].text), &session) == SDP_FINE, cases[i].name);
		CHECK_CASE(sdp_handshake_read(&session, &session.media[0], &h) == cases[i].want,
		           cases[i].name);
		if (cases[i].want != ERR_NONE) {
			CHECK_CASE(h.setup == 99, cases[i].name);
			continue;
		}
		CHECK_CASE(h.setup == want->setup && h.has_fingerprint == want->has_fingerprint &&
		                   h.hash == want->hash && h.has_ice == want->has_ice &&
		                   h.has_mux == want->has_mux && h.is_bundled == want->is_bundled &&
		                   view_equal(h.mid, want->mid),
		           cases[i].name);
		CHECK_CASE(h.fingerprint[1] == h.has_fingerprint &&
		                   h.fingerprint[63] == (h.hash == SDP_SHA512 ? 7 : 0),
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(handshake_lines,
     "tells lines that shake hands from those with keys, and from those in the clear")
{
	static const struct {
		const char *name, *text;
		bool want;
	} rows[] = {
		{ "UDP/TLS/RTP/SAVPF", SDP_HEAD SHAKES, true },
		{ "UDP/TLS/RTP/SAVP", SDP_HEAD "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n", true },
		{ "RTP/SAVPF with a fingerprint", SDP_HEAD "m=audio 4000 RTP/SAVPF 0\r\n" PRINT256,
		  true },
		{ "RTP/SAVP, the session's fingerprint",
		  SDP_HEAD PRINT256 "m=audio 4000 RTP/SAVP 0\r\n", true },
		{ "RTP/SAVP with keys too",
		  SDP_HEAD PRINT256 "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 x inline:y\r\n", false },
		{ "RTP/SAVP", SDP_HEAD "m=audio 4000 RTP/SAVP 0\r\n", false },
		{ "RTP/AVP with a fingerprint", SDP_HEAD SDP_AUDIO PRINT256, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CHECK_CASE(sdp_parse(view_of(rows[i].text), &session) == SDP_FINE, rows[i].name);
		CHECK_CASE(sdp_media_shakes(&session, &session.media[0]) == rows[i].want,
		           rows[i].name);
	}
	return ERR_NONE;
}

TEST(handshake_drawn, "draws names and passwords of ICE characters from what it is given")
{
	static const uint8_t ones[SDP_ICE_RANDOM_SIZE] = { 0xff, 0xff, 0xff };
	char ufrag[SDP_UFRAG_SIZE], pwd[SDP_PWD_SIZE];

	sdp_ice_draw(ones, ufrag, pwd);
	CHECK(memcmp(ufrag, "////AAAA", SDP_UFRAG_SIZE) == 0);
	for (size_t i = 0; i < SDP_PWD_SIZE; i++)
		CHECK(pwd[i] == 'A');
	return ERR_NONE;
}

static const uint8_t our_print[SDP_FINGERPRINT_SIZE] = { 0xab, 0xcd };

static const char *write_for(const struct sdp_shake *shake, char *ret, size_t size)
{
	struct addr ours = { 0 };
	struct sdp_local local = { .protocol = SDP_PROTOCOL_DTLS_SAVPF + 1, .shake = shake };
	struct sdp_rewrite how = {
		.session_id = 1, .version = 1, .locals = &local, .local_count = 1
	};
	struct buffer b = buffer_on(ret, size - 1);

	if (addr_parse_port(VIEW("192.0.2.9:20000"), &ours) != ERR_NONE)
		return "";
	local.rtp = local.rtcp = how.address = ours;
	how.address.port = 0;
	if (sdp_parse(VIEW(SDP_HEAD SDP_AUDIO), &session) != SDP_FINE ||
	    sdp_write(&session, &how, &b) != ERR_NONE)
		return "";
	ret[b.len] = 0;
	return ret;
}

TEST(handshake_written, "writes a line for a browser that reads as it was meant")
{
	const struct sdp_shake shake = { .fingerprint = our_print,
		                         .setup = SDP_PASSIVE,
		                         .has_mux = true,
		                         .is_bundled = true,
		                         .mid = VIEW("audio0"),
		                         .ufrag = VIEW("abcdefgh"),
		                         .pwd = VIEW("abcdefghabcdefghabcdefgh") };
	struct sdp_handshake h;
	char text[1024];
	struct view out = view_of(write_for(&shake, text, sizeof(text)));

	CHECK(view_contains(out, VIEW("a=ice-lite\r\n")));
	CHECK(view_contains(out, VIEW("a=group:BUNDLE audio0\r\n")));
	CHECK(view_contains(out, VIEW("m=audio 20000 UDP/TLS/RTP/SAVPF 0\r\n")));
	CHECK(view_contains(out,
	                    VIEW("a=candidate:1 1 UDP 2130706431 192.0.2.9 20000 typ host\r\n")));
	CHECK(view_contains(out, VIEW("a=rtcp:20000\r\n")));
	CHECK(sdp_parse(out, &session) == SDP_FINE && session.sloppy == 0);
	CHECK(sdp_handshake_read(&session, &session.media[0], &h) == ERR_NONE);
	CHECK(h.has_fingerprint && h.hash == SDP_SHA256 &&
	      memcmp(h.fingerprint, our_print, 32) == 0);
	CHECK(h.setup == SDP_PASSIVE && h.has_mux && h.is_bundled && !h.has_ice);
	CHECK(view_equal(h.mid, VIEW("audio0")));
	return ERR_NONE;
}

TEST(handshake_written_bare, "writes a line for a phone without ICE, and nothing of ICE")
{
	const struct sdp_shake shake = { .fingerprint = our_print, .setup = SDP_ACTPASS };
	char text[1024];
	struct view out = view_of(write_for(&shake, text, sizeof(text)));

	CHECK(view_contains(out, VIEW("a=setup:actpass\r\n")));
	CHECK(!view_contains(out, VIEW("ice")) && !view_contains(out, VIEW("candidate")));
	CHECK(!view_contains(out, VIEW("BUNDLE")) && !view_contains(out, VIEW("mux")));
	CHECK(!view_contains(out, VIEW("a=mid")));
	return ERR_NONE;
}

TEST(handshake_bundled,
     "a bundled line without path has the first line's, and one that exists in the bundle alone is taken")
{
	static const char text[] =
		SDP_HEAD "a=group:BUNDLE a v\r\n"
			 "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n" PRINT256 ICE
			 "a=setup:actpass\r\na=rtcp-mux\r\na=mid:a\r\n"
			 "m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 198.51.100.9\r\n"
			 "a=rtpmap:96 VP8/90000\r\na=mid:v\r\na=bundle-only\r\n"
			 "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
			 "a=extmap:5/sendonly urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
			 "a=extmap:300 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
			 "m=video 0 UDP/TLS/RTP/SAVPF 98\r\na=mid:w\r\n";
	struct sdp_handshake a, v;

	CHECK(sdp_parse(VIEW(text), &session) == SDP_FINE);
	CHECK(sdp_handshake_read(&session, &session.media[0], &a) == ERR_NONE);
	CHECK(sdp_handshake_read(&session, &session.media[1], &v) == ERR_NONE);
	CHECK(view_equal(v.mid, VIEW("v")) && view_equal(v.tag, VIEW("a")) && v.mid_id == 3);
	CHECK(v.has_ice && v.has_mux && v.has_fingerprint && v.setup == a.setup &&
	      memcmp(v.fingerprint, a.fingerprint, sizeof(v.fingerprint)) == 0);
	CHECK(a.mid_id == 0 && view_equal(a.tag, VIEW("a")));
	CHECK(!sdp_media_is_carried(&session, &session.media[1]) &&
	      sdp_media_is_bundle_only(&session, &session.media[1]));
	CHECK(!sdp_media_is_bundle_only(&session, &session.media[0]) &&
	      !sdp_media_is_bundle_only(&session, &session.media[2]));
	sdp_media_take_bundled(&session, &session.media[1], &session.media[0]);
	CHECK(sdp_media_is_carried(&session, &session.media[1]) &&
	      addr_equal(&session.media[1].rtp, &session.media[0].rtp) &&
	      session.media[1].rtp.port == 4000);
	CHECK(!session.formats[session.media[1].first_format].is_dropped &&
	      session.formats[session.media[1].first_format + 1].is_dropped);
	CHECK(sdp_handshake_read(&session, &session.media[2], &v) == ERR_NONE && !v.is_bundled &&
	      !v.has_fingerprint);
	return ERR_NONE;
}
