/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in packets: their payload, and digits put into a stream. */
#include "rtp/digit.h"
#include "runner/test.h"
#include <string.h>

TEST(digit_payload, "reads what it writes, and no more than a key")
{
	char bytes[RTP_EVENT_SIZE];
	struct rtp_event e, got;

	for (uint8_t event = 0; event < 16; event++) {
		e = (struct rtp_event){ event, 10, event & 1, (uint16_t)(event * 1000) };
		rtp_event_write(&e, bytes);
		TRY(rtp_event_parse(view_bytes(bytes, sizeof(bytes)), &got));
		CHECK(got.event == e.event && got.volume == 10 && got.is_end == e.is_end &&
		      got.duration == e.duration);
		CHECK(rtp_event_of_digit(rtp_event_digit(event), &got.event) && got.event == event);
	}
	for (size_t len = 0; len < RTP_EVENT_SIZE; len++)
		CHECK(rtp_event_parse(view_bytes(bytes, len), &got) == ERR_SHORT);
	CHECK(rtp_event_parse(VIEW("\x10\x0a\x00\xa0"), &got) == ERR_SYNTAX);
	CHECK(rtp_event_parse(VIEW("\x01\x0a\x00\xa0\x02\x0a\x00\xa0"), &got) == ERR_SYNTAX);
	CHECK(!rtp_event_of_digit('E', &got.event) && !rtp_event_of_digit(' ', &got.event));
	CHECK(rtp_event_of_digit('d', &got.event) && got.event == 15 && rtp_event_digit(16) == 0);
	return ERR_NONE;
}

/* What the far end made of a stream of 20 ms packets: keys that began and ended. */
struct far_end {
	char pressed[64], ended[64];
	unsigned audio, events, bad;
	uint32_t stamp;
};

static void hear(struct far_end *f, const struct rtp_packet *p, const struct rtp_packet *was)
{
	struct rtp_event e;
	char digit[2] = { 0 };

	f->bad += p->sequence != was->sequence || p->ssrc != was->ssrc;
	if (p->payload_type == 0) {
		f->audio++;
		f->bad += p->timestamp != was->timestamp;
		return;
	}
	f->events++;
	if (p->payload_type != 101 || rtp_event_parse(p->payload, &e) != ERR_NONE) {
		f->bad++;
		return;
	}
	digit[0] = rtp_event_digit(e.event);
	if (p->is_marked) {
		strcat(f->pressed, digit);
		f->stamp = p->timestamp;
	}
	f->bad += p->timestamp != f->stamp;
	if (e.is_end && (f->ended[0] == 0 || strlen(f->ended) < strlen(f->pressed))) {
		strcat(f->ended, digit);
		f->bad += e.duration < 800 || e.duration > 1000;
	}
}

static struct far_end play(struct rtp_player *p, unsigned packets, uint32_t step)
{
	struct far_end f = { .bad = 0 };

	for (unsigned i = 0; i < packets; i++) {
		struct rtp_packet was = { .payload = VIEW("audio"),
			                  .ssrc = 7,
			                  .sequence = (uint16_t)(65500 + i),
			                  .timestamp = UINT32_C(4294960000) + i * step };
		struct rtp_packet out = was;
		char bytes[RTP_EVENT_SIZE];
		bool is_event = rtp_player_take(p, &out, 8000, bytes);

		f.bad += is_event != (out.payload_type == 101);
		hear(&f, &out, &was);
	}
	return f;
}

TEST(digit_player, "puts digits in place of audio, each begun and ended, over the end of numbers")
{
	static const uint32_t steps[] = { 80, 160, 240, 480 };

	for (unsigned i = 0; i < 4; i++) {
		struct rtp_player p = { .next = 0 };
		struct far_end f;

		CHECK(rtp_player_is_idle(&p) && rtp_player_begin(&p, VIEW("15*#D"), 101));
		f = play(&p, 400, steps[i]);
		CHECK(f.bad == 0 || steps[i] == 480);
		CHECK(strcmp(f.pressed, "15*#D") == 0 && strcmp(f.ended, "15*#D") == 0);
		CHECK(rtp_player_is_idle(&p) && f.audio > 0);
		CHECK(play(&p, 100, steps[i]).events == 0);
	}
	return ERR_NONE;
}

TEST(digit_player_refuses, "takes keys alone, and so many")
{
	struct rtp_player p;

	CHECK(!rtp_player_begin(&p, VIEW(""), 101) && !rtp_player_begin(&p, VIEW("12E"), 101));
	CHECK(!rtp_player_begin(&p, VIEW("123456789012345678901234567890123"), 101));
	CHECK(!rtp_player_begin(&p, VIEW("1"), 128));
	CHECK(rtp_player_begin(&p, VIEW("12345678901234567890123456789012"), 96));
	return ERR_NONE;
}
