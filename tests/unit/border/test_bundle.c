/* SPDX-License-Identifier: Apache-2.0 */
/* Calls of a browser whose lines share one port, with a PBX that has one for each. */
#include "unit/border/talk.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS8 "00:01:02:03:04:05:06:07"
#define PRINT  "a=fingerprint:sha-256 " PAIRS8 ":" PAIRS8 ":" PAIRS8 ":" PAIRS8 "\r\n"
#define PATH                                                                                       \
	"a=ice-ufrag:4DpZ\r\na=ice-pwd:Tm6g/kfGcwIXK8TSSyuNSS90\r\n" PRINT "a=setup:actpass\r\n"   \
	"a=rtcp-mux\r\n"
#define OTHER          "10:11:12:13:14:15:16:17:" PAIRS8 ":" PAIRS8 ":" PAIRS8
#define OWN_ICE        "a=ice-ufrag:9zKq\r\na=ice-pwd:Xm6g/kfGcwIXK8TSSyuNSS90\r\na=rtcp-mux\r\n"
#define GROUPS(groups) "v=0\r\no=- 81 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n" groups
#define HEAD           GROUPS("a=group:BUNDLE 0 1\r\n")
#define MID            "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
#define AUDIO(port)                                                                                \
	"m=audio " port " UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n" PATH "a=mid:0\r\n" MID
#define VIDEO(port, type)                                                                          \
	"m=video " port " UDP/TLS/RTP/SAVPF " type "\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"           \
	"a=rtpmap:" type " VP8/90000\r\n" MID
#define OWN_PATH                                                                                   \
	"a=ice-ufrag:9zKq\r\na=ice-pwd:Xm6g/kfGcwIXK8TSSyuNSS90\r\n" PRINT "a=setup:actpass\r\n"   \
	"a=rtcp-mux\r\n"
#define BUNDLE HEAD AUDIO("9") VIDEO("0", "96") "a=bundle-only\r\n"
#define REPLY  "v=0\r\no=pbx 7 7 IN IP4 10.0.0.20\r\ns=-\r\nc=IN IP4 10.0.0.20\r\nt=0 0\r\n"
#define BOTH                                                                                       \
	REPLY "m=audio 12000 RTP/AVP 0\r\nm=video 12002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"
#define SOUND REPLY "m=audio 12000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n"
#define SIGHT REPLY "m=audio 0 RTP/AVP 0\r\nm=video 12002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"

static const struct media_event started = { .kind = MEDIA_STARTED, .fingerprint = { 0xaa, 0xbb } };

static enum err talks(struct talk *t, const char *offer, const char *answer)
{
	t->phone.flow.transport = TRANSPORT_WS;
	t->phone.flow.connection = 9;
	border_media_event(t->w->border, &started, t->w->now);
	TRY(talk_register(t));
	talk_invite_from_phone(t, "", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

static unsigned long port_of(const struct wire_sent *sent, const char *line)
{
	const char *at = strstr(sent->text, line);

	return at ? strtoul(at + strlen(line), NULL, 10) : 0;
}

static const struct order_bundle *bundle_of(const struct talk *t, unsigned number)
{
	static const struct order_bundle none;

	return number < t->w->bundle_count ? &t->w->bundles[number % 16] : &none;
}

static unsigned times(const struct wire_sent *sent, const char *line)
{
	unsigned count = 0;

	for (const char *at = sent->text; (at = strstr(at, line)); at++)
		count++;
	return count;
}

/* RFC 8843 7.1.3: what is said of the path is said once; but rtcp-mux, for Chromium. */
static bool has_one_path(const struct wire_sent *sent)
{
	return times(sent, "a=fingerprint:") == 1 && times(sent, "a=setup:") == 1 &&
	       times(sent, "a=rtcp-mux") == 2 && times(sent, "a=ice-ufrag:") == 1 &&
	       times(sent, "a=candidate:") == 1 && times(sent, "a=rtcp:") == 1;
}

TALK_TEST(bundle_shared,
          "lines that are offered in one bundle have one port of ours, one path and one handshake")
{
	TRY(talks(t, BUNDLE, BOTH));
	CHECK(port_of(&t->at_phone, "m=audio ") != 0 &&
	      port_of(&t->at_phone, "m=audio ") == port_of(&t->at_phone, "m=video "));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0 1\r\n"));
	CHECK(times(&t->at_phone, MID) == 2 && has_one_path(&t->at_phone));
	CHECK(t->w->shake_count == 1 && t->w->shakes[0].has_ice);
	CHECK(talk_order(t)->legs[0].protection == PROTECTION_DTLS &&
	      talk_order(t)->legs[0].is_mux);
	CHECK(t->w->bundle_count == 2 && bundle_of(t, 0)->host == t->w->shakes[0].stream &&
	      bundle_of(t, 0)->stream == t->w->shakes[0].stream);
	CHECK(bundle_of(t, 1)->stream == talk_order(t)->stream &&
	      bundle_of(t, 1)->host == t->w->shakes[0].stream);
	CHECK(bundle_of(t, 1)->mid_id == 4 && bundle_of(t, 1)->mid_len == 1 &&
	      bundle_of(t, 1)->mid[0] == '1' && bundle_of(t, 1)->leg == 0);
	/* Media begins anew: the same, in the same order. */
	border_media_event(t->w->border, &started, t->w->now);
	CHECK(t->w->shake_count == 2 && t->w->bundle_count >= 4 &&
	      bundle_of(t, t->w->bundle_count - 1)->host == t->w->shakes[0].stream);
	return ERR_NONE;
}

TALK_TEST(bundle_workers,
          "lines that share a port are of one worker of media, those that have their own of any")
{
	static const char *const offers[] = { BUNDLE, HEAD AUDIO("9") VIDEO("9", "96") OWN_PATH };
	struct media_event other = started;

	other.worker = 1;
	for (unsigned i = 0; i < t->w->pairs->count; i++)
		t->w->pairs->pairs[i].worker = i & 1;
	for (unsigned i = 0; i < 2; i++) {
		uint8_t first;

		TRY(wire_restart(t->w));
		border_media_event(t->w->border, &other, t->w->now);
		TRY(talks(t, offers[i], BOTH));
		first = t->w->shakes[0].worker;
		CHECK((talk_order(t)->worker == first) == (i == 0));
		CHECK(t->w->pairs->pairs[talk_order(t)->legs[0].port].worker ==
		      talk_order(t)->worker);
		CHECK((t->w->bundle_count == 2) == (i == 0));
		if (i == 0)
			CHECK(bundle_of(t, 0)->worker == first && bundle_of(t, 1)->worker == first);
		talk_request(t, &t->phone, "BYE", "", "");
		CHECK(talk_hears(t, &t->pbx, "BYE "));
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
		talk_media_closes(t);
		t->w->shake_count = t->w->bundle_count = 0;
	}
	return ERR_NONE;
}

TALK_TEST(bundle_plain_side, "the PBX has a port for each line, and hears nothing of the bundle")
{
	t->phone.flow.transport = TRANSPORT_WS;
	t->phone.flow.connection = 9;
	border_media_event(t->w->border, &started, t->w->now);
	TRY(talk_register(t));
	talk_invite_from_phone(t, "", BUNDLE);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	CHECK(port_of(&t->at_pbx, "m=video ") != 0 &&
	      port_of(&t->at_pbx, "m=audio ") != port_of(&t->at_pbx, "m=video "));
	CHECK(!wire_has(&t->at_pbx, "BUNDLE") && !wire_has(&t->at_pbx, "extmap") &&
	      !wire_has(&t->at_pbx, "bundle-only"));
	return ERR_NONE;
}

TALK_TEST(bundle_one_refused, "a line that the PBX refuses is no part of the bundle")
{
	TRY(talks(t, BUNDLE, SOUND));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0\r\n") &&
	      wire_has(&t->at_phone, "m=video 0 ") && !wire_has(&t->at_phone, "a=extmap:"));
	CHECK(t->w->shake_count == 1 && t->w->bundle_count == 0);
	return ERR_NONE;
}

TALK_TEST(bundle_host_refused, "where the first line is refused the next one has the port")
{
	TRY(talks(t, BUNDLE, SIGHT));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 1\r\n") &&
	      wire_has(&t->at_phone, "m=audio 0 "));
	CHECK(port_of(&t->at_phone, "m=video ") != 0);
	CHECK(t->w->shake_count == 1 && t->w->shakes[0].stream == talk_order(t)->stream);
	CHECK(t->w->bundle_count == 0);
	return ERR_NONE;
}

static const struct not_shared {
	const char *offer, *answer, *line;
	uint32_t shakes;
} * apart;

static enum err is_apart(struct talk *t)
{
	TRY(talks(t, apart->offer, apart->answer));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0\r\n"));
	CHECK(t->w->shake_count == apart->shakes && t->w->bundle_count == 0);
	CHECK((apart->shakes == 1) == wire_has(&t->at_phone, apart->line));
	return ERR_NONE;
}

TEST(bundle_not_shared,
     "lines that cannot be told apart or are of two groups share no port, nor do those with their own")
{
	static const struct not_shared cases[] = {
		{ HEAD AUDIO("9") "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\n"
		                  "a=bundle-only\r\n",
		  REPLY "m=audio 12000 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\n", "m=audio 0 ", 1 },
		{ GROUPS("a=group:BUNDLE 0\r\na=group:BUNDLE 1\r\n") AUDIO("9")
		          VIDEO("0", "96") "a=bundle-only\r\n",
		  SOUND, "m=video 0 ", 1 },
		{ GROUPS("a=group:BUNDLE x 0 1\r\n") AUDIO("9")
		          VIDEO("0", "96") "a=bundle-only\r\n",
		  SOUND, "m=video 0 ", 1 },
		{ HEAD AUDIO("9") VIDEO("0", "96"), SOUND, "m=video 0 ", 1 },
		{ HEAD AUDIO("9") VIDEO("9", "96") OWN_PATH, BOTH, "m=video 0 ", 2 },
		{ HEAD AUDIO("4000") VIDEO("4002", "96") PATH, BOTH, "m=video 0 ", 2 },
		{ GROUPS("a=group:BUNDLE 0 0\r\n") AUDIO("9") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n"
		                                              "c=IN IP4 0.0.0.0\r\na=mid:0\r\n"
		                                              "a=bundle-only\r\n",
		  SOUND, "m=video 0 ", 1 },
		{ HEAD AUDIO("9") VIDEO("0", "96") "a=bundle-only\r\n"
		                                   "a=fingerprint:sha-256 " OTHER "\r\n" OWN_ICE,
		  SOUND, "m=video 0 ", 1 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		apart = &cases[i];
		TRY(talk_with(is_apart));
	}
	return ERR_NONE;
}

TALK_TEST(bundle_torn, "a line that would leave its port is refused, and the call goes on")
{
	static const char *const offers[] = {
		HEAD "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n" VIDEO("9", "96") PATH,
		"v=0\r\no=- 81 3 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n" AUDIO(
			"9") VIDEO("9", "96") PATH,
	};
	uint32_t orders;

	TRY(talks(t, BUNDLE, BOTH));
	orders = t->w->order_count;
	for (unsigned i = 0; i < 2; i++) {
		talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
		             offers[i]);
		CHECK_CASE(talk_hears(t, &t->phone, "SIP/2.0 100 ") &&
		                   talk_hears(t, &t->phone, "SIP/2.0 488 "),
		           offers[i]);
		talk_ack(t, &t->phone, "");
	}
	CHECK(t->w->order_count == orders && talk_records(t) == 0);
	/* As it was, with ports and without what its first line says. */
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n",
	             HEAD AUDIO("9") VIDEO("9", "96"));
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", BOTH);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 ") &&
	      wire_has(&t->at_phone, "a=group:BUNDLE 0 1\r\n"));
	CHECK(port_of(&t->at_phone, "m=audio ") == port_of(&t->at_phone, "m=video "));
	return ERR_NONE;
}

/* A browser offers anew. */
static enum err offers(struct talk *t, const char *offer, const char *answer)
{
	talk_request(t, &t->phone, "INVITE", "Contact: <sip:200@192.168.1.10:5060>\r\n", offer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 100 ") && talk_hears(t, &t->pbx, "INVITE "));
	talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", answer);
	CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	talk_ack(t, &t->phone, "");
	CHECK(talk_hears(t, &t->pbx, "ACK "));
	return ERR_NONE;
}

static const char *same_place;

static enum err is_same_place(struct talk *t)
{
	TRY(talks(t, same_place, BOTH));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0 1\r\n") && t->w->shake_count == 1);
	CHECK(port_of(&t->at_phone, "m=audio ") == port_of(&t->at_phone, "m=video "));
	return ERR_NONE;
}

TEST(bundle_same_place, "a line that says it is where the first one is shares its port at once")
{
	static const char *const offers[] = {
		HEAD AUDIO("4000") VIDEO("4000", "96") PATH,
		/* As Chromium writes it. */
		HEAD AUDIO("4000") VIDEO("9", "96") PATH,
		HEAD
		"m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 192.168.1.10\r\na=mid:0\r\n" PRINT
		"a=setup:actpass\r\na=rtcp-mux\r\nm=video 4000 UDP/TLS/RTP/SAVPF 96\r\n"
		"c=IN IP4 192.168.1.10\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n" PRINT
		"a=setup:actpass\r\na=rtcp-mux\r\n",
	};

	for (unsigned i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
		same_place = offers[i];
		TRY(talk_with(is_same_place));
	}
	return ERR_NONE;
}

TALK_TEST(bundle_elsewhere, "a line that shares a port is where that is, whatever it says itself")
{
	TRY(talks(t,
	          HEAD AUDIO("9") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 198.51.100.9\r\n"
	                          "a=rtpmap:96 VP8/90000\r\na=mid:1\r\na=bundle-only\r\n" MID,
	          BOTH));
	CHECK(t->w->bundle_count == 2 && talk_order(t)->stream == bundle_of(t, 1)->stream);
	CHECK(addr_same_host(&talk_order(t)->legs[0].remote, &t->phone.flow.remote));
	return ERR_NONE;
}

TALK_TEST(bundle_comes_and_goes, "a line joins a call that stands, leaves it, and joins again")
{
	static const char alone[] = HEAD AUDIO("9");
	static const char off[] =
		GROUPS("a=group:BUNDLE 0\r\n") AUDIO("9") "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n";
	unsigned long port;

	TRY(talks(t, alone, REPLY "m=audio 12000 RTP/AVP 0\r\n"));
	port = port_of(&t->at_phone, "m=audio ");
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0\r\n") && t->w->bundle_count == 0);
	for (unsigned i = 0; i < 3; i++) {
		TRY(offers(t, BUNDLE, BOTH));
		CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0 1\r\n"));
		CHECK(port_of(&t->at_phone, "m=audio ") == port &&
		      port_of(&t->at_phone, "m=video ") == port);
		CHECK(t->w->bundle_count > 0 &&
		      bundle_of(t, t->w->bundle_count - 1)->mid[0] == '1');
		t->w->bundle_count = 0;
		TRY(offers(t, off, SOUND));
		CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0\r\n"));
		CHECK(port_of(&t->at_phone, "m=audio ") == port);
		talk_media_closes(t);
	}
	return ERR_NONE;
}

TALK_TEST(bundle_restart, "names of the path change for all lines of a bundle, or for none")
{
	char before[64], *at;

	TRY(talks(t, BUNDLE, BOTH));
	at = strstr(t->at_phone.text, "a=ice-ufrag:");
	CHECK(at);
	memcpy(before, at, 20);
	before[20] = '\0';
	TRY(offers(t, BUNDLE, BOTH));
	CHECK(wire_has(&t->at_phone, before));
	TRY(offers(t,
	           HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\n" OWN_PATH
	                "a=mid:0\r\n" MID VIDEO("0", "96") "a=bundle-only\r\n",
	           BOTH));
	CHECK(wire_has(&t->at_phone, "a=ice-ufrag:") && !wire_has(&t->at_phone, before));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0 1\r\n"));
	return ERR_NONE;
}

TALK_TEST(bundle_survives,
          "a successor goes on under the keys of the handshake, and the same lines")
{
	struct media_event agreed = { .kind = MEDIA_AGREED };

	TRY(talks(t, BUNDLE, BOTH));
	agreed.owner = t->w->shakes[0].owner;
	agreed.generation = t->w->shakes[0].generation;
	agreed.stream = t->w->shakes[0].stream;
	agreed.agreed.in.suite = agreed.agreed.out.suite = SUITE_GCM_128;
	agreed.agreed.tuple = t->phone.flow.remote;
	agreed.agreed.association = t->w->shakes[0].association;
	border_media_event(t->w->border, &agreed, t->w->now);
	t->w->shake_count = t->w->bundle_count = t->w->keys_count = 0;
	TRY(wire_restart(t->w));
	CHECK(t->w->shake_count == 1 && t->w->keys_count == 1 &&
	      addr_equal(&t->w->shakes[0].tuple, &agreed.agreed.tuple));
	CHECK(t->w->bundle_count >= 2 && bundle_of(t, t->w->bundle_count - 1)->mid[0] == '1' &&
	      bundle_of(t, t->w->bundle_count - 1)->host == agreed.stream);
	return ERR_NONE;
}

TALK_TEST(bundle_by_pbx,
          "a PBX that offers anew hears nothing of the bundle, the browser all of it")
{
	TRY(talks(t, BUNDLE, BOTH));
	talk_learns(&t->pbx, &t->at_pbx);
	talk_request(t, &t->pbx, "INVITE", "Contact: <sip:201@10.0.0.20:5060>\r\n", BOTH);
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 100 ") && talk_hears(t, &t->phone, "INVITE "));
	CHECK(wire_has(&t->at_phone, "a=group:BUNDLE 0 1\r\n") && has_one_path(&t->at_phone));
	CHECK(port_of(&t->at_phone, "m=audio ") == port_of(&t->at_phone, "m=video "));
	t->w->bundle_count = 0;
	talk_answer(t, &t->phone, &t->at_phone, "200 OK", "",
	            HEAD "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:4DpZ\r\n"
	                 "a=ice-pwd:Tm6g/kfGcwIXK8TSSyuNSS90\r\n" PRINT
	                 "a=setup:active\r\na=rtcp-mux\r\na=mid:0\r\n" MID VIDEO("9", "96"));
	CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 ") && !wire_has(&t->at_pbx, "BUNDLE"));
	CHECK(port_of(&t->at_pbx, "m=video ") != port_of(&t->at_pbx, "m=audio "));
	CHECK(t->w->bundle_count >= 2 && bundle_of(t, t->w->bundle_count - 1)->mid[0] == '1');
	return ERR_NONE;
}
