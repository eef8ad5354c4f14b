/* SPDX-License-Identifier: Apache-2.0 */
/* Digits in a stream: its end hears keys in place of audio, and audio again. */
#include "flow_case.h"

static char audio[160];

static enum flow_verdict pbx_says(uint16_t sequence, uint8_t payload_type)
{
	char storage[256];
	struct buffer b = BUFFER_ON(storage);
	struct rtp_packet p = { .ssrc = PBX_SSRC,
		                .sequence = sequence,
		                .timestamp = sequence * UINT32_C(160),
		                .payload_type = payload_type,
		                .payload = view_bytes(audio, sizeof(audio)) };

	rtp_packet_write(&b, &p, 0);
	return throw_bytes(PBX, "10.0.0.20:6000", buffer_view(&b), false);
}

static struct order_digits order_of(const char *digits, bool is_sound)
{
	struct order_digits o = { .kind = ORDER_DIGITS, .leg = PHONE, .is_sound = is_sound };

	(void)VIEW_COPY(view_of(digits), o.digits);
	return o;
}

static void begin(void)
{
	struct order_leg phone = leg_at("192.0.2.7:4000", TRUST_EXACT, "192.0.2.7:5060");

	phone.event_type = 101;
	open_stream(phone);
	memset(audio, 0x7f, sizeof(audio));
}

TEST(digits_events, "an end hears digits as events, numbered as its audio is, then audio again")
{
	const struct order_digits order = order_of("4#", false);
	struct flow_digits *digits = &stream.legs[PHONE].digits;
	unsigned events = 0, marked = 0, after = 0;
	struct rtp_event e;

	begin();
	CHECK(pbx_says(1, 0) == FLOW_SEND && flow_out.out.len == 172);
	TRY(media_digits_begin(digits, &order, 101));
	CHECK(media_digits_begin(digits, &(struct order_digits){ .digits = "1", .is_sound = 1 },
	                         101) == ERR_FULL);
	for (uint16_t i = 2; i < 60; i++) {
		struct rtp_packet p;

		CHECK(pbx_says(i, 0) == FLOW_SEND && went_to("192.0.2.7:4000"));
		TRY(rtp_packet_parse(flow_out.out, &p));
		CHECK(p.sequence == i && p.ssrc == (PBX_SSRC ^ stream.legs[PBX].ssrc_mask));
		after += p.payload_type == 0 && events > 0;
		if (p.payload_type == 0)
			continue;
		CHECK(p.payload_type == 101);
		TRY(rtp_event_parse(p.payload, &e));
		CHECK(e.event == (marked + p.is_marked > 1 ? 11 : 4));
		events++;
		marked += p.is_marked;
	}
	CHECK(marked == 2 && events >= 12 && after > 20 && digits->is_done && !digits->is_busy);
	return ERR_NONE;
}

TEST(digits_sound, "an end hears digits as sound of its own law, frame by frame")
{
	for (uint8_t type = 0; type <= 8; type += 8) {
		const struct order_digits order = order_of("7", true);
		enum tone_law law = type ? TONE_ALAW : TONE_MULAW;
		struct tone_detector ear = { .count = 0 };
		char heard = 0;

		begin();
		TRY(media_digits_begin(&stream.legs[PHONE].digits, &order, 0));
		for (uint16_t i = 1; i < 30; i++) {
			struct rtp_packet p;
			char key;

			CHECK(pbx_says(i, type) == FLOW_SEND && flow_out.out.len == 172);
			TRY(rtp_packet_parse(flow_out.out, &p));
			CHECK(p.payload_type == type && p.timestamp == i * UINT32_C(160));
			key = rtp_tone_detect(&ear, law, p.payload);
			CHECK(!key || !heard);
			heard = key ? key : heard;
		}
		CHECK(heard == '7' && stream.legs[PHONE].digits.is_done);
	}
	return ERR_NONE;
}

TEST(digits_wait, "digits wait where there is nothing to put them into")
{
	const struct order_digits sound = order_of("7", true), none = order_of("", false);
	struct flow_digits *digits = &stream.legs[PHONE].digits;

	begin();
	CHECK(media_digits_begin(digits, &none, 101) == ERR_SYNTAX);
	CHECK(media_digits_begin(digits, &(struct order_digits){ .digits = "1" }, 0) == ERR_SYNTAX);
	TRY(media_digits_begin(digits, &sound, 0));
	for (uint16_t i = 1; i < 20; i++)
		CHECK(pbx_says(i, 111) == FLOW_SEND && flow_out.out.len == 172);
	CHECK(digits->is_busy && !digits->is_done);
	/* The phone's own packets have nothing to do with it. */
	CHECK(throw_rtp(PHONE, "192.0.2.7:4000", 1) == FLOW_SEND && flow_out.out.len == 17);
	return ERR_NONE;
}

TEST(digits_heard, "keys that an end sounds are told once each, and only where that is asked")
{
	struct tone_generator g;
	uint16_t sequence = 1;

	for (unsigned asked = 0; asked < 2; asked++) {
		char heard[8] = "";

		begin();
		stream.hears_keys = asked ? 1 << PBX : 1 << PHONE;
		for (const char *key = "5D5"; *key; key++) {
			CHECK(rtp_tone_begin(&g, *key));
			for (unsigned i = 0; i < 10; i++) {
				memset(audio, 0xff, sizeof(audio));
				if (i < 5)
					rtp_tone_write(&g, TONE_MULAW, audio, sizeof(audio));
				CHECK(pbx_says(sequence++, 0) == FLOW_SEND);
				if (stream.legs[PBX].heard)
					heard[strlen(heard)] = stream.legs[PBX].heard;
				stream.legs[PBX].heard = 0;
			}
		}
		CHECK(strcmp(heard, asked ? "5D5" : "") == 0);
	}
	return ERR_NONE;
}
