/* SPDX-License-Identifier: Apache-2.0 */
/* Session timers (RFC 4028): both ends agree through us who refreshes and how
 * often; we keep the time as well, and end on both legs what nobody refreshes.
 * Where none was agreed the same timer asks who is held whether he is there. */
#include "border/alive.h"
#include "border/call_priv.h"
#include "border/extensions.h"
#include "border/session_priv.h"

#include "sip/number.h"

enum { SESSION_MIN_S = 90 };

static enum err interval_of(const struct sip_msg *msg, struct sip_session_expires *ret)
{
	return sip_session_expires_parse(sip_msg_value(msg, SIP_HEADER_SESSION_EXPIRES), ret);
}

static void write_expires(struct buffer *out, const struct sip_session_expires *s)
{
	size_t begun = sip_build_begin(out, SIP_HEADER_SESSION_EXPIRES);

	sip_session_expires_write(out, s);
	sip_build_finish(out, begun);
}

bool session_refuses(struct border *b, const struct inbound *in)
{
	struct sip_session_expires asked;
	char text[32];
	struct buffer lines = BUFFER_ON(text);

	if (interval_of(in->msg, &asked) != ERR_NONE || asked.interval_s >= SESSION_MIN_S ||
	    !extensions_offers(in->msg, VIEW("timer")))
		return false;
	sip_build_number(&lines, SIP_HEADER_MIN_SE, SESSION_MIN_S);
	reply_at_once(b, in, 422, buffer_view(&lines));
	return true;
}

void session_ask(struct turn *turn, const struct sip_msg *msg, struct buffer *out)
{
	struct sip_session_expires asked;
	uint32_t min_s;
	bool has_min = sip_seconds_of(msg, SIP_HEADER_MIN_SE, &min_s) == ERR_NONE;

	turn->session_s = 0;
	if (interval_of(msg, &asked) == ERR_NONE) {
		/* 8.1: who does not know the timer cannot be refused: it is raised for him. */
		if (asked.interval_s < SESSION_MIN_S) {
			asked.interval_s = min_s = SESSION_MIN_S;
			has_min = true;
		}
		if (extensions_offers(msg, VIEW("timer")))
			turn->session_s = asked.interval_s;
		write_expires(out, &asked);
	}
	if (has_min)
		sip_build_number(out, SIP_HEADER_MIN_SE, min_s);
}

void session_answer(const struct turn *turn, const struct sip_msg *msg, struct buffer *out)
{
	struct sip_session_expires agreed;
	uint32_t min_s;

	if (msg->status == 422 && sip_seconds_of(msg, SIP_HEADER_MIN_SE, &min_s) == ERR_NONE)
		sip_build_number(out, SIP_HEADER_MIN_SE, min_s);
	if (msg->status < 200 || msg->status >= 300)
		return;
	if (interval_of(msg, &agreed) == ERR_NONE) {
		write_expires(out, &agreed);
	} else if (turn->session_s) {
		/* 8.2: the other end knows no timer, so who asked keeps it. */
		agreed = (struct sip_session_expires){ turn->session_s, SIP_REFRESHER_UAC };
		write_expires(out, &agreed);
		sip_build_header(out, SIP_HEADER_REQUIRE, VIEW("timer"));
	}
}

static void set_timer(struct call *call)
{
	struct border *b = call->border;
	uint64_t ends_us = call->facts->session_ends_us, longest_us = call->facts->longest_us,
		 left_us = ALIVE_EVERY_S * (uint64_t)SECOND_US;

	if (ends_us != 0)
		left_us = now_since(ends_us, b->now.us);
	if (longest_us != 0 && now_since(longest_us, b->now.us) < left_us)
		left_us = now_since(longest_us, b->now.us);
	wheel_set(&b->wheel, &call->session, b->now.us + left_us);
}

void session_agree(struct call *call, const struct turn *turn, const struct sip_msg *msg)
{
	struct sip_session_expires agreed;
	uint32_t interval_s = turn->session_s, longest_s = call->border->settings.longest_call_s;

	if (turn->is_first && longest_s && !call->facts->is_emergency)
		call->facts->longest_us = call->border->now.us + (uint64_t)longest_s * SECOND_US;
	if (interval_of(msg, &agreed) == ERR_NONE)
		interval_s = agreed.interval_s < SESSION_MIN_S ? SESSION_MIN_S : agreed.interval_s;
	call->facts->session_ends_us = 0;
	if (interval_s)
		call->facts->session_ends_us =
			call->border->now.us + (uint64_t)interval_s * SECOND_US;
	set_timer(call);
}

void session_keep(const struct call *call, struct buffer *out)
{
	uint64_t left_s = now_since(call->facts->session_ends_us, call->border->now.us) / SECOND_US;
	struct sip_session_expires kept = { .refresher = SIP_REFRESHER_UAS };

	if (call->facts->session_ends_us == 0)
		return;
	kept.interval_s = left_s < SESSION_MIN_S ? SESSION_MIN_S : (uint32_t)left_s;
	sip_build_header(out, SIP_HEADER_SUPPORTED, VIEW("timer"));
	write_expires(out, &kept);
}

static void run_out(struct timer *t, uint64_t now_us)
{
	struct call *call = HOLDER(t, struct call, session);

	call_wake(call);
	if (call->facts->longest_us != 0 && now_us >= call->facts->longest_us) {
		call_hang_up(call, "as long as a call may last");
		return;
	}
	if (call->facts->session_ends_us != 0) {
		call_hang_up(call, "session not refreshed");
		return;
	}
	set_timer(call);
	alive_ask(call);
}

void session_begin(struct call *call)
{
	timer_init(&call->session, run_out);
	set_timer(call);
}
