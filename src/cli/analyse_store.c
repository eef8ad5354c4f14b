/* SPDX-License-Identifier: Apache-2.0 */
/* The same writer as the service's, fed by us instead of by rings. */
#include "cli/analyse_store.h"
#include "store/store.h"
#include <stdlib.h>

/* The service numbers its rings from below. */
enum { ANALYSIS_RING = MAX_STORE_RINGS - 1 };

struct cli_store {
	struct store *store;
	uint64_t first_number, sequence;
	enum err err;
	size_t count;
	union record batch[MAX_STORE_BATCH];
};

enum err cli_store_open(const char *path, struct buffer *why, struct cli_store **ret)
{
	struct cli_store *s = calloc(1, sizeof(*s));
	enum err err = s ? store_open(path, why, &s->store) : ERR_NO_MEMORY;

	if (err != ERR_NONE) {
		free(s);
		return err;
	}
	/* Every number that is used is followed by a record at least: so many are too few. */
	s->sequence = store_ring_sequence(s->store, ANALYSIS_RING);
	s->first_number = s->sequence + 1;
	*ret = s;
	return ERR_NONE;
}

uint64_t cli_store_first_number(const struct cli_store *s) { return s->first_number; }

static void flush(struct cli_store *s)
{
	struct store_tally tally;

	if (s->err == ERR_NONE && s->count > 0)
		s->err = store_write(s->store, s->batch, s->count, &tally);
	s->count = 0;
}

/* Place for the next record; number it when it is filled in. */
static union record *place(struct cli_store *s)
{
	if (s->count == MAX_STORE_BATCH)
		flush(s);
	return &s->batch[s->count++];
}

static void number(struct cli_store *s, union record *r)
{
	r->head.ring = ANALYSIS_RING;
	r->head.sequence = ++s->sequence;
}

void cli_store_record(struct cli_store *s, const union record *record)
{
	union record *r = place(s);

	memcpy(r, record, record->head.size);
	/* What passed in a file could not be blocked any more. */
	if (r->head.kind == RECORD_BLOCK)
		r->block.is_observed = true;
	else if (r->head.kind == RECORD_INCIDENT)
		r->incident.is_blocked = false;
	number(s, r);
}

static void fill_leg(const struct addr *address, const struct watch_call *call,
                     struct record_leg *ret)
{
	ret->flow.remote = *address;
	(void)VIEW_COPY(view_of(call->call_id), ret->call_id);
}

void cli_store_call(struct cli_store *s, const struct watch_call *call)
{
	union record *record = place(s);
	struct record_call *r = &record->call;

	memset(r, 0, sizeof(*r));
	r->head = (struct record_head){
		.version = RECORD_VERSION,
		.kind = RECORD_CALL,
		.size = sizeof(*r),
		.priority = PRIORITY_KEPT,
		.wall_us = call->ended_wall_us ? call->ended_wall_us : call->started_wall_us,
	};
	r->call = s->sequence + 1;
	r->started_wall_us = call->started_wall_us;
	r->answered_wall_us = call->answered_wall_us;
	r->ended_wall_us = call->ended_wall_us;
	r->status = call->status;
	(void)VIEW_COPY(view_of(call->is_cancelled ? "cancelled" : "seen in a capture"), r->cause);
	(void)VIEW_COPY(view_of(call->from), r->from);
	(void)VIEW_COPY(view_of(call->to), r->to);
	(void)VIEW_COPY(view_of(call->number), r->number);
	fill_leg(&call->caller, call, &r->caller);
	fill_leg(&call->callee, call, &r->callee);
	r->caller.media.packets = call->packets;
	r->caller.media.lost = (uint32_t)(call->lost < UINT32_MAX ? call->lost : UINT32_MAX);
	number(s, record);
}

enum err cli_store_close(struct cli_store **s)
{
	struct cli_store *gone = *s;
	enum err err;

	*s = NULL;
	if (!gone)
		return ERR_NONE;
	flush(gone);
	err = gone->err;
	store_free(&gone->store);
	free(gone);
	return err;
}
