/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 3550 A.1, A.3 and A.8 with wide counters. */
#include "rtp/statistics.h"

#include "base/now.h"

enum {
	SEQUENCES = 1 << 16,
	NO_BAD_SEQUENCE = SEQUENCES + 1,
	DEFAULT_CLOCK_HZ = 8000,
	/* A difference beyond it is a new start of the sender's clock, not jitter. */
	ABSURD_US = 10 * SECOND_US,
};

static void begin_part(struct rtp_statistics *s, uint16_t sequence)
{
	s->base = s->highest = sequence;
	s->received = 0;
	s->bad_sequence = NO_BAD_SEQUENCE;
}

static uint64_t lost_in_part(const struct rtp_statistics *s)
{
	uint64_t expected = s->highest - s->base + 1;

	return s->is_started && expected > s->received ? expected - s->received : 0;
}

static void note_jitter(struct rtp_statistics *s, const struct rtp_packet *p, uint64_t now_us,
                        uint32_t clock_hz)
{
	/* Both differences wrap at 32 bits in RFC 3550; here only the time stamp does. */
	int64_t ticks = (int32_t)(p->timestamp - s->last_timestamp);
	int64_t sent_us = ticks * SECOND_US / (int64_t)clock_hz;
	uint64_t arrived_us = now_since(now_us, s->last_arrival_us);
	int64_t difference_us;

	/* Packets of one frame, and an event's repetitions, share a time stamp. */
	if (ticks == 0 && s->last_clock_hz == clock_hz)
		return;
	difference_us = (int64_t)(arrived_us < INT32_MAX ? arrived_us : INT32_MAX) - sent_us;
	if (difference_us < 0)
		difference_us = -difference_us;
	if (s->last_clock_hz == clock_hz && difference_us <= ABSURD_US)
		s->jitter_x16_us += (uint64_t)difference_us - ((s->jitter_x16_us + 8) >> 4);
	s->last_timestamp = p->timestamp;
	s->last_arrival_us = now_us;
	s->last_clock_hz = clock_hz;
}

static void count(struct rtp_statistics *s, const struct rtp_packet *p)
{
	s->received++;
	s->packets++;
	s->octets += p->payload.len;
}

void rtp_statistics_start(struct rtp_statistics *s, const struct rtp_packet *first, uint64_t now_us,
                          uint32_t clock_hz)
{
	uint16_t sequence = first->sequence;

	*s = (struct rtp_statistics){
		.ssrc = first->ssrc,
		.is_started = true,
		.last_timestamp = first->timestamp,
		.last_arrival_us = now_us,
		.last_clock_hz = clock_hz != 0 ? clock_hz : DEFAULT_CLOCK_HZ,
	};
	begin_part(s, sequence);
	count(s, first);
}

bool rtp_statistics_note(struct rtp_statistics *s, const struct rtp_packet *p, uint64_t now_us,
                         uint32_t clock_hz)
{
	uint16_t ahead = (uint16_t)(p->sequence - (uint16_t)s->highest);

	if (ahead < RTP_MAX_DROPOUT) {
		s->highest += ahead;
	} else if (ahead <= SEQUENCES - RTP_MAX_MISORDER) {
		if (p->sequence != s->bad_sequence) {
			s->bad_sequence = (uint16_t)(p->sequence + 1);
			return false;
		}
		/* Two in sequence: the sender began anew. */
		s->lost_before += lost_in_part(s);
		begin_part(s, p->sequence);
	}
	count(s, p);
	note_jitter(s, p, now_us, clock_hz != 0 ? clock_hz : DEFAULT_CLOCK_HZ);
	return true;
}

static uint32_t clamped(uint64_t n) { return n < UINT32_MAX ? (uint32_t)n : UINT32_MAX; }

uint32_t rtp_statistics_lost(const struct rtp_statistics *s)
{
	return clamped(s->lost_before + lost_in_part(s));
}

uint32_t rtp_statistics_jitter_us(const struct rtp_statistics *s)
{
	return clamped(s->jitter_x16_us >> 4);
}
