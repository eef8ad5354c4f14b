/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes on the relay's ports: keys that come of them, and who gets none. */
#include "unit/media/shake_talk.h"

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

TEST(shake_association, "forgets the keys where the order is of another association")
{
	struct order_shake shake;

	WITH_BROWSER;
	shake = shake_of(true);
	shake.association = 7;
	media_relay_shake(bench.relay, &shake, now);
	nominate();
	CHECK(is_answered(bench.ends[BROWSER][0]));
	shake_from(bench.ends[BROWSER][0]);
	TRY(take_browsers_keys());
	CHECK(agreed_event() && agreed_event()->agreed.association == 7);
	shake.association++;
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
