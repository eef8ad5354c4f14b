/* SPDX-License-Identifier: Apache-2.0 */
/* Proves src/rtp/statistics.c: no sum, difference or quotient leaves its type. */
#include "contracts.h"
#include "rtp/statistics.h"

/*@ requires \valid(s);
    assigns s->base, s->highest, s->received, s->bad_sequence; */
static void begin_part(struct rtp_statistics *s, uint16_t sequence);

/*@ requires \valid_read(s);
    assigns \nothing; */
static uint64_t lost_in_part(const struct rtp_statistics *s);

/*@ requires \valid(s) && \valid_read(p) && clock_hz > 0;
    assigns s->jitter_x16_us, s->last_timestamp, s->last_arrival_us, s->last_clock_hz; */
static void note_jitter(struct rtp_statistics *s, const struct rtp_packet *p, uint64_t now_us,
                        uint32_t clock_hz);

/*@ requires \valid(s) && \valid_read(p);
    assigns s->received, s->packets, s->octets; */
static void count(struct rtp_statistics *s, const struct rtp_packet *p);

/*@ requires \valid(s) && \valid_read(first) && \separated(s, first);
    assigns *s;
    ensures s->last_clock_hz > 0; */
void rtp_statistics_start(struct rtp_statistics *s, const struct rtp_packet *first, uint64_t now_us,
                          uint32_t clock_hz);

/*@ requires \valid(s) && \valid_read(p) && \separated(s, p);
    assigns *s; */
bool rtp_statistics_note(struct rtp_statistics *s, const struct rtp_packet *p, uint64_t now_us,
                         uint32_t clock_hz);

/*@ assigns \nothing; */
static uint32_t clamped(uint64_t n);

/*@ requires \valid_read(s);
    assigns \nothing; */
uint32_t rtp_statistics_lost(const struct rtp_statistics *s);

/*@ requires \valid_read(s);
    assigns \nothing; */
uint32_t rtp_statistics_jitter_us(const struct rtp_statistics *s);

#include "base/now.h"

/*@ assigns \nothing;
    ensures \result <= later_us; */
static inline uint64_t now_since(uint64_t later_us, uint64_t earlier_us);

#include "rtp/statistics.c"
