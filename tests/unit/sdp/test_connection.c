/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that have a connection of their own: what they say, and what is said of ours. */
#include "runner/test.h"
#include "sdp/offer.h"
#include "unit/sdp/sdp_case.h"

#define PRINT                                                                                      \
	"00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:"  \
	"1D:1E:1F"
#define CONTROL "m=application 9 TCP/MRCPv2 1\r\n"

static struct sdp_session session;

static const struct {
	const char *name, *text;
	enum err want;
	struct sdp_connection read;
} cases[] = {
	{ "nothing", SDP_HEAD CONTROL, ERR_NONE, { 0 } },
	{ "a channel that is asked for",
	  SDP_HEAD CONTROL "a=setup:active\r\na=connection:new\r\na=resource:speechrecog\r\n"
	                   "a=cmid:1\r\n",
	  ERR_NONE,
	  { .setup = SDP_ACTIVE, .resource = { "speechrecog", 11 }, .cmid = { "1", 1 } } },
	{ "a channel that is given",
	  SDP_HEAD CONTROL "a=setup:passive\r\na=connection:existing\r\n"
	                   "a=channel:7F3A@speechrecog\r\n",
	  ERR_NONE,
	  { .setup = SDP_PASSIVE, .is_existing = true, .channel = { "7F3A@speechrecog", 16 } } },
	{ "the session's setup, where the line has none",
	  SDP_HEAD "a=setup:actpass\r\n" CONTROL,
	  ERR_NONE,
	  { .setup = SDP_ACTPASS } },
	{ "the line's setup before the session's",
	  SDP_HEAD "a=setup:actpass\r\n" CONTROL "a=setup:active\r\n",
	  ERR_NONE,
	  { .setup = SDP_ACTIVE } },
	{ "a channel of the session means nothing",
	  SDP_HEAD "a=channel:1@2\r\n" CONTROL,
	  ERR_NONE,
	  { 0 } },
	{ "a fingerprint by another digest is passed over",
	  SDP_HEAD CONTROL "a=fingerprint:sha-1 00:01\r\n",
	  ERR_NONE,
	  { 0 } },
	{ "a fingerprint by a digest that is known, and not ours, is passed over",
	  SDP_HEAD CONTROL "a=fingerprint:sha-512 " PRINT ":" PRINT "\r\n",
	  ERR_NONE,
	  { 0 } },
	{ "setup twice",
	  SDP_HEAD CONTROL "a=setup:active\r\na=setup:active\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "a setup that there is not", SDP_HEAD CONTROL "a=setup:maybe\r\n", ERR_SYNTAX, { 0 } },
	{ "a connection that there is not",
	  SDP_HEAD CONTROL "a=connection:old\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "a channel without its resource",
	  SDP_HEAD CONTROL "a=channel:7F3A\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "a channel with a blank", SDP_HEAD CONTROL "a=channel:7F 3A@x\r\n", ERR_SYNTAX, { 0 } },
	{ "a resource of no letter", SDP_HEAD CONTROL "a=resource:\r\n", ERR_SYNTAX, { 0 } },
	{ "half a fingerprint",
	  SDP_HEAD CONTROL "a=fingerprint:sha-256 00:01\r\n",
	  ERR_SYNTAX,
	  { 0 } },
	{ "two fingerprints",
	  SDP_HEAD CONTROL "a=fingerprint:sha-256 " PRINT "\r\na=fingerprint:sha-256 " PRINT "\r\n",
	  ERR_UNSUPPORTED,
	  { 0 } },
};

TEST(connection_cases, "reads what a line says of its connection, or refuses it")
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct sdp_connection *want = &cases[i].read;
		struct sdp_connection c = { .setup = 99 };

		CHECK_CASE(sdp_parse(view_of(cases[i].text), &session) == SDP_FINE, cases[i].name);
		CHECK_CASE(sdp_connection_read(&session, &session.media[0], &c) == cases[i].want,
		           cases[i].name);
		if (cases[i].want != ERR_NONE) {
			CHECK_CASE(c.setup == 99, cases[i].name);
			continue;
		}
		CHECK_CASE(c.setup == want->setup && c.is_existing == want->is_existing &&
		                   !c.has_fingerprint,
		           cases[i].name);
		CHECK_CASE(view_equal(c.channel, want->channel) &&
		                   view_equal(c.resource, want->resource) &&
		                   view_equal(c.cmid, want->cmid),
		           cases[i].name);
	}
	return ERR_NONE;
}

TEST(connection_fingerprint, "reads a fingerprint in letters of either size and writes large ones")
{
	uint8_t print[MAX_SDP_FINGERPRINT];
	enum sdp_hash hash;
	char text[128];
	struct buffer b = BUFFER_ON(text);
	struct view whole = VIEW("sha-256 " PRINT);

	CHECK(sdp_fingerprint_parse(whole, &hash, print) == ERR_NONE && hash == SDP_SHA256);
	CHECK(print[0] == 0 && print[31] == 31 && print[32] == 0);
	sdp_fingerprint_write(&b, print);
	CHECK(view_equal(buffer_view(&b), whole));
	CHECK(sdp_fingerprint_parse(VIEW("md5 00"), &hash, print) == ERR_UNSUPPORTED);
	for (size_t len = sizeof("sha-256"); len < whole.len; len++)
		CHECK(sdp_fingerprint_parse(view_first(whole, len), &hash, print) == ERR_SYNTAX);
	text[9] = 'g';
	CHECK(sdp_fingerprint_parse(buffer_view(&b), &hash, print) == ERR_SYNTAX);
	return ERR_NONE;
}

TEST(connection_setup, "lets one end connect and the other wait, as RFC 4145 says")
{
	static const struct {
		enum sdp_setup offer, answer;
		bool fits, is_active;
	} rows[] = {
		{ SDP_ACTIVE, SDP_PASSIVE, true, false },
		{ SDP_ACTIVE, SDP_SETUP_NONE, true, false },
		{ SDP_SETUP_NONE, SDP_PASSIVE, true, false },
		{ SDP_PASSIVE, SDP_ACTIVE, true, true },
		{ SDP_ACTPASS, SDP_ACTIVE, true, true },
		{ SDP_ACTPASS, SDP_PASSIVE, true, false },
		{ SDP_ACTIVE, SDP_ACTIVE, false, false },
		{ SDP_PASSIVE, SDP_PASSIVE, false, false },
		{ SDP_PASSIVE, SDP_SETUP_NONE, false, false },
		{ SDP_ACTPASS, SDP_ACTPASS, false, false },
		{ SDP_ACTIVE, SDP_HOLDCONN, false, false },
		{ SDP_HOLDCONN, SDP_PASSIVE, false, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_active = false;

		CHECK(sdp_setup_fits(rows[i].offer, rows[i].answer, &is_active) == rows[i].fits);
		CHECK(is_active == rows[i].is_active);
	}
	for (unsigned offer = SDP_SETUP_NONE; offer < SDP_HOLDCONN; offer++) {
		bool is_active;

		CHECK(sdp_setup_fits(offer, sdp_setup_answer(offer), &is_active));
	}
	CHECK(sdp_setup_answer(SDP_HOLDCONN) == SDP_HOLDCONN);
	return ERR_NONE;
}

static const struct {
	const char *name, *text, *want;
	enum sdp_carrier carrier;
} written[] = {
	{ "a channel keeps its resource and its audio, and says that we connect",
	  SDP_HEAD CONTROL "a=setup:active\r\na=resource:speechrecog\r\na=cmid:1\r\na=x:y\r\n"
	                   "m=audio 4000 RTP/AVP 0\r\na=mid:1\r\na=sendonly\r\n",
	  "m=application 9 TCP/MRCPv2 1\r\na=setup:active\r\na=connection:new\r\n"
	  "a=resource:speechrecog\r\na=cmid:1\r\n"
	  "m=audio 20002 RTP/AVP 0\r\na=mid:1\r\na=sendonly\r\n",
	  SDP_OVER_UDP },
	{ "a channel of TCP under TLS, by our certificate",
	  SDP_HEAD CONTROL "a=channel:7F@speechrecog\r\n",
	  "m=application 9 TCP/TLS/MRCPv2 1\r\na=setup:active\r\na=connection:new\r\n"
	  "a=fingerprint:sha-256 " PRINT "\r\na=channel:7F@speechrecog\r\n",
	  SDP_OVER_TLS },
	{ "audio of datagrams as a connection, without RTCP",
	  SDP_HEAD "m=audio 4000 RTP/AVP 0\r\na=mid:1\r\na=rtcp:4009\r\n",
	  "m=audio 9 TCP/RTP/AVP 0\r\nb=RS:0\r\nb=RR:0\r\na=setup:active\r\n"
	  "a=connection:new\r\na=sendrecv\r\n",
	  SDP_OVER_TCP },
	{ "a line of another format is no channel", SDP_HEAD "m=application 9 TCP/MRCPv2 2\r\n",
	  "m=application 0 TCP/MRCPv2 2\r\n", SDP_OVER_UDP },
};

TEST(connection_written, "writes lines over TCP anew, in another dress where it is told to")
{
	static const uint8_t print[SDP_FINGERPRINT_SIZE] = {
		0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
		16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
	};
	struct addr ours = { .bytes = { [10] = 0xff, 0xff, 10, 0, 0, 2 }, .family = 4 };
	char text[2048];

	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		struct sdp_local locals[2] = { { .rtp = ours }, { .rtp = ours } };
		struct sdp_rewrite how = { 1, 1, ours, locals, 2, NULL };
		struct buffer b = BUFFER_ON(text);

		CHECK_CASE(sdp_parse(view_of(written[i].text), &session) == SDP_FINE,
		           written[i].name);
		locals[0].rtp.port = SDP_PORT_DISCARD;
		locals[1].rtp.port = 20002;
		locals[0].setup = SDP_ACTIVE;
		if (written[i].carrier == SDP_OVER_TLS)
			locals[0].fingerprint = print;
		if (written[i].carrier != SDP_OVER_UDP)
			locals[0].protocol = (uint8_t)(sdp_protocol_over(session.media[0].protocol,
			                                                 written[i].carrier) +
			                               1);
		CHECK_CASE(sdp_write(&session, &how, &b) == ERR_NONE, written[i].name);
		CHECK_CASE(
			view_equal(view_after(buffer_view(&b), view_find(buffer_view(&b), 'm', 0)),
		                   view_of(written[i].want)),
			written[i].name);
		CHECK_CASE(sdp_parse(buffer_view(&b), &session) == SDP_FINE && session.sloppy == 0,
		           written[i].name);
	}
	return ERR_NONE;
}
