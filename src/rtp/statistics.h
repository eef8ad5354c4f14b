/* SPDX-License-Identifier: Apache-2.0 */
/* What the receiver of one RTP source knows of it: sequence validation
 * (RFC 3550 A.1), loss (A.3) and jitter (A.8). Counters are 64 bits wide, so
 * that weeks of one stream or absurd time stamps wrap nothing. */
#ifndef RTP_STATISTICS_H
#define RTP_STATISTICS_H

#include "rtp/packet.h"

enum { RTP_MAX_DROPOUT = 3000, RTP_MAX_MISORDER = 100 };

struct rtp_statistics {
	uint64_t packets, octets; /* accepted; octets of payload */
	uint64_t base;            /* extended sequence of the first packet since (re)start */
	uint64_t highest;         /* highest extended sequence */
	uint64_t received;        /* since base: for the loss */
	uint64_t lost_before;     /* of parts that a restart of the sequence ended */
	uint64_t jitter_x16_us;   /* A.8 estimate times 16, in microseconds */
	uint64_t last_arrival_us;
	uint32_t ssrc;
	uint32_t last_timestamp;
	uint32_t last_clock_hz;
	uint32_t bad_sequence; /* what would restart the sequence; beyond 16 bits: nothing */
	bool is_started;
};

/* Begins with the packet's source. */
void rtp_statistics_start(struct rtp_statistics *s, const struct rtp_packet *first, uint64_t now_us,
                          uint32_t clock_hz);

/* Notes a packet of that source. False where its sequence number lies far from
 * what was expected and the one before did not announce it: such a packet is
 * not to be used (RFC 3550 A.1). clock_hz 0 counts as 8000. */
bool rtp_statistics_note(struct rtp_statistics *s, const struct rtp_packet *p, uint64_t now_us,
                         uint32_t clock_hz);

uint32_t rtp_statistics_lost(const struct rtp_statistics *s);      /* never below 0; clamped */
uint32_t rtp_statistics_jitter_us(const struct rtp_statistics *s); /* clamped */

#endif
