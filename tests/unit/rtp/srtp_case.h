/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of one key for tests: what one protects the other unprotects. They are static, so
 * that what a test leaves behind where memory failed is found by the next try. */
#ifndef TESTS_RTP_SRTP_CASE_H
#define TESTS_RTP_SRTP_CASE_H

#include "base/buffer.h"
#include "rtp/srtp.h"
#include "runner/test.h"

#include <stdlib.h>

struct srtp_ends {
	struct srtp_engine engine;
	struct srtp sender, receiver;
	struct srtp_mark sent[SRTP_MAX_SOURCES], heard[SRTP_MAX_SOURCES];
};

/* A master key that is all different bytes. */
static inline const uint8_t *srtp_case_secret(void)
{
	static uint8_t secret[SUITE_MAX_SECRET];

	for (size_t i = 0; i < sizeof(secret); i++)
		secret[i] = (uint8_t)(i * 7 + 3);
	return secret;
}

static inline void srtp_ends_close(struct srtp_ends *e)
{
	rtp_srtp_stop(&e->sender);
	rtp_srtp_stop(&e->receiver);
	rtp_engine_close(&e->engine);
}

static inline enum err srtp_ends_open(struct srtp_ends *e, unsigned suite, uint16_t window)
{
	struct srtp_setup setup = { .marks = e->sent, .window = window };
	enum err err;

	srtp_ends_close(e); /* what a failed try left */
	memset(e, 0, sizeof(*e));
	err = rtp_engine_open(&e->engine);
	if (err == ERR_NONE)
		err = rtp_srtp_start(&e->sender, &e->engine, suite, srtp_case_secret(), &setup);
	setup.marks = e->heard;
	if (err == ERR_NONE)
		err = rtp_srtp_start(&e->receiver, &e->engine, suite, srtp_case_secret(), &setup);
	if (err != ERR_NONE)
		srtp_ends_close(e);
	return err;
}

enum { SRTP_CASE_ROOM = 1024, SRTP_CASE_PAYLOAD = 160 };

struct srtp_case_packet {
	char bytes[SRTP_CASE_ROOM];
	size_t len;
};

static inline struct srtp_case_packet srtp_case_rtp(uint32_t ssrc, uint16_t sequence)
{
	struct srtp_case_packet p = { .len = 12 + SRTP_CASE_PAYLOAD };
	struct buffer b = buffer_on(p.bytes, sizeof(p.bytes));

	buffer_u16(&b, 0x8008);
	buffer_u16(&b, sequence);
	buffer_u32(&b, sequence * UINT32_C(160));
	buffer_u32(&b, ssrc);
	for (size_t i = 12; i < p.len; i++)
		p.bytes[i] = (char)(i + sequence);
	return p;
}

/* A receiver report without reports. */
static inline struct srtp_case_packet srtp_case_rtcp(uint32_t ssrc)
{
	struct srtp_case_packet p = { .len = 8 };
	struct buffer b = buffer_on(p.bytes, sizeof(p.bytes));

	buffer_u32(&b, 0x80c90001);
	buffer_u32(&b, ssrc);
	buffer_u32(&b, 0x80c90001); /* and another one, which is encrypted */
	buffer_u32(&b, ssrc ^ 0x5a5a5a5a);
	p.len = 16;
	return p;
}

static inline enum err srtp_send(struct srtp *s, struct srtp_case_packet *p)
{
	return rtp_srtp_protect(s, p->bytes, sizeof(p->bytes), &p->len);
}

static inline enum err srtp_take(struct srtp *s, struct srtp_case_packet *p)
{
	return rtp_srtp_unprotect(s, p->bytes, &p->len);
}

static inline bool srtp_case_same(const struct srtp_case_packet *a,
                                  const struct srtp_case_packet *b)
{
	return view_equal(view_bytes(a->bytes, a->len), view_bytes(b->bytes, b->len));
}

/* Blanks are passed over. */
static inline size_t srtp_case_hex(const char *hex, void *ret, size_t max)
{
	uint8_t *at = ret;
	size_t len = 0;
	char digits[3] = { 0 };

	while (*hex && len < max) {
		if (*hex == ' ') {
			hex++;
			continue;
		}
		memcpy(digits, hex, 2);
		at[len++] = (uint8_t)strtoul(digits, NULL, 16);
		hex += 2;
	}
	return len;
}

#endif
