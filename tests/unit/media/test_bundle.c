/* SPDX-License-Identifier: Apache-2.0 */
/* Several lines of a browser on one port of the relay, each with a port of its own at the PBX. */
#include "rtp/bundle.h"
#include "unit/media/shake_talk.h"

enum { VIDEO = 2, AUDIO_TYPE = 96, VIDEO_TYPE = 97, BOTH_TYPE = 99 };

static struct order line_order(enum order_kind kind, uint64_t stream, uint8_t type)
{
	struct order o = order_of(kind, stream, stream == VIDEO ? 2 : 0);

	o.legs[BROWSER].protection = PROTECTION_DTLS;
	o.legs[BROWSER].is_mux = 1;
	o.formats[0] = (struct order_format){ type, 90 };
	o.formats[1] = (struct order_format){ BOTH_TYPE, 90 };
	if (stream == VIDEO) {
		o.legs[OFFICE].remote = bench.end_addresses[OFFICE][1];
		o.legs[OFFICE].rtcp = bench.end_addresses[OFFICE][0];
	}
	return o;
}

static void give_line(uint64_t stream, uint64_t host, const char *mid)
{
	struct order_bundle o = { .kind = ORDER_BUNDLE,
		                  .leg = BROWSER,
		                  .generation = 1,
		                  .stream = stream,
		                  .host = host,
		                  .mid_id = 4,
		                  .mid_len = (uint8_t)strlen(mid) };

	memcpy(o.mid, mid, strlen(mid));
	media_relay_bundle(bench.relay, &o);
}

/* The office has audio on its even port, video on the odd one. */
static enum err begin_bundle(void)
{
	struct order o = line_order(ORDER_CHANGE, 1, AUDIO_TYPE);
	struct order_shake shake = shake_of(true);

	give_order(&o);
	o = line_order(ORDER_OPEN, VIDEO, VIDEO_TYPE);
	give_order(&o);
	media_relay_shake(bench.relay, &shake, now);
	give_line(1, 1, "a");
	give_line(VIDEO, 1, "v");
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	shake_from(bench.ends[BROWSER][0]);
	CHECK(browser.is_done && counted(COUNT_dtls_agreed) == 1);
	return take_browsers_keys();
}

static struct view labelled(const char *mid, uint32_t ssrc, uint8_t type)
{
	static uint16_t sequences[256];
	static char bytes[64];
	struct buffer b = BUFFER_ON(bytes);

	buffer_char(&b, (char)(*mid ? 0x90 : 0x80));
	buffer_char(&b, (char)type);
	buffer_u16(&b, ++sequences[ssrc & 255]);
	buffer_u32(&b, 160);
	buffer_u32(&b, ssrc);
	if (*mid)
		buffer_put(&b, VIEW("\xbe\xde\0\1\x40"));
	buffer_text(&b, mid);
	if (*mid)
		buffer_put(&b, VIEW("\0\0"));
	buffer_text(&b, "sounds or pictures");
	return buffer_view(&b);
}

static char goes_to(const char *mid, uint32_t ssrc, uint8_t type)
{
	bool is_audio, is_video;

	browser_says(labelled(mid, ssrc, type), false);
	is_audio = office_hears(false);
	is_video = office_hears(true);
	return is_audio && is_video ? '?' : is_audio ? 'a' : is_video ? 'v' : '-';
}

TEST(bundle_carries, "carries two lines on one port, each packet to its line and no other")
{
	WITH_BROWSER;
	TRY(begin_bundle());
	CHECK(goes_to("v", 1, BOTH_TYPE) == 'v' && goes_to("", 1, VIDEO_TYPE) == 'v');
	CHECK(goes_to("", 2, AUDIO_TYPE) == 'a' && goes_to("a", 2, BOTH_TYPE) == 'a');
	CHECK(goes_to("", 2, BOTH_TYPE) == 'a');
	CHECK(goes_to("a", 2, VIDEO_TYPE) == '-' && goes_to("", 2, VIDEO_TYPE) == '-');
	CHECK(goes_to("x", 2, AUDIO_TYPE) == '-' && goes_to("", 3, 100) == '-');
	CHECK(goes_to("", 3, BOTH_TYPE) == '-');
	CHECK(counted(COUNT_media_dropped_line) == 5);
	say(bench.ends[BROWSER][0], labelled("a", 1, AUDIO_TYPE));
	say(stranger, labelled("a", 1, AUDIO_TYPE));
	CHECK(!office_hears(false) && counted(COUNT_media_dropped_auth) == 1 &&
	      counted(COUNT_media_dropped_source) == 1);
	CHECK(goes_to("", 1, VIDEO_TYPE) == 'v');
	office_says(packet_of(1), false);
	CHECK(browser_hears(false) == 1);
	(void)send_to(bench.ends[OFFICE][1], &bench.table->pairs[3].local, packet_of(1));
	turn();
	CHECK(browser_hears(false) == 1);
	browser_says(VIEW("\x80\xc9\0\1\0\0\0\1"), true);
	CHECK(office_hears(false) && !office_hears(true)); /* the video's, ports crossed */
	browser_says(VIEW("\x80\xc9\0\1\0\0\0\7"), true);
	CHECK(!office_hears(true) && !office_hears(false) && counted(COUNT_rtcp_dropped) == 1);
	tear_down_all();
	return ERR_NONE;
}

TEST(bundle_ends, "a line that closes is nobody's, one whose host closes passes nothing")
{
	struct order o;

	WITH_BROWSER;
	TRY(begin_bundle());
	CHECK(goes_to("v", 1, VIDEO_TYPE) == 'v' && goes_to("a", 2, AUDIO_TYPE) == 'a');
	o = line_order(ORDER_CLOSE, VIDEO, VIDEO_TYPE);
	give_order(&o);
	CHECK(goes_to("", 2, AUDIO_TYPE) == 'a' && counted(COUNT_media_dropped_line) == 0);
	/* One that is alone needs no label, and may have other formats since. */
	CHECK(goes_to("v", 2, 55) == 'a');
	o = line_order(ORDER_OPEN, VIDEO, VIDEO_TYPE);
	give_order(&o);
	give_line(1, 1, "a");
	give_line(VIDEO, 1, "v");
	CHECK(goes_to("v", 1, VIDEO_TYPE) == 'v' && goes_to("x", 2, 55) == '-');
	o = line_order(ORDER_CLOSE, 1, AUDIO_TYPE);
	give_order(&o);
	CHECK(goes_to("v", 1, VIDEO_TYPE) == '-' && goes_to("a", 2, AUDIO_TYPE) == '-');
	CHECK(media_relay_open_count(bench.relay) == 1);
	tear_down_all();
	return ERR_NONE;
}

/* The office's picture, which comes to that line's own port. */
static void office_shows(uint16_t sequence)
{
	(void)send_to(bench.ends[OFFICE][1], &bench.table->pairs[3].local, packet_of(sequence));
	turn();
}

/* The MID in what the browser hears; '-': none, '?': it is not under its keys. */
static char heard_mid(uint8_t id)
{
	char storage[MAX_RTP_PACKET];
	size_t len = receive_from(bench.ends[BROWSER][0], storage).len;
	struct rtp_label label;
	struct rtp_packet p;

	if (len == 0 || rtp_srtp_unprotect(&heard, storage, &len) != ERR_NONE ||
	    rtp_label_read(view_bytes(storage, len), id, &label) != ERR_NONE ||
	    rtp_packet_parse(view_bytes(storage, len), &p) != ERR_NONE ||
	    !view_equal(p.payload, VIEW("music")))
		return '?';
	return label.mid.len == 1 ? label.mid.at[0] : '-';
}

TEST(bundle_told, "tells the browser of each packet whose line it is, while lines share its port")
{
	struct order o;

	WITH_BROWSER;
	TRY(begin_bundle());
	for (uint16_t i = 1; i < 5; i++) {
		office_says(packet_of(i), false);
		CHECK(heard_mid(4) == 'a');
		office_shows(i);
		CHECK(heard_mid(4) == 'v');
	}
	o = line_order(ORDER_CLOSE, VIDEO, VIDEO_TYPE);
	give_order(&o);
	office_says(packet_of(5), false);
	CHECK(heard_mid(4) == '-');
	tear_down_all();
	return ERR_NONE;
}

/* Who only receives has no source of its own: reports say by what they are about whose they are. */
TEST(bundle_reports, "takes reports of an end that only receives to the line that they are about")
{
	static char report[] = "\x81\xc9\0\7\0\0\0\1ssrclossseqnjitrlsr.dlsr";
	static char picture[] = "\x80\xc9\0\1\0\0\0\1\x81\xce\0\2\0\0\0\1ssrc";
	char storage[MAX_RTP_PACKET];
	size_t len;

	WITH_BROWSER;
	TRY(begin_bundle());
	office_says(packet_of(1), false);
	CHECK(browser_hears(false) == 1);
	office_shows(1);
	len = receive_from(bench.ends[BROWSER][0], storage).len;
	CHECK(len > 12);
	for (int i = 0; i < 2; i++) {
		char *at = i == 0 ? report + 8 : picture + 16;

		memcpy(at, "ssrc", 4);
		browser_says(view_bytes(i == 0 ? report : picture,
		                        i == 0 ? sizeof(report) - 1 : sizeof(picture) - 1),
		             true);
		CHECK(!office_hears(true) && !office_hears(false)); /* of nobody */
		memcpy(at, storage + 8, 4);
		browser_says(view_bytes(i == 0 ? report : picture,
		                        i == 0 ? sizeof(report) - 1 : sizeof(picture) - 1),
		             true);
		CHECK(office_hears(false) && !office_hears(true)); /* the video's, ports crossed */
	}
	CHECK(counted(COUNT_rtcp_dropped) == 2);
	/* What is not authentic is about nothing. */
	say(bench.ends[BROWSER][0], view_bytes(report, sizeof(report) - 1));
	CHECK(!office_hears(false) && counted(COUNT_rtcp_dropped) == 3);
	tear_down_all();
	return ERR_NONE;
}

TEST(bundle_astray, "the port of a line that shares another's is deaf, to its own end too")
{
	char bytes[256];
	struct view packet;
	size_t len;

	WITH_BROWSER;
	TRY(begin_bundle());
	for (int i = 0; i < 2; i++) {
		packet = labelled("v", 1, VIDEO_TYPE);
		len = packet.len;
		memcpy(bytes, packet.at, len);
		CHECK(rtp_srtp_protect(&said, bytes, sizeof(bytes), &len) == ERR_NONE);
		(void)send_to(bench.ends[BROWSER][0], &bench.table->pairs[i == 0 ? 2 : 0].local,
		              view_bytes(bytes, len));
		turn();
		CHECK(office_hears(true) == (i == 1));
	}
	(void)send_to(bench.ends[BROWSER][0], &bench.table->pairs[2].local,
	              VIEW("\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01"));
	turn();
	CHECK(counted(COUNT_media_dropped_line) == 2 && counted(COUNT_dtls_ignored) == 0);
	CHECK(browser_hears(false) == 0);
	tear_down_all();
	return ERR_NONE;
}

TEST(bundle_consent, "no line is sent to an end that went away, and each again when it is back")
{
	uint16_t sequence = 0;

	WITH_BROWSER;
	TRY(begin_bundle());
	for (int phase = 0; phase < 3; phase++) {
		office_says(packet_of(++sequence), false);
		CHECK(browser_hears(false) == (phase != 1));
		office_shows(sequence);
		CHECK(browser_hears(false) == (phase != 1));
		if (phase == 0) {
			now += 30 * (uint64_t)SECOND_US;
			media_relay_tick(bench.relay, now);
		} else {
			nominate();
			CHECK(is_answered(bench.ends[BROWSER][0]));
		}
	}
	tear_down_all();
	return ERR_NONE;
}

TEST(bundle_another, "no line passes anything where the first one names another certificate")
{
	struct order_shake shake;

	WITH_BROWSER;
	TRY(begin_bundle());
	CHECK(goes_to("v", 1, VIDEO_TYPE) == 'v');
	shake = shake_of(true);
	shake.fingerprint[0] ^= 1;
	media_relay_shake(bench.relay, &shake, now);
	CHECK(goes_to("v", 1, VIDEO_TYPE) == '-' && goes_to("a", 2, AUDIO_TYPE) == '-');
	office_says(packet_of(1), false);
	office_shows(1);
	CHECK(browser_hears(false) == 0);
	tear_down_all();
	return ERR_NONE;
}

TEST(bundle_again, "lines go on under the keys of their handshake where media begins anew")
{
	struct order_keys keys = {
		.kind = ORDER_KEYS, .leg = BROWSER, .generation = 1, .stream = 1
	};
	const struct media_event *agreed = bench.events;
	struct order_shake shake;
	struct order o;

	WITH_BROWSER;
	TRY(begin_bundle());
	while (agreed->kind != MEDIA_AGREED && agreed < bench.events + bench.event_count)
		agreed++;
	CHECK(agreed < bench.events + bench.event_count);
	keys.in = agreed->agreed.in;
	keys.out = agreed->agreed.out;
	shake = shake_of(true);
	shake.tuple = agreed->agreed.tuple;
	for (uint64_t i = 1; i <= 2; i++) {
		o = order_of(ORDER_CLOSE, i, 0);
		give_order(&o);
		o = line_order(ORDER_OPEN, i, i == 1 ? AUDIO_TYPE : VIDEO_TYPE);
		give_order(&o);
		if (i == 1) {
			media_relay_shake(bench.relay, &shake, now);
			media_relay_keys(bench.relay, &keys, now);
		}
		give_line(1, 1, "a");
		if (i == 2)
			give_line(i, 1, "v");
	}
	CHECK(goes_to("v", 1, VIDEO_TYPE) == 'v' && goes_to("a", 2, AUDIO_TYPE) == 'a');
	office_shows(1);
	CHECK(browser_hears(false) == 1 && counted(COUNT_dtls_agreed) == 1);
	tear_down_all();
	return ERR_NONE;
}

TEST(bundle_refused, "refuses orders that share no port that there is")
{
	struct order_bundle good = { .kind = ORDER_BUNDLE,
		                     .leg = BROWSER,
		                     .generation = 1,
		                     .stream = VIDEO,
		                     .host = 1 },
			    bad[6] = { good, good, good, good, good, good };
	static const enum err why[6] = { ERR_SYNTAX,    ERR_SYNTAX,    ERR_STALE,
		                         ERR_NOT_FOUND, ERR_NOT_FOUND, ERR_SYNTAX };
	size_t before;

	WITH_BROWSER;
	TRY(begin_bundle());
	before = bench.event_count;
	bad[0].leg = 2;
	bad[1].mid_len = MAX_ORDER_MID + 1;
	bad[2].generation = 2;
	bad[3].host = 9;
	bad[4].owner = 1;
	bad[5].leg = OFFICE; /* is not protected */
	for (size_t i = 0; i < 6; i++) {
		media_relay_bundle(bench.relay, &bad[i]);
		CHECK(bench.event_count == before + i + 1 &&
		      bench.events[before + i].kind == MEDIA_REFUSED &&
		      bench.events[before + i].reason == why[i]);
	}
	/* A guest has no port to share, and who has guests is none. */
	give_line(1, VIDEO, "a");
	CHECK(bench.event_count == before + 7 && bench.events[before + 6].reason == ERR_SYNTAX);
	CHECK(goes_to("v", 1, VIDEO_TYPE) == 'v' && goes_to("a", 2, AUDIO_TYPE) == 'a');
	tear_down_all();
	return ERR_NONE;
}
