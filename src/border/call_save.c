/* SPDX-License-Identifier: Apache-2.0 */
/* Established calls, and those that ended and are not recorded yet, in the checkpoint, and back. */
#include "border/begun_priv.h"
#include "border/call_pending_priv.h"
#include "border/call_priv.h"
#include "border/cover.h"
#include "border/leg_priv.h"
#include "border/offer_priv.h"
#include "border/peers.h"
#include "border/spend.h"

#include <string.h>

static uint32_t slot_of(const struct call *call)
{
	return pool_handle_of(call->border->calls->calls, call).index;
}

bool call_has_slot(const struct call *call)
{
	/* The emergency reserve lies beyond the slots. */
	return !call->is_silent && slot_of(call) < call->border->settings.max_calls;
}

struct view call_saved(const struct call *call)
{
	struct view saved;

	return checkpoint_get(&call->border->checkpoint, CHECKPOINT_DIALOG, slot_of(call),
	                      &saved) == ERR_NONE
	             ? saved
	             : VIEW_EMPTY;
}

bool call_save(struct call *call)
{
	struct border *b = call->border;
	enum err err = ERR_LIMIT;
	struct view packed;

	if (call->state == CALL_SETUP)
		call_pending_agreed(call);
	if (call->state == CALL_SETUP || call->is_silent)
		return false;
	if (call_has_slot(call)) {
		packed = call_pack(call);
		err = view_equal(packed, call_saved(call))
		            ? ERR_NONE
		            : checkpoint_put(&b->checkpoint, CHECKPOINT_DIALOG, slot_of(call),
		                             packed);
	}
	if (err != ERR_NONE)
		border_count(b, COUNT_calls_unprotected);
	return err == ERR_NONE;
}

void call_unsave(struct call *call)
{
	call_pending_drop(call);
	if (call->state != CALL_SETUP && call_has_slot(call))
		checkpoint_drop(&call->border->checkpoint, CHECKPOINT_DIALOG, slot_of(call));
}

static bool is_text(const char *at, size_t size) { return memchr(at, 0, size) != NULL; }

/* The memory outlived a worker that may have died of anything: what it says is
 * used only where it can be true. */
bool call_is_sound(const struct border *b, const struct call_facts *f)
{
	if (!is_text(f->from, sizeof(f->from)) || !is_text(f->to, sizeof(f->to)) ||
	    !is_text(f->dialled, sizeof(f->dialled)) ||
	    !is_text(f->ending.cause, sizeof(f->ending.cause)) ||
	    !is_text(f->early_tag, sizeof(f->early_tag)) ||
	    f->answer.len > sizeof(f->answer.text) || f->id >> 60)
		return false;
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		const struct leg_facts *leg = &f->legs[i];
		const struct ua_dialog *d = &leg->dialog;

		if (!is_text(d->call_id, sizeof(d->call_id)) ||
		    !is_text(d->local_tag, sizeof(d->local_tag)) ||
		    !is_text(d->remote_tag, sizeof(d->remote_tag)) ||
		    !is_text(d->local_uri, sizeof(d->local_uri)) ||
		    !is_text(d->remote_uri, sizeof(d->remote_uri)) ||
		    !is_text(d->routes, sizeof(d->routes)) ||
		    !is_text(d->remote_target, sizeof(d->remote_target)))
			return false;
		if (leg->form >= FORM_COUNT || leg->form_protocol > SDP_PROTOCOL_DTLS_SAVPF + 1 ||
		    leg->flow.side >= b->settings.side_count ||
		    leg->flow.listener >= b->settings.listener_count ||
		    (leg->peer < PEER_GONE && leg->peer >= b->settings.peer_count))
			return false;
		for (unsigned k = 0; k < MAX_CALL_STREAMS; k++)
			if (f->streams[k].secure[i].shake.mid_len > SHAKE_MID_SIZE)
				return false;
	}
	return true;
}

void call_resume_streams(struct call *call)
{
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++) {
		struct stream_facts *stream = &call->facts->streams[i];
		bool was_open = stream->is_open;

		/* Media may have died too: what is opened anew is right in either case. */
		stream->is_open = 0;
		if (stream_restore(call, i) != ERR_NONE)
			*stream = (struct stream_facts){ 0 };
		else if (was_open)
			stream_order(call, i);
		/* Who died may not have heard that it was lost. */
		if (was_open && stream->is_open)
			cover_ask_again(call, i);
	}
}

void call_resume_legs(struct call *call)
{
	for (unsigned i = 0; i < CALL_LEGS; i++) {
		ua_dialog_skip(&leg_of(call, i)->dialog);
		leg_count(call, i);
		/* A connection died with the worker that held it. */
		if (leg_of(call, i)->flow.connection == 0 && leg_hold(call, i) != ERR_NONE)
			border_count(call->border, COUNT_limit_calls);
	}
}

/* Media may have closed its streams and said so to who died: it is asked once more, not awaited
 * for longer than the first time. */
static void resume_ending(struct call *call)
{
	call->state = CALL_ENDING;
	call->status = call->facts->ending.status;
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		call->facts->streams[i].is_open = call->facts->streams[i].has_ports;
	call_close_streams(call);
}

static bool restore_one(struct border *b, const struct call_facts *facts, uint32_t slot)
{
	struct call *call = call_new(b);

	if (!call)
		return false;
	*call->facts = *facts;
	for (unsigned i = 0; i < MAX_CALL_STREAMS; i++)
		call->facts->carried[i].is_closing = false;
	call->state = CALL_UP;
	call->status = 200;
	call->is_restored = true;
	call_enter(b, call);
	begun_note(b, facts);
	call_resume_streams(call);
	spend_resume(call);
	call_resume_legs(call);
	/* A successor of ours must not begin at the same numbers. */
	(void)call_save(call);
	if (slot_of(call) != slot)
		checkpoint_drop(&b->checkpoint, CHECKPOINT_DIALOG, slot);
	if (call->facts->ending.wall_us != 0)
		resume_ending(call);
	else
		call_wake(call);
	return true;
}

uint32_t calls_restore(struct border *b)
{
	uint32_t restored = 0;
	struct call_facts facts;
	struct view saved;

	/* A fresh pool gives its objects in order, so a save lands on this slot or on one that was
	 * read before. */
	for (uint32_t slot = 0; slot < b->settings.max_calls; slot++) {
		if (checkpoint_get(&b->checkpoint, CHECKPOINT_DIALOG, slot, &saved) != ERR_NONE)
			continue;
		if (packed_read(saved, &facts, sizeof(facts)) == ERR_NONE &&
		    call_is_sound(b, &facts))
			restored += restore_one(b, &facts, slot);
		else
			checkpoint_drop(&b->checkpoint, CHECKPOINT_DIALOG, slot);
	}
	return restored;
}
