/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes with an OpenSSL that is not ours: over good wires and bad ones, with the right peer,
 * with others, and with strangers who shout. */
#include "media/dtls_priv.h"
#include "unit/media/dtls_case.h"

#include <openssl/srtp.h>
#include <stdlib.h>

static const struct peer_options plain;
static struct dtls_case side;

enum { PATIENCE_US = 40 * SECOND_US };

/* What fails in between leaves nothing behind. */
#define WITH_CASE(options, is_proven_path)                                                         \
	do {                                                                                       \
		enum err case_err = dtls_case_open(&side, options, is_proven_path);                \
		if (case_err != ERR_NONE) {                                                        \
			dtls_case_close(&side);                                                    \
			return case_err;                                                           \
		}                                                                                  \
	} while (0)

TEST(dtls_agrees, "draws the keys that the peer draws, of each profile, with cookie and without")
{
	static const char *const profiles[] = { "SRTP_AES128_CM_SHA1_80", "SRTP_AES128_CM_SHA1_32",
		                                "SRTP_AEAD_AES_128_GCM", "SRTP_AEAD_AES_256_GCM" };

	for (size_t i = 0; i < 8; i++) {
		const struct peer_options options = { .profiles = profiles[i / 2] };

		WITH_CASE(&options, i % 2 == 0);
		dtls_case_run(&side);
		CHECK_CASE(side.is_done && side.is_agreed && dtls_case_is_same(&side),
		           profiles[i / 2]);
		CHECK(addr_equal(&side.leg.tuple, &side.place));
		CHECK(side.leg.state == DTLS_KEYED && media_dtls_handshake_count(side.dtls) == 0);
		dtls_case_close(&side);
	}
	return ERR_NONE;
}

TEST(dtls_active, "begins the handshake itself where the peer waits for it")
{
	const struct peer_options options = { .is_server = true };

	WITH_CASE(&options, false);
	dtls_case_run(&side);
	CHECK(!side.is_agreed && side.carried == 0);
	media_dtls_connect(side.dtls, &side.leg, &side.place, dtls_clock_us);
	media_dtls_connect(side.dtls, &side.leg, &side.place, dtls_clock_us);
	dtls_case_run(&side);
	CHECK(side.is_done && side.is_agreed && dtls_case_is_same(&side));
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_peers, "agrees with RSA certificates, other curves, long fingerprints, short datagrams")
{
	static const struct {
		const char *name;
		struct peer_options options;
		enum dtls_hash hash;
	} cases[] = {
		{ "RSA", { .has_rsa = true }, DTLS_SHA256 },
		{ "RSA in pieces", { .has_rsa = true, .mtu = 300 }, DTLS_SHA512 },
		{ "P-256", { .groups = "P-256" }, DTLS_SHA384 },
		{ "another suite", { .suites = "ECDHE-ECDSA-CHACHA20-POLY1305" }, DTLS_SHA256 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct dtls_peer peer;

		WITH_CASE(&cases[i].options, true);
		peer = dtls_case_name(&side, cases[i].hash);
		peer.is_proven_path = true;
		media_dtls_begin(side.dtls, &side.leg, &peer, 1);
		dtls_case_wait(&side, PATIENCE_US);
		CHECK_CASE(side.is_done && side.is_agreed && dtls_case_is_same(&side),
		           cases[i].name);
		dtls_case_close(&side);
	}
	return ERR_NONE;
}

TEST(dtls_bad_wire, "agrees over wires that lose, double and swap any of the datagrams")
{
	static const enum wire_fate fates[] = { WIRE_DROPS, WIRE_DOUBLES, WIRE_HOLDS };

	for (unsigned i = 0; i < 3 * 10 * 2 * 2; i++) {
		const struct peer_options options = { .mtu = 400, .is_server = i / 60 > 0 };

		WITH_CASE(&options, i / 30 % 2 == 0);
		side.rule = (struct wire_rule){ .fate = fates[i % 3], .nth = i / 3 % 10 };
		media_dtls_connect(side.dtls, &side.leg, &side.place, dtls_clock_us);
		dtls_case_wait(&side, PATIENCE_US);
		CHECK(side.is_done && side.is_agreed && dtls_case_is_same(&side));
		dtls_case_close(&side);
	}
	return ERR_NONE;
}

TEST(dtls_lossy, "agrees in the end where a fifth of the datagrams is lost")
{
	for (unsigned i = 0; i < 24; i++) {
		const struct peer_options options = { .is_server = i % 2 > 0 };

		WITH_CASE(&options, i / 2 % 2 == 0);
		side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .seed = i + 1 };
		media_dtls_connect(side.dtls, &side.leg, &side.place, dtls_clock_us);
		dtls_case_wait(&side, PATIENCE_US);
		CHECK(side.is_done && side.is_agreed && dtls_case_is_same(&side));
		dtls_case_close(&side);
	}
	return ERR_NONE;
}

TEST(dtls_stranger, "draws no key with another certificate than the description's, then with it")
{
	struct dtls_peer right;

	WITH_CASE(&plain, true);
	right = side.leg.peer;
	TRY(dtls_case_peer(&side, &plain)); /* another certificate */
	dtls_case_wait(&side, SECOND_US);
	CHECK(!side.is_agreed && side.verdicts[DTLS_STRANGER] == 1 && !side.is_failed);
	CHECK(side.leg.state == DTLS_WAITING && media_dtls_handshake_count(side.dtls) == 0);
	CHECK(memcmp(&right, &side.leg.peer, sizeof(right)) == 0);
	TRY(dtls_case_peer(&side, &plain));
	right = dtls_case_name(&side, DTLS_SHA256);
	memcpy(side.leg.peer.fingerprint, right.fingerprint, sizeof(right.fingerprint));
	dtls_case_run(&side);
	CHECK(side.is_agreed && dtls_case_is_same(&side));
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_stranger_server, "leaves a server of another certificate, and tries no more than thrice")
{
	const struct peer_options options = { .is_server = true };

	WITH_CASE(&options, true);
	side.leg.peer.fingerprint[0] ^= 1;
	for (unsigned i = 0; i < MAX_DTLS_ATTEMPTS + 2; i++) {
		unsigned before = side.carried;

		media_dtls_connect(side.dtls, &side.leg, &side.place, dtls_clock_us);
		dtls_case_run(&side);
		CHECK(!side.is_agreed && side.leg.state == DTLS_WAITING);
		CHECK((side.carried > before) == (i < MAX_DTLS_ATTEMPTS));
		TRY(dtls_case_peer(&side, &options));
	}
	CHECK(side.verdicts[DTLS_STRANGER] == MAX_DTLS_ATTEMPTS);
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_no_srtp, "fails without a profile of SRTP, and with suites that protect nothing")
{
	static const struct peer_options cases[] = {
		{ .profiles = "" },
		{ .suites = "ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0" },
		{ .suites = "ECDHE-ECDSA-AES128-SHA" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		WITH_CASE(&cases[i], true);
		dtls_case_wait(&side, SECOND_US);
		CHECK(!side.is_agreed && side.verdicts[DTLS_FAILED] > 0);
		CHECK(side.leg.state == DTLS_WAITING && media_dtls_handshake_count(side.dtls) == 0);
		dtls_case_close(&side);
	}
	return ERR_NONE;
}

/* --- strangers --------------------------------------------------------------- */

TEST(dtls_cookie, "keeps nothing of who has not shown that he is where he says")
{
	struct addr victim = dtls_case_at("203.0.113.5:5");

	WITH_CASE(&plain, false);
	side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .nth = 1, .every = 1 };
	dtls_case_run(&side);
	CHECK(side.first_to_us.len > 0 && side.leg.state == DTLS_WAITING);
	CHECK(media_dtls_handshake_count(side.dtls) == 0 && side.carried == 2);
	for (int i = 0; i < 10; i++) /* a hello of another's address: one short answer to it each */
		CHECK(dtls_case_throw(&side, view_bytes(side.first_to_us.at, side.first_to_us.len),
		                      &victim) == DTLS_TAKEN);
	CHECK(side.leg.state == DTLS_WAITING && side.carried == 2);
	/* A cookie of one address opens nothing at another. */
	side.rule.nth = UINT32_MAX;
	side.rule.every = 0;
	dtls_case_wait(&side, PATIENCE_US);
	CHECK(side.is_agreed);
	media_dtls_begin(side.dtls, &side.leg, &(struct dtls_peer){ 0 }, 1);
	CHECK(dtls_case_throw(&side, view_bytes(side.first_to_us.at, side.first_to_us.len),
	                      &victim) == DTLS_TAKEN);
	CHECK(side.leg.state == DTLS_WAITING);
	CHECK(dtls_case_throw(&side, view_bytes(side.first_to_us.at, side.first_to_us.len),
	                      &side.place) == DTLS_TAKEN);
	CHECK(side.leg.state == DTLS_SHAKING);
	media_dtls_begin(side.dtls, &side.leg, &(struct dtls_peer){ 0 }, 2);
	CHECK(dtls_case_throw(&side, view_bytes(side.first_to_us.at, side.first_to_us.len),
	                      &side.place) == DTLS_TAKEN);
	CHECK(side.leg.state == DTLS_WAITING); /* nor at another leg */
	dtls_case_close(&side);
	return ERR_NONE;
}

#define ALERT "\x15\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x05\x00\x02\x02\x28"
#define NULL_HELLO                                                                                 \
	VIEW("\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x36\x01\x00\x00\x2a\x00\x00\x00"    \
	     "\x00\x00\x00\x00\x2a\xfe\xfd"                                                        \
	     "0123456789abcdef0123456789abcdef"                                                    \
	     "\x00\x00\x00\x02\x00\x00\x01\x00")

TEST(dtls_race, "loses no handshake to ClientHellos and alerts that are not the peer's")
{
	struct addr stranger = dtls_case_at("203.0.113.5:5");
	struct addr neighbour = dtls_case_at("198.51.100.7:40001");

	WITH_CASE(&plain, true);
	side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .nth = 1, .every = 1 };
	dtls_case_run(&side);
	CHECK(side.leg.state == DTLS_SHAKING);
	for (int i = 0; i < 10000; i++) {
		CHECK(dtls_case_throw(&side, NULL_HELLO, &stranger) == DTLS_IGNORED);
		CHECK(dtls_case_throw(&side, NULL_HELLO, &neighbour) == DTLS_IGNORED);
		CHECK(dtls_case_throw(&side, VIEW(ALERT), &neighbour) == DTLS_IGNORED);
		CHECK(dtls_case_throw(&side, VIEW(ALERT), &side.place) == DTLS_IGNORED);
		CHECK(dtls_case_throw(&side, VIEW(ALERT ALERT), &side.place) == DTLS_IGNORED);
	}
	side.rule.nth = UINT32_MAX;
	side.rule.every = 0;
	dtls_case_wait(&side, PATIENCE_US);
	CHECK(side.is_done && side.is_agreed && dtls_case_is_same(&side));
	for (int i = 0; i < 100; i++) { /* nor are keys lost to them */
		CHECK(dtls_case_throw(&side, NULL_HELLO, &stranger) == DTLS_IGNORED);
		CHECK(dtls_case_throw(&side, VIEW(ALERT), &side.place) == DTLS_IGNORED);
	}
	CHECK(side.leg.state == DTLS_KEYED && addr_equal(&side.leg.tuple, &side.place));
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_null_hello, "fails a forged hello without a word that the peer would take for its own")
{
	WITH_CASE(&plain, true);
	CHECK(dtls_case_throw(&side, NULL_HELLO, &side.place) == DTLS_FAILED);
	CHECK(side.carried == 0 && side.leg.state == DTLS_WAITING && side.leg.failures == 1);
	dtls_case_run(&side);
	CHECK(side.is_agreed && dtls_case_is_same(&side));
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_stalled, "gives way to another hello where a neighbour began and said no more")
{
	struct addr neighbour = dtls_case_at("198.51.100.7:40001");
	struct view hello;

	WITH_CASE(&plain, true);
	side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .every = 1 };
	dtls_case_run(&side);
	hello = view_bytes(side.first_to_us.at, side.first_to_us.len);
	CHECK(dtls_case_throw(&side, hello, &neighbour) == DTLS_TAKEN);
	CHECK(addr_equal(&side.leg.tuple, &neighbour));
	dtls_clock_us += DTLS_STALLED_US - 1;
	CHECK(dtls_case_throw(&side, hello, &side.place) == DTLS_IGNORED);
	side.rule = (struct wire_rule){ .nth = UINT32_MAX };
	dtls_case_wait(&side, PATIENCE_US);
	CHECK(side.is_done && side.is_agreed && addr_equal(&side.leg.tuple, &side.place));
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_unasked, "takes no hello where it is the one that begins, and none without a leg")
{
	const struct peer_options options = { .is_server = true };

	WITH_CASE(&options, true);
	CHECK(dtls_case_throw(&side, NULL_HELLO, &side.place) == DTLS_IGNORED);
	media_dtls_end(side.dtls, &side.leg);
	CHECK(dtls_case_throw(&side, NULL_HELLO, &side.place) == DTLS_IGNORED);
	CHECK(media_dtls_handshake_count(side.dtls) == 0);
	dtls_case_close(&side);
	return ERR_NONE;
}

/* --- afterwards ---------------------------------------------------------------- */

TEST(dtls_last_flight, "sends its last flight again, so often and no more, and nothing else")
{
	char byte;
	unsigned before;

	WITH_CASE(&plain, true);
	dtls_case_run(&side);
	CHECK(side.is_agreed && side.leg.last_len > 0);
	before = side.carried;
	for (int i = 0; i < MAX_DTLS_REPEATS + 5; i++)
		(void)dtls_case_throw(&side, NULL_HELLO, &side.place);
	CHECK(side.carried == before + MAX_DTLS_REPEATS);
	/* The peer would like to negotiate anew: nobody is there for that. */
	before = side.verdicts[DTLS_TAKEN];
	(void)SSL_renegotiate(side.ssl);
	(void)SSL_do_handshake(side.ssl);
	dtls_case_wait(&side, SECOND_US);
	(void)SSL_read(side.ssl, &byte, 1);
	CHECK(side.verdicts[DTLS_TAKEN] == before && side.verdicts[DTLS_AGREED] == 1);
	CHECK(side.leg.state == DTLS_KEYED);
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_moves, "goes on with a handshake where ICE has moved the peer")
{
	WITH_CASE(&plain, true);
	side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .nth = 2, .every = 1 };
	dtls_case_run(&side);
	CHECK(side.leg.state == DTLS_SHAKING);
	side.place = dtls_case_at("[2001:db8::7]:7");
	media_dtls_move(&side.leg, &side.place);
	side.rule = (struct wire_rule){ .nth = UINT32_MAX };
	dtls_case_wait(&side, PATIENCE_US);
	CHECK(side.is_done && side.is_agreed && dtls_case_is_same(&side));
	CHECK(addr_equal(&side.leg.tuple, &side.place));
	dtls_case_close(&side);
	return ERR_NONE;
}

/* --- bounds ---------------------------------------------------------------------- */

TEST(dtls_deadline, "ends a handshake that does not come to its end")
{
	unsigned before;

	WITH_CASE(&plain, true);
	side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .nth = 1, .every = 1 };
	dtls_case_run(&side);
	CHECK(side.leg.state == DTLS_SHAKING &&
	      media_dtls_wait_us(side.dtls, dtls_clock_us) <= SECOND_US);
	for (uint64_t us = 0; us < DTLS_DEADLINE_US; us += SECOND_US / 10) {
		CHECK(side.leg.state == DTLS_SHAKING);
		dtls_clock_us += SECOND_US / 10;
		media_dtls_advance(side.dtls, dtls_clock_us);
	}
	CHECK(side.leg.state == DTLS_WAITING && media_dtls_handshake_count(side.dtls) == 0);
	before = side.carried;
	CHECK(before > 10 && before < 50); /* ours was repeated, ever less often */
	dtls_clock_us += DTLS_DEADLINE_US;
	media_dtls_advance(side.dtls, dtls_clock_us);
	CHECK(side.carried == before);
	dtls_case_close(&side);
	return ERR_NONE;
}

static struct dtls_leg many[MAX_DTLS_HANDSHAKES + 1];

/* All legs but the last have one; in slices, so that steps are not what is scarce. */
static unsigned begin_many(struct view hello)
{
	struct dtls_datagram datagram = { hello, side.place };
	unsigned taken = 0;

	for (uint64_t i = 0; i < MAX_DTLS_HANDSHAKES; i++) {
		media_dtls_begin(side.dtls, &many[i], &(struct dtls_peer){ .is_proven_path = true },
		                 i + 10);
		taken += media_dtls_receive(side.dtls, &many[i], &datagram, dtls_clock_us,
		                            &side.keys) == DTLS_TAKEN;
		dtls_clock_us += 2 * MILLISECOND_US;
	}
	return taken;
}

TEST(dtls_full, "has so many handshakes at once, and lets the eldest go for another in time")
{
	struct dtls_datagram datagram = { .from = dtls_case_at("198.51.100.7:40000") };
	struct dtls_leg *last = &many[MAX_DTLS_HANDSHAKES];
	unsigned taken;

	WITH_CASE(&plain, true);
	side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .every = 1 };
	dtls_case_run(&side);
	datagram.bytes = view_bytes(side.first_to_us.at, side.first_to_us.len);
	taken = begin_many(datagram.bytes);
	media_dtls_begin(side.dtls, last, &(struct dtls_peer){ .is_proven_path = true }, 9);
	CHECK(taken == MAX_DTLS_HANDSHAKES);
	CHECK(media_dtls_handshake_count(side.dtls) == MAX_DTLS_HANDSHAKES);
	CHECK(media_dtls_receive(side.dtls, last, &datagram, dtls_clock_us, &side.keys) ==
	      DTLS_BUSY);
	dtls_clock_us += DTLS_STALLED_US;
	CHECK(media_dtls_receive(side.dtls, last, &datagram, dtls_clock_us, &side.keys) ==
	      DTLS_TAKEN);
	CHECK(many[0].state == DTLS_WAITING && many[1].state == DTLS_SHAKING);
	CHECK(media_dtls_handshake_count(side.dtls) == MAX_DTLS_HANDSHAKES);
	for (size_t i = 0; i <= MAX_DTLS_HANDSHAKES; i++)
		media_dtls_end(side.dtls, &many[i]);
	CHECK(media_dtls_handshake_count(side.dtls) == 0);
	dtls_case_close(&side);
	return ERR_NONE;
}

TEST(dtls_steps, "takes so many steps at once of a leg, and of all, and no more")
{
	struct dtls_datagram datagram = { .from = dtls_case_at("198.51.100.7:40000") };
	unsigned busy = 0;

	WITH_CASE(&plain, true);
	side.rule = (struct wire_rule){ .fate = WIRE_DROPS, .every = 1 };
	dtls_case_run(&side);
	datagram.bytes = view_bytes(side.first_to_us.at, side.first_to_us.len);
	for (uint64_t i = 0; i < DTLS_STEPS_AT_ONCE + 10; i++) {
		media_dtls_begin(side.dtls, &many[i], &(struct dtls_peer){ .is_proven_path = true },
		                 i + 10);
		busy += media_dtls_receive(side.dtls, &many[i], &datagram, dtls_clock_us,
		                           &side.keys) == DTLS_BUSY;
	}
	CHECK(busy == 10);
	for (size_t i = 0; i < DTLS_STEPS_AT_ONCE + 10; i++)
		media_dtls_end(side.dtls, &many[i]);
	busy = 0;
	for (int i = 0; i < 2 * DTLS_LEG_STEPS_PER_S; i++) {
		busy += dtls_case_throw(&side, NULL_HELLO, &side.place) == DTLS_BUSY;
		dtls_clock_us += 2 * MILLISECOND_US;
	}
	CHECK(busy == DTLS_LEG_STEPS_PER_S || busy == DTLS_LEG_STEPS_PER_S + 1);
	dtls_case_close(&side);
	return ERR_NONE;
}

/* --- records ------------------------------------------------------------------- */

#define RECORD(type, epoch, len) type "\xfe\xfd\x00" epoch "\x00\x00\x00\x00\x00\x01\x00" len

static const struct {
	const char *name;
	struct view bytes;
	enum err want;
	struct dtls_look look;
} looks[] = {
	{ "nothing", VIEW(""), ERR_SHORT, { 0 } },
	{ "half a head", VIEW("\x16\xfe\xfd\x00\x00\x00"), ERR_SHORT, { 0 } },
	{ "a length past the end", VIEW(RECORD("\x16", "\x00", "\x02") "\x01"), ERR_SHORT, { 0 } },
	{ "an empty record", VIEW(RECORD("\x16", "\x00", "\x00")), ERR_SYNTAX, { 0 } },
	{ "TLS",
	  VIEW("\x16\x03\x03\x00\x01\x01\x00\x00\x00\x00\x00\x00\x01\x01"),
	  ERR_SYNTAX,
	  { 0 } },
	{ "application data", VIEW(RECORD("\x17", "\x01", "\x01") "x"), ERR_SYNTAX, { 0 } },
	{ "a hello", VIEW(RECORD("\x16", "\x00", "\x01") "\x01"), ERR_NONE, { true, true, false } },
	{ "another message",
	  VIEW(RECORD("\x16", "\x00", "\x01") "\x02"),
	  ERR_NONE,
	  { false, true, false } },
	{ "a hello that is protected",
	  VIEW(RECORD("\x16", "\x01", "\x01") "\x01"),
	  ERR_NONE,
	  { false, true, false } },
	{ "a hello behind another",
	  VIEW(RECORD("\x16", "\x00", "\x01") "\x02" RECORD("\x16", "\x00", "\x01") "\x01"),
	  ERR_NONE,
	  { false, true, false } },
	{ "an alert behind a hello",
	  VIEW(RECORD("\x16", "\x00", "\x01") "\x01" RECORD("\x15", "\x00", "\x02") "\x02\x28"),
	  ERR_NONE,
	  { true, false, true } },
	{ "an alert that is protected",
	  VIEW(RECORD("\x15", "\x01", "\x02") "ab"),
	  ERR_NONE,
	  { false, false, false } },
	{ "rubbish behind a record",
	  VIEW(RECORD("\x16", "\x00", "\x01") "\x01?"),
	  ERR_SYNTAX,
	  { 0 } },
};

static void look_only(struct view text)
{
	struct dtls_look look;

	(void)!media_dtls_look(text, &look);
}

TEST(dtls_looks, "tells by the records' heads what a datagram holds")
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(*looks); i++) {
		struct dtls_look look = { 0 };

		CHECK_CASE((media_dtls_look(looks[i].bytes, &look) == ERR_NONE) ==
		                   (looks[i].want == ERR_NONE),
		           looks[i].name);
		CHECK_CASE(look.is_hello == looks[i].look.is_hello &&
		                   look.is_handshake == looks[i].look.is_handshake &&
		                   look.has_plain_alert == looks[i].look.has_plain_alert,
		           looks[i].name);
		test_truncations(looks[i].bytes, look_only);
	}
	return ERR_NONE;
}
