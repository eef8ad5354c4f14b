/* SPDX-License-Identifier: Apache-2.0 */
/* A browser that is OpenSSL on one side of the relay, a PBX that knows RTP alone on the other, and
 * strangers between them. */
#include "base/hash.h"
#include "media/ice.h"
#include "rtp/stun.h"
#include "unit/media/dtls_case.h"
#include "unit/media/relay_case.h"

#include <unistd.h>

enum { BROWSER, OFFICE, STRANGER_ROOM = 2048 };

static struct dtls_case browser;
static struct srtp_engine engine;
static struct srtp heard, said; /* of the browser */
static struct srtp_mark marks[2][SRTP_MAX_SOURCES];
static struct ice_credentials ours;
static int stranger;
static uint64_t now;

static void tear_down_all(void)
{
	rtp_srtp_stop(&heard);
	rtp_srtp_stop(&said);
	rtp_engine_close(&engine);
	dtls_case_drop_peer(&browser);
	socket_close(&stranger);
	tear_down(&bench);
}

static struct order_shake shake_of(bool has_ice)
{
	struct dtls_peer peer = dtls_case_name(&browser, DTLS_SHA256);
	struct order_shake o = { .kind = ORDER_SHAKE,
		                 .leg = BROWSER,
		                 .generation = 1,
		                 .stream = 1,
		                 .hash = MEDIA_SHA256,
		                 .has_ice = has_ice };

	memcpy(o.fingerprint, peer.fingerprint, sizeof(o.fingerprint));
	memcpy(o.ufrag, ours.ufrag, sizeof(o.ufrag));
	memcpy(o.pwd, ours.pwd, sizeof(o.pwd));
	return o;
}

/* The stream is open; how it shakes is the test's. */
static enum err set_up_all(void)
{
	static const uint8_t random[SDP_ICE_RANDOM_SIZE] = { 9, 8, 7 };
	static const struct peer_options plain;
	struct addr at;
	struct order o;

	now = start_us;
	dtls_clock_us = start_us;
	memset(&browser, 0, sizeof(browser));
	memset(marks, 0, sizeof(marks));
	browser.ends[0] = browser.ends[1] = stranger = -1;
	sdp_ice_draw(random, ours.ufrag, ours.pwd);
	TRY(hash_prepare());
	TRY(rtp_engine_open(&engine));
	TRY(set_up(&bench));
	TRY(dtls_case_peer(&browser, &plain));
	TRY(open_socket("127.0.0.13", false, &stranger, &at));
	o = order_of(ORDER_OPEN, 1, 0);
	o.legs[BROWSER].protection = PROTECTION_DTLS;
	o.legs[BROWSER].is_mux = 1;
	give_order(&o);
	return ERR_NONE;
}

#define WITH_BROWSER                                                                               \
	do {                                                                                       \
		enum err browser_err = set_up_all();                                               \
		if (browser_err != ERR_NONE) {                                                     \
			tear_down_all();                                                           \
			return browser_err;                                                        \
		}                                                                                  \
	} while (0)

static void turn(void) { (void)media_relay_turn(bench.relay, now); }

/* To the browser's port, from whoever has that socket. */
static void say(int fd, struct view bytes)
{
	(void)send_to(fd, &bench.table->pairs[BROWSER].local, bytes);
	turn();
}

static void check_path(int fd, struct view pwd)
{
	char bytes[256], name[ICE_UFRAG_SIZE + 2];
	struct buffer b = BUFFER_ON(bytes);
	struct stun_message m = { .class = STUN_REQUEST,
		                  .method = STUN_BINDING,
		                  .username = { name, sizeof(name) },
		                  .role = STUN_CONTROLLING,
		                  .priority = 1,
		                  .has_priority = true,
		                  .is_nominating = true };

	memcpy(name, ours.ufrag, ICE_UFRAG_SIZE);
	memcpy(name + ICE_UFRAG_SIZE, ":b", 2);
	(void)!stun_write(&b, &m, pwd);
	say(fd, buffer_view(&b));
}

static bool is_answered(int fd)
{
	struct stun_message m;
	char storage[MAX_RTP_PACKET];

	return stun_parse(receive_from(fd, storage), &m) == ERR_NONE && m.class == STUN_SUCCESS;
}

static void nominate(void)
{
	check_path(bench.ends[BROWSER][0], view_bytes(ours.pwd, ICE_PWD_SIZE));
}

/* The browser's handshake, from that socket. */
static void shake_from(int fd)
{
	char bytes[MAX_RTP_PACKET];
	struct view got;
	ssize_t len;

	for (int i = 0; i < 20; i++) {
		if (!browser.is_done)
			browser.is_done = SSL_do_handshake(browser.ssl) == 1;
		while ((len = recv(browser.ends[1], bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
			say(fd, view_bytes(bytes, (size_t)len));
		while ((got = receive_from(fd, bytes)).len > 0)
			(void)!write(browser.ends[1], got.at, got.len);
	}
}

/* What RFC 5764 4.2 gives the client for AEAD_AES_128_GCM. */
static enum err take_browsers_keys(void)
{
	uint8_t all[56], mine[28], theirs[28];

	if (SSL_export_keying_material(browser.ssl, all, sizeof(all), "EXTRACTOR-dtls_srtp", 19,
	                               NULL, 0, 0) != 1)
		return ERR_UNSUPPORTED;
	memcpy(mine, all, 16);
	memcpy(mine + 16, all + 32, 12);
	memcpy(theirs, all + 16, 16);
	memcpy(theirs + 16, all + 44, 12);
	TRY(rtp_srtp_start(&said, &engine, SUITE_GCM_128, mine,
	                   &(struct srtp_setup){ .marks = marks[0] }));
	return rtp_srtp_start(&heard, &engine, SUITE_GCM_128, theirs,
	                      &(struct srtp_setup){ .marks = marks[1] });
}

static void browser_says(struct view packet, bool is_rtcp)
{
	char bytes[256];
	size_t len = packet.len;

	memcpy(bytes, packet.at, packet.len);
	(void)!(is_rtcp ? rtp_srtcp_protect(&said, bytes, sizeof(bytes), &len)
	                : rtp_srtp_protect(&said, bytes, sizeof(bytes), &len));
	say(bench.ends[BROWSER][0], view_bytes(bytes, len));
}

static void office_says(struct view packet, bool is_rtcp)
{
	const struct addr *to =
		is_rtcp ? &bench.pair_rtcp[OFFICE] : &bench.table->pairs[OFFICE].local;

	(void)send_to(bench.ends[OFFICE][is_rtcp], to, packet);
	turn();
}

static bool office_hears(bool is_rtcp)
{
	char storage[MAX_RTP_PACKET];

	return receive_from(bench.ends[OFFICE][is_rtcp], storage).len > 0;
}

/* What the browser hears is protected under its keys; -1: it is not. */
static int browser_hears(bool is_rtcp)
{
	char storage[MAX_RTP_PACKET];
	size_t len = receive_from(bench.ends[BROWSER][0], storage).len;

	if (len == 0)
		return 0;
	return (is_rtcp ? rtp_srtcp_unprotect(&heard, storage, &len)
	                : rtp_srtp_unprotect(&heard, storage, &len)) == ERR_NONE
	             ? 1
	             : -1;
}

/* A packet of the PBX, whose SSRC is another. */
static struct view packet_of(uint16_t sequence)
{
	static char bytes[64];
	struct buffer b = BUFFER_ON(bytes);
	struct rtp_packet p = { .ssrc = 0x22222222,
		                .sequence = sequence,
		                .payload = VIEW("music") };

	rtp_packet_write(&b, &p, 0);
	return buffer_view(&b);
}

static const struct media_event *agreed_event(void)
{
	for (size_t i = 0; i < bench.event_count; i++)
		if (bench.events[i].kind == MEDIA_AGREED)
			return &bench.events[i];
	return NULL;
}

TEST(shake_carries, "carries a browser's protected audio to plain RTP and back, RTCP on one port")
{
	struct order_shake shake;

	WITH_BROWSER;
	shake = shake_of(true);
	media_relay_shake(bench.relay, &shake, now);
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	office_says(packet_of(1), false);
	say(bench.ends[BROWSER][0], SOUND);
	CHECK(!office_hears(false) && browser_hears(false) == 0);
	CHECK(counted(COUNT_media_sent) == 0);
	shake_from(bench.ends[BROWSER][0]);
	CHECK(browser.is_done && counted(COUNT_dtls_agreed) == 1);
	TRY(take_browsers_keys());
	browser_says(SOUND, false);
	CHECK(office_hears(false));
	office_says(packet_of(2), false);
	CHECK(browser_hears(false) == 1);
	browser_says(REPORT, true);
	CHECK(office_hears(true) && !office_hears(false));
	office_says(REPORT, true);
	CHECK(browser_hears(true) == 1);
	CHECK(agreed_event() && agreed_event()->agreed.in.suite == SUITE_GCM_128);
	/* The same order again, as after a change of the call, changes nothing. */
	media_relay_shake(bench.relay, &shake, now);
	office_says(packet_of(3), false);
	CHECK(browser_hears(false) == 1);
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_strangers, "tells strangers nothing, and loses nothing to them")
{
	static const struct view noise[] = {
		VIEW("\x16\xfe\xff\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01"),
		VIEW("\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x05\x00\x02\x02\x28"),
		VIEW("\x00\x01\x00\x00\x21\x12\xa4\x42"), SOUND
	};
	struct order_shake shake;
	char storage[MAX_RTP_PACKET];

	WITH_BROWSER;
	shake = shake_of(true);
	media_relay_shake(bench.relay, &shake, now);
	for (int phase = 0; phase < 3; phase++) {
		for (int i = 0; i < 300; i++) {
			say(stranger, noise[i % 4]);
			check_path(stranger, VIEW("a guess"));
		}
		CHECK(receive_from(stranger, storage).len == 0 && !office_hears(false));
		if (phase == 0)
			nominate();
		else if (phase == 1)
			shake_from(bench.ends[BROWSER][0]);
	}
	CHECK(browser.is_done && counted(COUNT_stun_dropped) >= 900 &&
	      counted(COUNT_dtls_ignored) >= 450);
	TRY(take_browsers_keys());
	browser_says(SOUND, false);
	office_says(packet_of(1), false);
	CHECK(office_hears(false) && browser_hears(false) == 1);
	CHECK(receive_from(stranger, storage).len == 0);
	CHECK(media_relay_open_count(bench.relay) == 1);
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_elsewhere, "shakes no hands with who passed no check, though it is the peer")
{
	struct order_shake shake;

	WITH_BROWSER;
	shake = shake_of(true);
	media_relay_shake(bench.relay, &shake, now);
	shake_from(bench.ends[BROWSER][0]);
	CHECK(!browser.is_done && counted(COUNT_dtls_ignored) > 0);
	nominate();
	shake_from(stranger);
	CHECK(!browser.is_done && counted(COUNT_dtls_agreed) == 0);
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_wrong,
     "passes nothing either way where the certificate is another than the description's")
{
	struct order_shake shake;

	WITH_BROWSER;
	shake = shake_of(true);
	shake.fingerprint[31] ^= 1;
	media_relay_shake(bench.relay, &shake, now);
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	shake_from(bench.ends[BROWSER][0]);
	CHECK(!browser.is_done && counted(COUNT_dtls_wrong_certificate) == 1);
	office_says(packet_of(1), false);
	say(bench.ends[BROWSER][0], SOUND);
	CHECK(!office_hears(false) && browser_hears(false) == 0 && !agreed_event());
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_consent, "sends nothing where the browser went away, and again when it is back")
{
	struct order_shake shake;

	WITH_BROWSER;
	shake = shake_of(true);
	media_relay_shake(bench.relay, &shake, now);
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	shake_from(bench.ends[BROWSER][0]);
	TRY(take_browsers_keys());
	now += 29 * (uint64_t)SECOND_US;
	browser_says(SOUND, false); /* audio is consent too */
	now += 29 * (uint64_t)SECOND_US;
	media_relay_tick(bench.relay, now);
	office_says(packet_of(1), false);
	CHECK(browser_hears(false) == 1);
	now += SECOND_US;
	media_relay_tick(bench.relay, now);
	office_says(packet_of(2), false);
	CHECK(browser_hears(false) == 0);
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	office_says(packet_of(3), false);
	CHECK(browser_hears(false) == 1);
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_no_ice, "shakes hands without ICE with the host that the description names, by a cookie")
{
	struct order_shake shake;
	char storage[MAX_RTP_PACKET];

	WITH_BROWSER;
	shake = shake_of(false);
	media_relay_shake(bench.relay, &shake, now);
	shake_from(stranger);
	CHECK(!browser.is_done && receive_from(stranger, storage).len == 0);
	TRY(dtls_case_peer(&browser, &(struct peer_options){ 0 }));
	shake = shake_of(false);
	media_relay_shake(bench.relay, &shake, now);
	shake_from(bench.ends[BROWSER][0]);
	CHECK(browser.is_done && counted(COUNT_dtls_agreed) == 1);
	TRY(take_browsers_keys());
	browser_says(SOUND, false);
	office_says(packet_of(1), false);
	CHECK(office_hears(false) && browser_hears(false) == 1);
	/* Checks that nobody offered are not answered. */
	nominate();
	CHECK(!is_answered(bench.ends[BROWSER][0]));
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_anew, "forgets the keys where the description names another certificate")
{
	struct order_shake shake;

	WITH_BROWSER;
	shake = shake_of(true);
	media_relay_shake(bench.relay, &shake, now);
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	shake_from(bench.ends[BROWSER][0]);
	TRY(take_browsers_keys());
	shake.fingerprint[0] ^= 1;
	media_relay_shake(bench.relay, &shake, now);
	browser_says(SOUND, false);
	office_says(packet_of(1), false);
	CHECK(!office_hears(false) && browser_hears(false) == 0);
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_again, "goes on under the keys of a handshake where media begins anew")
{
	struct order_keys keys = {
		.kind = ORDER_KEYS, .leg = BROWSER, .generation = 1, .stream = 1
	};
	struct order_shake shake;
	struct order o;

	WITH_BROWSER;
	shake = shake_of(true);
	media_relay_shake(bench.relay, &shake, now);
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	shake_from(bench.ends[BROWSER][0]);
	TRY(take_browsers_keys());
	CHECK(agreed_event());
	keys.in = agreed_event()->agreed.in;
	keys.out = agreed_event()->agreed.out;
	shake.tuple = agreed_event()->agreed.tuple;
	/* A successor: the stream is unknown to it. */
	o = order_of(ORDER_CLOSE, 1, 0);
	give_order(&o);
	o = order_of(ORDER_OPEN, 1, 0);
	o.legs[BROWSER].protection = PROTECTION_DTLS;
	o.legs[BROWSER].is_mux = 1;
	give_order(&o);
	media_relay_shake(bench.relay, &shake, now);
	media_relay_keys(bench.relay, &keys, now);
	browser_says(SOUND, false);
	office_says(packet_of(7), false);
	CHECK(office_hears(false) && browser_hears(false) == 1);
	tear_down_all();
	return ERR_NONE;
}

TEST(shake_refused, "refuses orders to shake that fit no leg")
{
	struct order_shake shake;
	struct order o;
	size_t before;

	WITH_BROWSER;
	before = bench.event_count;
	shake = shake_of(true);
	shake.leg = OFFICE; /* is not protected */
	media_relay_shake(bench.relay, &shake, now);
	shake.leg = 2;
	media_relay_shake(bench.relay, &shake, now);
	shake.leg = BROWSER;
	shake.hash = MEDIA_HASH_COUNT;
	media_relay_shake(bench.relay, &shake, now);
	shake.hash = MEDIA_SHA256;
	shake.stream = 9;
	media_relay_shake(bench.relay, &shake, now);
	CHECK(bench.event_count == before + 4);
	CHECK(bench.events[before].kind == MEDIA_REFUSED &&
	      bench.events[before].reason == ERR_SYNTAX);
	CHECK(bench.events[before + 3].reason == ERR_NOT_FOUND);
	/* A leg that is protected no more has no handshake. */
	shake.stream = 1;
	media_relay_shake(bench.relay, &shake, now);
	o = order_of(ORDER_CHANGE, 1, 0);
	give_order(&o);
	nominate();
	CHECK(!is_answered(bench.ends[BROWSER][0]));
	tear_down_all();
	return ERR_NONE;
}
