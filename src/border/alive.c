/* SPDX-License-Identifier: Apache-2.0 */
/* Asked, answered, not answered. */
#include "border/alive.h"

#include "border/call_priv.h"
#include "border/leg_priv.h"

static bool is_silent_by_right(const struct call *call)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		const struct stream_facts *s = &call->facts->streams[i];

		if (s->is_open && !s->is_held && !call->facts->held)
			return false;
	}
	return true;
}

static void ask_leg(struct call *call, struct leg_facts *leg)
{
	struct border *b = call->border;
	struct pool_handle client;
	struct request r;
	uint32_t cseq;

	if (leg->dialog.state != UA_DIALOG_CONFIRMED ||
	    ua_dialog_next_cseq(&leg->dialog, &cseq) != ERR_NONE)
		return;
	r = leg_request(b, leg, VIEW("OPTIONS"), cseq, NULL);
	sip_build_body(&r.out, VIEW_EMPTY);
	/* One that cannot be sent now is asked again when its time has come. */
	(void)!request_send(b, &r, PURPOSE_ALIVE, call_handle(b, call), &client);
}

void alive_ask(struct call *call)
{
	if (call->state != CALL_UP || !is_silent_by_right(call))
		return;
	ask_leg(call, leg_of(call, LEG_CALLER));
	ask_leg(call, leg_of(call, LEG_CALLEE));
	call_save(call);
}

static void end(struct border *b, const struct ua_event *event)
{
	struct call *call = pool_at(b->calls->calls, event->user.object);

	if (!call)
		return;
	call_wake(call);
	call_hang_up(call, "its other end is gone");
}

void alive_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
                  enum ua_answer answer)
{
	(void)answer;
	if (in->msg->status == 481 || in->msg->status == 408)
		end(b, event);
}

void alive_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	if (notice == UA_TIMEOUT)
		end(b, event);
}
