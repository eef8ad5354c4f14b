/* SPDX-License-Identifier: Apache-2.0 */
/* A stream whose phone speaks SRTP and whose PBX does not. */
#include "flow_case.h"

#define PHONE_AT "192.0.2.9:4000"

static struct flow_secure_tools tools;
static struct flow_secure ours, phone; /* phone: the other end of the same keys */
static struct flow_marks our_marks, phone_marks;
static char wire[256 + SRTP_MAX_TRAILER];

static struct order_key key_of(unsigned suite, uint8_t first)
{
	struct order_key k = { .suite = (uint8_t)suite };

	for (size_t i = 0; i < sizeof(k.secret); i++)
		k.secret[i] = (uint8_t)(first + i);
	return k;
}

static enum err give_keys(unsigned suite, uint8_t first)
{
	const struct order_key in = key_of(suite, first), out = key_of(suite, first ^ 0x80);
	enum err err = media_secure_key(&ours, &tools, &in, &out, clock_us);

	return err == ERR_NONE ? media_secure_key(&phone, &tools, &out, &in, clock_us) : err;
}

static enum err open_secure(enum media_trust trust)
{
	media_secure_stop(&ours);
	media_secure_stop(&phone);
	rtp_engine_close(&tools.engine);
	ours = (struct flow_secure){ .marks = &our_marks };
	phone = (struct flow_secure){ .marks = &phone_marks };
	open_stream(leg_at(PHONE_AT, trust, PHONE_AT));
	stream_order.legs[PHONE].protection = PROTECTION_SDES;
	media_flow_open(&stream, &stream_order, flow_seed, clock_us);
	media_flow_secure(&stream, PHONE, &ours);
	return rtp_engine_open(&tools.engine);
}

static size_t write_sound(uint32_t ssrc, uint16_t sequence)
{
	struct buffer b = buffer_on(wire, 256);
	struct rtp_packet p = { .ssrc = ssrc, .sequence = sequence, .payload = VIEW("sound") };

	rtp_packet_write(&b, &p, 0);
	return b.len;
}

static size_t protect(uint32_t ssrc, uint16_t sequence)
{
	size_t len = write_sound(ssrc, sequence);

	return media_secure_seal(&phone, false, wire, sizeof(wire), &len) == ERR_NONE ? len : 0;
}

static enum flow_verdict throw_wire(const char *from, size_t len)
{
	return throw_bytes(PHONE, from, view_bytes(wire, len), false);
}

static enum flow_verdict phone_speaks(uint16_t sequence)
{
	return throw_wire(PHONE_AT, protect(PHONE_SSRC, sequence));
}

static enum err unprotect_at_phone(bool is_rtcp)
{
	size_t len = flow_out.out.len;
	enum err err;

	memcpy(wire, flow_out.out.at, len);
	err = media_secure_open(&phone, is_rtcp, wire, &len, clock_us);
	flow_out.out = view_bytes(wire, len);
	return err;
}

static bool sounds(void)
{
	struct rtp_packet p;

	return rtp_packet_parse(flow_out.out, &p) == ERR_NONE &&
	       view_equal(p.payload, VIEW("sound"));
}

TEST(secure_both_ways, "takes SRTP of the phone, gives the PBX RTP, and back")
{
	for (unsigned suite = 1; suite < SUITE_COUNT; suite++) {
		TRY(open_secure(TRUST_EXACT));
		TRY(give_keys(suite, 1));
		for (uint16_t i = 65533; i != 3; i++) {
			CHECK(phone_speaks(i) == FLOW_SEND && went_to("10.0.0.20:6000"));
			CHECK(sounds());
			CHECK(pbx_speaks(i) == FLOW_SEND && went_to(PHONE_AT));
			CHECK(!sounds());
			CHECK(unprotect_at_phone(false) == ERR_NONE && sounds());
		}
		CHECK(throw_bytes(PBX, "10.0.0.20:6001", RECEIVER_REPORT, true) == FLOW_SEND);
		CHECK(unprotect_at_phone(true) == ERR_NONE);
	}
	return ERR_NONE;
}

TEST(secure_rtcp, "takes SRTCP of the phone and no other RTCP")
{
	size_t len = RECEIVER_REPORT.len;

	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_GCM_128, 1));
	memcpy(wire, RECEIVER_REPORT.at, len);
	CHECK(throw_bytes(PHONE, "192.0.2.9:4001", view_bytes(wire, len), true) ==
	      FLOW_UNAUTHENTIC);
	TRY(media_secure_seal(&phone, true, wire, sizeof(wire), &len));
	CHECK(throw_bytes(PHONE, "192.0.2.9:4001", view_bytes(wire, len), true) == FLOW_SEND);
	CHECK(throw_bytes(PHONE, "192.0.2.9:4001", view_bytes(wire, len), true) == FLOW_REPLAY);
	return ERR_NONE;
}

TEST(secure_closed, "passes nothing of a protected leg that has no keys, in either direction")
{
	struct order_key none = { 0 }, some = key_of(SUITE_CM_128_80, 1);

	for (int has_room = 0; has_room < 3; has_room++) {
		TRY(open_secure(TRUST_EXACT));
		if (has_room == 0)
			media_flow_secure(&stream, PHONE, NULL);
		if (has_room == 2) /* what comes is known, what goes is not */
			TRY(media_secure_key(&ours, &tools, &some, &none, clock_us));
		CHECK(pbx_speaks(1) == FLOW_KEY);
		CHECK(throw_bytes(PBX, "10.0.0.20:6001", RECEIVER_REPORT, true) == FLOW_KEY);
		CHECK(throw_wire(PHONE_AT, write_sound(PHONE_SSRC, 1)) != FLOW_SEND);
		/* Whoever speaks to an end without keys keeps no call alive. */
		clock_us += SECOND_US;
		CHECK(pbx_speaks(2) == FLOW_KEY);
		CHECK(media_flow_is_silent(&stream, SECOND_US, clock_us));
	}
	return ERR_NONE;
}

TEST(secure_plain, "takes no plain RTP of a protected leg, nor what another key protects")
{
	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_CM_128_32, 1));
	CHECK(throw_wire(PHONE_AT, write_sound(PHONE_SSRC, 1)) == FLOW_UNAUTHENTIC);
	CHECK(phone_speaks(2) == FLOW_SEND);
	TRY(media_secure_key(&phone, &tools, &(struct order_key){ 0 },
	                     &(struct order_key){ SUITE_CM_128_32, { 9 }, 0 }, clock_us));
	CHECK(phone_speaks(3) == FLOW_UNAUTHENTIC);
	CHECK(stream.legs[PHONE].totals.dropped_auth == 2);
	return ERR_NONE;
}

TEST(secure_replay, "takes a packet once")
{
	size_t len;

	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_CM_128_80, 1));
	len = protect(PHONE_SSRC, 1);
	CHECK(throw_wire(PHONE_AT, len) == FLOW_SEND);
	CHECK(throw_wire(PHONE_AT, len) == FLOW_REPLAY);
	CHECK(stream.legs[PHONE].totals.dropped_replay == 1);
	CHECK(phone_speaks(2) == FLOW_SEND);
	return ERR_NONE;
}

TEST(secure_learning, "learns a source by what is authentic alone")
{
	TRY(open_secure(TRUST_PORT_AT_SIGNALLING));
	TRY(give_keys(SUITE_CM_128_80, 1));
	for (uint16_t i = 0; i < 2 * FLOW_LEARN_PACKETS; i++)
		CHECK(throw_wire("192.0.2.9:666", write_sound(7, i)) == FLOW_UNAUTHENTIC);
	CHECK(stream.legs[PHONE].locked.family == 0);
	for (uint16_t i = 0; i < FLOW_LEARN_PACKETS; i++)
		(void)throw_wire("192.0.2.9:4444", protect(PHONE_SSRC, i));
	CHECK(stream.legs[PHONE].locked.port == 4444);
	return ERR_NONE;
}

TEST(secure_junk, "drops a million packets of junk, and the call goes on")
{
	enum { JUNK = 1000000 };
	uint64_t state = 88172645463325252u;

	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_CM_128_80, 1));
	CHECK(phone_speaks(1) == FLOW_SEND);
	for (uint32_t i = 0; i < JUNK; i++) {
		size_t len = write_sound(PHONE_SSRC, (uint16_t)i) + SUITE_MAX_TAG;

		state ^= state << 13, state ^= state >> 7, state ^= state << 17;
		memcpy(wire + 12, &state, sizeof(state));
		memcpy(wire + len - 10, &state, sizeof(state));
		CHECK(throw_wire(PHONE_AT, len - i % 2) != FLOW_SEND);
	}
	CHECK(stream.legs[PHONE].totals.dropped_auth + stream.legs[PHONE].totals.dropped_replay ==
	      JUNK);
	CHECK(stream.legs[PHONE].totals.packets == 1);
	CHECK(phone_speaks(2) == FLOW_SEND && sounds());
	return ERR_NONE;
}

TEST(secure_new_key, "takes what is under way under the old key until the new one is heard")
{
	const struct order_key in = key_of(SUITE_GCM_256, 50), out = key_of(SUITE_GCM_256, 60);

	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_CM_128_80, 1));
	CHECK(phone_speaks(1) == FLOW_SEND);
	TRY(media_secure_key(&ours, &tools, &in, &out, clock_us));
	CHECK(phone_speaks(2) == FLOW_SEND);
	TRY(media_secure_key(&phone, &tools, &out, &in, clock_us));
	CHECK(pbx_speaks(2) == FLOW_SEND && unprotect_at_phone(false) == ERR_NONE);
	CHECK(phone_speaks(3) == FLOW_SEND);
	CHECK(!rtp_srtp_is_started(&ours.old));
	/* The old one, had it not been forgotten. */
	TRY(give_keys(SUITE_CM_128_80, 1));
	TRY(media_secure_key(&ours, &tools, &in, &out, clock_us));
	clock_us += FLOW_OLD_KEY_US;
	CHECK(phone_speaks(4) == FLOW_UNAUTHENTIC);
	return ERR_NONE;
}

TEST(secure_same_key, "goes on under keys that are given again")
{
	size_t len;

	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_CM_128_80, 1));
	len = protect(PHONE_SSRC, 1);
	CHECK(throw_wire(PHONE_AT, len) == FLOW_SEND);
	TRY(give_keys(SUITE_CM_128_80, 1));
	CHECK(throw_wire(PHONE_AT, len) == FLOW_REPLAY);
	return ERR_NONE;
}

/* A report to the phone, as it leaves. */
static enum err report(char ret[64], size_t *ret_len)
{
	CHECK(throw_bytes(PBX, "10.0.0.20:6001", RECEIVER_REPORT, true) == FLOW_SEND);
	CHECK(flow_out.out.len <= 64);
	memcpy(ret, flow_out.out.at, flow_out.out.len);
	*ret_len = flow_out.out.len;
	return ERR_NONE;
}

TEST(secure_key_returns, "encrypts nothing twice under a key that comes back behind others")
{
	enum { KEYS = FLOW_FORMER_KEYS + 1 };
	char before[KEYS][64], after[64];
	size_t len[KEYS], after_len;

	TRY(open_secure(TRUST_EXACT));
	for (uint8_t i = 0; i < KEYS; i++) {
		TRY(give_keys(SUITE_CM_128_80, (uint8_t)(1 + i)));
		TRY(report(before[i], &len[i]));
	}
	for (uint8_t i = 0; i < KEYS; i++) {
		TRY(give_keys(SUITE_CM_128_80, (uint8_t)(1 + i)));
		TRY(report(after, &after_len));
		CHECK(after_len == len[i] && memcmp(before[i], after, after_len) != 0);
		CHECK(our_marks.out[0].rtcp == 2);
	}
	return ERR_NONE;
}

TEST(secure_restart, "goes on after a restart, rollover counters and all, and repeats no index")
{
	struct flow_secure before;

	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_CM_128_80, 1));
	for (uint32_t i = 0; i < 3 * 65536; i += 2048) {
		CHECK(phone_speaks((uint16_t)i) == FLOW_SEND);
		CHECK(pbx_speaks((uint16_t)i) == FLOW_SEND);
		CHECK(unprotect_at_phone(false) == ERR_NONE);
	}
	/* What a new process has: the marks, and the order with the same keys. */
	media_secure_forget(&ours);
	before = ours;
	ours = (struct flow_secure){ .marks = &our_marks };
	CHECK(before.in.context == NULL);
	media_flow_open(&stream, &stream_order, flow_seed, clock_us);
	media_flow_secure(&stream, PHONE, &ours);
	TRY(give_keys(SUITE_CM_128_80, 1));
	CHECK(our_marks.in[0].rtp > 2 * 65536 && our_marks.out[0].rtp > 2 * 65536);
	CHECK(phone_speaks(5) == FLOW_SEND);
	CHECK(pbx_speaks(5) == FLOW_SEND && unprotect_at_phone(false) == ERR_NONE && sounds());
	return ERR_NONE;
}

TEST(secure_begun_anew, "shows a new sender where the PBX begins its numbers anew")
{
	uint32_t mask;

	TRY(open_secure(TRUST_EXACT));
	TRY(give_keys(SUITE_CM_128_80, 1));
	for (uint16_t i = 20000; i < 20010; i++)
		CHECK(pbx_speaks(i) == FLOW_SEND && unprotect_at_phone(false) == ERR_NONE);
	CHECK(pbx_speaks(20009) == FLOW_SEQUENCE); /* a packet that came twice */
	mask = stream.legs[PBX].ssrc_mask;
	CHECK(pbx_speaks(7) == FLOW_SEQUENCE);
	CHECK(pbx_speaks(8) == FLOW_SEND && unprotect_at_phone(false) == ERR_NONE && sounds());
	CHECK(mask != stream.legs[PBX].ssrc_mask);
	CHECK(pbx_speaks(9) == FLOW_SEND && unprotect_at_phone(false) == ERR_NONE);
	return ERR_NONE;
}

TEST(secure_fax, "takes no order that protects a fax")
{
	TRY(open_secure(TRUST_EXACT));
	CHECK(media_flow_order_check(&stream_order) == ERR_NONE);
	stream_order.form = MEDIA_UDPTL;
	CHECK(media_flow_order_check(&stream_order) == ERR_SYNTAX);
	stream_order.form = MEDIA_RTP;
	stream_order.legs[PBX].protection = PROTECTION_DTLS + 1;
	CHECK(media_flow_order_check(&stream_order) == ERR_SYNTAX);
	return ERR_NONE;
}
