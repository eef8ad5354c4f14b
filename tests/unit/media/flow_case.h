/* SPDX-License-Identifier: Apache-2.0 */
/* A stream between a phone outside and a PBX inside, and packets to throw at
 * it. Each test file that includes this has a stream of its own. */
#ifndef FLOW_CASE_H
#define FLOW_CASE_H

#include "base/now.h"
#include "media/flow.h"
#include "runner/test.h"

#include <string.h>

enum { PHONE, PBX };
enum { PHONE_SSRC = 0x11111111, PBX_SSRC = 0x22222222, FRAME_US = 20 * MILLISECOND_US };

static const uint8_t flow_seed[FLOW_SEED_SIZE] = { 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12,
	                                           21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };

static struct media_flow stream;
static struct order stream_order;
static uint64_t clock_us;

static struct addr at(const char *text)
{
	struct addr a = { 0 };

	(void)!addr_parse_port(view_of(text), &a);
	return a;
}

static struct addr next_port(struct addr a)
{
	a.port++;
	return a;
}

static struct order_leg leg_at(const char *remote, enum media_trust trust, const char *signalling)
{
	struct addr rtp = at(remote);

	return (struct order_leg){ .trust = (uint8_t)trust,
		                   .is_sending = 1,
		                   .is_receiving = 1,
		                   .is_known = 1,
		                   .remote = rtp,
		                   .rtcp = next_port(rtp),
		                   .signalling = at(signalling) };
}

/* The PBX is exact; the phone is as the test says. */
static void open_stream(struct order_leg phone)
{
	clock_us = 1000 * (uint64_t)SECOND_US;
	stream_order = (struct order){ .kind = ORDER_OPEN, .stream = 1, .generation = 1 };
	stream_order.legs[PHONE] = phone;
	stream_order.legs[PBX] = leg_at("10.0.0.20:6000", TRUST_EXACT, "10.0.0.20:5060");
	stream_order.legs[PBX].port = 1;
	media_flow_open(&stream, &stream_order, flow_seed, clock_us);
}

static char flow_bytes[256], flow_scratch[MAX_RTCP_DATAGRAM + SRTP_MAX_TRAILER];
static struct flow_output flow_out;

static enum flow_verdict throw_bytes(uint8_t leg, const char *from, struct view bytes, bool is_rtcp)
{
	struct flow_datagram d = { .bytes = flow_bytes,
		                   .len = bytes.len,
		                   .from = at(from),
		                   .leg = leg,
		                   .is_rtcp = is_rtcp };
	struct buffer scratch = BUFFER_ON(flow_scratch);

	if (bytes.len > 0)
		memcpy(flow_bytes, bytes.at, bytes.len);
	clock_us += FRAME_US;
	flow_out = (struct flow_output){ .out = VIEW_EMPTY };
	return media_flow_receive(&stream, &d, &scratch, clock_us, &flow_out);
}

static enum flow_verdict throw_ssrc(uint8_t leg, const char *from, uint32_t ssrc, uint16_t sequence)
{
	char storage[64];
	struct buffer b = BUFFER_ON(storage);
	struct rtp_packet p = { .ssrc = ssrc,
		                .sequence = sequence,
		                .timestamp = sequence * UINT32_C(160),
		                .payload = VIEW("sound") };

	rtp_packet_write(&b, &p, 0);
	return throw_bytes(leg, from, buffer_view(&b), false);
}

static inline enum flow_verdict throw_rtp(uint8_t leg, const char *from, uint16_t sequence)
{
	return throw_ssrc(leg, from, leg == PHONE ? PHONE_SSRC : PBX_SSRC, sequence);
}

#define RECEIVER_REPORT VIEW("\x80\xc9\x00\x01\x11\x11\x11\x11")

/* RTP and, from the next port, RTCP of the PBX. */
static inline enum flow_verdict pbx_speaks(uint16_t sequence)
{
	return throw_rtp(PBX, "10.0.0.20:6000", sequence);
}

static inline bool went_to(const char *to)
{
	struct addr a = at(to);

	return addr_equal(&flow_out.to, &a);
}

#endif
