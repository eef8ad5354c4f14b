/* SPDX-License-Identifier: Apache-2.0 */
/* The observer: packets of an interface come in, facts and calls go out. The
 * same engine and the same watch as over a capture file. Has the tap and its
 * rings, and no way to send a packet. */
#include "capture/engine.h"
#include "guard/inspector.h"
#include "os/clock.h"
#include "os/tap.h"
#include "proc/child.h"
#include "proc/trace.h"
#include "watch/watch.h"

#include <string.h>

enum {
	BATCHES_A_TURN = 16,
	ADVANCE_US = 50 * MILLISECOND_US,
	LOST_US = SECOND_US,
	DOWN_US = SECOND_US,
	CALL_SHIFT = 32,
};

struct observer {
	struct child *child;
	struct tap *tap;
	struct loop_watch *readable;
	struct capture_engine *engine;
	struct watch *watch;
	struct trace *trace;
	struct ring *facts, *records;
	struct counters *counters;
	struct now now;
	uint64_t due_us, lost_due_us, up_us;
	bool is_down;
};

static struct observer o;

/* --- What the watch reports --- */

static void on_fact(void *context, const struct fact *said)
{
	/* What is proven decides blocks; floods of what is not must not push it out. */
	enum ring_class class =
		fact_is_proven((enum fact_proof)said->proof) ? RING_KEPT : RING_DETAIL;
	struct fact fact = *said;
	enum err err;

	(void)context;
	fact.version = FACT_VERSION;
	fact.sequence = ring_next_sequence(o.facts);
	fact.owner = child_facts(o.child)->owner;
	err = ring_put(o.facts, &fact, sizeof(fact), class);
	counters_add(o.counters, err == ERR_NONE ? COUNT_facts_emitted : COUNT_facts_dropped, 1);
}

static void fill_leg(struct record_leg *leg, const struct addr *remote, const struct addr *local,
                     const char *call_id)
{
	leg->flow.remote = *remote;
	leg->flow.local = *local;
	(void)VIEW_COPY(view_of(call_id), leg->call_id);
	(void)VIEW_COPY(VIEW("seen"), leg->peer);
}

static void fill_call(const struct watch_call *call, struct record_call *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->head = (struct record_head){ .version = RECORD_VERSION,
		                          .kind = RECORD_CALL,
		                          .size = sizeof(*ret),
		                          .priority = PRIORITY_KEPT,
		                          .ring = RING_NAME_RECORDS_SIGNAL,
		                          .sequence = ring_next_sequence(o.records),
		                          .now_us = o.now.us,
		                          .wall_us = o.now.wall_us };
	ret->call = ((uint64_t)child_facts(o.child)->generation << CALL_SHIFT |
	             (uint64_t)child_facts(o.child)->starts << 24) +
	            call->number_in_watch;
	ret->started_wall_us = call->started_wall_us;
	ret->answered_wall_us = call->answered_wall_us;
	ret->ended_wall_us = call->ended_wall_us ? call->ended_wall_us : o.now.wall_us;
	ret->status = call->status;
	(void)VIEW_COPY(view_of(call->is_cancelled ? "cancelled" : "seen"), ret->cause);
	(void)VIEW_COPY(view_of(call->from), ret->from);
	(void)VIEW_COPY(view_of(call->to), ret->to);
	(void)VIEW_COPY(view_of(call->number), ret->number);
	fill_leg(&ret->caller, &call->caller, &call->callee, call->call_id);
	fill_leg(&ret->callee, &call->callee, &call->caller, call->call_id);
	ret->caller.media.packets = call->packets;
	ret->caller.media.lost = (uint32_t)call->lost;
}

static void on_call(void *context, const struct watch_call *call)
{
	static union record record;
	enum err err;

	(void)context;
	fill_call(call, &record.call);
	err = ring_put(o.records, &record, record.head.size, RING_KEPT);
	counters_add(o.counters, err == ERR_NONE ? COUNT_records_emitted : COUNT_records_dropped,
	             1);
}

/* --- Who traces --- */

static void answer_row(void *context, const struct ask *row)
{
	static struct ask copy;

	copy.head = row->head;
	memcpy(&copy.body, &row->body, row->head.size);
	child_answer(o.child, context, &copy);
}

static void asked(void *context, const struct ask *question, struct now now)
{
	struct ask_head head = question->head;

	(void)context;
	trace_answer(o.trace, question, now, answer_row, &head);
}

/* --- What the engine finds --- */

static void on_message(void *context, const struct capture_message *m)
{
	const struct watch_message in = { .flow = &m->flow,
		                          .bytes = m->bytes,
		                          .len = m->len,
		                          .now = { o.now.us, m->wall_us },
		                          .is_cut = m->is_cut,
		                          .is_connected = m->is_proven };

	(void)context;
	counters_add(o.counters, COUNT_messages_watched, 1);
	trace_note(o.trace, &m->flow, false, view_bytes(m->bytes, m->len), in.now);
	if (m->kind == CAPTURE_SIP)
		watch_message(o.watch, &in);
	else if (m->kind != CAPTURE_KEEPALIVE)
		watch_non_sip(o.watch, &in,
		              m->kind < NON_SIP_CAPTURED ? m->kind : (uint16_t)NON_SIP_NOISE);
}

static void on_media(void *context, const struct capture_datagram *d)
{
	(void)context;
	watch_datagram(o.watch, &d->flow, d->payload, (struct now){ o.now.us, d->wall_us });
}

static void on_packet(void *context, const struct tap_packet *p)
{
	const struct capture_packet packet = {
		.wall_us = p->wall_us ? p->wall_us : o.now.wall_us,
		.link = p->link,
		.original_len = p->original_len,
		.bytes = p->bytes,
	};

	(void)context;
	counters_add(o.counters, COUNT_packets_watched, 1);
	/* A stream that found no memory is lost, and goes on later. */
	if (capture_engine_take(o.engine, &packet) != ERR_NONE)
		counters_add(o.counters, COUNT_packets_lost, 1);
}

/* --- The loop --- */

/* An interface that went down may come up again: we look once a second. */
static void note_down(enum err err)
{
	if (!o.is_down)
		log_write(LEVEL_WARNING, "watch", "the interface gives nothing: %s",
		          err == ERR_CLOSED ? "it is down" : err_text(err));
	o.is_down = true;
	o.up_us = o.now.us + DOWN_US;
	(void)!loop_watch_change(o.readable, 0);
}

static void on_readable(void *context, int fd, int what)
{
	(void)context;
	(void)fd;
	(void)what;
	for (int i = 0; i < BATCHES_A_TURN; i++) {
		enum err err;

		o.now = clock_now();
		err = tap_receive(o.tap, on_packet, NULL);
		if (err == ERR_AGAIN)
			return;
		if (err != ERR_NONE) {
			note_down(err);
			return;
		}
		o.is_down = false;
	}
}

static uint64_t wait_us(void *context, struct now now)
{
	(void)context;
	return now_since(o.due_us, now.us);
}

static void advance(void *context, struct now now)
{
	uint32_t lost;

	(void)context;
	if (now.us < o.due_us)
		return;
	o.now = now;
	o.due_us = now.us + ADVANCE_US;
	watch_advance(o.watch, now);
	if (o.is_down && now.us >= o.up_us)
		(void)!loop_watch_change(o.readable, LOOP_READABLE);
	if (now.us < o.lost_due_us)
		return;
	o.lost_due_us = now.us + LOST_US;
	lost = tap_lost(o.tap);
	counters_add(o.counters, COUNT_packets_lost, lost);
	if (lost > 0)
		log_write(LEVEL_WARNING, "packets lost",
		          "%u came faster than they could be read: what is said may miss some",
		          (unsigned)lost);
}

static void end(void *context, struct now now)
{
	(void)context;
	o.now = now;
	(void)!capture_engine_end(o.engine);
	watch_end(o.watch);
}

/* --- Start --- */

static void open_watch(void)
{
	const struct child_facts *facts = child_facts(o.child);
	const struct watch_ports ports = { .fact = on_fact,
		                           .call = on_call,
		                           .inspector = &guard_inspector };
	const struct capture_ports seen = { .message = on_message, .media = on_media };
	struct watch_settings settings = watch_settings_default;
	struct capture_settings reading = capture_settings_default;
	enum err err;

	for (uint8_t i = 0; i < facts->inside_count && i < MAX_WATCH_INSIDE; i++)
		settings.inside[settings.inside_count++] = facts->inside[i];
	reading.key = facts->random;
	err = hash_prepare();
	if (err == ERR_NONE)
		err = trace_new(&o.trace);
	if (err == ERR_NONE)
		err = watch_new(&settings, &ports, &facts->keys[3], &o.watch);
	if (err == ERR_NONE)
		err = capture_engine_new(&reading, &seen, &o.engine);
	if (err != ERR_NONE)
		child_fail("start", err);
}

static void open_tap(void)
{
	int fd = child_descriptor(o.child, THING_TAP, 0);
	enum err err = tap_new(fd, &o.tap);

	if (err == ERR_NONE)
		err = loop_watch(child_loop(o.child), fd, LOOP_READABLE,
		                 LOOP_CALL(on_readable, NULL), &o.readable);
	if (err != ERR_NONE)
		child_fail("tap", err);
	(void)tap_lost(o.tap);
}

int main(void)
{
	const struct child_hooks hooks = {
		.asked = asked, .wait_us = wait_us, .advance = advance, .end = end
	};

	o.child = child_begin(ROLE_OBSERVE);
	o.counters = child_counters(o.child);
	o.facts = child_ring_writer(o.child, RING_NAME_FACTS);
	o.records = child_ring_writer(o.child, RING_NAME_RECORDS_SIGNAL);
	open_watch();
	open_tap();
	child_enter(o.child);
	return child_run(o.child, &hooks);
}
