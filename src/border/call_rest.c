/* SPDX-License-Identifier: Apache-2.0 */
/* Calls at rest. What an established call knows lies packed in the checkpoint, where a
 * successor finds it too, and nowhere else; it is unpacked while its messages are handled. */
#include "border/call_priv.h"

#include <assert.h>

struct call_facts *call_facts_take(struct calls *c, struct call *call)
{
	list_init(&call->awake);
	call->facts = pool_take(c->facts);
	return call->facts;
}

static void leave(struct calls *c, struct call *call)
{
	if (list_is_empty(&call->awake))
		return;
	list_remove(&call->awake);
	c->awake_count--;
}

void call_facts_give(struct calls *c, struct call *call)
{
	leave(c, call);
	pool_give(c->facts, call->facts);
	call->facts = NULL;
}

struct view call_pack(const struct call *call)
{
	struct calls *c = call->border->calls;

	return view_bytes(c->packed, packed_write(call->facts, sizeof(*call->facts), c->packed));
}

/* Before its ACK it is in the checkpoint as a call in set-up. */
static bool may_rest(const struct call *call)
{
	return call->state != CALL_SETUP && call->pending == 0 && call_has_slot(call);
}

static void rest(struct call *call)
{
	struct calls *c = call->border->calls;

	leave(c, call);
	if (may_rest(call) && call_save(call))
		call_facts_give(c, call);
}

void call_wake(struct call *call)
{
	struct calls *c = call->border->calls;

	if (!call->facts) {
		struct view packed = call_saved(call);
		enum err err = ERR_NOT_FOUND;

		call->facts = pool_take_as_is(c->facts); /* packed_read writes all of it */
		assert(call->facts);
		err = packed_read(packed, call->facts, sizeof(*call->facts));
		assert(err == ERR_NONE);
		(void)err;
	}
	leave(c, call);
	if (!may_rest(call))
		return;
	list_append(&c->awake, &call->awake);
	if (++c->awake_count > CALLS_AWAKE)
		rest(HOLDER(c->awake.next, struct call, awake));
}
