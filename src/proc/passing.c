/* SPDX-License-Identifier: Apache-2.0 */
/* Messages cut into slots, and put together again. */
#include "proc/passing.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_A_TURN = 512, MESSAGE_MAX = 65536 };

struct passed {
	uint8_t kind;
	uint8_t unused[3];
	uint32_t total, offset, len; /* of the whole, and what of it is here */
	uint64_t account;
	struct flow flow;
	char shown[PASSED_LABEL_SIZE];
};

enum { PASSED_ROOM = PASSED_SLOT - sizeof(struct passed) };

struct slot {
	struct passed head;
	char bytes[PASSED_ROOM];
};

_Static_assert(sizeof(struct slot) == PASSED_SLOT, "a slot is whole");

/* Another worker: the ring to it, and what came from it so far. */
static struct other {
	struct ring *to;
	uint32_t begun; /* bytes of a message that is not whole yet */
	char whole[MESSAGE_MAX];
} * others[MAX_SIGNAL_WORKERS];

static struct child *child;
static void (*taken)(const struct passing *p, struct now now);
static struct slot slot;
static struct flow last_flow;
static char last_shown[PASSED_LABEL_SIZE];

void passing_begin(struct child *c)
{
	const struct child_facts *facts = child_facts(c);

	child = c;
	for (unsigned i = 0; i < facts->owners && i < MAX_SIGNAL_WORKERS; i++) {
		if (i == facts->owner)
			continue;
		others[i] = calloc(1, sizeof(*others[i]));
		if (!others[i])
			child_fail("workers", ERR_NO_MEMORY);
		others[i]->to = child_ring_writer(c, ring_passed(facts->owner, i));
	}
}

/* ---- giving ---- */

static uint32_t slots_of(size_t len)
{
	return len <= PASSED_ROOM ? 1 : (uint32_t)((len + PASSED_ROOM - 1) / PASSED_ROOM);
}

void passing_give(unsigned to, const struct passing *p)
{
	struct other *o = to < MAX_SIGNAL_WORKERS ? others[to] : NULL;
	size_t done = 0;

	if (!o || p->len > MESSAGE_MAX || ring_room(o->to, RING_KEPT) < slots_of(p->len)) {
		counters_add(child_counters(child), COUNT_passed_dropped, 1);
		return;
	}
	slot.head = (struct passed){
		.kind = p->kind, .total = (uint32_t)p->len, .account = p->account, .flow = p->flow
	};
	if (p->shown)
		(void)VIEW_COPY(view_of(p->shown), slot.head.shown);
	do {
		size_t part = p->len - done < PASSED_ROOM ? p->len - done : PASSED_ROOM;

		slot.head.offset = (uint32_t)done;
		slot.head.len = (uint32_t)part;
		if (part > 0)
			memcpy(slot.bytes, p->bytes + done, part);
		/* There is room: nobody else writes here. */
		(void)!ring_put(o->to, &slot, sizeof(slot.head) + part, RING_KEPT);
		done += part;
	} while (done < p->len);
	counters_add(child_counters(child), COUNT_passed_on, 1);
}

void passing_give_all(const struct passing *p)
{
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		if (others[i])
			passing_give(i, p);
}

/* ---- taking ---- */

/* Copied once, then checked: who writes it may go on writing. */
static bool read_slot(struct ring *ring)
{
	const struct passed *h = &slot.head;

	return ring_peek(ring, 0, &slot, sizeof(slot), NULL) == ERR_NONE &&
	       h->kind < PASSED_KIND_COUNT && h->len <= PASSED_ROOM && h->total <= MESSAGE_MAX &&
	       h->offset <= h->total && h->len <= h->total - h->offset &&
	       h->flow.transport < TRANSPORT_SCTP &&
	       h->flow.listener < child_facts(child)->listener_count &&
	       memchr(h->shown, 0, sizeof(h->shown)) != NULL;
}

/* True once the message is whole. A beginning whose rest never came, because who wrote it died, is
 * forgotten at the next one. */
static bool put_together(struct other *o)
{
	const struct passed *h = &slot.head;

	if (h->offset == 0)
		o->begun = 0;
	if (h->offset != o->begun)
		return false;
	memcpy(o->whole + h->offset, slot.bytes, h->len);
	o->begun += h->len;
	return o->begun == h->total;
}

static void drain(void *context, struct ring *ring, struct now now)
{
	struct other *o = context;
	uint32_t ready = ring_ready(ring);

	for (uint32_t i = 0; i < ready && i < SLOTS_A_TURN; i++) {
		bool is_read = read_slot(ring), is_whole = is_read && put_together(o);
		struct passing p = { .kind = slot.head.kind,
			             .flow = slot.head.flow,
			             .account = slot.head.account,
			             .shown = last_shown,
			             .bytes = o->whole,
			             .len = o->begun };

		ring_release(ring, 1);
		if (!is_read)
			counters_add(child_counters(child), COUNT_bad_slots, 1);
		if (!is_whole)
			continue;
		o->begun = 0;
		if (p.kind == PASSED_MESSAGE) {
			last_flow = p.flow;
			memcpy(last_shown, slot.head.shown, sizeof(last_shown));
		}
		taken(&p, now);
	}
}

void passing_listen(void (*take)(const struct passing *p, struct now now))
{
	unsigned owner = child_facts(child)->owner;

	taken = take;
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		if (others[i])
			(void)child_ring_reader(child, ring_passed(i, owner), drain, others[i]);
}

const char *passing_shown(const struct flow *flow)
{
	return flow_equal(flow, &last_flow) ? last_shown : "";
}
