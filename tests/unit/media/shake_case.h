/* SPDX-License-Identifier: Apache-2.0 */
/* A browser that is OpenSSL on one side of the relay, a PBX that knows RTP alone on the other, and
 * strangers between them; each test file that includes this has its own. */
#ifndef SHAKE_CASE_H
#define SHAKE_CASE_H

#include "base/hash.h"
#include "media/ice.h"
#include "rtp/stun.h"
#include "unit/media/dtls_case.h"
#include "unit/media/relay_case.h"

#include <unistd.h>

enum { BROWSER, OFFICE };

static struct dtls_case browser;
static struct srtp_engine engine;
static struct srtp heard, said; /* of the browser */
static struct srtp_mark marks[2][SRTP_MAX_SOURCES];
static struct ice_credentials ours;
static int stranger;
static uint64_t now;

static inline void tear_down_all(void)
{
	rtp_srtp_stop(&heard);
	rtp_srtp_stop(&said);
	rtp_engine_close(&engine);
	dtls_case_drop_peer(&browser);
	socket_close(&stranger);
	tear_down(&bench);
}

static inline struct order_shake shake_of(bool has_ice)
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
static inline enum err set_up_all(void)
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

static inline void turn(void) { (void)media_relay_turn(bench.relay, now); }

/* To the browser's port, from whoever has that socket. */
static inline void say(int fd, struct view bytes)
{
	(void)send_to(fd, &bench.table->pairs[BROWSER].local, bytes);
	turn();
}

static inline void check_path(int fd, struct view pwd)
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

static inline bool is_answered(int fd)
{
	struct stun_message m;
	char storage[MAX_RTP_PACKET];

	return stun_parse(receive_from(fd, storage), &m) == ERR_NONE && m.class == STUN_SUCCESS;
}

static inline void nominate(void)
{
	check_path(bench.ends[BROWSER][0], view_bytes(ours.pwd, ICE_PWD_SIZE));
}

/* The browser's handshake, from that socket. */
static inline void shake_from(int fd)
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
static inline enum err take_browsers_keys(void)
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

#endif
