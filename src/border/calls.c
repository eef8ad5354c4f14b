/* SPDX-License-Identifier: Apache-2.0 */
/* Calls: refused until their half stands. */
#include "border/calls.h"

#include <stdlib.h>

struct calls {
	uint32_t count;
};

enum err calls_new(struct border *b, struct calls **ret)
{
	struct calls *c = calloc(1, sizeof(*c));

	(void)b;
	if (!c)
		return ERR_NO_MEMORY;
	*ret = c;
	return ERR_NONE;
}

void calls_free(struct calls **c)
{
	free(*c);
	*c = NULL;
}

uint32_t calls_restore(struct border *b)
{
	return b->calls->count;
}

void calls_invite(struct border *b, struct inbound *in)
{
	reply_at_once(b, in, 503, VIEW_EMPTY);
}

void calls_cancel(struct border *b, struct inbound *in)
{
	if (in->standing != STANDING_STRANGER)
		reply_at_once(b, in, 481, VIEW_EMPTY);
}

void calls_in_dialog(struct border *b, struct inbound *in, const struct ua_event *passed)
{
	(void)passed;
	if (in->standing != STANDING_STRANGER && in->msg->method != SIP_METHOD_ACK)
		reply_at_once(b, in, 481, VIEW_EMPTY);
}

void calls_answer(struct border *b, const struct inbound *in, const struct ua_event *event, enum ua_answer answer)
{
	(void)b, (void)in, (void)event, (void)answer;
}

void calls_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	(void)b, (void)notice, (void)event;
}

void calls_request_answer(struct border *b, const struct inbound *in, const struct ua_event *event,
			  enum ua_answer answer)
{
	(void)b, (void)in, (void)event, (void)answer;
}

void calls_request_notice(struct border *b, enum ua_notice notice, const struct ua_event *event)
{
	(void)b, (void)notice, (void)event;
}

void calls_media_event(struct border *b, const struct media_event *event)
{
	(void)b, (void)event;
}

bool calls_has_dialog(const struct border *b, const struct sip_msg *msg, const struct flow *flow)
{
	(void)b, (void)msg, (void)flow;
	return false;
}

void calls_list(struct border *b, const struct ask *question,
		void (*answer)(void *context, const struct ask *row), void *context)
{
	(void)b, (void)question, (void)answer, (void)context;
}
