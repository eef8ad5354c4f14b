/* SPDX-License-Identifier: Apache-2.0 */
/* Rings with slots of messages. */
#include "proc/passing.h"

#include <string.h>

enum { SLOTS_A_TURN = 512 };

/* Another worker: the ring to it, and what came from it so far. */
static struct other {
	bool is_there;
	struct ring *to, *from;
	struct passed_letter letter;
} others[MAX_SIGNAL_WORKERS];

static struct child *child;
static void (*taken)(const struct passing *p, struct now now);
static struct passed_slot given, read;
static struct flow last_flow;
static char last_shown[PASSED_LABEL_SIZE];

void passing_begin(struct child *c)
{
	const struct child_facts *facts = child_facts(c);

	child = c;
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++) {
		others[i].is_there = i < facts->owners && i != facts->owner;
		if (others[i].is_there)
			others[i].to = child_ring_writer(c, ring_passed(facts->owner, i));
	}
}

/* ---- giving ---- */

void passing_give(unsigned to, const struct passing *p)
{
	struct other *o = to < MAX_SIGNAL_WORKERS && others[to].is_there ? &others[to] : NULL;
	size_t done = 0;

	if (!o || p->len > PASSED_MESSAGE_MAX ||
	    ring_room(o->to, RING_KEPT) < passed_slots(p->len)) {
		counters_add(child_counters(child), COUNT_passed_dropped, 1);
		return;
	}
	given.head =
		(struct passed_head){ .kind = p->kind, .account = p->account, .flow = p->flow };
	if (p->shown)
		(void)VIEW_COPY(view_of(p->shown), given.head.shown);
	do {
		size_t part = passed_cut(&given, view_bytes(p->bytes, p->len), done);

		/* There is room: nobody else writes here. */
		(void)!ring_put(o->to, &given, sizeof(given.head) + part, RING_KEPT);
		done += part;
	} while (done < p->len);
	counters_add(child_counters(child), COUNT_passed_on, 1);
}

void passing_give_all(const struct passing *p)
{
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		if (others[i].is_there)
			passing_give(i, p);
}

/* ---- taking ---- */

/* Copied once, then checked: who writes it may go on writing. */
static bool read_slot(struct ring *ring, uint32_t index)
{
	return ring_peek(ring, index, &read, sizeof(read), NULL) == ERR_NONE &&
	       passed_is_sound(&read, child_facts(child)->listener_count);
}

/* Of which the slot that was read last is the end. */
static struct passing message_of(struct other *o)
{
	return (struct passing){ .kind = read.head.kind,
		                 .flow = read.head.flow,
		                 .account = read.head.account,
		                 .shown = last_shown,
		                 .bytes = o->letter.bytes,
		                 .len = o->letter.len };
}

static void work_on(struct other *o, struct now now)
{
	struct passing p = message_of(o);

	if (p.kind == PASSED_MESSAGE) {
		last_flow = p.flow;
		memcpy(last_shown, read.head.shown, sizeof(last_shown));
	}
	taken(&p, now);
}

static void drain(void *context, struct ring *ring, struct now now)
{
	struct other *o = context;
	uint32_t ready = ring_ready(ring), parts = 0;

	for (uint32_t i = 0; i < ready && i < SLOTS_A_TURN; i++) {
		bool is_sound = read_slot(ring, parts++);

		if (!is_sound)
			counters_add(child_counters(child), COUNT_bad_slots, 1);
		if (!is_sound || !passed_join(&o->letter, &read))
			continue;
		ring_hold(ring, parts);
		work_on(o, now);
		ring_release(ring, parts);
		parts = 0;
	}
	/* Of a message whose end is not there yet: it need not stay until that comes, which may be
	 * never. */
	ring_release(ring, parts);
}

/* What was in hand is read like any other; of one that takes several slots the beginning may be
 * gone. */
static void put_aside(struct other *o, void (*aside)(const struct passing *p))
{
	uint32_t held = ring_held(o->from), start = 0;
	bool is_sound = false;
	struct passing p;

	for (uint32_t i = 0; i < held; i++) {
		is_sound = read_slot(o->from, i);
		if (!is_sound)
			break;
		if (i == 0 || read.head.offset == 0)
			o->letter.len = start = read.head.offset;
		(void)passed_join(&o->letter, &read);
	}
	p = message_of(o);
	p.bytes += start;
	p.len -= start;
	/* First: should telling it kill too, the next one does not hear of it again. */
	ring_release(o->from, held);
	if (is_sound && p.kind == PASSED_MESSAGE)
		aside(&p);
}

void passing_listen(void (*take)(const struct passing *p, struct now now))
{
	unsigned owner = child_facts(child)->owner;

	taken = take;
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		if (others[i].is_there)
			others[i].from =
				child_ring_reader(child, ring_passed(i, owner), drain, &others[i]);
}

void passing_set_aside(void (*aside)(const struct passing *p))
{
	for (unsigned i = 0; i < MAX_SIGNAL_WORKERS; i++)
		if (others[i].is_there)
			put_aside(&others[i], aside);
}

const char *passing_shown(const struct flow *flow)
{
	return flow_equal(flow, &last_flow) ? last_shown : "";
}
