/* SPDX-License-Identifier: Apache-2.0 */
/* More calls than may be awake: what they know rests in the checkpoint alone. */
#include "border/call_priv.h"
#include "unit/border/talk.h"

#include <string.h>

enum { STANDING = 2 * CALLS_AWAKE };

static struct {
	struct talk_end phone, pbx;
	uint64_t stream;
} kept[STANDING];

static void many(struct border_settings *s) { s->max_calls = STANDING + 1; }

static enum err stand(struct talk *t)
{
	for (unsigned i = 0; i < STANDING; i++) {
		TRY(talk_call(t));
		kept[i].phone = t->phone;
		kept[i].pbx = t->pbx;
		kept[i].stream = talk_order(t)->stream;
		wire_advance(t->w, SECOND_US);
	}
	return ERR_NONE;
}

static enum err hang_up(struct talk *t, unsigned i)
{
	t->phone = kept[i].phone;
	t->pbx = kept[i].pbx;
	if (i % 2) {
		talk_request(t, &t->phone, "BYE", "", "");
		CHECK(talk_hears(t, &t->pbx, "BYE "));
		talk_answer(t, &t->pbx, &t->at_pbx, "200 OK", "", "");
		CHECK(talk_hears(t, &t->phone, "SIP/2.0 200 "));
	} else {
		talk_request(t, &t->pbx, "BYE", "", "");
		CHECK(talk_hears(t, &t->phone, "BYE "));
		talk_answer(t, &t->phone, &t->at_phone, "200 OK", "", "");
		CHECK(talk_hears(t, &t->pbx, "SIP/2.0 200 "));
	}
	CHECK(talk_order(t)->kind == ORDER_CLOSE && talk_order(t)->stream == kept[i].stream);
	talk_media_closes(t);
	return ERR_NONE;
}

static enum err rests(struct talk *t)
{
	TRY(stand(t));
	CHECK(pool_used(t->w->border->calls->facts) == CALLS_AWAKE);
	CHECK(talk_listed(t) == STANDING);
	CHECK(pool_used(t->w->border->calls->facts) == CALLS_AWAKE);
	for (unsigned i = 0; i < STANDING; i++)
		TRY(hang_up(t, i));
	CHECK(border_calls(t->w->border) == 0 && pool_used(t->w->border->calls->facts) == 0);
	return ERR_NONE;
}

TEST(call_rests, "calls beyond those in hand rest packed, and go on where they were")
{
	return talk_with_settings(many, rests);
}

static enum err figures(struct talk *t)
{
	struct media_event event = { .kind = MEDIA_STATISTICS };

	TRY(stand(t));
	event.owner = talk_order(t)->owner;
	event.generation = talk_order(t)->generation;
	for (unsigned i = 0; i < STANDING; i++) {
		event.stream = kept[i].stream;
		event.legs[0].packets = 1000 + i;
		border_media_event(t->w->border, &event, t->w->now);
	}
	TRY(wire_restart(t->w));
	CHECK(pool_used(t->w->border->calls->facts) == CALLS_AWAKE);
	/* The last ones were still awake. */
	for (unsigned i = 0; i < STANDING - CALLS_AWAKE; i++) {
		const struct call *call = call_by_id(t->w->border, kept[i].stream >> 4);

		CHECK(call && call->facts->carried[0].figures[0].packets == 1000 + i);
		CHECK(call->facts->carried[0].formats[0].clock_khz == 8);
	}
	for (unsigned i = STANDING; i-- > 0;)
		TRY(hang_up(t, i));
	CHECK(border_calls(t->w->border) == 0);
	return ERR_NONE;
}

TEST(call_rests_on, "what media said of a call that rests outlives the worker")
{
	return talk_with_settings(many, figures);
}

/* What the worker knew of a BYE was put to rest with the call, its transaction was not. */
static enum err ends_again(struct talk *t)
{
	TRY(stand(t));
	for (unsigned i = 0; i < 2; i++) {
		t->phone = kept[i].phone;
		t->pbx = kept[i].pbx;
		talk_request(t, i % 2 ? &t->phone : &t->pbx, "BYE", "", "");
		CHECK(talk_hears(t, i % 2 ? &t->pbx : &t->phone, "BYE "));
	}
	for (unsigned i = 2; i < STANDING; i++)
		CHECK(call_by_id(t->w->border, kept[i].stream >> 4));
	TRY(wire_restart(t->w));
	for (unsigned i = 0; i < 2; i++)
		TRY(hang_up(t, i));
	CHECK(talk_records(t) == 2 && border_calls(t->w->border) == STANDING - 2);
	return ERR_NONE;
}

TEST(call_rests_ended, "a BYE that the worker died of ends its call when it is sent again")
{
	return talk_with_settings(many, ends_again);
}

static struct {
	void (*send)(void *context, const struct flow *to, struct view bytes);
	const struct border *border;
	unsigned heard, kept;
} trying;

static void send_trying(void *context, const struct flow *to, struct view bytes)
{
	const struct calls *c = trying.border->calls;

	if (view_starts(bytes, VIEW("SIP/2.0 100 "))) {
		trying.heard++;
		trying.kept += c->pending_free_count < trying.border->settings.max_calls;
	}
	trying.send(context, to, bytes);
}

TALK_TEST(trying_kept, "who calls hears 100 once a successor would know of the call, not before")
{
	trying.send = t->w->border->ports.send;
	trying.border = t->w->border;
	trying.heard = trying.kept = 0;
	t->w->border->ports.send = send_trying;
	talk_invite_from_phone(t, "", TALK_OFFER);
	CHECK(trying.heard == 1 && trying.kept == 1);
	return ERR_NONE;
}

static enum err leaves(struct talk *t)
{
	TRY(stand(t));
	border_hang_up(t->w->border, t->w->now);
	for (unsigned i = 0; i < STANDING; i++) {
		t->phone = kept[i].phone;
		t->pbx = kept[i].pbx;
		CHECK(talk_hears(t, &t->phone, "BYE "));
		CHECK(talk_hears(t, &t->pbx, "BYE "));
	}
	return ERR_NONE;
}

TEST(call_rests_till_the_end, "calls that rest hear that the service ends")
{
	return talk_with_settings(many, leaves);
}

static void serve(struct border_settings *s)
{
	many(s);
	s->control_count = 2;
	for (uint16_t i = 0; i < 2; i++)
		s->controls[i] =
			(struct border_control){ .name = { 's', (char)('0' + i) }, .peer = i };
}

static void count_row(void *context, const struct ask *row)
{
	*(unsigned *)context += !row->head.is_last;
}

static unsigned seen_by(struct talk *t, const char *server)
{
	struct ask question = { .head = { .kind = ASK_CONTROL_CALLS } };
	unsigned count = 0;

	(void)VIEW_COPY(view_of(server), question.body.query.filter);
	border_answer(t->w->border, &question, t->w->now, count_row, &count);
	return count;
}

static enum err seen(struct talk *t)
{
	const struct list *awake = &t->w->border->calls->awake;
	const struct list *first;

	TRY(stand(t));
	/* Another order than that of the calls: who walks over all changes it. */
	CHECK(call_by_id(t->w->border, kept[0].stream >> 4));
	first = awake->next;
	CHECK(seen_by(t, "s1") == 0 && awake->next == first);
	CHECK(seen_by(t, "s0") == STANDING && awake->next != first);
	return ERR_NONE;
}

TEST(call_rests_unseen, "a server that lists its calls wakes none of others'")
{
	return talk_with_settings(serve, seen);
}
