/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals before a call, charges within it. */
#include "border/spend.h"

#include "border/call_priv.h"
#include "border/common.h"

#include <string.h>

enum { MINUTE_S = 60, DAY_S = 86400, MILLI = 1000 };

static int64_t today(const struct border *b)
{
	return b->now.wall_us / ((int64_t)DAY_S * SECOND_US);
}

uint64_t spend_today_milli(const struct border *b)
{
	const struct spending *s = &b->spending;

	return (s->day == today(b) ? s->spent_milli : 0) + s->reserved_milli +
	       common_spent_milli(b, today(b));
}

/* ---- rules ---- */

static struct view without_plus(const char *text)
{
	return view_of(*text == '+' ? text + 1 : text);
}

uint32_t spend_price(const struct border_settings *s, const struct dialling *d)
{
	uint32_t price = s->spend.price_milli;
	size_t longest = 0;

	for (unsigned i = 0; d->is_read && i < s->rate_count; i++) {
		struct view prefix = without_plus(s->rates[i].prefix);

		if (prefix.len <= longest || !view_starts(dial_meant(d), prefix))
			continue;
		longest = prefix.len;
		price = s->rates[i].price_milli;
	}
	return price;
}

static bool has_carrier(const struct border_settings *s)
{
	for (unsigned i = 0; i < s->peer_count; i++) {
		if (s->peers[i].kind == PEER_CARRIER)
			return true;
	}
	return false;
}

/* A phone's call through its PBX costs where it leaves for a carrier of ours, if there is one. */
static bool is_priced(const struct border_settings *s, struct spend_way way,
                      const struct dialling *d)
{
	if (way.to && way.to->kind == PEER_CARRIER)
		return true;
	return !way.from && way.to && d->is_read && !has_carrier(s);
}

static bool is_allowed_country(const struct border_spend *s, const struct dialling *d)
{
	for (unsigned i = 0; i < s->country_count; i++) {
		if (view_starts(dial_meant(d), without_plus(s->countries[i])))
			return true;
	}
	return s->country_count == 0;
}

/* What a carrier is given and nobody can read may go anywhere. */
static bool is_abroad(struct spend_way way, const struct dialling *d)
{
	if (d->is_read)
		return d->meant.is_abroad;
	return way.to && way.to->kind == PEER_CARRIER;
}

static enum err refuse(enum refusal why, enum refusal *ret)
{
	*ret = why;
	return ERR_DENIED;
}

enum err spend_check(const struct border *b, struct spend_way way, const struct dialling *d,
                     enum refusal *ret)
{
	const struct border_spend *s = &b->settings.spend;
	bool is_out = way.to && (way.to->kind == PEER_CARRIER || !way.from);

	if (d->is_urgent || !is_out)
		return ERR_NONE;
	if (d->is_read && d->meant.kind != NUMBER_ORDINARY &&
	    (s->refused & 1U << (d->meant.kind - 1)) != 0)
		return refuse(REFUSAL_NUMBER_KIND, ret);
	if (is_abroad(way, d) && !is_allowed_country(s, d))
		return refuse(REFUSAL_COUNTRY, ret);
	if (!is_priced(&b->settings, way, d))
		return ERR_NONE;
	if (is_abroad(way, d) && s->max_abroad &&
	    b->spending.abroad + common_abroad(b) >= s->max_abroad)
		return refuse(REFUSAL_ABROAD_CALLS, ret);
	if (s->max_day &&
	    spend_today_milli(b) + spend_price(&b->settings, d) > (uint64_t)s->max_day * MILLI)
		return refuse(REFUSAL_SPENT, ret);
	return ERR_NONE;
}

/* ---- charges ---- */

static void save(struct border *b)
{
	enum err err = checkpoint_put(&b->checkpoint, CHECKPOINT_SPENDING, 0,
	                              view_bytes(&b->spending, sizeof(b->spending)));

	if (err != ERR_NONE)
		border_count(b, COUNT_calls_unprotected);
}

static void charge(struct border *b, uint32_t price_milli)
{
	struct spending *s = &b->spending;

	if (s->day != today(b)) {
		s->day = today(b);
		s->spent_milli = 0;
	}
	s->spent_milli += price_milli;
	common_tell_spending(b);
	if (price_milli)
		save(b);
}

static void next_minute(struct timer *t, uint64_t now_us)
{
	struct call *call = HOLDER(t, struct call, minute);
	struct border *b = call->border;
	uint32_t price;

	if (call->state != CALL_UP)
		return;
	call_wake(call);
	price = call->facts->price_milli;
	if (b->settings.spend.max_day && !call->facts->is_emergency &&
	    spend_today_milli(b) + price > (uint64_t)b->settings.spend.max_day * MILLI) {
		call_hang_up(call, "amount of the day is spent");
		return;
	}
	charge(b, price);
	wheel_set(&b->wheel, t, now_us + (uint64_t)MINUTE_S * SECOND_US);
}

void spend_begin(struct call *call, struct spend_way way, const struct dialling *d)
{
	struct border *b = call->border;

	if (!is_priced(&b->settings, way, d) || d->is_urgent)
		return;
	call->facts->price_milli = spend_price(&b->settings, d);
	call->facts->is_abroad = is_abroad(way, d);
	b->spending.abroad += call->facts->is_abroad;
	b->spending.reserved_milli += call->facts->price_milli;
	call->is_reserved = true;
	common_tell_spending(b);
}

static void give_reserved(struct call *call)
{
	if (call->is_reserved)
		call->border->spending.reserved_milli -= call->facts->price_milli;
	call->is_reserved = false;
}

static void count_minutes(struct call *call, uint64_t first_us)
{
	timer_init(&call->minute, next_minute);
	if (call->facts->price_milli)
		wheel_set(&call->border->wheel, &call->minute, call->border->now.us + first_us);
}

void spend_answered(struct call *call)
{
	if (!call->is_reserved)
		return;
	give_reserved(call);
	charge(call->border, call->facts->price_milli);
	count_minutes(call, (uint64_t)MINUTE_S * SECOND_US);
}

void spend_end(struct call *call)
{
	give_reserved(call);
	if (call->minute.fire)
		wheel_cancel(&call->border->wheel, &call->minute);
	if (call->facts->is_abroad && call->border->spending.abroad > 0)
		call->border->spending.abroad--;
	if (call->facts->price_milli || call->facts->is_abroad)
		common_tell_spending(call->border);
	call->facts->is_abroad = 0;
}

void spend_resume(struct call *call)
{
	int64_t talked_us = call->border->now.wall_us - call->facts->answered_wall_us;
	uint64_t begun_us = talked_us > 0 ? (uint64_t)talked_us % (MINUTE_S * SECOND_US) : 0;

	call->border->spending.abroad += call->facts->is_abroad != 0;
	common_tell_spending(call->border);
	count_minutes(call, MINUTE_S * SECOND_US - begun_us);
}

void spend_resume_reserved(struct call *call)
{
	struct border *b = call->border;

	b->spending.abroad += call->facts->is_abroad != 0;
	b->spending.reserved_milli += call->facts->price_milli;
	call->is_reserved = true;
	common_tell_spending(b);
}

void spend_restore(struct border *b)
{
	struct view saved;

	if (checkpoint_get(&b->checkpoint, CHECKPOINT_SPENDING, 0, &saved) != ERR_NONE ||
	    saved.len != sizeof(b->spending))
		return;
	memcpy(&b->spending, saved.at, sizeof(b->spending));
	/* Of calls, which come back one by one. */
	b->spending.reserved_milli = 0;
	b->spending.abroad = 0;
	common_tell_spending(b);
}
