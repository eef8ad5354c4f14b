/* SPDX-License-Identifier: Apache-2.0 */
/* Loss and jitter counted over sequences made to measure. */
#include "base/now.h"
#include "rtp/statistics.h"
#include "runner/test.h"

enum { FRAME_US = 20 * MILLISECOND_US, FRAME_TICKS = 160, CLOCK_HZ = 8000 };

static struct rtp_packet packet(uint32_t number)
{
	return (struct rtp_packet){ .ssrc = 7,
		                    .sequence = (uint16_t)number,
		                    .timestamp = number * FRAME_TICKS,
		                    .payload = VIEW("twenty ms of sound") };
}

static struct rtp_statistics started(uint32_t number)
{
	struct rtp_statistics s;
	struct rtp_packet p = packet(number);

	rtp_statistics_start(&s, &p, (uint64_t)number * FRAME_US, CLOCK_HZ);
	return s;
}

static bool note(struct rtp_statistics *s, uint32_t number)
{
	struct rtp_packet p = packet(number);

	return rtp_statistics_note(s, &p, (uint64_t)number * FRAME_US, CLOCK_HZ);
}

TEST(statistics_wrap, "counts through three turns of the sequence number without loss or jitter")
{
	struct rtp_statistics s = started(65000);

	for (uint32_t n = 65001; n < 65000 + 3 * 65536; n++)
		CHECK(note(&s, n));
	CHECK(s.packets == 3 * 65536 && rtp_statistics_lost(&s) == 0);
	CHECK(rtp_statistics_jitter_us(&s) == 0);
	return ERR_NONE;
}

TEST(statistics_lost, "counts what is missing, and what came late as there")
{
	struct rtp_statistics s = started(10);

	CHECK(note(&s, 11) && note(&s, 14));
	CHECK(rtp_statistics_lost(&s) == 2);
	CHECK(note(&s, 12));
	CHECK(rtp_statistics_lost(&s) == 1);
	CHECK(note(&s, 12) && note(&s, 12) && note(&s, 12));
	CHECK(rtp_statistics_lost(&s) == 0);
	return ERR_NONE;
}

TEST(statistics_jump, "uses no packet far off, until a second one follows it")
{
	struct rtp_statistics s = started(10);

	CHECK(note(&s, 10 + RTP_MAX_DROPOUT - 1));
	CHECK(!note(&s, 20000));
	CHECK(!note(&s, 40000));
	CHECK(note(&s, 40001));
	CHECK(note(&s, 40002) && s.packets == 4);
	CHECK(rtp_statistics_lost(&s) == RTP_MAX_DROPOUT - 2);
	return ERR_NONE;
}

TEST(statistics_jitter, "follows RFC 3550 A.8 in microseconds")
{
	struct rtp_statistics s = started(0);
	struct rtp_packet p = packet(1);

	CHECK(rtp_statistics_note(&s, &p, FRAME_US + 1600, CLOCK_HZ));
	CHECK(rtp_statistics_jitter_us(&s) == 100);
	p = packet(2);
	CHECK(rtp_statistics_note(&s, &p, 2 * FRAME_US + 1600, CLOCK_HZ));
	CHECK(rtp_statistics_jitter_us(&s) == 93);
	return ERR_NONE;
}

TEST(statistics_absurd, "lets no absurd time stamp or clock into the jitter")
{
	struct rtp_statistics s = started(0);
	struct rtp_packet p = packet(1);

	p.timestamp = 0x80000000;
	CHECK(rtp_statistics_note(&s, &p, FRAME_US, 1));
	CHECK(rtp_statistics_note(&s, &p, UINT64_MAX, 0));
	p.timestamp = 5;
	p.sequence = 2;
	CHECK(rtp_statistics_note(&s, &p, UINT64_MAX, 0));
	CHECK(rtp_statistics_note(&s, &p, 0, 0));
	CHECK(rtp_statistics_jitter_us(&s) == 0);
	return ERR_NONE;
}

TEST(statistics_event, "takes the repetitions of an event for no jitter")
{
	struct rtp_statistics s = started(0);
	struct rtp_packet p = packet(1);

	for (uint16_t n = 1; n < 20; n++) {
		p.sequence = n;
		CHECK(rtp_statistics_note(&s, &p, (uint64_t)n * FRAME_US, CLOCK_HZ));
	}
	CHECK(rtp_statistics_jitter_us(&s) == 0);
	return ERR_NONE;
}
