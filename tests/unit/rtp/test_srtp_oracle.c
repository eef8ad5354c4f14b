/* SPDX-License-Identifier: Apache-2.0 */
/* Our SRTP beside libsrtp2, packet by packet: the same bytes, the same verdicts. */
#include "srtp_case.h"

#ifndef HAVE_LIBSRTP2
TEST(srtp_oracle, "does with each packet what libsrtp2 does")
{
	SKIP("libsrtp2's header is not there");
}
#else
#include <srtp2/srtp.h>

enum { SSRC = 0xcafe0001, ROUNDS = 3000 };

static void policy_of(unsigned suite, srtp_crypto_policy_t *rtp, srtp_crypto_policy_t *rtcp)
{
	switch (suite) {
	case SUITE_CM_128_80:
	case SUITE_CM_128_32:
		srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(rtcp);
		*rtp = *rtcp;
		if (suite == SUITE_CM_128_32)
			srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(rtp);
		break;
	case SUITE_CM_256_80:
	case SUITE_CM_256_32:
		srtp_crypto_policy_set_aes_cm_256_hmac_sha1_80(rtcp);
		*rtp = *rtcp;
		if (suite == SUITE_CM_256_32)
			srtp_crypto_policy_set_aes_cm_256_hmac_sha1_32(rtp);
		break;
	case SUITE_GCM_128:
		srtp_crypto_policy_set_aes_gcm_128_16_auth(rtp);
		*rtcp = *rtp;
		break;
	default:
		srtp_crypto_policy_set_aes_gcm_256_16_auth(rtp);
		*rtcp = *rtp;
		break;
	}
}

static srtp_t open_oracle(unsigned suite, srtp_ssrc_type_t direction)
{
	static uint8_t secret[SUITE_MAX_SECRET];
	srtp_policy_t policy = { .window_size = SRTP_USUAL_WINDOW, .key = secret };
	srtp_t oracle = NULL;

	memcpy(secret, srtp_case_secret(), sizeof(secret));
	policy_of(suite, &policy.rtp, &policy.rtcp);
	policy.ssrc.type = direction;
	return srtp_create(&oracle, &policy) == srtp_err_status_ok ? oracle : NULL;
}

static uint64_t draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Of any length, some with sources, an extension or no payload at all. */
static struct srtp_case_packet draw_packet(uint64_t *state, uint16_t sequence)
{
	struct srtp_case_packet p = srtp_case_rtp(SSRC + (uint32_t)(draw(state) % 3), sequence);
	uint64_t form = draw(state) % 8;

	p.len = 12 + draw(state) % 700;
	if (form == 1 && p.len >= 20)
		p.bytes[0] = (char)0x82;
	if (form == 2 && p.len >= 24) {
		p.bytes[0] = (char)0x90;
		memcpy(p.bytes + 12, "\xbe\xde\x00\x02", 4);
	}
	return p;
}

struct both {
	struct srtp_ends ours;
	srtp_t sender, receiver;
	uint64_t state;
};

/* Protected by both to the same bytes, then unprotected by the other one. */
static enum err pass_packet(struct both *b, uint16_t sequence, unsigned suite)
{
	struct srtp_case_packet clear = draw_packet(&b->state, sequence), mine = clear, its = clear;
	int len = (int)clear.len;
	enum err err = srtp_send(&b->ours.sender, &mine);
	srtp_err_status_t status = srtp_protect(b->sender, its.bytes, &len);
	const char *name = suite_sizes(suite)->name;

	its.len = (size_t)len;
	CHECK_CASE((err == ERR_NONE) == (status == srtp_err_status_ok), name);
	if (err != ERR_NONE)
		return ERR_NONE;
	CHECK_CASE(srtp_case_same(&mine, &its), name);
	if (draw(&b->state) % 10 == 0)
		its.bytes[draw(&b->state) % its.len] ^= (char)(1 + draw(&b->state) % 255);
	mine = its;
	err = srtp_take(&b->ours.receiver, &mine);
	status = srtp_unprotect(b->receiver, its.bytes, &len);
	CHECK_CASE((err == ERR_NONE) == (status == srtp_err_status_ok), name);
	CHECK_CASE(err != ERR_NONE || srtp_case_same(&mine, &clear), name);
	return ERR_NONE;
}

static enum err pass_report(struct both *b, unsigned suite)
{
	struct srtp_case_packet clear = srtp_case_rtcp(SSRC + (uint32_t)(draw(&b->state) % 3));
	struct srtp_case_packet mine = clear, its = clear;
	int len = (int)clear.len;

	TRY(rtp_srtcp_protect(&b->ours.sender, mine.bytes, SRTP_CASE_ROOM, &mine.len));
	CHECK(srtp_protect_rtcp(b->sender, its.bytes, &len) == srtp_err_status_ok);
	its.len = (size_t)len;
	TRY(rtp_srtcp_unprotect(&b->ours.receiver, its.bytes, &its.len));
	CHECK_CASE(srtp_case_same(&its, &clear), suite_sizes(suite)->name);
	len = (int)mine.len;
	CHECK(srtp_unprotect_rtcp(b->receiver, mine.bytes, &len) == srtp_err_status_ok);
	mine.len = (size_t)len;
	CHECK_CASE(srtp_case_same(&mine, &clear), suite_sizes(suite)->name);
	return ERR_NONE;
}

TEST(srtp_oracle, "does with each packet what libsrtp2 does")
{
	enum err err = ERR_NONE;

	if (srtp_init() != srtp_err_status_ok)
		return ERR_NO_MEMORY;
	for (unsigned suite = 1; suite < SUITE_COUNT && err == ERR_NONE; suite++) {
		static struct both b;
		uint16_t sequence = 65000;

		b.state = 0x9e3779b97f4a7c15 + suite;
		err = srtp_ends_open(&b.ours, suite, 0);
		if (err != ERR_NONE)
			break;
		b.sender = open_oracle(suite, ssrc_any_outbound);
		b.receiver = open_oracle(suite, ssrc_any_inbound);
		if (!b.sender || !b.receiver)
			err = ERR_NO_MEMORY;
		for (size_t i = 0; i < ROUNDS && err == ERR_NONE; i++) {
			uint64_t chance = draw(&b.state) % 64;
			uint16_t step = chance == 0 ? 5000 : chance < 8 ? 3 : 1;

			sequence = (uint16_t)(chance > 58 ? sequence - 2 : sequence + step);
			err = pass_packet(&b, sequence, suite);
			if (i % 50 == 0 && err == ERR_NONE)
				err = pass_report(&b, suite);
		}
		if (b.sender)
			(void)srtp_dealloc(b.sender);
		if (b.receiver)
			(void)srtp_dealloc(b.receiver);
		srtp_ends_close(&b.ours);
	}
	(void)srtp_shutdown();
	return err;
}
#endif
