/* SPDX-License-Identifier: Apache-2.0 */
/* Event and Subscription-State. */
#include "sip/event.h"

#include "sip/number.h"
#include "sip/tokens.h"

enum err sip_event_parse(struct view text, struct sip_event *ret)
{
	struct sip_event e;
	enum err err = sip_params_behind_token(text, &e.package, &e.params);

	if (err != ERR_NONE)
		return err;
	e.id = sip_params_value(e.params, VIEW("id"));
	*ret = e;
	return ERR_NONE;
}

void sip_event_write(struct buffer *b, const struct sip_event *e)
{
	if (!sip_token_is(e->package))
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, e->package);
	buffer_fail(b, sip_params_check(e->params));
	buffer_put(b, e->params);
}

static enum sip_substate substate_of(struct view text)
{
	if (view_equal_nocase(text, VIEW("active")))
		return SIP_SUBSTATE_ACTIVE;
	if (view_equal_nocase(text, VIEW("pending")))
		return SIP_SUBSTATE_PENDING;
	return view_equal_nocase(text, VIEW("terminated")) ? SIP_SUBSTATE_TERMINATED
	                                                   : SIP_SUBSTATE_OTHER;
}

/* A parameter in seconds, if it is there. */
static enum err find_seconds(struct view params, struct view name, bool *ret_has, uint32_t *ret)
{
	struct sip_param param;

	*ret_has = sip_params_find(params, name, &param);
	return *ret_has ? sip_seconds_parse(param.value, ret) : ERR_NONE;
}

/* linphone 5 ends with ";reason=reason=noresource": what stands before and the reason. */
static struct view cut_doubled(struct view text, struct view *ret_reason)
{
	static const struct view doubled = { ";reason=reason=", 15 };
	size_t at = view_find(text, ';', 0);
	struct view rest;

	if (!view_starts(view_after(text, at), doubled))
		return text;
	rest = view_after(text, at + doubled.len);
	if (!sip_token_is(rest))
		return text;
	*ret_reason = rest;
	return view_first(text, at);
}

enum err sip_subscription_parse(struct view text, struct sip_subscription *ret)
{
	struct sip_subscription s = { .expires_s = 0 };
	struct view params, doubled = VIEW_EMPTY;
	enum err err = sip_params_behind_token(cut_doubled(text, &doubled), &s.state_text, &params);

	if (err == ERR_NONE)
		err = find_seconds(params, VIEW("expires"), &s.has_expires, &s.expires_s);
	if (err == ERR_NONE)
		err = find_seconds(params, VIEW("retry-after"), &s.has_retry_after,
		                   &s.retry_after_s);
	if (err == ERR_NONE)
		err = sip_params_token(params, VIEW("reason"), &s.reason);
	if (err != ERR_NONE)
		return err;
	if (!view_is_empty(doubled))
		s.reason = doubled;
	s.state = substate_of(s.state_text);
	*ret = s;
	return ERR_NONE;
}

void sip_subscription_write(struct buffer *b, const struct sip_subscription *s)
{
	if (!sip_token_is(s->state_text))
		buffer_fail(b, ERR_SYNTAX);
	buffer_put(b, s->state_text);
	if (s->reason.len > 0)
		sip_param_write(b, &(struct sip_param){ .name = VIEW("reason"),
		                                        .value = s->reason,
		                                        .has_value = true });
	if (s->has_expires) {
		buffer_text(b, ";expires=");
		buffer_decimal(b, s->expires_s);
	}
	if (s->has_retry_after) {
		buffer_text(b, ";retry-after=");
		buffer_decimal(b, s->retry_after_s);
	}
}
